//! `x-connector connection`: stored connections.

mod add;
pub mod arguments;
mod list;
mod login;
mod settings;
mod verify;

use serde_json::{Value, json};

use arguments::{Connection, Named, Rename};

use super::arguments::Setting;
use super::output::{self, Failed};
use super::stored::{self, Stored};
use crate::credentials::{ConnectionName, Record, Status, Store as _};

pub async fn run(setting: &Setting, connection: Connection) -> Result<(), Failed> {
    if setting.simulate {
        return Err(Failed::input(
            "simulate-without-connections",
            "--simulate",
            "--simulate has no connections of its own; run `x-connector simulate`, and add one with --set X_API_BASE_URL=http://127.0.0.1:18080",
        ));
    }
    match connection {
        Connection::Add(arguments) => add::run(setting, arguments).await,
        Connection::Login(arguments) => login::run(setting, arguments).await,
        Connection::List => list::run(setting).await,
        Connection::Verify(arguments) => verify::run(setting, arguments).await,
        Connection::Refresh(arguments) => refresh(setting, arguments).await,
        Connection::Export(arguments) => settings::export(setting, arguments).await,
        Connection::Import(arguments) => settings::import(setting, arguments).await,
        Connection::Rename(arguments) => rename(setting, arguments).await,
        Connection::Remove(arguments) => remove(setting, arguments).await,
        Connection::Logout(arguments) => logout(setting, arguments).await,
    }
}

async fn refresh(setting: &Setting, Named { name }: Named) -> Result<(), Failed> {
    let stored = Stored::open(setting)?;
    let record = stored.store.load(&name).await.map_err(|error| stored::failed(&error))?;
    let access = stored.keeper(setting, &record)?.refresh(&name).await.map_err(|error| stored::failed(&error))?;
    if access.record().tokens.is_none() {
        return stored::check_connected(access.record());
    }
    output::print(&json!({ "refreshed": true, "connection": summary(access.record()) }))
}

async fn rename(setting: &Setting, Rename { name, new }: Rename) -> Result<(), Failed> {
    let stored = Stored::open(setting)?;
    let new = ConnectionName::new(new).map_err(|error| stored::failed(&error))?;
    stored.store.rename(&name, &new).await.map_err(|error| stored::failed(&error))?;
    output::print(&json!({ "renamed": true, "name": &*new }))
}

async fn remove(setting: &Setting, Named { name }: Named) -> Result<(), Failed> {
    let stored = Stored::open(setting)?;
    stored.store.remove(&name).await.map_err(|error| stored::failed(&error))?;
    output::print(&json!({ "removed": true, "name": name }))
}

async fn logout(setting: &Setting, Named { name }: Named) -> Result<(), Failed> {
    let stored = Stored::open(setting)?;
    let record = stored.store.load(&name).await.map_err(|error| stored::failed(&error))?;
    if record.tokens.is_none() {
        return Err(Failed::input(
            "not-connected",
            "NAME",
            format!(
                "the connection `{name}` has no OAuth 2.0 tokens to take back; OAuth 1.0a tokens and app-only tokens are revoked in X's developer console"
            ),
        ));
    }
    let steps = stored.steps(setting, &record)?;
    let keeper = stored.keeper_with(steps.clone());
    let logged_out = keeper.log_out(&name, async |access| {
        match steps.revoke_token(access.environment().collect()).await {
            // X has forgotten a token that it does not know, which is what was wanted.
            Err(error) if error.code() == "reconnect-needed" => Ok(false),
            revoked => revoked,
        }
    });
    let (at_x, record) = logged_out.await.map_err(|error| stored::failed(&error))?.map_err(|error| Failed::call(&error))?;
    output::print(&json!({ "logged_out": true, "revoked_at_x": at_x, "connection": summary(&record) }))
}

/// A connection as a person and a program may see it.
fn summary(record: &Record) -> Value {
    let mut json = json!({
        "name": &*record.name,
        "credential_id": &*record.credential_id,
        "kinds": stored::kinds(record),
        "status": match &record.status {
            Status::Ready if stored::kinds(record).is_empty() => "not connected",
            Status::Ready => "ready",
            Status::ReconnectNeeded { .. } => "reconnect needed",
        },
    });
    if let Some(id) = record.get("X_CLIENT_ID") {
        json["client_id"] = id.into();
    }
    if let Some(account) = &record.account {
        json["account"] = json!({ "id": account.id, "username": account.handle });
    }
    if let Some(tokens) = &record.tokens {
        json["scopes"] = tokens.scopes.clone().into();
        json["refreshable"] = tokens.refresh_token.is_some().into();
        if let Some(end) = tokens.expires_at_ms {
            json["expires_at"] = stored::moment(end).into();
        }
    }
    if let Status::ReconnectNeeded { since_ms, reason } = &record.status {
        json["since"] = stored::moment(*since_ms).into();
        json["reason"] = reason.as_str().into();
    }
    json
}
