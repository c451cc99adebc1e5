//! The hook through which every request of a guest passes.

use super::body::{Breaking, from_guest, to_guest};
use super::files::Files;
use super::policy::prohibited;
use super::recorder::Recorder;
use super::{Client, Fault, Meter, Policy, Refusal, Upstream};
use crate::host::Stop;
use http::{HeaderName, Request, Response, header};
use http_body_util::BodyExt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use wasmtime_wasi_http::{DEFAULT_FORBIDDEN_HEADERS, Error as WasiError, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

/// What all calls of a host share.
pub(crate) struct Http {
    pub(crate) policy: Arc<Policy>,
    pub(crate) upstream: Upstream,
    pub(crate) client: Client,
}

/// What belongs to one call.
pub(crate) struct CallHttp {
    pub(crate) http: Arc<Http>,
    pub(crate) files: Files,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) refusals: Mutex<Vec<Refusal>>,
    pub(crate) stop: Option<Stop>,
    pub(crate) meter: Option<Meter>,
}

/// The hook that a call's store carries.
pub(crate) struct Hook(pub(crate) Arc<CallHttp>);

/// The largest piece of a request's body that a guest writes at a time.
const OUTGOING_PIECE: usize = 256 << 10;
/// How many pieces wait for the network, beside one that is always added: 2 MiB in all. The usual one piece of 1 MiB comes
/// to as much, and makes guest and network wait for each other.
const OUTGOING_PIECES: usize = 7;

type Io = Box<dyn Future<Output = Result<(), WasiError>> + Send>;
type Sending = Box<dyn Future<Output = Result<(Response<WasiBody>, Io), WasiError>> + Send>;

static FORBIDDEN_HEADERS: LazyLock<ForbiddenHeaderFilter> =
    LazyLock::new(|| Arc::new(|name: &HeaderName| DEFAULT_FORBIDDEN_HEADERS.contains(name)));

impl WasiHttpHooks for Hook {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::clone(&FORBIDDEN_HEADERS)
    }

    fn set_host_header(&mut self) -> bool {
        // The client sets it where the protocol has one: in HTTP/2 it would stand beside `:authority`.
        false
    }

    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        OUTGOING_PIECES
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        OUTGOING_PIECE
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), WasiError>> + Send>,
    ) -> Sending {
        let call = Arc::clone(&self.0);
        Box::new(async move {
            match call.answer(request, options).await {
                Ok(answer) => Ok((answer, Box::new(std::future::ready(Ok(()))) as Io)),
                Err(fault) => Err(fault.into_wasi()),
            }
        })
    }
}

impl CallHttp {
    /// A call without local files, whom nobody watches.
    pub(crate) fn new(http: Arc<Http>) -> Self {
        Self { http, files: Files::default(), recorder: None, refusals: Mutex::default(), stop: None, meter: None }
    }

    async fn answer(&self, request: Request<WasiBody>, options: Option<RequestOptions>) -> Result<Response<WasiBody>, Fault> {
        match &self.recorder {
            None => self.stoppable(request, options).await,
            Some(recorder) => {
                let (request, recording) = recorder.start(request);
                recording.finish(self.stoppable(request, options).await)
            }
        }
    }

    async fn stoppable(&self, request: Request<WasiBody>, options: Option<RequestOptions>) -> Result<Response<WasiBody>, Fault> {
        let Some(stop) = &self.stop else {
            return self.metered(request, options).await;
        };
        if stop.is_stopped() {
            drain(request.into_body());
            return Err(Fault::Unreachable);
        }
        tokio::select! {
            biased;
            answer = self.metered(request, options) => answer.map(|answer| answer.map(|body| until(stop.clone(), body))),
            () = stop.stopped() => Err(Fault::Terminated),
        }
    }

    async fn metered(&self, request: Request<WasiBody>, options: Option<RequestOptions>) -> Result<Response<WasiBody>, Fault> {
        let Some(meter) = &self.meter else {
            return self.route(request, options).await;
        };
        // Who gets a credential is the service; from others files are read.
        if request.headers().contains_key(header::AUTHORIZATION) {
            return self.route(request.map(|body| meter.count(body)), options).await;
        }
        let answer = self.route(request, options).await?;
        meter.look(&answer);
        Ok(answer)
    }

    async fn route(&self, request: Request<WasiBody>, options: Option<RequestOptions>) -> Result<Response<WasiBody>, Fault> {
        if Files::serve(request.uri()) {
            let (parts, body) = request.into_parts();
            drain(body);
            return Ok(self.files.answer(&parts).map(to_guest));
        }
        if let Err(refusal) = self.http.policy.check(request.uri()) {
            let fault = refusal.fault();
            self.refuse(refusal);
            drain(request.into_body());
            return Err(fault);
        }
        match &self.http.upstream {
            Upstream::InProcess(service) => Ok(service.call(request.map(from_guest)).await?.map(to_guest)),
            Upstream::Network => {
                let uri = request.uri().clone();
                let answer = self.http.client.send(request, options).await;
                if let Err(Fault::AddressProhibited(class)) = answer {
                    let port = uri.port_u16().unwrap_or(443);
                    self.refuse(prohibited(uri.host().unwrap_or_default(), port, class));
                }
                answer
            }
        }
    }

    fn refuse(&self, refusal: Refusal) {
        tracing::warn!(authority = refusal.authority, "refused: {refusal}");
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).push(refusal);
    }
}

/// An answer's body that breaks off where it is when the call is stopped.
fn until(stop: Stop, body: WasiBody) -> WasiBody {
    Breaking::new(body, async move { stop.stopped().await }).boxed_unsync()
}

/// Takes what the guest still writes, so that it never waits for a reader that is gone.
fn drain(mut body: WasiBody) {
    if http_body::Body::is_end_stream(&body) {
        return;
    }
    // Ends with the guest's body at the latest: the store drops the writing end.
    tokio::spawn(async move { while let Some(Ok(_)) = body.frame().await {} });
}

#[cfg(test)]
mod tests;
