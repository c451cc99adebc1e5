//! A listener on loopback that takes one callback and closes.

use super::page;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// How long a browser may take for its request line and headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// A browser opens a few; more is somebody else.
const CONNECTIONS: usize = 16;

/// Why nobody can listen.
#[derive(Debug, Error)]
#[error(
    "127.0.0.1:{port} cannot be listened on: {reason}; end what uses the port, choose another with --port and register its address for the app, or use --paste"
)]
pub struct ListenError {
    /// The port.
    pub port: u16,
    reason: io::Error,
}

/// Waits on 127.0.0.1 for the browser to come back.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    path: String,
}

/// A callback whose browser waits for a page.
#[derive(Debug)]
pub struct Pending {
    /// The query of its address.
    pub query: String,
    answer: oneshot::Sender<Answer>,
    finished: JoinSet<()>,
}

/// What the browser is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the account is connected.
    pub connected: bool,
    /// One sentence.
    pub message: String,
}

type Slot = Arc<Mutex<Option<oneshot::Sender<(String, oneshot::Sender<Answer>)>>>>;

impl Listener {
    /// Listens on a port of 127.0.0.1 for callbacks to `path`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// [`ListenError`] when the port is taken or not allowed.
    pub async fn bind(port: u16, path: &str) -> Result<Self, ListenError> {
        let error = |reason| ListenError { port, reason };
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(error)?;
        let address = socket.local_addr().map_err(error)?;
        Ok(Self { socket, address, path: path.to_owned() })
    }

    /// The redirect URI: exactly this must be registered for the app.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    /// Waits for the first callback. Every later one is told that it came too late; what asks for another path, or by
    /// another name than the listener's address, is not answered with anything.
    ///
    /// Dropping the future closes the listener.
    ///
    /// # Errors
    ///
    /// When the system takes the socket away.
    pub async fn callback(self) -> io::Result<Pending> {
        let (sender, mut arrived) = oneshot::channel();
        let slot: Slot = Arc::new(Mutex::new(Some(sender)));
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                callback = &mut arrived => {
                    let (query, answer) = callback.map_err(io::Error::other)?;
                    // From here on nobody else can connect; who is connected gets an answer.
                    return Ok(Pending { query, answer, finished: connections });
                }
                accepted = self.socket.accept() => {
                    // A connection that broke before it was accepted, or too many open files: neither ends a login.
                    let Ok((stream, _)) = accepted else {
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                        continue;
                    };
                    while connections.try_join_next().is_some() {}
                    if connections.len() < CONNECTIONS {
                        connections.spawn(serve(stream, Arc::clone(&slot), self.address.to_string(), self.path.clone()));
                    }
                }
            }
        }
    }
}

impl Pending {
    /// Shows the page in the browser, and returns when it is out.
    pub async fn answer(mut self, answer: Answer) {
        let _ = self.answer.send(answer);
        // A browser that keeps an empty connection open shall not hold up the end.
        let all = async { while self.finished.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(Duration::from_secs(2), all).await;
    }
}

async fn serve(stream: tokio::net::TcpStream, slot: Slot, authority: String, path: String) {
    let service = service_fn(move |request| respond(request, Arc::clone(&slot), authority.clone(), path.clone()));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(32 << 10)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // Who breaks off gets nothing.
    let _ = connection.await;
}

async fn respond(request: Request<Incoming>, slot: Slot, authority: String, path: String) -> Result<Response<Full<Bytes>>, Infallible> {
    // Another name for this address means that another site's page asks (DNS rebinding).
    let named = request.headers().get(http::header::HOST).is_some_and(|host| host.as_bytes() == authority.as_bytes());
    if !named || request.uri().path() != path {
        return Ok(reply(StatusCode::NOT_FOUND, ""));
    }
    // A stray request for the address alone, an image in some page perhaps, is no callback.
    let brings = |name: &str| url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).any(|(key, _)| key == name);
    if !["code", "error", "state", "oauth_token", "oauth_verifier", "denied"].into_iter().any(brings) {
        return Ok(reply(StatusCode::NOT_FOUND, ""));
    }
    if request.method() != Method::GET {
        return Ok(reply(StatusCode::METHOD_NOT_ALLOWED, ""));
    }
    let first = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(first) = first else {
        return Ok(reply(StatusCode::CONFLICT, &page::render(false, "This login was answered already. You can close this page.")));
    };
    let (sender, answer) = oneshot::channel();
    let query = request.uri().query().unwrap_or_default().to_owned();
    if first.send((query, sender)).is_err() {
        return Ok(reply(StatusCode::GONE, &page::render(false, "This login has ended. Begin it again.")));
    }
    Ok(match answer.await {
        Ok(Answer { connected: true, message }) => reply(StatusCode::OK, &page::render(true, &message)),
        Ok(Answer { connected: false, message }) => reply(StatusCode::BAD_REQUEST, &page::render(false, &message)),
        Err(_) => reply(StatusCode::INTERNAL_SERVER_ERROR, &page::render(false, "The login was broken off. Begin it again.")),
    })
}

