//! TCP connections that go only where the policy allows, after name resolution.

use super::policy::Permit;
use super::{Fault, Policy};
use http::Uri;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tower_service::Service;

/// How names become addresses.
pub trait Resolve: Send + Sync {
    /// The addresses of a name, the best first.
    ///
    /// # Errors
    ///
    /// When the name has none.
    fn resolve(&self, name: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name, 0)).await?;
            Ok(addresses.map(|address| address.ip()).collect())
        })
    }
}

/// Connects to where a URL leads, if the policy allows it.
#[derive(Clone)]
pub(crate) struct TcpConnector {
    pub(crate) policy: Arc<Policy>,
    pub(crate) resolver: Arc<dyn Resolve>,
    /// How long one address may take when another is left to try.
    pub(crate) attempt: Duration,
}

/// A TCP connection as the pooled client takes it.
pub(crate) type Tcp = TokioIo<TcpStream>;

impl TcpConnector {
    async fn connect(self, uri: Uri) -> Result<Tcp, Fault> {
        // The same question as before the request: the pool asks for connections on its own account, too.
        let permit = self.policy.permit(&uri).map_err(|refusal| refusal.fault())?;
        let plain = uri.scheme() == Some(&http::uri::Scheme::HTTP);
        let port = uri.port_u16().unwrap_or(if plain { 80 } else { 443 });
        let host = uri.host().unwrap_or_default();
        let addresses = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.resolver.resolve(host.to_owned()).await.map_err(|_| Fault::NameNotResolved)?,
        };
        if addresses.is_empty() {
            return Err(Fault::NameNotResolved);
        }
        let addresses = allowed(permit, &addresses)?;
        self.first_that_answers(&addresses, port).await
    }

    async fn first_that_answers(&self, addresses: &[IpAddr], port: u16) -> Result<Tcp, Fault> {
        let mut last = Fault::Unreachable;
        for (index, address) in addresses.iter().enumerate() {
            let connecting = TcpStream::connect(SocketAddr::new(*address, port));
            let connected = if index + 1 < addresses.len() {
                match tokio::time::timeout(self.attempt, connecting).await {
                    Ok(connected) => connected,
                    Err(_) => Err(io::ErrorKind::TimedOut.into()),
                }
            } else {
                // The caller's own clock ends the last one.
                connecting.await
            };
            match connected {
                Ok(stream) => {
                    // Small requests and answers: waiting to fill a packet only adds delay.
                    let _ = stream.set_nodelay(true);
                    return Ok(TokioIo::new(stream));
                }
                Err(error) => {
                    last = match error.kind() {
                        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => Fault::Refused,
                        io::ErrorKind::TimedOut => Fault::ConnectTimedOut,
                        _ => Fault::Unreachable,
                    };
                }
            }
        }
        Err(last)
    }
}

/// The addresses that a connection may go to.
fn allowed(permit: Permit, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, Fault> {
    let mut refused = None;
    let mut allowed = Vec::with_capacity(addresses.len());
    for address in addresses {
        match permit.check(*address) {
            Ok(()) => allowed.push(*address),
            Err(class) => refused = Some(class),
        }
    }
    match (allowed.is_empty(), refused) {
        (true, Some(class)) => Err(Fault::AddressProhibited(class)),
        _ => Ok(allowed),
    }
}

impl Service<Uri> for TcpConnector {
    type Response = Tcp;
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Tcp, Fault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}
