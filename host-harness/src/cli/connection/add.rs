//! `x-connector connection add`: stores what an app or account proves itself with.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Read as _};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use zeroize::Zeroizing;

use super::super::arguments::Setting;
use super::super::output::{self, Failed};
use super::super::stored::{self, Stored};
use super::arguments::{Add, Kind};
use super::summary;
use crate::cli::setting::manifest;
use crate::credentials::{ConnectionName, Record, Service, Store as _, TokenAnswer, Tokens};

/// What a kind takes: the property, and whether the connection is of no use without it.
const fn wanted(kind: Kind) -> &'static [(&'static str, bool)] {
    match kind {
        Kind::Public => &[],
        Kind::Confidential => &[("X_CLIENT_SECRET", true)],
        Kind::Token => &[("X_ACCESS_TOKEN", true), ("X_REFRESH_TOKEN", false), ("X_CLIENT_SECRET", false)],
        Kind::Oauth1 => &[("X_API_KEY", true), ("X_API_SECRET", true), ("X_OAUTH1_TOKEN", false), ("X_OAUTH1_TOKEN_SECRET", false)],
        Kind::AppOnly => &[("X_BEARER_TOKEN", false), ("X_API_KEY", false), ("X_API_SECRET", false)],
    }
}

pub async fn run(setting: &Setting, add: Add) -> Result<(), Failed> {
    let name = ConnectionName::new(add.name.as_str()).map_err(|error| stored::failed(&error))?;
    let mut record = Record::new(name, &Service::X).map_err(|error| stored::failed(&error))?;
    let properties = properties()?;
    for pair in &add.set {
        let (property, value) = open_property(pair, &properties)?;
        record.set(property, value);
    }
    take_base_url(&mut record);
    let from_environment = || std::env::var("X_CLIENT_ID").ok().filter(|id| add.environment && !id.is_empty());
    if let Some(id) = add.client_id.clone().or_else(from_environment) {
        record.set("X_CLIENT_ID", id);
    } else if matches!(add.kind, Kind::Public | Kind::Confidential) {
        return Err(Failed::input("missing-client-id", "--client-id", "--client-id is missing; give the client id of your app at X"));
    }
    let mut given = if add.stdin {
        stdin(&properties)?
    } else if add.environment {
        environment(&properties)
    } else {
        BTreeMap::new()
    };
    for (property, needed) in wanted(add.kind) {
        let value = match given.remove(*property) {
            Some(value) => Some(value),
            None if !add.stdin && !add.environment => ask(property, *needed)?,
            None => None,
        };
        match value {
            Some(value) => drop(record.set(*property, value)),
            None if *needed => {
                return Err(Failed::input(
                    "missing-secret",
                    property,
                    format!(
                        "{property} is missing; give it at the prompt, in the environment with --environment, or on stdin with --stdin"
                    ),
                ));
            }
            None => {}
        }
    }
    // What was written for this connection is meant for it; an environment holds what other programs need as well.
    for (property, value) in given.into_iter().filter(|(property, _)| add.stdin || property == "X_GRANTED_SCOPES") {
        record.set(property, value);
    }
    complete(&record, add.kind)?;
    take_tokens(&mut record);
    let stored = Stored::open(setting)?;
    stored.store.insert(&record).await.map_err(|error| stored::failed(&error))?;
    output::print(&json!({ "added": true, "connection": summary(&record) }))?;
    let name = &*record.name;
    output::note(&match add.kind {
        _ if !stored::kinds(&record).is_empty() => format!("Next:  x-connector connection verify {name}"),
        Kind::AppOnly => format!("Next:  x-connector connection login {name} --app-only"),
        _ => format!("Next:  x-connector connection login {name}"),
    });
    Ok(())
}

/// The names of all connection properties, and whether they are secrets.
pub fn properties() -> Result<Vec<(String, bool)>, Failed> {
    Ok(manifest()?.connection.properties.into_iter().map(|property| (property.environment, property.secret)).collect())
}

/// A connection that is made where the environment leads to another API leads there, too.
pub fn take_base_url(record: &mut Record) {
    if let (None, Ok(url)) = (record.get("X_API_BASE_URL"), std::env::var("X_API_BASE_URL")) {
        record.set("X_API_BASE_URL", url);
    }
}

