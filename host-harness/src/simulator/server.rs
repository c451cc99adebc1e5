//! The simulator on a real socket.

use std::net::SocketAddr;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Simulator;

/// A simulator that listens. It stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// `http://127.0.0.1:PORT`, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the socket and all connections.
    pub fn stop(&self) {
        self.stop.send_replace(true);
        self.accepting.abort();
    }

    /// Waits until the server is stopped, which may be for ever.
    pub async fn stopped(&self) {
        let mut stop = self.stop.subscribe();
        // The sender lives in self, so this cannot fail.
        let _ = stop.wait_for(|stop| *stop).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Serves HTTP/1.1 with keep-alive and HTTP/2 with prior knowledge.
pub(crate) fn serve(simulator: Simulator, listener: TcpListener) -> std::io::Result<Server> {
    let address = listener.local_addr()?;
    let (stop, stopping) = watch::channel(false);
    let accepting = tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // Out of file descriptors, mostly: let connections end before the next try.
                tokio::task::yield_now().await;
                continue;
            };
            // Without it, an answer in two writes waits for the caller's delayed acknowledgement.
            let _ = stream.set_nodelay(true);
            let simulator = simulator.clone();
            let mut stopping = stopping.clone();
            tokio::spawn(async move {
                let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
                    let simulator = simulator.clone();
                    async move { simulator.handle(request).await }
                });
                let builder = Builder::new(TokioExecutor::new());
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                // A broken connection is the caller's affair, or was ordered.
                tokio::select! {
                    _ = connection => {}
                    _ = stopping.wait_for(|stop| *stop) => {}
                }
            });
        }
    });
    Ok(Server { address, stop, accepting })
}
