//! Whether a read may be asked again at once. Writes never are, and nothing here sleeps: the engine waits.

use crate::transport::{Fault, TransportError};

/// How often a read is repeated at most, after its first try.
pub const MAXIMUM_REPEATS: u32 = 2;

/// Whether the call only reads at X.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Read,
    Write,
}

/// What a try came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    Answered(u16),
    Failed(TransportError),
}

/// Decides, from the effect of the call, what came of the last try, and how many repeats there were.
#[must_use]
pub fn repeat_at_once(effect: Effect, outcome: Try, repeats: u32) -> bool {
    let passing = match outcome {
        Try::Answered(status) => matches!(status, 502..=504),
        Try::Failed(error) => {
            matches!(error.fault, Fault::NameNotResolved | Fault::ConnectionRefused | Fault::ConnectTimeout | Fault::ConnectionBroken)
        }
    };
    passing && effect == Effect::Read && repeats < MAXIMUM_REPEATS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Sent;

    const FAULTS: [Fault; 10] = [
        Fault::NameNotResolved,
        Fault::ConnectionRefused,
        Fault::ConnectTimeout,
        Fault::Tls,
        Fault::Denied,
        Fault::NotAccepted,
        Fault::Deadline,
        Fault::ConnectionBroken,
        Fault::Protocol,
        Fault::TooLarge,
    ];

    #[test]
    fn a_write_is_never_repeated() {
        for status in 100..600 {
            assert!(!repeat_at_once(Effect::Write, Try::Answered(status), 0), "{status}");
        }
        for fault in FAULTS {
            for sent in [Sent::No, Sent::Maybe] {
                assert!(!repeat_at_once(Effect::Write, Try::Failed(TransportError { fault, sent }), 0));
            }
        }
    }

    #[test]
    fn a_read_is_repeated_twice_and_only_when_the_fault_may_pass() {
        for status in 100..600 {
            assert_eq!(repeat_at_once(Effect::Read, Try::Answered(status), 0), (502..=504).contains(&status), "{status}");
        }
        let repeated = FAULTS.map(|fault| repeat_at_once(Effect::Read, Try::Failed(TransportError::not_sent(fault)), 0));
        assert_eq!(repeated, [true, true, true, false, false, false, false, true, false, false]);
        assert!(repeat_at_once(Effect::Read, Try::Answered(503), 1));
        assert!(!repeat_at_once(Effect::Read, Try::Answered(503), 2));
    }
}
