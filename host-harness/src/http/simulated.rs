//! The simulator as a service: an X in process, without a socket.

use super::{Body, Fault, Service, ServiceFuture};
use crate::simulator::Simulator;
use http::Request;
use http_body_util::BodyExt;

impl Service for Simulator {
    fn call(&self, request: Request<Body>) -> ServiceFuture {
        let simulator = self.clone();
        Box::pin(async move {
            // The simulator breaks connections that stand: what it has of the request, it has.
            let answer = simulator.handle(request).await.map_err(|_| Fault::Terminated)?;
            Ok(answer.map(|body| body.map_err(|_| Fault::Terminated).boxed_unsync()))
        })
    }
}
