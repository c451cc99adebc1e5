//! `x-connector connection login`: authorizes the app for an account, and stores the tokens.

use std::io::{BufRead as _, IsTerminal as _};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::super::arguments::Setting;
use super::super::output::{self, Failed};
use super::super::stored::{self, Stored};
use super::add::take_base_url;
use super::arguments::Login;
use super::summary;
use crate::authorization::{Answer, Callback, CallbackError, Expected, Listener, OAuth1Token, Pending, Steps};
use crate::credentials::{Account, ConnectionName, CredentialError, Record, Service, Store as _, TokenAnswer, Tokens};
use crate::host::CallError;

/// How often a store that is locked is asked again for a place; each time waits as long as the store does.
const STORE_TRIES: u32 = 2;

/// The path of the redirect URI.
const PATH: &str = "/callback";

pub async fn run(setting: &Setting, login: Login) -> Result<(), Failed> {
    let stored = Stored::open(setting)?;
    let record = record(&stored, &login).await?;
    let steps = stored.steps(setting, &record)?;
    let session = Session { stored: &stored, steps, login: &login, record: &record };
    if login.app_only {
        session.app_only(&record).await
    } else if login.from_oauth1 {
        let sent_at_ms = now_ms();
        let tokens = session.steps.exchange_oauth1_token(stored::environment(&record), &login.scopes).await;
        session.keep(Got::Tokens(tokens.map_err(|error| Failed::call(&error))?, sent_at_ms)).await?.print(&login)
    } else if record.get("X_CLIENT_ID").is_some() {
        session.oauth2(&record).await
    } else if record.get("X_API_KEY").is_some() {
        session.oauth1(&record).await
    } else {
        Err(Failed::input(
            "missing-client-id",
            "NAME",
            format!(
                "the connection `{0}` has neither X_CLIENT_ID nor X_API_KEY to log in with; remove it, and add it again with --client-id",
                login.name
            ),
        ))
    }
}

/// The connection, which a client id may make.
async fn record(stored: &Stored, login: &Login) -> Result<Record, Failed> {
    match (stored.store.load(&login.name).await, &login.client_id) {
        (Ok(record), None) => Ok(record),
        (Ok(record), Some(id)) if record.get("X_CLIENT_ID") == Some(id) => Ok(record),
        (Ok(_), Some(_)) => Err(Failed::input(
            "other-client-id",
            "--client-id",
            format!("the connection `{}` has another client id; leave --client-id out, or choose another name", login.name),
        )),
        (Err(CredentialError::UnknownConnection { .. }), Some(id)) => {
            let name = ConnectionName::new(login.name.as_str()).map_err(|error| stored::failed(&error))?;
            let mut record = Record::new(name, &Service::X).map_err(|error| stored::failed(&error))?;
            record.set("X_CLIENT_ID", id.as_str());
            take_base_url(&mut record);
            stored.store.insert(&record).await.map_err(|error| stored::failed(&error))?;
            Ok(record)
        }
        (Err(error), _) => Err(stored::failed(&error)),
    }
}

/// What a login got, and when it was asked for.
enum Got {
    Tokens(TokenAnswer, u64),
    OAuth1(OAuth1Token),
    AppToken(SecretString),
}

/// A connection that stands.
struct Done {
    json: Value,
    /// What the browser is told.
    message: String,
}

impl Done {
    fn print(&self, login: &Login) -> Result<(), Failed> {
        output::print(&self.json)?;
        let what = if login.app_only { "poll newPost --param username=XDevelopers" } else { "call createPost --param text=hello" };
        output::note(&format!("Next:  x-connector --connection {} {what}", login.name));
        Ok(())
    }
}

struct Session<'a> {
    stored: &'a Stored,
    steps: Steps,
    login: &'a Login,
    /// The connection as it was at first: it may get another name, or go, while a browser is open.
    record: &'a Record,
}

