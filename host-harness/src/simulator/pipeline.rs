//! The way of a request: faults, router, credentials, limits, money, checks, endpoint, answer.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

use super::Simulator;
use super::auth::{Caller, authenticate};
use super::authorization;
use super::body::{Body, ConnectionFault, RequestBody};
use super::call::{Answer, Call};
use super::clock::http_date;
use super::endpoints::{self, Endpoint, Handler, Incoming, Route};
use super::exchange::{Exchange, RecordedBody, header_pairs};
use super::fault::{Effect, Moment, set_headers};
use super::intake;
use super::limits;
use super::problem::Refusal;
use super::query::Query;

const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// An answer on its way out.
struct Outcome {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    request_body: RecordedBody,
}

impl Outcome {
    fn refusal(simulator: &Simulator, refusal: &Refusal, headers: HeaderMap) -> Self {
        let body = refusal.body(simulator.options().problem_host);
        let content_type = if refusal.is_problem() { PROBLEM } else { JSON };
        Self::new(refusal.status, content_type, &body, headers)
    }

    fn new(status: StatusCode, content_type: HeaderValue, body: &Value, mut headers: HeaderMap) -> Self {
        headers.insert(CONTENT_TYPE, content_type);
        Self { status, headers, body: body.to_string().into(), request_body: RecordedBody::Empty }
    }
}

/// Takes a request from its first byte to its answer.
pub(crate) async fn handle(simulator: &Simulator, parts: Parts, body: RequestBody) -> Result<Response<Body>, ConnectionFault> {
    let path = parts.uri.path().to_owned();
    let route = endpoints::route(&parts.method, &path);
    let template = match &route {
        Route::To(endpoint, _) => Some(endpoint.path),
        Route::Step(step) => Some(step.path),
        Route::OtherMethod(template) => Some(*template),
        Route::Nowhere => None,
    };
    let due = simulator.faults_due(&parts.method, &path, template);
    let mut exchange = (simulator.options().exchange_log > 0).then(|| Exchange {
        at_ms: simulator.now_ms(),
        method: parts.method.to_string(),
        path: path.clone(),
        template,
        query: url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect(),
        request_headers: header_pairs(&parts.headers),
        request_body: RecordedBody::Empty,
        status: None,
        response_headers: Vec::new(),
        response_body: RecordedBody::Empty,
        fault: !due.is_empty(),
    });

    let (before, after): (Vec<_>, Vec<_>) = due.into_iter().partition(|(moment, _)| *moment == Moment::Before);
    let mut stops = false;
    for (_, effect) in &before {
        match effect {
            Effect::Delay(pause) => tokio::time::sleep(*pause).await,
            Effect::Headers(_) | Effect::Drip { .. } | Effect::ContentType(_) => {}
            _ => stops = true,
        }
    }
    let mut outcome = if stops {
        // X fails before it has done anything. What the fault does not say itself is a plain 503.
        let mut outcome = Outcome::refusal(simulator, &Refusal::unavailable(), base_headers(simulator));
        outcome.request_body = intake::drain(&parts.headers, body, exchange.is_some()).await;
        outcome
    } else {
        process(simulator, &parts, route, body, exchange.is_some()).await
    };
    if let Some(exchange) = &mut exchange {
        exchange.request_body = std::mem::take(&mut outcome.request_body);
    }
    for (moment, effect) in before.iter().chain(&after) {
        if let (Moment::After, Effect::Delay(pause)) = (moment, effect) {
            tokio::time::sleep(*pause).await;
        }
    }
    let answered = damage(outcome, before.iter().chain(&after).map(|(_, effect)| effect));
    if let Some(mut exchange) = exchange {
        if let Verdict::Answer(response, whole) = &answered {
            exchange.status = Some(response.status().as_u16());
            exchange.response_headers = header_pairs(response.headers());
            let content_type = response.headers().get(CONTENT_TYPE);
            let content_type = content_type.and_then(|value| value.to_str().ok());
            exchange.response_body = RecordedBody::of(content_type.unwrap_or_default(), whole);
        }
        if !simulator.options().log_secrets {
            exchange.redact();
        }
        simulator.record(exchange);
    }
    match answered {
        Verdict::Answer(response, _) => Ok(response),
        Verdict::Reset => Err(ConnectionFault),
        Verdict::Hang => std::future::pending().await,
    }
}

