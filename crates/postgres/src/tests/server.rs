//! A server of our own, where PostgreSQL is installed.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::PathBuf,
    process::{Command, Stdio},
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use postgres::{Client, Config, NoTls};

/// A running server; it ends with the process, and its folder with it.
pub(super) struct Server {
    folder: PathBuf,
}

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// Waits for the server, and removes its folder when either has ended.
const WATCH: &str = r#"
folder=$1; shift
trap 'kill -INT $server' INT
"$@" & server=$!
wait $server; wait $server
rm -rf "$folder"
"#;

impl Server {
    /// The server that all tests share.
    pub(super) fn shared() -> &'static Self {
        &SERVER
    }

    fn start() -> Self {
        let programs = programs().expect("these tests need PostgreSQL (`initdb`, `postgres`)");
        // Short, since names of sockets are.
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").expect("a folder").keep();
        // The server refuses to run as root, and then its files belong to somebody else.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).expect("its owner may");
        let data = folder.join("data");
        let made = Command::new("setpriv")
            .args(as_user())
            .arg(programs.join("initdb"))
            .args(["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--locale=C"])
            .arg("--pgdata")
            .arg(&data)
            .stdout(Stdio::null())
            .status()
            .expect("`setpriv` is there");
        assert!(made.success(), "`initdb` failed");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig=INT", "sh", "-c", WATCH, "sh"]).arg(&folder);
        command.arg("setpriv").args(as_user()).arg(programs.join("postgres")).arg("-D").arg(&data);
        command.arg("-k").arg(&folder).args(["-c", "listen_addresses=", "-c", "fsync=off"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // The signal comes when the thread ends that started it, and tests have threads of their own.
        thread::spawn(move || {
            let server = command.spawn();
            loop {
                thread::park();
                let _ = &server;
            }
        });
        let server = Self { folder };
        let end = Instant::now() + Duration::from_secs(30);
        while server.config().connect(NoTls).is_err() {
            assert!(Instant::now() < end, "PostgreSQL does not answer");
            thread::sleep(Duration::from_millis(30));
        }
        server
    }

    pub(super) fn config(&self) -> Config {
        self.url().parse().expect("an address")
    }

    /// As `url` has it.
    pub(super) fn url(&self) -> String {
        format!("host={} user=postgres dbname=postgres", self.folder.display())
    }

    /// Where it listens.
    pub(super) fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    pub(super) fn client(&self) -> Client {
        self.config().connect(NoTls).expect("connected")
    }
}

/// Where Debian and others have the programs of the server, which are not on the path.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    folders
        .into_iter()
        .rev()
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

/// Words of `setpriv` that make somebody of root.
fn as_user() -> Vec<&'static str> {
    match fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
        true => vec!["--reuid=nobody", "--regid=nogroup", "--clear-groups"],
        false => Vec::new(),
    }
}
