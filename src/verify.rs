//! `GET /2/users/me`, and for an app-only token `GET /2/usage/tweets` and `GET /2/usage/credits` · read · looks at a connection and explains it.

mod credits;
mod findings;

use alloc::{format, string::ToString, vec::Vec};

use crate::auth::accepts::listed;
use crate::auth::{Accepts, Kind};
use crate::bindings::connection::{AccessLevel, OperationAccess, Severity, Verification, VerifiedAccount, VerifyInput};
use crate::connection::Connection;
use crate::error::{Failure, Party};
use crate::id::UserId;
use crate::scopes::{self, Effect, OFFLINE_ACCESS, Operation};
use crate::session::{Answer, Session};
use crate::transport::header;
use findings::Findings;

/// By how much the host's clock may be off before it is worth a word: caches, proxies and whole seconds make up less.
const NOTABLE_SKEW_MS: i64 = 60_000;

/// Looks at the connection.
///
/// # Errors
/// A [`Failure`] when nothing can be told: there is no credential, or X was not reached.
pub fn run(session: &Session<'_>, input: &VerifyInput) -> Result<Verification, Failure> {
    let operations = scopes::operations(input.operations.as_deref())?;
    let connection = session.connection;
    let kinds = connection.credentials.kinds();
    if kinds.is_empty() {
        // The choice says what is missing, or which part of it.
        connection.credentials.choose(Accepts::ANY)?;
    }
    let mut findings = Findings::default();
    let access = operations_access(connection, &operations, &mut findings);
    let (account, access_level) = account(session, &operations, &mut findings)?;
    check_plan(&operations, &mut findings);
    check_app(session, &mut findings)?;
    let clock_skew_ms = clock_skew(session, &mut findings);
    let remaining_credits_micro_usd = credits::remaining(session, &mut findings);
    Ok(Verification {
        usable: !findings.has_problem(),
        account,
        credentials: kinds.into_iter().map(Into::into).collect(),
        granted_scopes: connection.granted_scopes.clone(),
        access_level,
        operations: access,
        clock_skew_ms,
        remaining_credits_micro_usd,
        findings: findings.into_list(),
    })
}

/// What each operation would use, and the findings about those that have nothing to use.
fn operations_access(connection: &Connection, operations: &[&Operation], findings: &mut Findings) -> Vec<OperationAccess> {
    let (mut missing, mut lacking, mut refused) = (Vec::new(), Vec::new(), None);
    let mut without = Vec::new();
    let mut access = Vec::new();
    for operation in operations {
        let chosen = connection.credentials.choose(operation.accepts);
        let mut of_operation = Vec::new();
        match (&chosen, &connection.granted_scopes) {
            (Ok(credential), Some(granted)) if credential.kind() == Kind::UserBearer => {
                of_operation = operation.accepts.missing_scopes(granted);
                missing.extend(of_operation.iter().copied().filter(|scope| !missing.contains(scope)).collect::<Vec<_>>());
                if !of_operation.is_empty() {
                    lacking.push(operation.name);
                }
            }
            (Err(_), _) => without.push(operation.name),
            (Ok(_), _) => {}
        }
        access.push(OperationAccess {
            operation: operation.name.to_string(),
            credential: chosen.as_ref().ok().map(|credential| credential.kind().into()),
            missing_scopes: of_operation.into_iter().map(ToString::to_string).collect(),
        });
        refused = refused.or(chosen.err());
    }
    if let Some(failure) = refused {
        let problem = failure.problem();
        let message = format!("for {}: {}", listed(&without, " and "), problem.message);
        findings.add(Severity::Problem, &problem.code, problem.who_must_act, message);
    }
    if !missing.is_empty() {
        let (missing, lacking) = (listed(&missing, " and "), listed(&lacking, " and "));
        let message =
            format!("the account has not granted {missing}, needed for {lacking}; connect it again with these among its operations");
        findings.add(Severity::Problem, "missing-scopes", Party::AccountOwner, message);
    }
    if connection.credentials.oauth2_user.is_some() {
        check_granted(connection, findings);
    }
    access
}

fn check_granted(connection: &Connection, findings: &mut Findings) {
    match &connection.granted_scopes {
        None => findings.add(
            Severity::Note,
            "scopes-unknown",
            Party::Operator,
            "X_GRANTED_SCOPES is not set, so whether the account granted what the operations need is not known; give the scopes that came with the tokens",
        ),
        Some(granted) if !granted.iter().any(|scope| scope == OFFLINE_ACCESS) => findings.add(
            Severity::Warning,
            "no-offline-access",
            Party::AccountOwner,
            "the account has not granted offline.access, so nothing renews the access token, which lives two hours; connect it again",
        ),
        Some(_) => {}
    }
}

