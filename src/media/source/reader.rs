//! Reads a file front to back. What breaks off is read on from there, by a range where the server offers them.

#[cfg(test)]
mod tests;

use alloc::{
    boxed::Box,
    format,
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};

use super::{Source, decode};
use crate::error::{Case, Failure, Party};
use crate::media::upload::progress::Progress;
use crate::session::Session;
use crate::transport::{self, Fault, Response, Target, TransportError, Whole};

/// How many addresses a server may lead on to.
const MOST_REDIRECTS: u32 = 3;
/// How often a part of a file that broke off is asked for again.
const MOST_REPEATS: u32 = 2;
const PIECE: usize = 64 * 1024;

/// A file that is being read. Only what the caller asks for is in memory, or all of a `data:` URL.
pub struct Reader<'a> {
    session: &'a Session<'a>,
    field: &'a str,
    origin: Origin,
    body: Box<dyn transport::Source>,
    /// Where the next byte lies.
    position: u64,
    /// How large the file is, once that is known.
    pub size: Option<u64>,
    /// What tells this version of the file from another: its entity tag, or when it was changed.
    pub version: Option<String>,
}

#[derive(Clone)]
enum Origin {
    Https(Target),
    Memory(Rc<Vec<u8>>),
}

impl<'a> Reader<'a> {
    /// Opens the file. `field` is named in failures.
    ///
    /// # Errors
    /// A [`Failure`] that says why it cannot be read.
    pub fn open(session: &'a Session<'a>, source: &Source, field: &'a str) -> Result<Self, Failure> {
        let mut reader = Self::closed(session, source, field)?;
        reader.connect(0)?;
        Ok(reader)
    }

    /// Opens the file where an upload stopped.
    ///
    /// # Errors
    /// As [`Self::open`], and when it is not the file that it was.
    pub fn resume(session: &'a Session<'a>, source: &Source, field: &'a str, progress: &Progress) -> Result<Self, Failure> {
        let mut reader = Self::closed(session, source, field)?;
        (reader.size, reader.version) = (Some(progress.size), progress.version.clone());
        reader.connect(progress.sent_bytes())?;
        Ok(reader)
    }

    fn closed(session: &'a Session<'a>, source: &Source, field: &'a str) -> Result<Self, Failure> {
        let origin = match source {
            Source::Https(target) => Origin::Https(target.clone()),
            Source::Data { text, base64 } => Origin::Memory(Rc::new(decode(text, *base64, field)?)),
            Source::Uploaded(_) => Origin::Memory(Rc::default()),
        };
        let body = Box::new(Whole::shared(Rc::default()));
        Ok(Self { session, field, origin, body, position: 0, size: None, version: None })
    }

    /// All of the file, where it is in memory anyway.
    #[must_use]
    pub fn memory(&self) -> Option<&Rc<Vec<u8>>> {
        match &self.origin {
            Origin::Memory(bytes) => Some(bytes),
            Origin::Https(_) => None,
        }
    }