/// Halves of a pair are of no use.
fn complete(record: &Record, kind: Kind) -> Result<(), Failed> {
    for (one, other) in [("X_API_KEY", "X_API_SECRET"), ("X_OAUTH1_TOKEN", "X_OAUTH1_TOKEN_SECRET")] {
        for (there, missing) in [(one, other), (other, one)] {
            if record.get(there).is_some() && record.get(missing).is_none() {
                return Err(Failed::input("missing-secret", missing, format!("{missing} is missing beside {there}; give both")));
            }
        }
    }
    if record.get("X_REFRESH_TOKEN").is_some() && record.get("X_CLIENT_ID").is_none() {
        return Err(Failed::input(
            "missing-client-id",
            "--client-id",
            "--client-id is missing; a refresh token is of use with the client id of its app alone",
        ));
    }
    if kind == Kind::AppOnly && record.get("X_BEARER_TOKEN").is_none() && record.get("X_API_KEY").is_none() {
        return Err(Failed::input(
            "missing-secret",
            "X_BEARER_TOKEN",
            "X_BEARER_TOKEN is missing; give the app's bearer token, or X_API_KEY and X_API_SECRET to have one made by `connection login`",
        ));
    }
    Ok(())
}

/// OAuth 2.0 tokens that were given are kept as tokens, so that they are refreshed.
fn take_tokens(record: &mut Record) {
    let Some(access_token) = record.properties.remove("X_ACCESS_TOKEN") else { return };
    let refresh_token = record.properties.remove("X_REFRESH_TOKEN");
    let scopes = record.properties.remove("X_GRANTED_SCOPES");
    let scopes = scopes.iter().flat_map(|scopes| scopes.expose_secret().split_whitespace()).map(str::to_owned).collect();
    record.set_tokens(Tokens::new(TokenAnswer { access_token, refresh_token, expires_in: None, scopes }, 0));
}

/// A property that may stand on a command line.
pub fn open_property<'a>(pair: &'a str, properties: &[(String, bool)]) -> Result<(String, &'a str), Failed> {
    let Some((property, value)) = pair.split_once('=') else {
        return Err(Failed::input("invalid-property", "--set", "--set takes PROPERTY=VALUE, such as X_POST_LIMIT=25000"));
    };
    match properties.iter().find(|(known, _)| known == property) {
        Some((_, true)) => Err(Failed::input(
            "secret-as-argument",
            "--set",
            format!(
                "{property} is a secret, and arguments are seen by everybody on this machine; use the prompt, --environment or --stdin"
            ),
        )),
        Some((known, false)) => Ok((known.clone(), value)),
        None => Err(unknown(property, properties)),
    }
}

fn unknown(property: &str, properties: &[(String, bool)]) -> Failed {
    let known: Vec<&str> = properties.iter().map(|(known, _)| known.as_str()).collect();
    let property: String = property.chars().filter(|character| !character.is_control()).take(64).collect();
    Failed::input("unknown-property", "PROPERTY", format!("`{property}` is no connection property; there are {}", known.join(", ")))
}

fn environment(properties: &[(String, bool)]) -> BTreeMap<String, SecretString> {
    let value = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    properties.iter().filter_map(|(name, _)| Some((name.clone(), value(name)?.into()))).collect()
}

/// A JSON object, or lines of `PROPERTY=VALUE` as in a file of environment variables.
fn stdin(properties: &[(String, bool)]) -> Result<BTreeMap<String, SecretString>, Failed> {
    let unreadable = |what: &str| {
        Failed::input("stdin-not-readable", "--stdin", format!("stdin {what}; give a JSON object of texts, or lines of PROPERTY=VALUE"))
    };
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().lock().take(1 << 20).read_to_string(&mut text).map_err(|_| unreadable("is no UTF-8 text"))?;
    let pairs: Vec<(String, String)> = if text.trim_start().starts_with('{') {
        let object: BTreeMap<String, String> = serde_json::from_str(&text).map_err(|_| unreadable("is no JSON object of texts"))?;
        object.into_iter().collect()
    } else {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pair = |line: &str| {
            let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
            let value = value.trim();
            let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
            Some((name.trim().to_owned(), quoted.unwrap_or(value).to_owned()))
        };
        lines.map(pair).collect::<Option<_>>().ok_or_else(|| unreadable("has a line without ="))?
    };
    // A name that is none may be a secret that stands in the wrong place: it is not repeated.
    let is_known = |name: &str| properties.iter().any(|(known, _)| known == name);
    match pairs.iter().position(|(name, _)| !is_known(name)) {
        Some(index) => Err(unreadable(&format!("names no connection property in entry {}", index + 1))),
        None => Ok(pairs.into_iter().map(|(name, value)| (name, value.into())).collect()),
    }
}

/// Asks a person; nobody else is asked.
fn ask(property: &str, needed: bool) -> Result<Option<SecretString>, Failed> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let hint = if needed { "" } else { " (empty for none)" };
    let answer = rpassword::prompt_password(format!("{property}{hint}: "))
        .map_err(|error| Failed::setup(format!("the terminal cannot be read: {error}")))?;
    let answer = Zeroizing::new(answer);
    Ok(Some(answer.trim()).filter(|answer| !answer.is_empty()).map(SecretString::from))
}
