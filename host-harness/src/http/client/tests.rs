//! What the client says about connections that fail, with real sockets on this machine.

use super::*;
use crate::http::{AddressClass, body::full_body, body::to_guest};
use bytes::Bytes;
use http_body::Frame;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, ready};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A resolver that gives every name the same addresses.
struct Fixed(Vec<IpAddr>);

impl Resolve for Fixed {
    fn resolve(&self, _: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        let addresses = self.0.clone();
        Box::pin(async move {
            if addresses.is_empty() {
                return Err(io::ErrorKind::NotFound.into());
            }
            Ok(addresses)
        })
    }
}

fn client(options: ClientOptions) -> Client {
    let policy = Policy::new(["127.0.0.1", "localhost:*", "example.com:*", "private:inside.example:*"]);
    Client::new(Arc::new(policy.expect("all lines are rules")), options)
}

fn named(addresses: &[IpAddr]) -> Client {
    client(ClientOptions { resolver: Arc::new(Fixed(addresses.to_vec())), ..ClientOptions::default() })
}

/// Serves every connection with `answer`, and counts them.
async fn server<A, F>(answer: A) -> (SocketAddr, Arc<AtomicUsize>)
where
    A: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(answer(stream));
        }
    });
    (address, connections)
}

/// Reads a request without a body.
async fn read_request(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => seen.push(byte),
            Err(_) => return,
        }
    }
}

async fn write(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.expect("the client reads");
}

/// Keeps a connection open for as long as the test runs.
async fn hold<S>(stream: S) {
    let _stream = stream;
    std::future::pending::<()>().await;
}

fn request(url: &str) -> Request<WasiBody> {
    Request::post(url).body(to_guest(full_body("hello"))).expect("a request")
}

async fn get(client: &Client, url: &str) -> Result<Response<WasiBody>, Fault> {
    let request = Request::get(url).body(to_guest(crate::http::empty_body())).expect("a request");
    client.send(request, None).await
}

#[expect(clippy::unnecessary_wraps, reason = "it is what `send` takes")]
fn limits(connect: u64, first_byte: u64, between_bytes: u64) -> Option<RequestOptions> {
    Some(RequestOptions {
        connect_timeout: Some(Duration::from_millis(connect)),
        first_byte_timeout: Some(Duration::from_millis(first_byte)),
        between_bytes_timeout: Some(Duration::from_millis(between_bytes)),
    })
}

async fn text(answer: Response<WasiBody>) -> Result<String, wasmtime_wasi_http::Error> {
    let bytes = answer.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn unused_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    listener.local_addr().expect("an address")
}

