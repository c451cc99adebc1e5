//! `Transport` over `wasi:http`: streams both ways, keeps the deadline on the monotonic clock, and knows whether bytes may have left.

use alloc::{
    borrow::Cow,
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};

use wasip2::clocks::monotonic_clock;
use wasip2::http::outgoing_handler::{self, FutureIncomingResponse};
use wasip2::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, Method as WasiMethod, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use wasip2::io::poll::{self, Pollable};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

use crate::edge::Wasi;
use crate::transport::{Body, Fault, Instant, Method, Request, Response, Source, Target, Transport, TransportError, Whole};

/// What a host takes to connect; the deadline of the call may be nearer.
const CONNECT_NANOSECONDS: u64 = 10_000_000_000;

impl Transport for Wasi {
    fn send(&self, request: Request, deadline: Instant) -> Result<Response, TransportError> {
        let Request { method, target, headers, body } = request;
        let (length, mut source): (Option<u64>, Box<dyn Source>) = match body {
            Body::Empty if method == Method::Get || method == Method::Delete => (None, Box::new(Whole::new(Vec::new()))),
            Body::Empty => (Some(0), Box::new(Whole::new(Vec::new()))),
            Body::Bytes(bytes) => (Some(bytes.len() as u64), Box::new(Whole::new(bytes))),
            Body::Stream { length, source } => (Some(length), source),
        };
        let outgoing = outgoing(method, &target, headers, length)?;
        let outgoing_body = outgoing.body().map_err(|()| not_accepted())?;
        let response = outgoing_handler::handle(outgoing, Some(timeouts(deadline))).map_err(|code| fault(&code, true))?;
        send_body(outgoing_body, &mut *source, &response, deadline)?;
        read_head(&response, deadline)
    }
}

fn outgoing(
    method: Method,
    target: &Target,
    headers: Vec<(&'static str, String)>,
    length: Option<u64>,
) -> Result<OutgoingRequest, TransportError> {
    let length = length.map(|length| ("content-length", length.to_string()));
    let fields: Vec<_> = headers.into_iter().chain(length).map(|(name, value)| (name.to_string(), value.into_bytes())).collect();
    // All at once: a call into the host costs more than a header.
    let request = OutgoingRequest::new(Fields::from_list(&fields).map_err(|_| not_accepted())?);
    let method = match method {
        Method::Get => WasiMethod::Get,
        Method::Post => WasiMethod::Post,
        Method::Put => WasiMethod::Put,
        Method::Delete => WasiMethod::Delete,
    };
    let scheme = if target.plain { Scheme::Http } else { Scheme::Https };
    request
        .set_method(&method)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(&target.authority)))
        .and_then(|()| request.set_path_with_query(Some(&target.path)))
        .map_err(|()| not_accepted())?;
    Ok(request)
}

/// The host's own timeouts, so that it lets go as well. Never zero: some hosts panic on that. A host may not offer them.
fn timeouts(deadline: Instant) -> RequestOptions {
    let left = deadline.0.saturating_sub(monotonic_clock::now()).max(1_000_000);
    let options = RequestOptions::new();
    let _ = options.set_connect_timeout(Some(left.min(CONNECT_NANOSECONDS)));
    let _ = options.set_first_byte_timeout(Some(left));
    let _ = options.set_between_bytes_timeout(Some(left));
    options
}

fn send_body(
    body: OutgoingBody,
    source: &mut dyn Source,
    response: &FutureIncomingResponse,
    deadline: Instant,
) -> Result<(), TransportError> {
    {
        let stream = body.write().map_err(|()| not_accepted())?;
        if !write_all(&stream, source, response, deadline)? {
            // The server has answered, or the host has given up, before it had the whole body; the answer says why.
            return Ok(());
        }
    }
    // Where this fails, the response says why.
    let _ = OutgoingBody::finish(body, None);
    Ok(())
}

