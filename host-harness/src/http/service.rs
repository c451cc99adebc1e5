//! The seam at which requests can be answered in process, without a socket.

use super::{Body, Fault};
use http::{Request, Response};
use std::pin::Pin;

/// The answer to come of a [`Service`].
pub type ServiceFuture = Pin<Box<dyn Future<Output = Result<Response<Body>, Fault>> + Send>>;

/// Something that answers HTTP requests in process, such as a simulator.
///
/// The request's URI is absolute. Every closure of the form `Fn(Request<Body>) -> impl Future` is a service.
pub trait Service: Send + Sync {
    /// Answers one request. A [`Fault`] stands for a connection that fails.
    fn call(&self, request: Request<Body>) -> ServiceFuture;
}

impl<F, A> Service for F
where
    F: Fn(Request<Body>) -> A + Send + Sync,
    A: Future<Output = Result<Response<Body>, Fault>> + Send + 'static,
{
    fn call(&self, request: Request<Body>) -> ServiceFuture {
        Box::pin(self(request))
    }
}
