//! The seam between the core and the world: requests and responses as data, and the three traits an edge implements.

use alloc::{borrow::Cow, boxed::Box, rc::Rc, string::String, vec::Vec};

/// An HTTP method that X's API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    /// The method as HTTP and signatures spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Plain http; only loopback base URLs get this far.
    pub plain: bool,
    /// Host and optional port.
    pub authority: String,
    /// Path and query, beginning with `/`.
    pub path: String,
}

/// A request with all its headers.
pub struct Request {
    pub method: Method,
    pub target: Target,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
}

/// What a request carries.
pub enum Body {
    Empty,
    Bytes(Vec<u8>),
    /// Bytes that are made while they are sent, so that a large file never lies in memory.
    Stream {
        length: u64,
        source: Box<dyn Source>,
    },
}

/// Bytes that come a piece at a time.
pub trait Source {
    /// The next piece, at most `maximum` bytes; `None` at the end. What lies in memory is lent: a large file is copied often enough.
    ///
    /// # Errors
    /// [`TransportError`] when no more bytes can be had.
    fn read(&mut self, maximum: usize) -> Result<Option<Cow<'_, [u8]>>, TransportError>;
}

/// An answer whose body has not been read yet.
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Box<dyn Source>,
}

impl Response {
    /// The first header of this name, which is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// The first header of this name, which is in lower case.
#[must_use]
pub fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Whether the server may have seen the request. Nothing decides more about a write than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// No byte of it left: repeating is safe.
    No,
    /// It may have arrived, wholly or in part.
    Maybe,
}

/// What broke on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The name could not be resolved.
    NameNotResolved,
    /// Nothing listens, or no route.
    ConnectionRefused,
    /// No connection in time.
    ConnectTimeout,
    /// The TLS handshake failed.
    Tls,
    /// The host's policy does not let the request out.
    Denied,
    /// The host does not take the request as it is.
    NotAccepted,
    /// The deadline of the call passed.
    Deadline,
    /// The connection broke.
    ConnectionBroken,
    /// What came back is no HTTP.
    Protocol,
    /// The answer is larger than it may be.
    TooLarge,
}

/// A request that got no answer, or an answer that was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransportError {
    pub fault: Fault,
    pub sent: Sent,
}

impl TransportError {
    /// A fault that came before any byte left.
    #[must_use]
    pub const fn not_sent(fault: Fault) -> Self {
        Self { fault, sent: Sent::No }
    }

    /// A fault after which nobody knows what the server saw.
    #[must_use]
    pub const fn maybe_sent(fault: Fault) -> Self {
        Self { fault, sent: Sent::Maybe }
    }
}

/// A moment on the monotonic clock, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub u64);

/// Sends one request.
pub trait Transport {
    /// Sends `request` and returns when the head of the answer is there, or when `deadline` has passed.
    ///
    /// # Errors
    /// [`TransportError`], which also says whether the request may have arrived.
    fn send(&self, request: Request, deadline: Instant) -> Result<Response, TransportError>;
}

/// Tells the time.
pub trait Clock {
    /// The monotonic clock.
    fn now(&self) -> Instant;
    /// The wall clock, in milliseconds since 1970.
    fn unix_ms(&self) -> u64;
    /// Returns when the monotonic clock has reached `moment`.
    fn wait_until(&self, moment: Instant);
}

/// Gives random bits that nobody can guess.
pub trait Random {
    fn random(&self) -> u64;
}

/// All that an edge offers.
pub trait Edge: Transport + Clock + Random {}
impl<T: Transport + Clock + Random> Edge for T {}

/// A [`Source`] over bytes that are in memory already. They may be shared: what is sent again is not copied first.
pub struct Whole {
    bytes: Rc<Vec<u8>>,
    at: usize,
}

impl Whole {
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self::shared(Rc::new(bytes))
    }

    #[must_use]
    pub fn shared(bytes: Rc<Vec<u8>>) -> Self {
        Self { bytes, at: 0 }
    }

    /// Whether all of it has been read.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.at >= self.bytes.len()
    }
}

impl Source for Whole {
    fn read(&mut self, maximum: usize) -> Result<Option<Cow<'_, [u8]>>, TransportError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let piece = rest.get(..maximum.max(1)).unwrap_or(rest);
        self.at += piece.len();
        Ok(if piece.is_empty() { None } else { Some(Cow::Borrowed(piece)) })
    }
}

/// Reads `source` to its end.
///
/// # Errors
/// [`Fault::TooLarge`] beyond `limit` bytes, and whatever the source says.
pub fn read_all(source: &mut dyn Source, limit: usize) -> Result<Vec<u8>, TransportError> {
    const PIECE: usize = 64 * 1024;
    let mut bytes = Vec::new();
    while let Some(piece) = source.read(PIECE)? {
        if bytes.len().saturating_add(piece.len()) > limit {
            return Err(TransportError::maybe_sent(Fault::TooLarge));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}