/// Asks X who the user is that acts, where there is one.
fn account(
    session: &Session<'_>,
    operations: &[&Operation],
    findings: &mut Findings,
) -> Result<(Option<VerifiedAccount>, Option<AccessLevel>), Failure> {
    let connection = session.connection;
    let kinds = connection.credentials.kinds();
    if !kinds.iter().any(|kind| Accepts::USER.has(*kind)) {
        return Ok((None, None));
    }
    match session.read("/2/users/me", Accepts::USER).and_then(|answer| read_account(&answer)) {
        Ok((account, level, kind)) => {
            check_access_level(level, kind, operations, findings);
            if connection.user_id.is_some_and(|id| id.to_string() != account.id) {
                let message = format!("X_USER_ID is not the id of the connected account; set it to {} or leave it out", account.id);
                findings.add(Severity::Problem, "wrong-user-id", Party::Operator, message);
            }
            Ok((Some(account), level))
        }
        Err(failure) => {
            findings.add_failure(failure, Severity::Problem)?;
            Ok((None, None))
        }
    }
}

fn read_account(answer: &Answer) -> Result<(VerifiedAccount, Option<AccessLevel>, Kind), Failure> {
    let id = UserId::from_digits(&answer.text("id")?).ok_or_else(|| answer.unreadable("the id of the account is no number"))?;
    let level = match header(&answer.headers, "x-access-level") {
        Some("read") => Some(AccessLevel::Read),
        Some("read-write") => Some(AccessLevel::ReadWrite),
        Some("read-write-directmessages" | "read-write-privatemessages") => Some(AccessLevel::ReadWriteDirectMessages),
        _ => None,
    };
    let account = VerifiedAccount { id: id.to_string(), username: answer.text("username")?, name: answer.text("name")? };
    Ok((account, level, answer.attempt.kind))
}

/// Holds the app's permissions against the operations. They bind OAuth 1.0a; OAuth 2.0 has its scopes, and X is not known to
/// refuse what those allow.
fn check_access_level(level: Option<AccessLevel>, kind: Kind, operations: &[&Operation], findings: &mut Findings) {
    let allows = |effect: Effect| match level {
        None | Some(AccessLevel::ReadWriteDirectMessages) => true,
        Some(AccessLevel::ReadWrite) => effect != Effect::SendsMessages,
        Some(AccessLevel::Read) => effect == Effect::Reads,
    };
    let beyond: Vec<&str> = operations.iter().filter(|operation| !allows(operation.effect)).map(|operation| operation.name).collect();
    if !beyond.is_empty() {
        let message = format!(
            "the app's permissions at X do not cover {}; set them to read, write and direct messages in X's developer console, then connect the account again, since old tokens keep old permissions",
            listed(&beyond, " and ")
        );
        let severity = if kind == Kind::OAuth1 { Severity::Problem } else { Severity::Warning };
        findings.add(severity, "access-level", Party::AppOwner, message);
    }
}

/// What the plan forbids shows when it is tried; some of it is known before.
fn check_plan(operations: &[&Operation], findings: &mut Findings) {
    if operations.iter().any(|operation| operation.name == "likePost") {
        findings.add(
            Severity::Warning,
            "plan-cannot-like",
            Party::AppOwner,
            "X has let only Enterprise plans like posts since 2026-04-20; likePost fails with any other plan",
        );
    }
}

/// Asks X about the app by a free call, where there is an app-only token.
fn check_app(session: &Session<'_>, findings: &mut Findings) -> Result<(), Failure> {
    let kinds = session.connection.credentials.kinds();
    if !kinds.contains(&Kind::AppOnly) {
        return Ok(());
    }
    let is_alone = kinds.len() == 1;
    match session.read("/2/usage/tweets?days=1", Accepts::APP_ONLY) {
        Ok(answer) => {
            check_usage(&answer, findings);
            Ok(())
        }
        Err(failure) => {
            let told = findings.add_failure(failure, if is_alone { Severity::Problem } else { Severity::Warning });
            if is_alone { told } else { Ok(()) }
        }
    }
}

/// The cap of the month, in posts read. An answer without it says nothing.
fn check_usage(answer: &Answer, findings: &mut Findings) {
    let number = |name: &str| answer.data().ok().and_then(|data| data.get(name).as_text().and_then(|text| text.parse::<u64>().ok()));
    let (Some(used), Some(cap)) = (number("project_usage"), number("project_cap").filter(|cap| *cap > 0)) else {
        return;
    };
    let (severity, code) = if used >= cap {
        (Severity::Problem, "usage-capped")
    } else if used >= cap / 10 * 9 {
        (Severity::Warning, "usage-cap-near")
    } else {
        return;
    };
    let message = format!(
        "{used} of the {cap} posts that the app may read in this cycle are read; raise the cap in X's developer console or wait for the next cycle"
    );
    findings.add(severity, code, Party::AppOwner, message);
}

/// How far the host's clock is ahead of X's. X tells whole seconds, so what lies within one second and the way here is none.
fn clock_skew(session: &Session<'_>, findings: &mut Findings) -> Option<i64> {
    let difference = session.clock_skew_ms()?;
    let skew = if (-1_000..=2_000).contains(&difference) { 0 } else { difference };
    if skew.abs() >= NOTABLE_SKEW_MS {
        let (seconds, direction) = (skew.abs() / 1_000, if skew > 0 { "ahead of" } else { "behind" });
        let message =
            format!("the clock of the host is {seconds} s {direction} X's; set it, since X refuses signatures that are off by 5 minutes");
        findings.add(Severity::Warning, "clock-skew", Party::Operator, message);
    }
    Some(skew)
}

#[cfg(test)]
mod tests;
