//! `x-connector connection verify`: what a connection is, may do, and lacks.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::arguments::Setting;
use super::super::output::{self, Failed, line};
use super::super::stored::{self, Stored};
use super::arguments::Verify;
use crate::authorization::case_and_party;
use crate::credentials::{Account, CredentialError, Store as _};

pub async fn run(setting: &Setting, verify: Verify) -> Result<(), Failed> {
    let name = verify.name.as_deref().or(setting.connection.as_deref());
    let verified = match name {
        None => setting.session().await?.steps().verify(super::super::setting::environment()?, &verify.operations).await,
        Some(name) => {
            let stored = Stored::open(setting)?;
            let record = stored.store.load(name).await.map_err(|error| stored::failed(&error))?;
            stored::check_connected(&record)?;
            // A token that is about to end is refreshed first, so that its end is no finding; where that fails, the failure is one.
            let mut trouble = None;
            let record = match stored.keeper(setting, &record)?.properties(name).await {
                Ok(access) => access.record().clone(),
                Err(error) => {
                    trouble = Some(error);
                    record
                }
            };
            let mut verified = stored.steps(setting, &record)?.verify(stored::environment(&record), &verify.operations).await;
            if let Some(account) = verified.as_ref().ok().and_then(account).filter(|account| record.account.as_ref() != Some(account)) {
                stored.update(&record.credential_id, |record| record.account = Some(account.clone())).await?;
            }
            if let (Ok(verified), Some(error)) = (&mut verified, &trouble) {
                add_finding(verified, error);
            }
            verified
        }
    };
    let verified = verified.map_err(|error| Failed::call(&error))?;
    match output::room().filter(|_| !verify.json) {
        Some(room) => line(page(&verified, room).trim_end())?,
        None => output::print(&verified)?,
    }
    if verified.get("usable") == Some(&Value::Bool(true)) { Ok(()) } else { Err(not_usable(&verified)) }
}

/// What the store says of the connection stands before what X says.
fn add_finding(verified: &mut Value, error: &CredentialError) {
    let (case, who) = case_and_party(error);
    let is_problem = case.starts_with("permanent-");
    let finding = json!({
        "severity": if is_problem { "problem" } else { "warning" },
        "code": error.code(),
        "message": error.to_string(),
        "who_must_act": who,
    });
    if is_problem {
        verified["usable"] = false.into();
    }
    match verified.get_mut("findings").and_then(Value::as_array_mut) {
        Some(findings) => findings.insert(0, finding),
        None => verified["findings"] = json!([finding]),
    }
}

/// The first problem, as the error of the command.
fn not_usable(verified: &Value) -> Failed {
    let worst = verified.get("findings").and_then(|findings| findings.get(0)).cloned().unwrap_or_default();
    let text = |name: &str| worst.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Failed::refused(&text("code"), &text("who_must_act"), format!("the connection is not usable as it is: {}", text("message")))
}

fn account(verified: &Value) -> Option<Account> {
    let account = verified.get("account").filter(|account| !account.is_null())?;
    let text = |name: &str| account.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Account { id: text("id")?, handle: text("username") })
}

/// What a person reads: who, with what, what for, and what is in the way.
fn page(verified: &Value, room: usize) -> String {
    let text = |value: &Value, name: &str| output::clean(value.get(name).and_then(Value::as_str).unwrap_or_default());
    let list = |value: &Value, name: &str| {
        let items = value.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(output::clean).collect::<Vec<_>>()
    };
    let mut rows: Vec<(&str, String)> = Vec::new();
    if let Some(account) = verified.get("account").filter(|account| !account.is_null()) {
        rows.push(("Account", format!("@{} ({}), id {}", text(account, "username"), text(account, "name"), text(account, "id"))));
    }
    rows.push(("Credential", list(verified, "credentials").join(", ")));
    rows.push(("Scopes", list(verified, "granted_scopes").join(" ")));
    rows.push(("Access level", text(verified, "access_level").replace('_', "-")));
    if let Some(skew) = verified.get("clock_skew_ms").and_then(Value::as_i64) {
        rows.push(("Clock", if skew.abs() < 2_000 { "right".to_owned() } else { format!("{} s off", skew / 1_000) }));
    }
    if let Some(credits) = verified.get("remaining_credits_micro_usd").and_then(Value::as_u64) {
        rows.push(("Credits", output::dollars(credits)));
    }
    let mut page = String::new();
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(page, "{name:<14}{}", output::wrapped(value, 14, room));
    }
    page.push('\n');
    let operations: Vec<&Value> = verified.get("operations").and_then(Value::as_array).into_iter().flatten().collect();
    let width = operations.iter().map(|operation| text(operation, "operation").len()).max().unwrap_or_default();
    for operation in operations {
        let missing = list(operation, "missing_scopes");
        let how = match text(operation, "credential") {
            none if none.is_empty() => "no credential fits".to_owned(),
            _ if !missing.is_empty() => format!("lacks {}", missing.join(" ")),
            credential => credential,
        };
        let _ = writeln!(page, "{:<width$}  {how}", text(operation, "operation"));
    }
    for finding in verified.get("findings").and_then(Value::as_array).into_iter().flatten() {
        let head = format!("{:<8} ", text(finding, "severity"));
        let said = format!("{} ({})", text(finding, "message"), text(finding, "who_must_act").replace('_', " "));
        let _ = write!(page, "\n{head}{}", output::wrapped(&said, head.len(), room));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_who_what_and_what_is_in_the_way() {
        let verified = json!({
            "usable": false,
            "account": {"id": "1811000000000000001", "username": "maker", "name": "Maker"},
            "credentials": ["oauth2_user"],
            "granted_scopes": ["tweet.read", "users.read"],
            "access_level": "read",
            "operations": [
                {"operation": "createPost", "credential": "oauth2_user", "missing_scopes": ["tweet.write"]},
                {"operation": "newPost", "credential": "oauth2_user", "missing_scopes": []},
            ],
            "clock_skew_ms": 3_600_000,
            "findings": [{"severity": "problem", "code": "missing-scopes", "message": "tweet.write is missing; log in again", "who_must_act": "account_owner"}],
        });
        assert_eq!(
            page(&verified, 80),
            "Account       @maker (Maker), id 1811000000000000001\n\
             Credential    oauth2_user\n\
             Scopes        tweet.read users.read\n\
             Access level  read\n\
             Clock         3600 s off\n\
             \n\
             createPost  lacks tweet.write\n\
             newPost     oauth2_user\n\
             \n\
             problem  tweet.write is missing; log in again (account owner)"
        );
    }
}
