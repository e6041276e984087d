//! Custom certificate authorities and proxies, with a TLS server of our own.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use pipeline_config::Secret;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use super::*;
use crate::Method;

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// A server for `localhost` and `api.example.test` that answers everything with `fine`; its port.
async fn tls_server() -> u16 {
    tls_server_of("server").await
}

/// One with this certificate.
async fn tls_server_of(name: &str) -> u16 {
    let certificate = CertificateDer::from_pem_file(testdata(&format!("{name}.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_file(testdata(&format!("{name}.key"))).unwrap();
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust the certificate goes away.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = head(&mut stream).await;
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine";
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

/// A proxy that leads every tunnel to this port of this machine, and remembers what it was asked; its port.
async fn proxy(to: u16, asked: Arc<Mutex<Vec<String>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = head(&mut stream).await;
            asked.lock().unwrap().push(head);
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            let _ = copy_bidirectional(&mut stream, &mut server).await;
        }
    });
    port
}

/// What comes before the first empty line.
async fn head(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

fn limits(ca_file: Option<&str>) -> Limits {
    Limits { ca_file: ca_file.map(testdata), max_attempts: 1, ..Limits::default() }
}

async fn get(limits: Limits, url: &str) -> Result<Response, TransportError> {
    let mut request = Request::new(Method::Get, url.parse().unwrap());
    request.set_credential_header("Authorization", Secret::new("Bearer hunter2"));
    Client::new(limits, Redactor::default())?.send(&request).await
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_and_no_other() {
    let url = format!("https://localhost:{}/", tls_server().await);
    assert_eq!(&get(limits(Some("authority.pem")), &url).await.unwrap().body[..], b"fine");
    let error = get(limits(None), &url).await.unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
    let check = async |file: &str, expected: &str| {
        let error = get(limits(Some(file)), &url).await.unwrap_err().to_string();
        assert!(error.contains(file) && error.contains(expected), "{error}");
    };
    check("README.md", "there is no certificate in it").await;
    check("none.pem", "No such file").await;
}

#[tokio::test]
async fn a_certificate_that_signs_itself_is_trusted_unless_it_is_an_authority() {
    let url = format!("https://localhost:{}/", tls_server_of("self").await);
    assert_eq!(&get(limits(Some("self.pem")), &url).await.unwrap().body[..], b"fine");
    let url = format!("https://localhost:{}/", tls_server_of("self_ca").await);
    let error = get(limits(Some("self_ca.pem")), &url).await.unwrap_err().to_string();
    assert!(error.contains("CA:TRUE"), "{error}");
    assert!(error.contains("`-addext basicConstraints=critical,CA:FALSE`"), "{error}");
}

#[tokio::test]
async fn other_hosts_are_reached_through_the_proxy_and_this_machine_is_not() {
    let server = tls_server().await;
    let asked = Arc::default();
    let proxy = proxy(server, Arc::clone(&asked)).await;
    let through = Limits {
        proxy: Some(format!("http://me:proxy-password@127.0.0.1:{proxy}").parse().unwrap()),
        ..limits(Some("authority.pem"))
    };
    assert_eq!(get(through.clone(), "https://api.example.test/rows").await.unwrap().status, 200);
    let heads = std::mem::take(&mut *asked.lock().unwrap());
    assert_eq!(heads.len(), 1);
    assert!(heads[0].starts_with("CONNECT api.example.test:443 HTTP/1.1\r\n"), "{}", heads[0]);
    // `me:proxy-password`; the API's own credential is for the server alone.
    assert!(heads[0].to_lowercase().contains("proxy-authorization: basic "), "{}", heads[0]);
    assert!(!heads[0].contains("hunter2"), "{}", heads[0]);
    assert_eq!(get(through.clone(), &format!("https://localhost:{server}/")).await.unwrap().status, 200);
    assert!(asked.lock().unwrap().is_empty(), "a proxy cannot reach this machine");
    let nobody = Limits { proxy: Some("http://me:proxy-password@127.0.0.1:1".parse().unwrap()), ..through };
    let error = get(nobody, "https://api.example.test/rows").await.unwrap_err().to_string();
    assert!(error.contains("api.example.test") && !error.contains("proxy-password"), "{error}");
}