impl Session<'_> {
    async fn oauth2(&self, record: &Record) -> Result<(), Failed> {
        let connection = stored::environment(record);
        let listener = self.listener().await?;
        let redirect_uri = self.redirect_uri(listener.as_ref());
        let begun = self.steps.authorization_url(connection.clone(), &redirect_uri, &self.login.operations, &self.login.scopes).await;
        let begun = begun.map_err(|error| Failed::call(&error))?;
        self.announce(&begun.url, &redirect_uri, json!(begun.scopes))?;
        let arrived = self.arrived(listener, &begun.expected).await?;
        let outcome = async {
            let Callback::Code(code) = arrived.callback.as_ref().map_err(refused)? else {
                return Err(refused(&CallbackError::Incomplete("code")));
            };
            let sent_at_ms = now_ms();
            let tokens = self.steps.exchange_code(connection, &redirect_uri, code, &begun.code_verifier).await;
            self.keep(Got::Tokens(tokens.map_err(|error| Failed::call(&error))?, sent_at_ms)).await
        }
        .await;
        arrived.close(outcome).await?.print(self.login)
    }

    async fn oauth1(&self, record: &Record) -> Result<(), Failed> {
        let connection = stored::environment(record);
        let listener = self.listener().await?;
        // Without a listener X shows a PIN.
        let redirect_uri = listener.as_ref().map_or_else(|| "oob".to_owned(), Listener::redirect_uri);
        let begun = self.steps.request_oauth1_token(connection.clone(), &redirect_uri).await.map_err(|error| Failed::call(&error))?;
        self.announce(&begun.url, &redirect_uri, Value::Null)?;
        let arrived = self.arrived(listener, &begun.expected).await?;
        let outcome = async {
            let Callback::Verifier(verifier) = arrived.callback.as_ref().map_err(refused)? else {
                return Err(refused(&CallbackError::Incomplete("oauth_verifier")));
            };
            let token = self.steps.exchange_oauth1_verifier(connection, &begun, verifier).await.map_err(|error| Failed::call(&error))?;
            self.keep(Got::OAuth1(token)).await
        }
        .await;
        arrived.close(outcome).await?.print(self.login)
    }

    async fn app_only(&self, record: &Record) -> Result<(), Failed> {
        let token = self.steps.request_app_token(stored::environment(record)).await.map_err(|error| Failed::call(&error))?;
        self.keep(Got::AppToken(token)).await?.print(self.login)
    }

    /// Stores what was got before anything else happens, and asks X who it is.
    async fn keep(&self, got: Got) -> Result<Done, Failed> {
        let record = match self.store(&got).await {
            Ok(record) => record,
            Err(failed) => return Err(self.give_back(&got, &failed).await),
        };
        // The connection stands; who it is can be asked again.
        let verified = self.steps.verify(stored::environment(&record), &self.login.operations).await;
        let account = verified.as_ref().ok().and_then(account);
        let record = match account {
            Some(account) => self.stored.update(&self.record.credential_id, |record| record.account = Some(account.clone())).await?,
            None => record,
        };
        let mut json = json!({ "connected": true, "connection": summary(&record) });
        match verified {
            Ok(verified) => json["findings"] = verified.get("findings").cloned().unwrap_or_default(),
            Err(error) => json["findings"] = json!([finding(&error)]),
        }
        let who = record.account.and_then(|account| account.handle).map_or_else(|| "the app".to_owned(), |handle| format!("@{handle}"));
        Ok(Done { json, message: format!("{who} is connected as {}. You can close this page.", self.login.name) })
    }

    /// What X gave once is offered to the store more than once.
    async fn store(&self, got: &Got) -> Result<Record, Failed> {
        let change = |record: &mut Record| match got {
            Got::Tokens(answer, sent_at_ms) => {
                record.set_tokens(Tokens::new(answer.clone(), *sent_at_ms));
                // It may be another account than before.
                record.account = None;
            }
            Got::OAuth1(token) => {
                record.set("X_OAUTH1_TOKEN", token.token.expose_secret()).set("X_OAUTH1_TOKEN_SECRET", token.token_secret.expose_secret());
                record.account = token.user_id.clone().map(|id| Account { id, handle: token.username.clone() });
            }
            Got::AppToken(token) => drop(record.set("X_BEARER_TOKEN", token.expose_secret())),
        };
        let stored = self.stored.store.load_by_id(&self.record.credential_id).await.map_err(|error| stored::failed(&error))?;
        if stored.get("X_CLIENT_ID") != self.record.get("X_CLIENT_ID") {
            return Err(Failed::input("other-client-id", "NAME", "the connection got another client id while the browser was open"));
        }
        let mut tries = 0;
        loop {
            match self.stored.update(&self.record.credential_id, change).await {
                Err(failed) if tries >= STORE_TRIES || failed.json["error"]["code"] == "unknown-credential" => return Err(failed),
                Err(_) => tries += 1,
                stored => return stored,
            }
        }
    }

    /// Tokens that cannot be kept are taken back, so that nobody finds them alive later.
    async fn give_back(&self, got: &Got, failed: &Failed) -> Failed {
        let mut given_back = false;
        if let Got::Tokens(answer, _) = got {
            let mut connection = stored::environment(self.record);
            connection.set("X_ACCESS_TOKEN", answer.access_token.expose_secret());
            if let Some(token) = &answer.refresh_token {
                connection.set("X_REFRESH_TOKEN", token.expose_secret());
            }
            given_back = self.steps.revoke_token(connection).await.unwrap_or(false);
        }
        let what = if given_back { "and were taken back at X" } else { "and are lost" };
        let mut failed = Failed { json: failed.json.clone(), code: failed.code };
        let message = failed.message();
        let reason = message.split(';').next().unwrap_or_default();
        failed.json["error"]["message"] =
            format!("the new tokens could not be stored {what}: {reason}; mend that, and log in again").into();
        failed
    }

    async fn listener(&self) -> Result<Option<Listener>, Failed> {
        if self.login.paste {
            return Ok(None);
        }
        let bound = Listener::bind(self.login.port, PATH).await;
        bound.map(Some).map_err(|error| Failed::input("port-not-usable", "--port", error.to_string()))
    }

    fn redirect_uri(&self, listener: Option<&Listener>) -> String {
        listener.map_or_else(|| format!("http://127.0.0.1:{}{PATH}", self.login.port), Listener::redirect_uri)
    }

    /// Shows the address to a person, or hands it to a program as the first line.
    fn announce(&self, url: &str, redirect_uri: &str, scopes: Value) -> Result<(), Failed> {
        if !std::io::stdout().is_terminal() {
            output::line(&json!({ "authorization_url": url, "redirect_uri": redirect_uri, "scopes": scopes }).to_string())?;
        }
        output::note(&format!("Open this address in a browser, and authorize the app:\n\n  {url}\n"));
        if self.login.paste {
            output::note("Then paste the address that the browser ended up at (or the PIN):");
        } else {
            output::note(&format!("Waiting for the browser at {redirect_uri}; Ctrl-C ends it"));
            if !self.login.no_browser && std::io::stdout().is_terminal() {
                // Where there is no browser, the printed address has to do.
                let _ = open::that_detached(url);
            }
        }
        Ok(())
    }

    async fn arrived(&self, listener: Option<Listener>, expected: &Expected) -> Result<Arrived, Failed> {
        let Some(listener) = listener else {
            let line = tokio::task::spawn_blocking(|| {
                let mut line = String::new();
                std::io::stdin().lock().read_line(&mut line).map(|_| line)
            });
            let line = line.await.ok().and_then(Result::ok).unwrap_or_default();
            return Ok(Arrived { callback: Callback::pasted(&line, expected), pending: None });
        };
        match tokio::time::timeout(self.login.timeout, listener.callback()).await {
            Ok(Ok(pending)) => Ok(Arrived { callback: Callback::read(&pending.query, expected), pending: Some(pending) }),
            Ok(Err(error)) => Err(Failed::setup(format!("the listener on 127.0.0.1 failed: {error}; log in again, or use --paste"))),
            Err(_) => Err(Failed::input(
                "login-timed-out",
                "--timeout",
                format!(
                    "the browser did not come back within {}; log in again, and give it longer with --timeout",
                    seconds(self.login.timeout)
                ),
            )),
        }
    }
}

/// A callback that came.
struct Arrived {
    callback: Result<Callback, CallbackError>,
    pending: Option<Pending>,
}

impl Arrived {
    /// Tells the browser how it went.
    async fn close(self, outcome: Result<Done, Failed>) -> Result<Done, Failed> {
        if let Some(pending) = self.pending {
            let answer = match &outcome {
                Ok(done) => Answer { connected: true, message: done.message.clone() },
                Err(failed) => Answer { connected: false, message: failed.message() },
            };
            pending.answer(answer).await;
        }
        outcome
    }
}

fn refused(error: &CallbackError) -> Failed {
    Failed::refused(error.code(), "account_owner", error.to_string())
}

fn account(verified: &Value) -> Option<Account> {
    let account = verified.get("account")?;
    let id = account.get("id")?.as_str()?.to_owned();
    Some(Account { id, handle: account.get("username").and_then(Value::as_str).map(str::to_owned) })
}

fn finding(error: &CallError) -> Value {
    json!({ "severity": "warning", "code": error.code(), "message": error.to_string(), "who_must_act": error.who_must_act() })
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs())
}

fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
