//! Why a request got no answer, and whether any of it may have reached the server.

use super::AddressClass;
use std::error::Error as StdError;
use std::io;
use thiserror::Error;
use wasmtime_wasi_http::Error as WasiError;

/// Why a request got no answer, or why a body broke off.
///
/// The guest decides from it whether a write may have happened, so the line between "not sent" and "may be sent" is
/// never crossed in doubt: what is not known to have failed before the connection stood counts as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The host's policy does not allow the request. Not sent.
    #[error("the policy does not allow the request")]
    Denied,
    /// The name leads to an address that the policy does not allow. Not sent.
    #[error("the policy does not allow {0}")]
    AddressProhibited(AddressClass),
    /// The name has no address. Not sent.
    #[error("the name was not resolved")]
    NameNotResolved,
    /// Nothing listens at the address. Not sent.
    #[error("the connection was refused")]
    Refused,
    /// No way leads to the address, or this machine has no socket left. Not sent.
    #[error("the address is out of reach")]
    Unreachable,
    /// The connection did not stand in time: name, TCP and TLS together. Not sent.
    #[error("the connection did not stand in time")]
    ConnectTimedOut,
    /// The TLS handshake failed. Not sent.
    #[error("the TLS handshake failed")]
    Tls,
    /// The server's certificate is not accepted. Not sent.
    #[error("the server's certificate is not accepted")]
    Certificate,
    /// The connection broke after it stood. May be sent.
    #[error("the connection broke")]
    Terminated,
    /// The answer, or its next bytes, did not come in time. May be sent.
    #[error("the answer did not come in time")]
    ReadTimedOut,
    /// The answer ended before its end. May be sent.
    #[error("the answer is incomplete")]
    Incomplete,
    /// The answer is not HTTP. May be sent.
    #[error("the answer is not HTTP")]
    Protocol,
}

impl Fault {
    /// Whether any byte of the request may have reached the server.
    #[must_use]
    pub const fn may_be_sent(self) -> bool {
        match self {
            Self::Denied
            | Self::AddressProhibited(_)
            | Self::NameNotResolved
            | Self::Refused
            | Self::Unreachable
            | Self::ConnectTimedOut
            | Self::Tls
            | Self::Certificate => false,
            Self::Terminated | Self::ReadTimedOut | Self::Incomplete | Self::Protocol => true,
        }
    }

    /// The error code that the guest sees.
    pub(crate) fn into_wasi(self) -> WasiError {
        match self {
            Self::Denied => WasiError::HttpRequestDenied,
            Self::AddressProhibited(_) => WasiError::DestinationIpProhibited,
            Self::NameNotResolved => WasiError::DnsError { rcode: None, info_code: None },
            Self::Refused => WasiError::ConnectionRefused,
            Self::Unreachable => WasiError::DestinationUnavailable,
            Self::ConnectTimedOut => WasiError::ConnectionTimeout,
            Self::Tls => WasiError::TlsProtocolError,
            Self::Certificate => WasiError::TlsCertificateError,
            Self::Terminated => WasiError::ConnectionTerminated,
            Self::ReadTimedOut => WasiError::ConnectionReadTimeout,
            Self::Incomplete => WasiError::HttpResponseIncomplete,
            Self::Protocol => WasiError::HttpProtocolError,
        }
    }

    /// The fault behind an error that came before the connection stood.
    pub(crate) fn before_connecting(error: &(dyn StdError + 'static)) -> Self {
        // Name and TCP faults are typed by our own connector; what is left comes from the TLS handshake.
        find(error, &|cause| {
            if let Some(fault) = cause.downcast_ref::<Self>() {
                return Some(*fault);
            }
            match cause.downcast_ref::<rustls::Error>()? {
                rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => Some(Self::Certificate),
                _ => Some(Self::Tls),
            }
        })
        .unwrap_or(Self::Tls)
    }

    /// The fault behind an error that came after the connection stood.
    pub(crate) fn after_connecting(error: &(dyn StdError + 'static)) -> Self {
        find(error, &|cause| {
            if let Some(fault) = cause.downcast_ref::<Self>() {
                return Some(*fault);
            }
            if let Some(error) = cause.downcast_ref::<hyper::Error>() {
                if error.is_timeout() {
                    return Some(Self::ReadTimedOut);
                }
                if error.is_parse() || error.is_parse_too_large() || error.is_parse_status() {
                    return Some(Self::Protocol);
                }
                if error.is_incomplete_message() {
                    return Some(Self::Incomplete);
                }
                if error.is_canceled() || error.is_closed() {
                    return Some(Self::Terminated);
                }
            }
            match cause.downcast_ref::<io::Error>()?.kind() {
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::NotConnected => Some(Self::Terminated),
                io::ErrorKind::UnexpectedEof => Some(Self::Incomplete),
                io::ErrorKind::TimedOut => Some(Self::ReadTimedOut),
                _ => None,
            }
        })
        .unwrap_or(Self::Protocol)
    }
}

/// Looks through an error and its causes, also those that `io::Error` hides from `source`.
fn find(error: &(dyn StdError + 'static), known: &dyn Fn(&(dyn StdError + 'static)) -> Option<Fault>) -> Option<Fault> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        // A custom `io::Error` names its content's source as its own and skips the content itself.
        let content = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(fault) = content.and_then(|content| find(content, known)) {
            return Some(fault);
        }
        if let Some(fault) = known(error) {
            return Some(fault);
        }
        cause = error.source();
    }
    None
}
