//! A token server on loopback: single use, zero grace, and the family revoked when a spent token comes again.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use x_connector_host::credentials::{Access, BoxFuture, Refresh, RefreshError, TokenAnswer};

/// An account at the server.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// How often its owner logged in.
    pub logins: u64,
    /// The number of the newest pair since then.
    pub number: u64,
    pub revoked: bool,
    /// Pairs given for a refresh token.
    pub refreshes: u64,
    /// Refresh tokens that were spent, revoked or unknown.
    pub refused: u64,
}

impl Account {
    /// The access token and the refresh token of a pair.
    pub fn pair(name: &str, login: u64, number: u64) -> [String; 2] {
        ["access", "refresh"].map(|kind| format!("{kind}.{name}.{login}.{number}"))
    }
}

#[derive(Debug)]
pub struct TokenServer {
    pub address: SocketAddr,
    accounts: Mutex<HashMap<String, Account>>,
    open: AtomicUsize,
    /// How long an exchange takes before, and again after, the pair was exchanged.
    takes: Duration,
}

impl TokenServer {
    pub fn start(takes: Duration) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = Arc::new(Self { address, accounts: Mutex::default(), open: AtomicUsize::new(0), takes });
        let serving = Arc::clone(&server);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                serving.open.fetch_add(1, Ordering::SeqCst);
                let serving = Arc::clone(&serving);
                thread::spawn(move || {
                    serving.serve(&stream);
                    serving.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    /// A first pair, or one after the last family was revoked.
    pub fn log_in(&self, name: &str) -> TokenAnswer {
        let mut accounts = self.accounts.lock().expect("not poisoned");
        let account = accounts.entry(name.to_owned()).or_default();
        account.logins += 1;
        account.number = 0;
        account.revoked = false;
        answer(Account::pair(name, account.logins, 0))
    }

    pub fn account(&self, name: &str) -> Account {
        self.accounts.lock().expect("not poisoned").get(name).cloned().unwrap_or_default()
    }

    /// How many connections are open: what a killed process sent has been served when its own are closed.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    pub fn refresh(&self, token: &str) -> Option<[String; 2]> {
        let mut accounts = self.accounts.lock().expect("not poisoned");
        let name = token.split('.').nth(1)?;
        let account = accounts.get_mut(name)?;
        let [_, newest] = Account::pair(name, account.logins, account.number);
        if account.revoked || token != newest {
            account.revoked = true;
            account.refused += 1;
            return None;
        }
        account.number += 1;
        account.refreshes += 1;
        Some(Account::pair(name, account.logins, account.number))
    }

    fn serve(&self, stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines();
        while let Some(Ok(token)) = lines.next() {
            thread::sleep(self.takes);
            let pair = self.refresh(&token);
            thread::sleep(self.takes);
            let line = pair.map_or_else(|| "refused\n".to_owned(), |[access, refresh]| format!("{access} {refresh}\n"));
            if (&mut &*stream).write_all(line.as_bytes()).is_err() {
                return;
            }
        }
    }
}

fn answer([access, refresh]: [String; 2]) -> TokenAnswer {
    TokenAnswer { access_token: access.into(), refresh_token: Some(refresh.into()), expires_in: Some(7200), scopes: Vec::new() }
}

fn refresh_token(connection: &Access) -> String {
    connection.environment().find(|(name, _)| *name == "X_REFRESH_TOKEN").map(|(_, token)| token).expect("a refresh token")
}

fn refused() -> RefreshError {
    RefreshError::ReconnectNeeded { message: "value passed for the token was invalid".to_owned() }
}

/// Asks the server in this process.
pub struct Direct(pub Arc<TokenServer>);

impl Refresh for Direct {
    fn refresh<'a>(&'a self, connection: &'a Access) -> BoxFuture<'a, Result<TokenAnswer, RefreshError>> {
        Box::pin(async {
            tokio::task::yield_now().await;
            let pair = self.0.refresh(&refresh_token(connection)).ok_or_else(refused);
            tokio::task::yield_now().await;
            pair.map(answer)
        })
    }
}

/// As long as name resolution, TLS and the like take before anything is sent.
const SET_UP: Duration = Duration::from_millis(2);

/// Asks over loopback, from another process.
pub struct Remote(pub SocketAddr);

impl Refresh for Remote {
    fn refresh<'a>(&'a self, connection: &'a Access) -> BoxFuture<'a, Result<TokenAnswer, RefreshError>> {
        Box::pin(async {
            let lost = |error: std::io::Error| RefreshError::AnswerLost { message: error.to_string() };
            let unavailable = |error: std::io::Error| RefreshError::Unavailable { message: error.to_string(), retry_after_ms: None };
            tokio::time::sleep(SET_UP).await;
            let mut stream = tokio::net::TcpStream::connect(self.0).await.map_err(unavailable)?;
            let request = format!("{}\n", refresh_token(connection));
            stream.write_all(request.as_bytes()).await.map_err(lost)?;
            let mut line = String::new();
            tokio::io::BufReader::new(stream).read_line(&mut line).await.map_err(lost)?;
            match line.trim_end().split_once(' ') {
                Some((access, refresh)) => Ok(answer([access.to_owned(), refresh.to_owned()])),
                None if line.starts_with("refused") => Err(refused()),
                None => Err(RefreshError::AnswerLost { message: "the connection was closed".to_owned() }),
            }
        })
    }
}
