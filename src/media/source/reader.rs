//! Reads a file front to back. What breaks off is read on from there, by a range where the server offers them.

#[cfg(test)]
mod tests;

use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};

use super::Source;
use super::data::Decoded;
use crate::error::{Case, Failure, Party};
use crate::media::upload::progress::{Progress, tells_versions_apart};
use crate::session::Session;
use crate::transport::{self, Fault, Response, TransportError, Whole};

/// How many addresses a server may lead on to.
const MOST_REDIRECTS: u32 = 3;
/// How often a part of a file that broke off is asked for again.
const MOST_REPEATS: u32 = 2;
const PIECE: u64 = 64 * 1024;

/// A file that is being read. Only what the caller asks for is in memory.
pub struct Reader<'a> {
    session: &'a Session<'a>,
    source: &'a Source,
    field: &'a str,
    body: Box<dyn transport::Source + 'a>,
    /// Where the next byte of `body` lies.
    at: u64,
    /// Where the next byte lies that the caller gets; never before `at`.
    position: u64,
    /// How large the file is, once that is known.
    pub size: Option<u64>,
    /// What tells this version of the file from another: its entity tag, or when it was changed.
    pub version: Option<String>,
}

impl<'a> Reader<'a> {
    /// Opens the file, at its start or where an upload stopped. `field` is named in failures.
    ///
    /// # Errors
    /// A [`Failure`] that says why it cannot be read, or that it is not the file that it was.
    pub fn open(session: &'a Session<'a>, source: &'a Source, field: &'a str, progress: Option<&Progress>) -> Result<Self, Failure> {
        let (size, version) = progress.map(|progress| (progress.size, progress.version.clone())).unzip();
        let body = Box::new(Whole::new(Vec::new()));
        let mut reader = Self { session, source, field, body, at: 0, position: 0, size, version: version.flatten() };
        reader.connect(progress.map_or(0, Progress::sent_bytes))?;
        Ok(reader)
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
        let left = self.size.map_or(u64::MAX, |size| size.saturating_sub(self.position));
        let missing = length.saturating_sub(buffer.len()).min(usize::try_from(left).unwrap_or(usize::MAX));
        // Growing by itself, it would double.
        buffer.reserve_exact(missing);
        self.read(missing as u64, Some(buffer)).map(|_| ())
    }

    /// Learns the size, by reading to the end and forgetting the bytes where it was not told. Stops when there are more than `limit`.
    ///
    /// # Errors
    /// As [`Self::fill`].
    pub fn measure(&mut self, limit: u64) -> Result<u64, Failure> {
        if let Some(size) = self.size {
            return self.check_end().map(|()| size);
        }
        let left = limit.saturating_add(1).saturating_sub(self.position);
        if self.read(left, None)? {
            self.size = Some(self.position);
        }
        Ok(self.position)
    }

    /// Checks, at the end of the file, that nothing follows.
    ///
    /// # Errors
    /// A [`Failure`] when the server sends more than it said.
    pub fn check_end(&mut self) -> Result<(), Failure> {
        if self.size == Some(self.position) && matches!(self.body.read(1), Ok(Some(_))) {
            let message = "is longer than its server said; give an address that delivers the file as it is";
            return Err(Failure::invalid(self.field, "file-changed", message));
        }
        Ok(())
    }

    /// Reads `length` bytes into `buffer`, or past them; `true` when the file ends before.
    fn read(&mut self, length: u64, mut buffer: Option<&mut Vec<u8>>) -> Result<bool, Failure> {
        let end = self.position.saturating_add(length);
        let mut repeats = 0;
        while self.position < end {
            // A server that does not do ranges begins with what was read before.
            let is_old = self.at < self.position;
            let left = if is_old { self.position } else { end } - self.at;
            // A server that always has more to send is not waited for, so that the deadline is looked at here.
            let piece = if self.session.left_ms() == 0 {
                Err(TransportError::maybe_sent(Fault::Deadline))
            } else {
                self.body.read(usize::try_from(left.min(PIECE)).unwrap_or_default())
            };
            let error = match piece {
                Ok(Some(piece)) => {
                    self.at += piece.len() as u64;
                    if !is_old {
                        self.position = self.at;
                        // A server may give a file in as many parts as it likes.
                        repeats = 0;
                        if let Some(buffer) = &mut buffer {
                            buffer.extend_from_slice(&piece);
                        }
                    }
                    continue;
                }
                Ok(None) if !is_old && self.size.is_none_or(|size| self.position >= size) => return Ok(true),
                Ok(None) => TransportError::maybe_sent(Fault::ConnectionBroken),
                Err(error) => error,
            };
            repeats += 1;
            if repeats > MOST_REPEATS || error.fault == Fault::Deadline {
                return Err(match self.source {
                    Source::Https(target) => self.not_read(error, &target.authority),
                    Source::Data { .. } | Source::Uploaded(_) => changed(self.field),
                });
            }
            self.connect(self.position)?;
        }
        Ok(false)
    }