#[tokio::test]
async fn connections_are_kept_and_used_again() {
    let (address, connections) = server(|mut stream| async move {
        loop {
            read_request(&mut stream).await;
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
    })
    .await;
    let client = client(ClientOptions::default());
    for _ in 0..3 {
        let answer = get(&client, &format!("http://{address}/")).await.expect("an answer");
        assert_eq!(text(answer).await.expect("a body"), "ok");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_redirect_is_given_to_the_guest_and_not_followed() {
    let (address, connections) = server(|mut stream| async move {
        read_request(&mut stream).await;
        write(&mut stream, b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n").await;
        hold(stream).await;
    })
    .await;
    let answer = get(&client(ClientOptions::default()), &format!("http://{address}/")).await.expect("an answer");
    assert_eq!(answer.status(), 302);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_closed_port_is_refused_and_not_sent() {
    let address = unused_port().await;
    let client = client(ClientOptions::default());
    for scheme in ["http", "https"] {
        let fault = client.send(request(&format!("{scheme}://{address}/")), None).await.expect_err("no answer");
        assert_eq!(fault, Fault::Refused);
        assert!(!fault.may_be_sent());
    }
}

#[tokio::test]
async fn a_name_without_an_address_is_not_sent() {
    let fault = get(&named(&[]), "https://example.com/").await.expect_err("no answer");
    assert_eq!(fault, Fault::NameNotResolved);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_connected_to() {
    let (address, connections) = server(hold).await;
    for inside in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"] {
        let client = named(&[inside.parse().expect("an address")]);
        let url = format!("https://example.com:{}/", address.port());
        let fault = get(&client, &url).await.expect_err("no answer");
        assert!(matches!(fault, Fault::AddressProhibited(_)), "{inside}: {fault}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn plain_http_to_localhost_goes_nowhere_else() {
    let client = named(&["93.184.215.14".parse().expect("an address")]);
    let fault = get(&client, "http://localhost:80/").await.expect_err("no answer");
    assert_eq!(fault, Fault::AddressProhibited(AddressClass::Reserved));
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_refuses() {
    let (address, _) = server(|mut stream| async move {
        read_request(&mut stream).await;
        write(&mut stream, ANSWER).await;
    })
    .await;
    let client = named(&["127.0.0.2".parse().expect("an address"), address.ip()]);
    let answer = get(&client, &format!("http://localhost:{}/", address.port())).await.expect("an answer");
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn what_breaks_after_the_request_left_counts_as_sent() {
    let reset = server(|mut stream| async move {
        read_request(&mut stream).await;
        stream.set_zero_linger().expect("the socket is open");
    });
    let closed = server(|mut stream| async move { read_request(&mut stream).await });
    let half = server(|mut stream| async move {
        read_request(&mut stream).await;
        write(&mut stream, b"HTTP/1.1 2").await;
    });
    let garbage = server(|mut stream| async move {
        read_request(&mut stream).await;
        write(&mut stream, b"this is not HTTP\r\n\r\n").await;
        hold(stream).await;
    });
    let silent = server(hold);
    let (reset, closed, half, garbage, silent) = tokio::join!(reset, closed, half, garbage, silent);
    for ((address, _), expected) in [
        (reset, &[Fault::Terminated][..]),
        // The rest of the request's body may meet a socket that is closed already.
        (closed, &[Fault::Incomplete, Fault::Terminated]),
        (half, &[Fault::Incomplete, Fault::Terminated]),
        (garbage, &[Fault::Protocol]),
        (silent, &[Fault::ReadTimedOut]),
    ] {
        let client = client(ClientOptions::default());
        let url = format!("http://{address}/");
        let fault = client.send(request(&url), limits(5000, 200, 200)).await.expect_err("no answer");
        assert!(expected.contains(&fault), "{fault:?} is none of {expected:?}");
        assert!(fault.may_be_sent());
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_or_stops_is_an_error() {
    let cut = server(|mut stream| async move {
        read_request(&mut stream).await;
        write(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
    });
    let stopped = server(|mut stream| async move {
        read_request(&mut stream).await;
        write(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
        hold(stream).await;
    });
    let ((cut, _), (stopped, _)) = tokio::join!(cut, stopped);
    let client = client(ClientOptions::default());
    for (address, expected) in [(cut, "HttpResponseIncomplete"), (stopped, "ConnectionReadTimeout")] {
        let get = Request::get(format!("http://{address}/")).body(to_guest(crate::http::empty_body()));
        let answer = client.send(get.expect("a request"), limits(5000, 5000, 50)).await.expect("a head");
        let error = text(answer).await.expect_err("the body breaks off");
        assert_eq!(format!("{error:?}"), expected);
    }
}

#[tokio::test]
async fn a_limit_of_zero_ends_the_request_and_does_not_panic() {
    let (address, _) = server(hold).await;
    let client = client(ClientOptions::default());
    for options in [limits(0, 0, 0), limits(5000, 0, 0)] {
        let fault = client.send(request(&format!("http://{address}/")), options).await.expect_err("no answer");
        assert!(matches!(fault, Fault::ConnectTimedOut | Fault::ReadTimedOut), "{fault:?}");
    }
}

#[tokio::test]
async fn a_long_upload_is_not_ended_while_it_moves() {
    let (address, _) = server(|mut stream| async move {
        let mut seen = Vec::new();
        while !seen.ends_with(b"0\r\n\r\n") {
            seen.push(stream.read_u8().await.expect("the client writes"));
        }
        write(&mut stream, ANSWER).await;
    })
    .await;
    let pieces = pieces(12, Duration::from_millis(25));
    let request = Request::post(format!("http://{address}/")).body(pieces).expect("a request");
    let answer = client(ClientOptions::default()).send(request, limits(5000, 120, 5000)).await;
    assert_eq!(answer.expect("an answer").status(), 200);
}

/// A body that comes in pieces, with pauses that together are longer than the clock for the first byte.
struct Pieces {
    left: usize,
    pause: Duration,
    timer: Pin<Box<tokio::time::Sleep>>,
}

fn pieces(count: usize, pause: Duration) -> WasiBody {
    let pieces = Pieces { left: count, pause, timer: Box::pin(tokio::time::sleep(pause)) };
    pieces.boxed_unsync()
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = wasmtime_wasi_http::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        ready!(self.timer.as_mut().poll(context));
        self.left -= 1;
        let next = Instant::now() + self.pause;
        self.timer.as_mut().reset(next);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"piece")))))
    }
}

/// A certificate for `localhost` and 127.0.0.1, and a server's setup with it.
fn certificate(protocols: &[&[u8]]) -> (CertificateDer<'static>, TlsAcceptor) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the default versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a certificate and its key");
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    (certificate, TlsAcceptor::from(Arc::new(config)))
}

fn trusting(certificate: CertificateDer<'static>) -> Client {
    client(ClientOptions { root_certificates: vec![certificate], ..ClientOptions::default() })
}

#[tokio::test]
async fn tls_speaks_http_2_where_the_server_does() {
    for (protocols, version) in [
        (&[b"h2".as_slice(), b"http/1.1"][..], http::Version::HTTP_2),
        (&[b"http/1.1".as_slice()], http::Version::HTTP_11),
        (&[], http::Version::HTTP_11),
    ] {
        let (certificate, acceptor) = certificate(protocols);
        let (address, _) = server(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let stream = acceptor.accept(stream).await.expect("a handshake");
                let service = hyper::service::service_fn(|request: Request<hyper::body::Incoming>| async move {
                    let host = request.headers().contains_key("host") || request.uri().authority().is_some();
                    Ok::<_, Fault>(Response::new(full_body(host.to_string())))
                });
                let io = hyper_util::rt::TokioIo::new(stream);
                let _ = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
            }
        })
        .await;
        let client = trusting(certificate);
        let answer = get(&client, &format!("https://localhost:{}/", address.port())).await.expect("an answer");
        assert_eq!(answer.version(), version);
        assert_eq!(text(answer).await.expect("a body"), "true");
    }
}

#[tokio::test]
async fn a_certificate_from_nobody_is_not_accepted_and_nothing_is_sent() {
    let (_, acceptor) = certificate(&[]);
    let (address, _) = server(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                hold(stream).await;
            }
        }
    })
    .await;
    let (other, _) = certificate(&[]);
    let fault = get(&trusting(other), &format!("https://{address}/")).await.expect_err("no answer");
    assert_eq!(fault, Fault::Certificate);
    assert!(!fault.may_be_sent());
}

#[tokio::test]
async fn a_port_without_tls_is_a_failed_handshake_and_nothing_is_sent() {
    let speaks_http = server(|mut stream| async move {
        write(&mut stream, b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        hold(stream).await;
    });
    let closes = server(|stream| async move { drop(stream) });
    let closes_later = server(|mut stream| async move {
        let _ = stream.read_u8().await;
    });
    let (first, second, third) = tokio::join!(speaks_http, closes, closes_later);
    for (address, _) in [first, second, third] {
        let (root, _) = certificate(&[]);
        let fault = get(&trusting(root), &format!("https://{address}/")).await.expect_err("no answer");
        assert_eq!(fault, Fault::Tls);
        assert!(!fault.may_be_sent());
    }
}

#[tokio::test]
async fn a_handshake_that_hangs_is_ended_by_the_clock_for_connecting() {
    let (address, _) = server(hold).await;
    let (root, _) = certificate(&[]);
    let url = format!("https://{address}/");
    let fault = trusting(root).send(request(&url), limits(100, 5000, 5000)).await.expect_err("no answer");
    assert_eq!(fault, Fault::ConnectTimedOut);
    assert!(!fault.may_be_sent());
}

#[test]
fn every_fault_has_its_code_for_the_guest() {
    for (fault, code) in [
        (Fault::Denied, "HttpRequestDenied"),
        (Fault::AddressProhibited(AddressClass::Private), "DestinationIpProhibited"),
        (Fault::NameNotResolved, "DnsError { rcode: None, info_code: None }"),
        (Fault::Refused, "ConnectionRefused"),
        (Fault::Unreachable, "DestinationUnavailable"),
        (Fault::ConnectTimedOut, "ConnectionTimeout"),
        (Fault::Tls, "TlsProtocolError"),
        (Fault::Certificate, "TlsCertificateError"),
        (Fault::Terminated, "ConnectionTerminated"),
        (Fault::ReadTimedOut, "ConnectionReadTimeout"),
        (Fault::Incomplete, "HttpResponseIncomplete"),
        (Fault::Protocol, "HttpProtocolError"),
    ] {
        assert_eq!(format!("{:?}", fault.into_wasi()), code);
    }
}