/// Writes the whole body, or stops when the response is there: `false`.
fn write_all(
    stream: &OutputStream,
    source: &mut dyn Source,
    response: &FutureIncomingResponse,
    deadline: Instant,
) -> Result<bool, TransportError> {
    // The host says how much it takes at a time.
    while let Some(piece) = source.read(usize::MAX)? {
        let mut rest = &*piece;
        while !rest.is_empty() {
            let Ok(room) = stream.check_write() else {
                return Ok(false);
            };
            let room = usize::try_from(room).unwrap_or(usize::MAX).min(rest.len());
            if room == 0 {
                let (ready, answered) = (stream.subscribe(), response.subscribe());
                wait(&[&ready, &answered], deadline)?;
                if answered.ready() {
                    return Ok(false);
                }
                continue;
            }
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            if stream.write(now).is_err() {
                return Ok(false);
            }
            rest = later;
        }
    }
    Ok(stream.flush().is_ok())
}

fn read_head(response: &FutureIncomingResponse, deadline: Instant) -> Result<Response, TransportError> {
    loop {
        match response.get() {
            Some(Ok(Ok(incoming))) => return head(&incoming, deadline),
            Some(Ok(Err(code))) => return Err(fault(&code, false)),
            Some(Err(())) => return Err(TransportError::maybe_sent(Fault::Protocol)),
            None => wait(&[&response.subscribe()], deadline)?,
        }
    }
}

fn head(incoming: &IncomingResponse, deadline: Instant) -> Result<Response, TransportError> {
    let broken = TransportError::maybe_sent(Fault::Protocol);
    let headers = incoming.headers().entries();
    let headers =
        headers.into_iter().filter_map(|(name, value)| Some((name.to_ascii_lowercase(), String::from_utf8(value).ok()?))).collect();
    let body = incoming.consume().map_err(|()| broken)?;
    let stream = body.stream().map_err(|()| broken)?;
    Ok(Response { status: incoming.status(), headers, body: Box::new(Incoming { stream, _body: body, deadline }) })
}

/// A response body. The stream is dropped before the body it belongs to: fields drop in order.
struct Incoming {
    stream: InputStream,
    _body: IncomingBody,
    deadline: Instant,
}

impl Source for Incoming {
    fn read(&mut self, maximum: usize) -> Result<Option<Cow<'_, [u8]>>, TransportError> {
        loop {
            match self.stream.read(maximum as u64) {
                Ok(piece) if piece.is_empty() => wait(&[&self.stream.subscribe()], self.deadline)?,
                Ok(piece) => return Ok(Some(Cow::Owned(piece))),
                Err(StreamError::Closed) => return Ok(None),
                Err(StreamError::LastOperationFailed(_)) => {
                    return Err(TransportError::maybe_sent(Fault::ConnectionBroken));
                }
            }
        }
    }
}

/// Waits for one of the pollables, or until the deadline: a stalled handshake minds no other timeout.
fn wait(pollables: &[&Pollable], deadline: Instant) -> Result<(), TransportError> {
    let timer = monotonic_clock::subscribe_instant(deadline.0);
    let all: Vec<&Pollable> = pollables.iter().copied().chain([&timer]).collect();
    let ready = poll::poll(&all);
    let only_timer = ready.iter().all(|index| *index as usize == pollables.len());
    if only_timer { Err(TransportError::maybe_sent(Fault::Deadline)) } else { Ok(()) }
}

fn not_accepted() -> TransportError {
    TransportError::not_sent(Fault::NotAccepted)
}

/// What a host's error tells. `refused` is true when the host would not even begin.
fn fault(code: &ErrorCode, refused: bool) -> TransportError {
    let (fault, early) = match code {
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => (Fault::NameNotResolved, true),
        ErrorCode::ConnectionRefused
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionLimitReached => (Fault::ConnectionRefused, true),
        ErrorCode::ConnectionTimeout => (Fault::ConnectTimeout, true),
        ErrorCode::TlsProtocolError | ErrorCode::TlsCertificateError | ErrorCode::TlsAlertReceived(_) => (Fault::Tls, true),
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => (Fault::Denied, true),
        ErrorCode::HttpRequestLengthRequired
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestUriTooLong
        | ErrorCode::ConfigurationError => (Fault::NotAccepted, true),
        ErrorCode::ConnectionReadTimeout | ErrorCode::ConnectionWriteTimeout | ErrorCode::HttpResponseTimeout => (Fault::Deadline, false),
        ErrorCode::ConnectionTerminated | ErrorCode::HttpResponseIncomplete => (Fault::ConnectionBroken, false),
        _ => (Fault::Protocol, false),
    };
    if early || refused { TransportError::not_sent(fault) } else { TransportError::maybe_sent(fault) }
}
