//! Commits whose answer does not come, through a proxy that cuts the connection there.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::*;

/// The message of the protocol that ends a transaction: a query, its length, its text.
const COMMIT: &[u8] = b"Q\x00\x00\x00\x0bCOMMIT\x00";

/// What becomes of the first commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// The server does it, and its answer is lost.
    Answer,
    /// It never arrives.
    Question,
    /// The server does it, and cannot be reached any more.
    AnswerAndServer,
}

/// Cuts the first commit that passes; where it listens.
fn proxy(socket: PathBuf, cut: Cut) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let is_cut = Arc::new(AtomicBool::new(false));
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            if cut == Cut::AnswerAndServer && is_cut.load(Ordering::SeqCst) {
                continue;
            }
            let (server, is_cut) = (UnixStream::connect(&socket).unwrap(), Arc::clone(&is_cut));
            thread::spawn(move || pass(client, server, (cut, &is_cut)));
        }
    });
    port
}

fn pass(mut client: TcpStream, mut server: UnixStream, (cut, is_cut): (Cut, &AtomicBool)) {
    let (mut answers, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let is_over = Arc::new(AtomicBool::new(false));
    let silent = Arc::clone(&is_over);
    let back = thread::spawn(move || {
        let mut bytes = [0; 1 << 16];
        while let Ok(n) = answers.read(&mut bytes) {
            // An answer after the cut has come, and is lost.
            if n == 0 || silent.load(Ordering::SeqCst) || to.write_all(&bytes[..n]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
    let mut bytes = [0; 1 << 16];
    while let Ok(n) = client.read(&mut bytes) {
        if n == 0 {
            break;
        }
        let cuts = bytes[..n].windows(COMMIT.len()).any(|part| part == COMMIT)
            && !is_cut.swap(true, Ordering::SeqCst);
        is_over.fetch_or(cuts, Ordering::SeqCst);
        if cuts && cut == Cut::Question {
            break;
        }
        if server.write_all(&bytes[..n]).is_err() {
            break;
        }
        if cuts {
            // Until the server has answered.
            let _ = back.join();
            let _ = (server.shutdown(Shutdown::Both), client.shutdown(Shutdown::Both));
            return;
        }
    }
    let _ = (server.shutdown(Shutdown::Both), client.shutdown(Shutdown::Both));
    let _ = back.join();
}

/// One run into `table` through the proxy, and the sink without it.
fn cut_run(table: &str, cut: Cut) -> (Result<Committed, SinkError>, Arc<dyn Sink>) {
    let server = Server::shared();
    let direct = build(&yaml(server, table, ", mode: append")).expect("valid");
    run(&direct, &named("first"), &[&[("id", Cell::Int(1))]]).unwrap();
    let port = proxy(server.socket(), cut);
    let url =
        format!("host=127.0.0.1 port={port} user=postgres dbname=postgres sslmode=disable connect_timeout=2");
    let through = build(&format!("sink: {{ kind: postgres, url: '{url}', table: '{table}', mode: append }}"));
    (run(&through.expect("valid"), &named("second"), &[&[("id", Cell::Int(2))]]), direct.0)
}

#[test]
fn a_commit_whose_answer_is_lost_is_found() {
    let (ended, sink) = cut_run("cut_answer", Cut::Answer);
    assert_eq!(ended.unwrap().rows_in_files, 1);
    assert_eq!(rows(Server::shared(), "cut_answer"), [json!({"id": 1}), json!({"id": 2})]);
    assert_eq!(sink.committed("second").unwrap().unwrap().rows_in_files, 1);
    assert_eq!(sink.state().unwrap(), Some(json!({"after": "second"})));
}

#[test]
fn a_commit_that_has_not_arrived_has_failed() {
    let (ended, sink) = cut_run("cut_question", Cut::Question);
    assert!(matches!(ended, Err(SinkError::Write { .. })), "{ended:?}");
    assert_eq!(rows(Server::shared(), "cut_question"), [json!({"id": 1})]);
    assert!(sink.committed("second").unwrap().is_none());
}

#[test]
fn a_commit_that_nobody_knows_of_is_neither() {
    let (ended, sink) = cut_run("cut_server", Cut::AnswerAndServer);
    assert!(matches!(ended, Err(SinkError::Unanswered { .. })), "{ended:?}");
    // The next run asks before it begins.
    assert!(sink.committed("second").unwrap().is_some());
}
