//! `GET /2/usage/credits` · app-only · read, free · what is left of the developer account's credits, where X tells it.

use crate::auth::Accepts;
use crate::bindings::connection::Severity;
use crate::error::Party;
use crate::json::Json;
use crate::session::{Answer, Session};
use crate::verify::findings::Findings;

/// Below this the credits are worth a word: one US dollar is five posts with a link.
const FEW_MICRO_USD: i64 = 1_000_000;

/// What is left, in millionths of a US dollar. X has had the endpoint since September 2026, and not for every app; whatever
/// goes wrong here means no more than that it is not known.
pub fn remaining(session: &Session<'_>, findings: &mut Findings) -> Option<i64> {
    session.connection.credentials.app_only.as_ref()?;
    let left = read(&session.read("/2/usage/credits", Accepts::APP_ONLY).ok()?)?;
    if left < FEW_MICRO_USD {
        let message =
            "the developer account at X has less than 1 USD of credits left; buy credits in X's developer console, or calls will fail";
        findings.add(Severity::Warning, "credits-low", Party::AppOwner, message);
    }
    Some(left)
}

/// The total, by either of the names that have been seen; else what was bought and what was given together.
fn read(answer: &Answer) -> Option<i64> {
    let data = answer.data().ok()?;
    let amount = |names| micro_usd(data.get_either(names));
    amount(["total_balance", "total"]).or_else(|| {
        let parts = [amount(["prepaid_balance", "prepaid"]), amount(["free_balance", "free"])];
        parts.into_iter().flatten().reduce(i64::saturating_add)
    })
}

/// An amount in US dollars: a number, or a text with one.
fn micro_usd(json: &Json) -> Option<i64> {
    match json {
        Json::Text(text) => Json::read(text.as_bytes())?.as_millionths(),
        number => number.as_millionths(),
    }
}
