//! One pooled client for all connectors of a host.

use super::body::{Incoming, Outgoing, Progress};
use super::connect::TcpConnector;
use super::{Fault, Policy, Resolve, Service, SystemResolver};
use http::uri::Scheme;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{Connect, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use wasmtime_wasi_http::{RequestOptions, WasiBody};

/// Who answers the guest's requests.
#[derive(Clone, Default)]
pub enum Upstream {
    /// The network, through one pooled client.
    #[default]
    Network,
    /// A service in this process. The policy holds as for the network.
    InProcess(Arc<dyn Service>),
}

impl fmt::Debug for Upstream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Network => "Network",
            Self::InProcess(_) => "InProcess",
        })
    }
}

/// How the pooled client connects.
#[derive(Clone)]
pub struct ClientOptions {
    /// How long a connection may take to stand: name, TCP and TLS together. The guest's own limit holds when it is
    /// shorter. 10 seconds.
    pub connect_timeout: Duration,
    /// How many idle connections are kept for one host. 256.
    pub idle_connections: usize,
    /// How long an idle connection is kept. 60 seconds.
    pub idle_timeout: Duration,
    /// Root certificates that are trusted beside the operating system's.
    pub root_certificates: Vec<CertificateDer<'static>>,
    /// How names become addresses. The operating system's resolver.
    pub resolver: Arc<dyn Resolve>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            idle_connections: 256,
            idle_timeout: Duration::from_mins(1),
            root_certificates: Vec::new(),
            resolver: Arc::new(SystemResolver),
        }
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientOptions")
            .field("connect_timeout", &self.connect_timeout)
            .field("idle_connections", &self.idle_connections)
            .field("idle_timeout", &self.idle_timeout)
            .field("root_certificates", &self.root_certificates.len())
            .finish_non_exhaustive()
    }
}

/// What `wasi:http` waits at most where nothing else is said.
const UNLIMITED: Duration = Duration::from_mins(10);

type Plain = legacy::Client<TcpConnector, Outgoing>;
type Tls = legacy::Client<HttpsConnector<TcpConnector>, Outgoing>;

/// The client.
pub(crate) struct Client {
    options: ClientOptions,
    connector: TcpConnector,
    plain: Plain,
    /// Reading the system's root certificates takes long, and a host that talks to a simulator needs none.
    tls: OnceCell<Tls>,
}

impl Client {
    pub(crate) fn new(policy: Arc<Policy>, options: ClientOptions) -> Self {
        let connector = TcpConnector { policy, resolver: Arc::clone(&options.resolver), attempt: options.connect_timeout / 3 };
        Self { plain: builder(&options).build(connector.clone()), connector, options, tls: OnceCell::new() }
    }

    /// Sends a request that the policy allows, and waits for the answer's head.
    pub(crate) async fn send(&self, request: Request<WasiBody>, options: Option<RequestOptions>) -> Result<Response<WasiBody>, Fault> {
        let options = options.unwrap_or_default();
        let limits = Limits {
            connect: options.connect_timeout.map_or(self.options.connect_timeout, |limit| limit.min(self.options.connect_timeout)),
            first_byte: options.first_byte_timeout.unwrap_or(UNLIMITED),
            between_bytes: options.between_bytes_timeout.unwrap_or(UNLIMITED),
        };
        if request.uri().scheme() == Some(&Scheme::HTTP) {
            exchange(&self.plain, request, limits).await
        } else {
            let client = self.tls.get_or_try_init(|| self.connect_tls()).await?;
            exchange(client, request, limits).await
        }
    }

    async fn connect_tls(&self) -> Result<Tls, Fault> {
        let more = self.options.root_certificates.clone();
        let config = tokio::task::spawn_blocking(move || tls_config(more)).await.map_err(|_| Fault::Tls)??;
        Ok(builder(&self.options).build(HttpsConnector::from((self.connector.clone(), config))))
    }
}

fn builder(options: &ClientOptions) -> legacy::Builder {
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    builder
        .pool_idle_timeout(options.idle_timeout)
        .pool_max_idle_per_host(options.idle_connections)
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new());
    builder
}

fn tls_config(more: Vec<CertificateDer<'static>>) -> Result<rustls::ClientConfig, Fault> {
    let mut roots = rustls::RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs.into_iter().chain(more));
    if roots.is_empty() {
        tracing::error!("this machine has no root certificates; install its package of them (ca-certificates)");
        return Err(Fault::Certificate);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| Fault::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

async fn exchange<C>(client: &legacy::Client<C, Outgoing>, request: Request<WasiBody>, limits: Limits) -> Result<Response<WasiBody>, Fault>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let progress = Progress::default();
    let mut request = request.map(|body| Outgoing::new(body, progress.clone()));
    let connection = capture_connection(&mut request);
    let mut answer = pin!(client.request(request));
    let mut timer = pin!(tokio::time::sleep(limits.connect));
    // The pool hands the request to a connection within a poll of `answer`: looked at after each poll, this tells
    // exactly whether bytes may have left.
    let mut connected = false;
    let answer = poll_fn(|context| {
        let polled = answer.as_mut().poll(context);
        if !connected && connection.connection_metadata().is_some() {
            connected = true;
            timer.as_mut().reset(Instant::now() + limits.first_byte);
        }
        if let Poll::Ready(answer) = polled {
            return Poll::Ready(answer.map_err(|error| {
                if error.is_connect() {
                    Fault::before_connecting(&error)
                } else if connected {
                    Fault::after_connecting(&error)
                } else {
                    // The connection broke while HTTP was agreed upon.
                    Fault::Unreachable
                }
            }));
        }
        while timer.as_mut().poll(context).is_ready() {
            if !connected {
                return Poll::Ready(Err(Fault::ConnectTimedOut));
            }
            if !progress.take() || limits.first_byte.is_zero() {
                return Poll::Ready(Err(Fault::ReadTimedOut));
            }
            timer.as_mut().reset(Instant::now() + limits.first_byte);
        }
        Poll::Pending
    })
    .await?;
    Ok(answer.map(|body| Incoming::new(body, limits.between_bytes).boxed_unsync()))
}

#[cfg(test)]
mod tests;