fn reply(status: StatusCode, page: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(page.to_owned()));
    *response.status_mut() = status;
    // The address holds the code: no other site may learn it, and nothing may keep it.
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"),
        (CONNECTION, "close"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    async fn get(address: SocketAddr, target: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn the_first_callback_counts_and_its_browser_sees_the_outcome() {
        let listener = Listener::bind(0, "/callback").await.unwrap();
        let address = listener.address;
        assert_eq!(listener.redirect_uri(), format!("http://{address}/callback"));
        let waiting = tokio::spawn(listener.callback());
        let host = address.to_string();
        assert!(get(address, "/favicon.ico", &host).await.starts_with("HTTP/1.1 404"));
        assert!(get(address, "/callback", &host).await.starts_with("HTTP/1.1 404"));
        assert!(get(address, "/callback?code=stolen", "evil.example").await.starts_with("HTTP/1.1 404"));
        let browser = tokio::spawn(async move { get(address, "/callback?code=c&state=s", &host).await });
        let pending = waiting.await.unwrap().unwrap();
        assert_eq!(pending.query, "code=c&state=s");
        // It listens no more.
        assert!(TcpStream::connect(address).await.is_err());
        pending.answer(Answer { connected: true, message: "Connected as @maker <b>".to_owned() }).await;
        let page = browser.await.unwrap();
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        assert!(page.contains("Connected as @maker &lt;b&gt;"), "{page}");
        assert!(page.to_ascii_lowercase().contains("referrer-policy: no-referrer"));
    }

    #[tokio::test]
    async fn a_second_callback_is_told_that_it_came_too_late() {
        let listener = Listener::bind(0, "/callback").await.unwrap();
        let address = listener.address;
        let host = address.to_string();
        let waiting = tokio::spawn(listener.callback());
        // Connected before the first callback was taken, so that it is still heard.
        let mut late = TcpStream::connect(address).await.unwrap();
        late.write_all(b"GET /callback?code=d").await.unwrap();
        let browser = tokio::spawn(async move { get(address, "/callback?code=c", &host).await });
        let pending = waiting.await.unwrap().unwrap();
        assert_eq!(pending.query, "code=c");
        late.write_all(format!(" HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        late.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 409"), "{answer}");
        pending.answer(Answer { connected: false, message: "no".to_owned() }).await;
        assert!(browser.await.unwrap().starts_with("HTTP/1.1 400"));
    }

    #[tokio::test]
    async fn a_taken_port_is_said_with_the_way_out() {
        let taken = Listener::bind(0, "/callback").await.unwrap();
        let error = Listener::bind(taken.address.port(), "/callback").await.unwrap_err().to_string();
        assert!(error.contains("--port") && error.contains("--paste"), "{error}");
    }
}
