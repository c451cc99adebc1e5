//! Requests that got no answer: what to say of each fault of the way.

use crate::error::{Case, Failure, Party};
use crate::transport::{Fault, TransportError};

/// The failure of a request that got no answer.
#[must_use]
pub fn unreachable_x(error: TransportError) -> Failure {
    let (case, code, party, message) = match error.fault {
        Fault::NameNotResolved => {
            (Case::Unavailable, "name-not-resolved", Party::Operator, "X's name could not be resolved; check the host's network")
        }
        Fault::ConnectionRefused => {
            (Case::Unavailable, "connection-refused", Party::Operator, "no connection to X; check the host's network and X_API_BASE_URL")
        }
        Fault::ConnectTimeout => (Case::Unavailable, "connect-timeout", Party::Wait, "no connection to X in time; try again"),
        Fault::Tls => (
            Case::Unavailable,
            "tls-failed",
            Party::Operator,
            "the secure connection to X failed; check the host's clock, certificates and proxies",
        ),
        Fault::Denied => {
            (Case::EgressDenied, "egress-denied", Party::Operator, "the host's egress policy does not allow X's address; allow it")
        }
        Fault::NotAccepted => (Case::UnexpectedResponse, "request-not-accepted", Party::Operator, "the host does not send this request"),
        Fault::Deadline => (
            Case::Unavailable,
            "deadline",
            Party::Wait,
            "X did not answer before the deadline of the call; try again, or raise X_CALL_DEADLINE_MS",
        ),
        Fault::ConnectionBroken => {
            (Case::Unavailable, "connection-broken", Party::Wait, "the connection to X broke before the answer was complete; try again")
        }
        Fault::Protocol => {
            (Case::Unavailable, "no-http", Party::Operator, "what came back is no HTTP answer; check proxies and X_API_BASE_URL")
        }
        Fault::TooLarge => (Case::UnexpectedResponse, "answer-too-large", Party::X, "X's answer is larger than 4 MiB"),
    };
    Failure::new(case, code, party, message)
}