    /// Goes to a place in the file; nothing happens where the reader is there.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn seek(&mut self, position: u64) -> Result<(), Failure> {
        if self.position == position { Ok(()) } else { self.connect(position) }
    }

    /// Reads until `buffer` holds `length` bytes, or the file ends.
    ///
    /// # Errors
    /// A [`Failure`] when the file breaks off again and again, or changes meanwhile.
    pub fn fill(&mut self, buffer: &mut Vec<u8>, length: usize) -> Result<(), Failure> {
        buffer.reserve_exact(length.saturating_sub(buffer.len()));
        self.read(length.saturating_sub(buffer.len()) as u64, |piece| buffer.extend_from_slice(piece)).map(|_| ())
    }

    /// Reads to the end to learn the size, and forgets the bytes. Stops when there are more than `limit`.
    ///
    /// # Errors
    /// As [`Self::fill`].
    pub fn measure(&mut self, limit: u64) -> Result<u64, Failure> {
        if let Some(size) = self.size {
            return Ok(size);
        }
        let left = limit.saturating_add(1).saturating_sub(self.position);
        if self.read(left, |_| ())? {
            self.size = Some(self.position);
        }
        Ok(self.position)
    }

    /// Whether nothing follows.
    ///
    /// # Errors
    /// As [`Self::fill`].
    pub fn ends_here(&mut self) -> Result<bool, Failure> {
        match self.size {
            Some(size) => Ok(self.position >= size),
            None => self.read(1, |_| ()),
        }
    }

    /// Takes at most `length` bytes; `true` at the end of the file.
    fn read(&mut self, length: u64, mut take: impl FnMut(&[u8])) -> Result<bool, Failure> {
        let end = self.position.saturating_add(length);
        let mut repeats = 0;
        while self.position < end {
            let room = usize::try_from(end - self.position).unwrap_or(PIECE).min(PIECE);
            let error = match self.body.read(room) {
                Ok(Some(piece)) => {
                    self.position += piece.len() as u64;
                    if self.size.is_some_and(|size| self.position > size) {
                        return Err(invalid(
                            self.field,
                            "file-changed",
                            "is longer than its server said; make the address deliver one whole file",
                        ));
                    }
                    take(&piece);
                    continue;
                }
                Ok(None) if self.size.is_none_or(|size| self.position >= size) => return Ok(true),
                Ok(None) => TransportError::maybe_sent(Fault::ConnectionBroken),
                Err(error) => error,
            };
            repeats += 1;
            if repeats > MOST_REPEATS || error.fault == Fault::Deadline {
                return Err(self.not_read(error));
            }
            self.connect(self.position)?;
        }
        Ok(false)
    }

    /// Asks for the file from `position` on, and follows where the server leads.
    fn connect(&mut self, position: u64) -> Result<(), Failure> {
        let mut target = match &self.origin {
            Origin::Https(target) => target.clone(),
            Origin::Memory(bytes) => {
                let size = Some(bytes.len() as u64);
                if self.size.is_some() && self.size != size {
                    return Err(changed(self.field));
                }
                self.size = size;
                self.body = Box::new(Whole::shared(Rc::clone(bytes)));
                return self.skip_to(position);
            }
        };
        for _ in 0..=MOST_REDIRECTS {
            let response =
                self.session.fetch(target.clone(), self.headers(position)).map_err(|error| self.not_sent(error, &target.authority))?;
            match response.status {
                200 | 206 => return self.begin(response, position),
                301 | 302 | 303 | 307 | 308 => {
                    target = Source::redirect(&target, response.header("location").unwrap_or("data:"), self.field)?;
                }
                status => return Err(self.refused(status, &target.authority)),
            }
        }
        Err(invalid(self.field, "invalid-url", "leads on to more than three other addresses; give the address that a browser ends at"))
    }

    fn headers(&self, position: u64) -> Vec<(&'static str, String)> {
        let mut headers = Vec::from([("accept", "image/*, video/*, text/*, */*;q=0.5".to_string())]);
        if position > 0 {
            headers.push(("range", format!("bytes={position}-")));
            headers.extend(self.version.clone().map(|version| ("if-range", version)));
        }
        headers
    }

    fn begin(&mut self, response: Response, position: u64) -> Result<(), Failure> {
        // `bytes 4096-8191/8192`; a server that does not do ranges answers with the whole file.
        let range = response.header("content-range").filter(|_| response.status == 206);
        let range = range.and_then(|range| range.strip_prefix("bytes ")?.split_once('/'));
        let size = range.map(|(_, size)| size).or_else(|| response.header("content-length").filter(|_| response.status == 200));
        let size = size.and_then(|size| size.parse().ok());
        let begins_at = match range.and_then(|(range, _)| range.split_once('-')) {
            Some((first, _)) => first.parse().ok(),
            None => (response.status == 200).then_some(0),
        };
        let strong = response.header("etag").filter(|tag| tag.starts_with('"'));
        let version = strong.or_else(|| response.header("last-modified")).filter(|version| version.len() <= 200).map(ToString::to_string);
        let differs = |old: bool, same: bool| old && !same;
        if differs(self.version.is_some(), self.version == version) || differs(self.size.is_some() && size.is_some(), self.size == size) {
            return Err(changed(self.field));
        }
        self.version = version;
        self.size = self.size.or(size);
        self.body = response.body;
        match begins_at {
            Some(at) if at <= position => {
                self.position = at;
                self.skip_from_here(position)
            }
            _ => Err(invalid(
                self.field,
                "file-changed",
                "is sent by a server that answers with another part than the one asked for; give another address",
            )),
        }
    }

    fn skip_to(&mut self, position: u64) -> Result<(), Failure> {
        self.position = 0;
        self.skip_from_here(position)
    }

    fn skip_from_here(&mut self, position: u64) -> Result<(), Failure> {
        while self.position < position {
            let room = usize::try_from(position - self.position).unwrap_or(PIECE).min(PIECE);
            match self.body.read(room) {
                Ok(Some(piece)) => self.position += piece.len() as u64,
                Ok(None) => return Err(self.not_read(TransportError::maybe_sent(Fault::ConnectionBroken))),
                Err(error) => return Err(self.not_read(error)),
            }
        }
        Ok(())
    }

    fn refused(&self, status: u16, host: &str) -> Failure {
        let (code, why) = match status {
            404 | 410 => ("invalid-url", "is not there"),
            416 => ("file-changed", "has become shorter while it was read"),
            400..=499 => ("invalid-url", "is not given out, and must work without a login"),
            300..=399 => ("invalid-url", "leads nowhere"),
            _ => {
                let message = format!("{} could not be read: {host} answered with status {status}; try again", self.field);
                return Failure::new(Case::Unavailable, "file-not-downloaded", Party::Wait, message).field(self.field);
            }
        };
        invalid(self.field, code, &format!("{why}: {host} answered with status {status}; check the address"))
    }

    fn not_read(&self, error: TransportError) -> Failure {
        match &self.origin {
            Origin::Https(target) => self.not_sent(error, &target.authority),
            Origin::Memory(_) => changed(self.field),
        }
    }

    fn not_sent(&self, error: TransportError, host: &str) -> Failure {
        let field = self.field;
        let (case, code, party, why) = match error.fault {
            Fault::Denied => (
                Case::EgressDenied,
                "egress-denied",
                Party::Operator,
                "is not among the hosts that the operator allows; add this line to the allowed hosts, or upload the file elsewhere",
            ),
            Fault::NotAccepted => (Case::InvalidInput, "invalid-url", Party::Author, "is no address that the host can reach; check it"),
            Fault::NameNotResolved => {
                (Case::Unavailable, "file-not-downloaded", Party::Author, "is a name that could not be resolved; check it")
            }
            Fault::Deadline => {
                (Case::Unavailable, "file-not-downloaded", Party::Wait, "did not send the file before the deadline of the call; try again")
            }
            Fault::Tls => (Case::Unavailable, "file-not-downloaded", Party::Author, "has no valid certificate; give another address"),
            Fault::ConnectionRefused | Fault::ConnectTimeout | Fault::ConnectionBroken | Fault::Protocol | Fault::TooLarge => {
                (Case::Unavailable, "file-not-downloaded", Party::Wait, "could not be reached or broke off; try again")
            }
        };
        let line = if case == Case::EgressDenied { format!(": {host}") } else { String::new() };
        Failure::new(case, code, party, format!("{field} could not be read: {host} {why}{line}")).field(field)
    }
}

/// The file is not the one that it was.
#[must_use]
pub fn changed(field: &str) -> Failure {
    invalid(field, "file-changed", "has changed since the upload began; begin the upload again")
}

fn invalid(field: &str, code: &str, message: &str) -> Failure {
    Failure::invalid(field, code, message)
}
