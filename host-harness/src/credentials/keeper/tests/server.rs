//! A token server in memory, with single use and zero grace, and faults by script.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::credentials::keeper::{Access, Refresh, RefreshError, lock};
use crate::credentials::{BoxFuture, Clock, TokenAnswer};

/// What befalls one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The request never arrives, and nobody knows.
    LostRequest,
    /// The request is served, and its answer is lost.
    LostAnswer,
    Unavailable {
        retry_after_ms: Option<u64>,
    },
    Refused,
    /// It takes this long.
    Slow(Duration),
    /// It waits until the test lets it go on.
    Held,
}

pub struct TokenServer {
    state: Mutex<State>,
    /// Exchanges that began.
    pub begun: Semaphore,
    /// Held exchanges that may go on.
    pub go_on: Semaphore,
}

impl Default for TokenServer {
    fn default() -> Self {
        Self { state: Mutex::default(), begun: Semaphore::new(0), go_on: Semaphore::new(0) }
    }
}

#[derive(Default)]
struct State {
    logins: u64,
    number: u64,
    revoked: bool,
    refreshes: u64,
    requests: u64,
    faults: VecDeque<Fault>,
}

impl State {
    fn refresh_token(&self) -> String {
        format!("refresh-{}-{}", self.logins, self.number)
    }

    fn access_token(&self) -> String {
        format!("access-{}-{}", self.logins, self.number)
    }

    fn answer(&self) -> TokenAnswer {
        TokenAnswer {
            access_token: self.access_token().into(),
            refresh_token: Some(self.refresh_token().into()),
            expires_in: Some(7200),
            scopes: vec!["users.read".into(), "offline.access".into()],
        }
    }

    fn refresh(&mut self, token: &str) -> Result<TokenAnswer, RefreshError> {
        self.requests += 1;
        if self.revoked || token != self.refresh_token() {
            // A spent token shows that it was stolen: everything that came from it ends.
            self.revoked = true;
            return Err(RefreshError::ReconnectNeeded { message: "value passed for the token was invalid".into() });
        }
        self.number += 1;
        self.refreshes += 1;
        Ok(self.answer())
    }
}

impl TokenServer {
    pub fn log_in(&self) -> TokenAnswer {
        let mut state = lock(&self.state);
        state.logins += 1;
        state.revoked = false;
        state.answer()
    }

    pub fn will(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.state).faults.extend(faults);
    }

    /// Pairs given.
    pub fn refreshes(&self) -> u64 {
        lock(&self.state).refreshes
    }

    /// Requests that arrived.
    pub fn requests(&self) -> u64 {
        lock(&self.state).requests
    }

    pub fn access_token(&self) -> String {
        lock(&self.state).access_token()
    }
}

impl Refresh for TokenServer {
    fn refresh<'a>(&'a self, connection: &'a Access) -> BoxFuture<'a, Result<TokenAnswer, RefreshError>> {
        let token = connection.environment().find(|(name, _)| *name == "X_REFRESH_TOKEN").map(|(_, token)| token).expect("a token");
        Box::pin(async move {
            self.begun.add_permits(1);
            let fault = lock(&self.state).faults.pop_front();
            let lost = RefreshError::AnswerLost { message: "the connection was reset".into() };
            match fault {
                Some(Fault::LostRequest) => return Err(lost),
                Some(Fault::LostAnswer) => return lock(&self.state).refresh(&token).and(Err(lost)),
                Some(Fault::Unavailable { retry_after_ms }) => {
                    return Err(RefreshError::Unavailable { message: "X answers 503".into(), retry_after_ms });
                }
                Some(Fault::Refused) => return Err(RefreshError::Refused { message: "the client secret is wrong".into() }),
                Some(Fault::Slow(time)) => tokio::time::sleep(time).await,
                Some(Fault::Held) => self.go_on.acquire().await.expect("is open").forget(),
                None => tokio::task::yield_now().await,
            }
            lock(&self.state).refresh(&token)
        })
    }
}

/// Runs with Tokio's time, which stands still in tests unless everybody waits, and ahead of it as the test says.
#[derive(Debug)]
pub struct TestClock {
    begun: Instant,
    passed_ms: AtomicU64,
}

impl TestClock {
    pub fn new() -> Self {
        Self { begun: Instant::now(), passed_ms: AtomicU64::new(1_800_000_000_000) }
    }

    pub fn pass(&self, time: Duration) {
        self.passed_ms.fetch_add(u64::try_from(time.as_millis()).expect("fits"), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> u64 {
        self.passed_ms.load(Ordering::SeqCst) + u64::try_from(self.begun.elapsed().as_millis()).expect("fits")
    }
}
