//! Page tokens: opaque to callers, stateless for the simulator.

use super::problem::Refusal;

const PREFIX: &str = "7140";

/// The token of the page that begins below this id.
pub(crate) fn write(below: u64) -> String {
    format!("{PREFIX}{:016x}", below.rotate_left(23) ^ 0x5bd1_e995_7a6b_31c4)
}

/// The id of a token.
///
/// # Errors
/// 400 for a token that X never gave out.
pub(crate) fn read(token: &str) -> Result<u64, Refusal> {
    token
        .strip_prefix(PREFIX)
        .filter(|digits| digits.len() == 16)
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .map(|mixed| (mixed ^ 0x5bd1_e995_7a6b_31c4).rotate_right(23))
        .ok_or_else(|| {
            let message = format!("The `pagination_token` query parameter value [{token}] is not valid");
            Refusal::invalid("pagination_token", token, &message)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_id() {
        for id in [0, 1, 1_811_000_000_000_000_001, u64::MAX] {
            assert_eq!(read(&write(id)), Ok(id));
        }
        assert!(read("7140").is_err());
        assert!(read("b26v89c19zqg8o3fos5tyaaaa").is_err());
    }
}