    /// Asks for the file from `position` on, and follows where the server leads.
    fn connect(&mut self, position: u64) -> Result<(), Failure> {
        self.position = position;
        let mut target = match self.source {
            Source::Https(target) => target.clone(),
            Source::Data { url, begins_at, base64 } => {
                let data = Decoded::new(url.get(*begins_at..).unwrap_or_default(), *base64);
                let Ok(size) = data.clone().length() else {
                    return Err(super::invalid(self.field, "is a data: URL whose data are damaged or cut; make it again"));
                };
                self.body = Box::new(data);
                return self.begin(0, Some(size), None, false);
            }
            Source::Uploaded(_) => return Err(changed(self.field)),
        };
        for _ in 0..=MOST_REDIRECTS {
            let fetched = self.session.fetch(target.clone(), self.headers(position));
            let response = fetched.map_err(|error| self.not_read(error, &target.authority))?;
            match response.status {
                200 | 206 => return self.receive(response),
                301 | 302 | 303 | 307 | 308 => {
                    // Without a location it leads nowhere that could be read.
                    target = Source::redirect(&target, response.header("location").unwrap_or("data:"), self.field)?;
                }
                status => return Err(self.refused(status, &target.authority)),
            }
        }
        Err(super::invalid(self.field, "leads on to more than three other addresses; give the address that a browser ends at"))
    }

    fn headers(&self, position: u64) -> Vec<(&'static str, String)> {
        let mut headers = Vec::from([
            ("accept", "image/*, video/*, text/*, */*;q=0.5".to_string()),
            // A size and a place are those of the file, not of what it is packed into.
            ("accept-encoding", "identity".to_string()),
        ]);
        if position > 0 {
            headers.push(("range", format!("bytes={position}-")));
            headers.extend(self.version.clone().map(|version| ("if-range", version)));
        }
        headers
    }

    /// Takes an answer with the file or a part of it.
    fn receive(&mut self, response: Response) -> Result<(), Failure> {
        let is_part = response.status == 206;
        let number = |text: &str| text.parse().ok();
        let (at, size) = if is_part {
            // `bytes 4096-8191/8192`
            let range = response.header("content-range").and_then(|range| range.strip_prefix("bytes ")?.split_once('/'));
            let (range, size) = range.unwrap_or_default();
            (range.split_once('-').and_then(|(first, _)| number(first)), number(size))
        } else {
            (Some(0), response.header("content-length").and_then(number))
        };
        let strong = response.header("etag").filter(|tag| tag.starts_with('"'));
        let version = strong.or_else(|| response.header("last-modified")).filter(|version| tells_versions_apart(version));
        let version = version.map(ToString::to_string);
        let Some(at) = at.filter(|at| *at <= self.position) else {
            let message = "is sent by a server that answers with another part than the one asked for; give another address";
            return Err(Failure::invalid(self.field, "file-changed", message));
        };
        self.body = response.body;
        self.begin(at, size, version, is_part)
    }

    /// Begins to read a body that begins at `at`, if it is of the file that it was.
    fn begin(&mut self, at: u64, size: Option<u64>, version: Option<String>, is_part: bool) -> Result<(), Failure> {
        // A server may leave out of a part what `if-range` has told it.
        let is_other = self.version.is_some() && self.version != version && !(is_part && version.is_none());
        let is_resized = self.size.is_some() && size.is_some() && self.size != size;
        if is_other || is_resized {
            return Err(changed(self.field));
        }
        self.at = at;
        self.version = version.or_else(|| self.version.take());
        self.size = self.size.or(size);
        Ok(())
    }

    fn refused(&self, status: u16, host: &str) -> Failure {
        let field = self.field;
        let (code, why) = match status {
            404 | 410 => ("invalid-url", "is not there"),
            416 => ("file-changed", "has become shorter while it was read"),
            408 | 425 | 429 | 500.. => {
                let message = format!("{field} could not be read: {host} answered with status {status}; try again");
                return Failure::new(Case::Unavailable, "file-not-downloaded", Party::Wait, message).field(field);
            }
            400.. => ("invalid-url", "is not given out, and must work without a login"),
            _ => ("invalid-url", "leads to no file"),
        };
        Failure::invalid(field, code, &format!("{why}: {host} answered with status {status}; check the address"))
    }

    /// The fault of the way from a source.
    fn not_read(&self, error: TransportError, host: &str) -> Failure {
        const NOT_DOWNLOADED: &str = "file-not-downloaded";
        let field = self.field;
        let (case, code, party, why) = match error.fault {
            Fault::Denied => (
                Case::EgressDenied,
                "egress-denied",
                Party::Operator,
                "is not among the hosts that the operator allows; add this line to the allowed hosts, or upload the file elsewhere: ",
            ),
            Fault::NotAccepted => (Case::InvalidInput, "invalid-url", Party::Author, "is no address that the host can reach; check it"),
            Fault::NameNotResolved => (Case::Unavailable, NOT_DOWNLOADED, Party::Author, "is a name that could not be resolved; check it"),
            Fault::Deadline => (
                Case::Unavailable,
                NOT_DOWNLOADED,
                Party::Wait,
                "did not send the file before the deadline of the call; raise X_CALL_DEADLINE_MS, or give an address that tells the length and takes ranges",
            ),
            Fault::Tls => (Case::Unavailable, NOT_DOWNLOADED, Party::Author, "has no valid certificate; give another address"),
            Fault::ConnectionRefused | Fault::ConnectTimeout | Fault::ConnectionBroken | Fault::Protocol | Fault::TooLarge => {
                (Case::Unavailable, NOT_DOWNLOADED, Party::Wait, "could not be reached or broke off; try again")
            }
        };
        let line = if case == Case::EgressDenied { host } else { "" };
        Failure::new(case, code, party, format!("{field} could not be read: {host} {why}{line}")).field(field)
    }
}

/// The file is not the one that it was.
#[must_use]
pub fn changed(field: &str) -> Failure {
    Failure::invalid(field, "file-changed", "has changed since the upload began; begin the upload again")
}
