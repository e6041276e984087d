//! The tables that an executor has been given parts of.

use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use pipeline_config::Secret;
use pipeline_engine::{
    Registry,
    cluster::{AssignedTable, RemoteError},
};
use pipeline_transport::Redactor;
use tokio::sync::OnceCell;
use url::Url;

use crate::broker::BrokerClient;

/// More than an executor has parts of at once; older ones are read again if there is more to do.
const MAX_TABLES: usize = 64;

/// Which table, and whom to ask about it.
#[derive(Debug, Clone)]
pub(crate) struct TableRef {
    pub(crate) broker: Url,
    pub(crate) key: Secret,
}

/// Reads each table once, whatever the number of its parts that come here.
#[derive(Debug)]
pub(crate) struct Assignments {
    registry: Registry,
    redactor: Redactor,
    tables: Mutex<IndexMap<String, Arc<OnceCell<Arc<AssignedTable>>>>>,
}

impl Assignments {
    pub(crate) fn new(registry: Registry, redactor: Redactor) -> Self {
        Self { registry, redactor, tables: Mutex::default() }
    }

    /// The table, asked for where it is new here.
    pub(crate) async fn get(&self, table: &TableRef) -> Result<Arc<AssignedTable>, RemoteError> {
        let cell = self.cell(table);
        cell.get_or_try_init(|| self.read(table)).await.cloned()
    }

    fn cell(&self, table: &TableRef) -> Arc<OnceCell<Arc<AssignedTable>>> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if tables.len() >= MAX_TABLES && !tables.contains_key(table.key.expose()) {
            tables.shift_remove_index(0);
        }
        Arc::clone(tables.entry(table.key.expose().to_owned()).or_default())
    }

    async fn read(&self, table: &TableRef) -> Result<Arc<AssignedTable>, RemoteError> {
        let TableRef { broker, key } = table.clone();
        let broker = BrokerClient::new((broker, key), &self.redactor).map_err(RemoteError::failed)?;
        let assignment = broker.assignment().await.map_err(RemoteError::failed)?;
        let shared = broker.shared(self.redactor.clone());
        Ok(Arc::new(AssignedTable::load(&self.registry, &assignment, (shared, self.redactor.clone()))?))
    }
}
