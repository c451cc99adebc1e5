//! A server of files over https on this machine, with a certificate of its own and faults to order.

use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Names that the certificate is for, beside this machine's own; a test's resolver may lead them here.
pub const NAMES: [&str; 3] = ["files.example", "elsewhere.example", "third.example"];

/// What is sent in one piece, so that an answer has many.
const PIECE: usize = 16 * 1024;

struct Identity {
    certificate: CertificateDer<'static>,
    acceptor: TlsAcceptor,
}

static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
    let names = ["localhost", "127.0.0.1"].into_iter().chain(NAMES).map(ToOwned::to_owned).collect::<Vec<_>>();
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the default versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a certificate and its key");
    Identity { certificate, acceptor: TlsAcceptor::from(Arc::new(config)) }
});

/// The certificate that a host has to trust to read from these servers.
pub fn certificate() -> CertificateDer<'static> {
    IDENTITY.certificate.clone()
}

/// What the server says of a file's length.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    True,
    /// This many bytes, whatever there are.
    Claimed(usize),
    /// Nothing: the answer comes in chunks.
    Untold,
}

/// A file, and how it is served.
#[derive(Clone, Debug)]
pub struct Offer {
    bytes: Bytes,
    status: u16,
    location: Option<String>,
    tag: Option<String>,
    ranges: bool,
    length: Length,
    breaks: VecDeque<usize>,
    stall: Option<usize>,
}

impl Offer {
    /// Honest and whole, with ranges and an entity tag.
    pub fn of(bytes: impl Into<Bytes>) -> Self {
        let tag = Some("one".to_owned());
        Self {
            bytes: bytes.into(),
            status: 200,
            location: None,
            tag,
            ranges: true,
            length: Length::True,
            breaks: VecDeque::new(),
            stall: None,
        }
    }

    /// Leads on to another address.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self { status: 302, location: Some(location.into()), ..Self::of(Bytes::new()) }
    }

    /// Nothing but a status.
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::of(Bytes::new()) }
    }

    /// Always sends the whole file.
    pub fn without_ranges(self) -> Self {
        Self { ranges: false, ..self }
    }

    /// With this entity tag.
    pub fn tagged(self, tag: &str) -> Self {
        Self { tag: Some(tag.to_owned()), ..self }
    }

    /// Without anything that tells one version of the file from another.
    pub fn untagged(self) -> Self {
        Self { tag: None, ..self }
    }

    pub fn length(self, length: Length) -> Self {
        Self { length, ..self }
    }

    /// Breaks the connection after so many bytes of the body; one number for each answer in turn, then no more.
    pub fn breaking(self, breaks: impl IntoIterator<Item = usize>) -> Self {
        Self { breaks: breaks.into_iter().collect(), ..self }
    }

    /// Sends nothing more after so many bytes of the body, and keeps the connection.
    pub fn stalling(self, after: usize) -> Self {
        Self { stall: Some(after), ..self }
    }
}

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// How many bytes of the body were handed out.
    pub sent: usize,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Shared {
    offers: Mutex<HashMap<String, Offer>>,
    asked: Mutex<Vec<Asked>>,
    connections: AtomicUsize,
}

/// The server. It stops when it is dropped.
pub struct FileServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl FileServer {
    pub async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Shared>::default();
        let serving = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.connections.fetch_add(1, Ordering::SeqCst);
                let shared = Arc::clone(&serving);
                tokio::spawn(async move {
                    // Who does not finish the handshake, or leaves early, gets nothing more.
                    if let Ok(stream) = IDENTITY.acceptor.accept(stream).await {
                        let _ = serve(stream, &shared).await;
                    }
                });
            }
        });
        Self { address, shared, accepting }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Offers a file under a path, and gives its address.
    pub fn offer(&self, path: &str, offer: Offer) -> String {
        lock(&self.shared.offers).insert(path.to_owned(), offer);
        self.url(path)
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// The same on another name of the server.
    pub fn url_at(&self, name: &str, path: &str) -> String {
        format!("https://{name}:{}{path}", self.port())
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.asked).clone()
    }

    /// How many bytes of bodies were handed out so far.
    pub fn sent(&self) -> usize {
        lock(&self.shared.asked).iter().map(|asked| asked.sent).sum()
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, shared: &Shared) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let pairs = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let headers = pairs.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let asked = Asked { path, headers, sent: 0 };
    let (answer, stops) = answer(shared, &asked);
    let number = {
        let mut all = lock(&shared.asked);
        all.push(asked);
        all.len() - 1
    };
    stream.write_all(answer.head.as_bytes()).await?;
    for piece in answer.body.chunks(PIECE) {
        if answer.chunked {
            stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
        }
        stream.write_all(piece).await?;
        if answer.chunked {
            stream.write_all(b"\r\n").await?;
        }
        lock(&shared.asked)[number].sent += piece.len();
    }
    stream.flush().await?;
    match stops {
        Stop::Never => {
            if answer.chunked {
                stream.write_all(b"0\r\n\r\n").await?;
            }
            stream.shutdown().await
        }
        Stop::Breaks => Ok(()),
        // Until the other side leaves.
        Stop::Stalls => stream.read_u8().await.map(drop),
    }
}

struct Answer {
    head: String,
    body: Bytes,
    chunked: bool,
}

enum Stop {
    Never,
    Breaks,
    Stalls,
}

fn answer(shared: &Shared, asked: &Asked) -> (Answer, Stop) {
    let mut offers = lock(&shared.offers);
    let offer = offers.entry(asked.path.clone()).or_insert_with(|| Offer::status(404));
    let total = if let Length::Claimed(length) = offer.length { length } else { offer.bytes.len() };
    let tag = offer.tag.as_ref().map(|tag| format!("\"{tag}\""));
    let same = asked.header("if-range").is_none_or(|wanted| tag.as_deref() == Some(wanted));
    let range = asked.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let first = range.filter(|_| offer.ranges && same && offer.status == 200);
    let mut head = match first {
        Some(first) if first >= total => return (Answer { head: refused(416), body: Bytes::new(), chunked: false }, Stop::Never),
        Some(first) => format!("HTTP/1.1 206 Partial Content\r\ncontent-range: bytes {first}-{}/{total}\r\n", total - 1),
        None => format!("HTTP/1.1 {} Answer\r\n", offer.status),
    };
    let first = first.unwrap_or_default();
    let mut body = offer.bytes.slice(first.min(offer.bytes.len())..);
    body.truncate(total.saturating_sub(first));
    let chunked = matches!(offer.length, Length::Untold);
    head +=
        &if chunked { "transfer-encoding: chunked\r\n".to_owned() } else { format!("content-length: {}\r\n", total.saturating_sub(first)) };
    head += &tag.map(|tag| format!("etag: {tag}\r\n")).unwrap_or_default();
    head += &offer.location.as_ref().map(|location| format!("location: {location}\r\n")).unwrap_or_default();
    head += "connection: close\r\n\r\n";
    let stop = match (offer.breaks.pop_front(), offer.stall) {
        (Some(after), _) => {
            body.truncate(after);
            Stop::Breaks
        }
        (None, Some(after)) => {
            body.truncate(after);
            Stop::Stalls
        }
        (None, None) => Stop::Never,
    };
    (Answer { head, body, chunked }, stop)
}

fn refused(status: u16) -> String {
    format!("HTTP/1.1 {status} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}