#[allow(clippy::large_enum_variant, reason = "there is one at a time, and most are answers")]
enum Verdict {
    /// The answer, and its body as it was before it was cut or slowed down.
    Answer(Response<Body>, Bytes),
    Reset,
    Hang,
}

fn damage<'a>(mut outcome: Outcome, effects: impl Iterator<Item = &'a Effect>) -> Verdict {
    let mut body = None;
    for effect in effects {
        match effect {
            Effect::Delay(_) => {}
            Effect::Reset => return Verdict::Reset,
            Effect::Hang => return Verdict::Hang,
            Effect::Status(status, problem) => {
                outcome.status = *status;
                outcome.headers.insert(CONTENT_TYPE, PROBLEM);
                outcome.body = problem.to_string().into();
            }
            Effect::Answer { status, headers, body } => {
                outcome.status = *status;
                outcome.headers.remove(CONTENT_TYPE);
                set_headers(&mut outcome.headers, headers);
                outcome.body = body.clone().into();
            }
            Effect::Html(status) => {
                outcome.status = *status;
                let html = HeaderValue::from_static("text/html");
                outcome.headers.insert(CONTENT_TYPE, html);
                let page = format!("<html><body><h1>{status}</h1></body></html>");
                outcome.body = page.into();
            }
            Effect::Redirect(address) => {
                outcome.status = StatusCode::FOUND;
                outcome.body = Bytes::new();
                if let Ok(address) = HeaderValue::from_str(address) {
                    outcome.headers.insert(LOCATION, address);
                }
            }
            Effect::Garbage => outcome.body = Bytes::from_static(b"\x00\xff{\"data\":[[[\xfe"),
            Effect::ContentType(content_type) => {
                outcome.headers.insert(CONTENT_TYPE, content_type.clone());
            }
            Effect::Headers(headers) => set_headers(&mut outcome.headers, headers),
            Effect::CutBody(after) => body = Some(Body::cut(&outcome.body, *after)),
            Effect::HangBody(after) => body = Some(Body::hang(&outcome.body, *after)),
            Effect::Drip { step, pause } => {
                body = Some(Body::drip(outcome.body.clone(), *step, *pause));
            }
            Effect::Oversized(length) => {
                body = Some(Body::oversized(outcome.body.clone(), *length));
            }
        }
    }
    let body = body.unwrap_or_else(|| Body::whole(outcome.body.clone()));
    let mut response = Response::new(body);
    *response.status_mut() = outcome.status;
    *response.headers_mut() = outcome.headers;
    Verdict::Answer(response, outcome.body)
}

async fn process(simulator: &Simulator, parts: &Parts, route: Route, body: RequestBody, keep_body: bool) -> Outcome {
    let mut headers = base_headers(simulator);
    if let Route::Step(step) = route {
        let (reply, request_body) = authorization::serve(simulator, step, parts, body).await;
        headers.extend(reply.headers());
        return Outcome { status: reply.status, headers, body: reply.body, request_body };
    }
    let (form, body) = intake::signed_form(&parts.headers, body).await;
    let admitted = match &route {
        Route::Nowhere | Route::Step(_) => Err(Refusal::unknown_path()),
        Route::OtherMethod(_) => Err(Refusal::unknown_method()),
        Route::To(endpoint, values) => admit(simulator, parts, &form, endpoint, values, &mut headers),
    };
    let (endpoint, values) = match route {
        Route::To(endpoint, values) => (Some(endpoint), values),
        Route::OtherMethod(_) | Route::Step(_) | Route::Nowhere => (None, Vec::new()),
    };
    let (answer, recorded) = match (admitted, endpoint) {
        (Ok((caller, query)), Some(endpoint)) => {
            let order = Order { endpoint, caller, values, query };
            let (answer, recorded) = serve(simulator, parts, order, body, keep_body).await;
            if let Ok(answer) = &answer {
                settle(simulator, endpoint, answer);
            }
            (answer, recorded)
        }
        (Err(refusal), _) => {
            let recorded = intake::drain(&parts.headers, body, keep_body).await;
            (Err(refusal), recorded)
        }
        (Ok(_), None) => (Err(Refusal::unknown_path()), RecordedBody::Empty),
    };
    let mut outcome = match answer {
        Ok(answer) => Outcome::new(answer.status, JSON, &answer.body, headers),
        Err(refusal) => Outcome::refusal(simulator, &refusal, headers),
    };
    outcome.request_body = recorded;
    outcome
}

