//! `x-connector connection list`.

use serde_json::Value;

use super::super::arguments::Setting;
use super::super::output::{self, Failed};
use super::super::stored::{self, Stored};
use super::summary;
use crate::credentials::Store as _;

pub async fn run(setting: &Setting) -> Result<(), Failed> {
    let stored = Stored::open(setting)?;
    let listed = stored.store.list().await.map_err(|error| stored::failed(&error))?;
    let rows: Vec<Value> = listed
        .iter()
        .map(|listed| match &listed.record {
            Ok(record) => summary(record),
            Err(error) => serde_json::json!({ "name": listed.name, "credential_id": listed.credential_id, "status": "refused", "reason": error.to_string() }),
        })
        .collect();
    match output::room() {
        None => output::print(&Value::Array(rows)),
        Some(_) if rows.is_empty() => output::line("No connections yet.  x-connector connection login NAME --client-id ID"),
        Some(_) => output::line(table(&rows).trim_end()),
    }
}

/// One line a connection, aligned.
fn table(rows: &[Value]) -> String {
    let text = |row: &Value, name: &str| output::clean(row.get(name).and_then(Value::as_str).unwrap_or_default());
    let cells: Vec<[String; 5]> = std::iter::once(["NAME", "ACCOUNT", "CREDENTIAL", "STATUS", "UNTIL"].map(str::to_owned))
        .chain(rows.iter().map(|row| {
            let account = row.get("account").map_or_else(
                || "-".to_owned(),
                |account| match text(account, "username") {
                    username if username.is_empty() => text(account, "id"),
                    username => format!("@{username}"),
                },
            );
            let kinds: Vec<&str> = row.get("kinds").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            let kinds = if kinds.is_empty() { "-".to_owned() } else { kinds.join(", ") };
            let until = match (text(row, "expires_at"), row.get("refreshable")) {
                (end, Some(Value::Bool(true))) if !end.is_empty() => "refreshed by itself".to_owned(),
                (end, _) if !end.is_empty() => end,
                _ => "-".to_owned(),
            };
            [text(row, "name"), account, kinds, text(row, "status"), until]
        }))
        .collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [width(0), width(1), width(2), width(3)];
    let mut lines = String::new();
    for row in &cells {
        for (cell, width) in row.iter().zip(widths) {
            lines.push_str(&format!("{cell:<width$}  "));
        }
        lines.push_str(&row[4]);
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn connections_stand_under_each_other() {
        let rows = [
            json!({"name": "acme", "account": {"id": "1", "username": "maker"}, "kinds": ["oauth2_user"], "status": "ready", "expires_at": "2026-11-21T08:00:00Z", "refreshable": true}),
            json!({"name": "b", "kinds": [], "status": "not connected"}),
        ];
        assert_eq!(
            table(&rows),
            "NAME  ACCOUNT  CREDENTIAL   STATUS         UNTIL\n\
             acme  @maker   oauth2_user  ready          refreshed by itself\n\
             b     -        -            not connected  -\n"
        );
    }
}
