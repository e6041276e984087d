//! One connection, and what goes wrong on it.

use std::{
    error::Error,
    io,
    ops::DerefMut,
    thread,
    time::{Duration, Instant},
};

use pipeline_sink::SinkError;
use postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::names::TableName;

/// How long to wait for a server that does not answer, where the address says nothing else.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// How long the server may take to see that the session of a run has ended, which holds its lock until then.
const OF_ENDED_SESSION: Duration = Duration::from_secs(1);

/// A connection that holds the lock of its table.
pub(crate) struct Connection {
    /// Gone only while it is dropped.
    client: Option<Client>,
}

impl Connection {
    /// Connects, without any lock.
    ///
    /// # Errors
    /// [`SinkError::Target`].
    pub(crate) fn open(config: &Config, target: &str) -> Result<Self, SinkError> {
        let failed = |error: io::Error| SinkError::Target { path: target.into(), source: error };
        let mut config = config.clone();
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("pipeline");
        }
        let connected = match MakeRustlsConnect::with_native_certs() {
            Ok((tls, _)) => config.connect(tls),
            // Containers may have no certificates, and databases beside them no need for any; who requires TLS is told.
            Err(_) => config.connect(NoTls),
        };
        let mut client = connected.map_err(|error| failed(io::Error::other(told(error))))?;
        // What dates and numbers look like must not depend on the server's settings.
        let settings = "SET client_min_messages = warning; SET DateStyle = ISO; SET TimeZone = 'UTC'";
        client.batch_execute(settings).map_err(|error| failed(io::Error::other(told(error))))?;
        Ok(Self { client: Some(client) })
    }

    /// Keeps other runs from the table for as long as the connection lasts.
    ///
    /// # Errors
    /// [`SinkError::Locked`], [`SinkError::Read`].
    pub(crate) fn lock(&mut self, table: &TableName, target: &str) -> Result<(), SinkError> {
        let name = format!("pipeline {}", table.sql());
        let begun = Instant::now();
        loop {
            let locked = self.query_one("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", &[&name]);
            if locked.map_err(read_error(target))?.get(0) {
                return Ok(());
            }
            if begun.elapsed() > OF_ENDED_SESSION {
                return Err(SinkError::Locked {
                    target: target.to_owned(),
                    holder: "a run of another session holds its advisory lock (see `pg_locks`)".to_owned(),
                });
            }
            thread::sleep(OF_ENDED_SESSION / 20);
        }
    }
}

impl std::ops::Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.client.as_ref().expect("it goes in drop")
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Client {
        self.client.as_mut().expect("it goes in drop")
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // A client ends a runtime of its own, which panics in asynchronous code, where runs that fail are dropped.
        if let Some(client) = self.client.take() {
            drop(std::thread::spawn(move || drop(client)));
        }
    }
}

/// An error of the server with all that it says; the crate's own text is no more than `db error`.
pub(crate) fn told(error: postgres::Error) -> Box<dyn Error + Send + Sync> {
    let Some(said) = error.as_db_error() else { return Box::new(error) };
    let mut text = format!("{} (SQLSTATE {})", said.message(), said.code().code());
    for part in [said.detail(), said.hint(), said.where_()].into_iter().flatten() {
        text.push_str("; ");
        text.push_str(part);
    }
    text.into()
}

/// Turns a failure in writing into an error.
pub(crate) fn write_error(target: &str) -> impl Fn(postgres::Error) -> SinkError {
    move |error| SinkError::Write { path: target.into(), source: told(error) }
}

/// Turns a failure in reading into an error.
pub(crate) fn read_error(target: &str) -> impl Fn(postgres::Error) -> SinkError {
    move |error| SinkError::Read { target: target.to_owned(), source: told(error) }
}