/// Credentials, limits, money, path and query: all that is known before the body.
fn admit(
    simulator: &Simulator,
    parts: &Parts,
    form: &[u8],
    endpoint: &'static Endpoint,
    values: &[(&'static str, String)],
    headers: &mut HeaderMap,
) -> Result<(Caller, Query), Refusal> {
    let (options, now_ms) = (simulator.options(), simulator.now_ms());
    let mut state = simulator.state();
    *state.calls.entry(endpoint.name).or_default() += 1;
    let caller = authenticate(&mut state, parts, form, endpoint, now_ms)?;
    headers.insert(HeaderName::from_static("x-access-level"), HeaderValue::from_static(caller.access.as_str()));
    if options.limits {
        let (standings, within) = state.windows.count(endpoint.name, endpoint.limits, &caller, now_ms);
        limits::write_headers(&standings, headers);
        if !within {
            return Err(Refusal::too_many_requests());
        }
    }
    let spent = i64::try_from(state.ledger.total_micro_usd()).unwrap_or(i64::MAX);
    if !endpoint.is_free() && state.credits.is_some_and(|credits| spent >= credits) {
        return Err(Refusal::credits_depleted(caller.app_id));
    }
    let reads = state.ledger.post_reads();
    if endpoint.reads_posts && options.usage_cap.is_some_and(|cap| reads >= cap) {
        return Err(Refusal::usage_capped(caller.app_id));
    }
    drop(state);
    endpoints::check_path(values)?;
    let raw = parts.uri.query().unwrap_or_default();
    let query = Query::parse(raw, endpoint.query, options.unknown_fields)?;
    Ok((caller, query))
}

/// An admitted request.
struct Order {
    endpoint: &'static Endpoint,
    caller: Caller,
    values: Vec<(&'static str, String)>,
    query: Query,
}

async fn serve(
    simulator: &Simulator,
    parts: &Parts,
    order: Order,
    body: RequestBody,
    keep_body: bool,
) -> (Result<Answer, Refusal>, RecordedBody) {
    let mut recorded = RecordedBody::Empty;
    let (json, run) = match order.endpoint.handler {
        Handler::Streamed(run) => {
            let (caller, path, headers) = (order.caller, order.values, parts.headers.clone());
            return run(Incoming { simulator: simulator.clone(), caller, path, headers, body }).await;
        }
        Handler::Bare(run) => {
            recorded = intake::drain(&parts.headers, body, keep_body).await;
            (Value::Null, run)
        }
        Handler::Json(shape, run) => {
            let limit = intake::LARGEST_JSON;
            let read = intake::json(&parts.headers, body, limit, &mut recorded).await;
            match read.and_then(|json| shape.check(&json).map(|()| json)) {
                Ok(json) => (json, run),
                Err(refusal) => return (Err(refusal), recorded),
            }
        }
    };
    let now_ms = simulator.now_ms();
    let mut state = simulator.state();
    let answer = run(&mut Call {
        state: &mut state,
        options: simulator.options(),
        now_ms,
        caller: order.caller,
        path: &order.values,
        query: &order.query,
        body: &json,
    });
    (answer, recorded)
}

/// Books what an answer costs and counts what it changed.
fn settle(simulator: &Simulator, endpoint: &'static Endpoint, answer: &Answer) {
    let mut state = simulator.state();
    state.ledger.charge(&answer.bills, simulator.now_ms());
    if answer.effect {
        *state.effects.entry(endpoint.name).or_default() += 1;
    }
}

fn base_headers(simulator: &Simulator) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16);
    if let Ok(date) = HeaderValue::from_str(&http_date(simulator.now_ms())) {
        headers.insert(DATE, date);
    }
    let version = HeaderValue::from_static("2.167");
    headers.insert(HeaderName::from_static("api-version"), version);
    let nth = simulator.transactions().fetch_add(1, Ordering::Relaxed) + 1;
    let name = format!("{:016x}", nth.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(HeaderName::from_static("x-transaction-id"), name);
    }
    headers
}
