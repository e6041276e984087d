//! The process that runs a pipeline and has its parts done elsewhere.

use std::{
    net::{IpAddr, Ipv4Addr, ToSocketAddrs, UdpSocket},
    sync::Arc,
};

use async_trait::async_trait;
use ballista_core::{execution_plans::execute_physical_plan, extension::SessionConfigExt};
use datafusion::{error::DataFusionError, prelude::SessionConfig};
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures::{StreamExt, TryStreamExt, stream};
use pipeline_engine::cluster::{Cluster, ClusterError, ClusterJob, Deliveries, PartOrder, Work};
use url::Url;

use crate::{
    assignments::TableRef,
    broker::{Broker, Registration},
    codec::Codec,
    deliveries::{DeliveriesExec, read_deliveries},
    processes::MAX_MESSAGE,
};

/// A Ballista cluster, and the broker that its executors ask.
#[derive(Debug)]
pub struct Coordinator {
    scheduler: String,
    broker: Arc<Broker>,
}

/// There is no cluster to be used.
#[derive(Debug, thiserror::Error)]
#[error("`--cluster {url}`: {problem}")]
pub struct ConnectError {
    url: String,
    problem: String,
}

impl Coordinator {
    /// Finds the scheduler, and listens for executors where they can reach this process: on the address that leads to
    /// the scheduler.
    ///
    /// # Errors
    /// [`ConnectError`] when there is none.
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        let error = |problem: String| ConnectError { url: url.to_owned(), problem };
        let parsed: Url =
            url.parse().map_err(|_| error("it is no address; write `http://HOST:PORT`".into()))?;
        let host = parsed.host_str().ok_or_else(|| error("it names no host".into()))?.to_owned();
        let port = parsed.port().unwrap_or(crate::processes::SCHEDULER_PORT);
        let address = own_address(&host, port).map_err(|source| error(source.to_string()))?;
        tokio::net::TcpStream::connect((host.as_str(), port)).await.map_err(|source| {
            error(format!("no scheduler answers there: {source}; `pipeline cluster start` starts one to try"))
        })?;
        let broker = Broker::start(address).await.map_err(|source| error(source.to_string()))?;
        Ok(Self { scheduler: format!("http://{host}:{port}"), broker: Arc::new(broker) })
    }
}

/// The address of this machine that the way to `host` begins at; nothing is sent.
fn own_address(host: &str, port: u16) -> std::io::Result<IpAddr> {
    let to = (host, port).to_socket_addrs()?.next();
    let to = to.ok_or_else(|| std::io::Error::other("the host has no address"))?;
    if to.ip().is_loopback() {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    let any: IpAddr =
        if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { std::net::Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(to)?;
    Ok(socket.local_addr()?.ip())
}

impl Cluster for Coordinator {
    fn open(&self, work: Work) -> Box<dyn ClusterJob> {
        Box::new(Job {
            scheduler: self.scheduler.clone(),
            registration: self.broker.register(work),
            broker: Arc::clone(&self.broker),
        })
    }
}

/// One table.
struct Job {
    scheduler: String,
    registration: Registration,
    broker: Arc<Broker>,
}

#[async_trait]
impl ClusterJob for Job {
    async fn run(&self, parts: Vec<PartOrder>) -> Result<Deliveries, ClusterError> {
        let table = TableRef { broker: self.broker.url().clone(), key: self.registration.key.clone() };
        let plan = Arc::new(DeliveriesExec::of_parts(&parts, table).map_err(|error| failed(&error))?);
        // As the session of the scheduler is a new one, nothing of an earlier job is in it.
        let config = SessionConfig::new_with_ballista()
            .with_ballista_grpc_client_max_message_size(MAX_MESSAGE as usize)
            .with_ballista_job_name("pipeline");
        let settings = config.ballista_config();
        let codec = Codec::default();
        let session = ballista_core::ids::new_instance_id();
        let batches = execute_physical_plan::<PhysicalPlanNode>(
            self.scheduler.clone(),
            &settings,
            plan,
            &codec,
            session,
            config,
        );
        let batches = batches.await.map_err(|error| failed(&error))?;
        let deliveries = batches.map(|batch| match batch {
            Ok(batch) => {
                let read = read_deliveries(&batch).map_err(|error| ClusterError(error.to_string()))?;
                Ok(stream::iter(read).map(Ok))
            }
            Err(error) => Err(failed(&error)),
        });
        Ok(deliveries.try_flatten().boxed())
    }
}

fn failed(error: &DataFusionError) -> ClusterError {
    ClusterError(error.to_string())
}
