//! An X of our own: stateful, strict, with an authorization server, rate limits, prices and faults; in process or on loopback.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use x_connector_host::simulator::{Effect, Fault, Options, Simulator};
//!
//! let simulator = Simulator::new(Options { token: "secret".into(), ..Options::default() });
//! simulator.add_fault(Fault::at("POST", "/2/tweets", Effect::Reset).after_effect().nth(2));
//! let server = simulator.serve(tokio::net::TcpListener::bind("127.0.0.1:0").await?)?;
//! println!("call {} with the token", server.base_url());
//! // ...
//! assert_eq!(simulator.effects("POST", "/2/tweets"), 2);
//! # Ok(())
//! # }
//! ```

mod apps;
mod auth;
mod authorization;
mod billing;
mod body;
mod call;
mod clock;
mod endpoints;
mod exchange;
mod fault;
mod image;
mod inspect;
mod intake;
mod limits;
mod media;
mod messages;
mod options;
mod page_token;
mod pipeline;
mod posts;
mod present;
mod problem;
mod query;
mod seed;
mod server;
mod shape;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod users;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;

pub use apps::{
    App, CONFIDENTIAL_API_KEY, CONFIDENTIAL_API_SECRET, CONFIDENTIAL_CLIENT_ID, CONFIDENTIAL_CLIENT_SECRET, DEFAULT_REDIRECT_URI,
    PUBLIC_API_KEY, PUBLIC_API_SECRET, PUBLIC_CLIENT_ID,
};
pub use auth::oauth1::Oauth1Token;
pub use auth::{ALL_SCOPES, Access, Token};
pub use authorization::{AuthorizationCounts, Decision, IssuedTokens};
pub use billing::Item;
pub use body::{Body, ConnectionFault};
pub use clock::Clock;
pub use exchange::{Exchange, Part, RecordedBody};
pub use fault::{Effect, Fault, Moment, When};
pub use image::Image;
pub use limits::{Limit, Scope};
pub use media::content::Segment;
pub use media::processing::{Processing, ProcessingEnd, ProcessingError};
pub use media::{Media, MediaState, Subtitles};
pub use messages::DirectMessage;
pub use options::{Options, Plan, ProblemHost, Repeat, SegmentOrder, UnknownFields};
pub use posts::{Link, Post};
pub use seed::NewPost;
pub use server::Server;
pub use users::User;

use exchange::ExchangeLog;
use fault::Faults;
use state::State;

/// A simulated X. Clones are the same X.
#[derive(Clone, Debug)]
pub struct Simulator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    state: Mutex<State>,
    faults: Mutex<Faults>,
    /// Spares every call the lock while there are no faults.
    has_faults: AtomicBool,
    log: Mutex<ExchangeLog>,
    transactions: AtomicU64,
}

impl Simulator {
    /// An X with the users and tokens of the options, and no posts.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let mut state = State::default();
        state.credits = options.credits;
        if let Some(owner) = options.users.first() {
            state.app_owner = owner.id;
            state.tokens.add(Token::user(options.token.clone(), owner.id));
        }
        for app in &options.apps {
            state.apps.add(app.clone());
        }
        for token in &options.oauth1_tokens {
            state.oauth1.add(token.clone());
        }
        for user in &options.users {
            state.users.add(user.clone());
        }
        for token in &options.tokens {
            state.tokens.add(token.clone());
        }
        Self(Arc::new(Inner {
            options,
            state: Mutex::new(state),
            faults: Mutex::default(),
            has_faults: AtomicBool::new(false),
            log: Mutex::default(),
            transactions: AtomicU64::new(0),
        }))
    }

    /// Answers one request in process, without a network.
    ///
    /// # Errors
    /// [`ConnectionFault`] when a fault breaks the connection before the answer.
    pub async fn handle<B>(&self, request: Request<B>) -> Result<Response<Body>, ConnectionFault>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (parts, body) = request.into_parts();
        let body = body.map_err(Into::into).boxed_unsync();
        pipeline::handle(self, parts, body).await
    }

    /// Serves the simulator on a socket: HTTP/1.1 and HTTP/2 with prior knowledge. Stops when the server is dropped.
    ///
    /// # Errors
    /// When the listener's own address cannot be read.
    pub fn serve(&self, listener: TcpListener) -> std::io::Result<Server> {
        server::serve(self.clone(), listener)
    }

    /// Adds a fault to those in force.
    pub fn add_fault(&self, fault: Fault) {
        lock(&self.0.faults).add(fault);
        self.0.has_faults.store(true, Ordering::Release);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        lock(&self.0.faults).clear();
        self.0.has_faults.store(false, Ordering::Release);
    }

    /// The set-up.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// The time that X sees.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.options.clock
    }

    fn now_ms(&self) -> u64 {
        self.0.options.clock.now_ms()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }

    fn transactions(&self) -> &AtomicU64 {
        &self.0.transactions
    }

    fn faults_due(&self, method: &Method, path: &str, template: Option<&str>) -> Vec<(Moment, Effect)> {
        if !self.0.has_faults.load(Ordering::Acquire) {
            return Vec::new();
        }
        lock(&self.0.faults).due(method, path, template)
    }

    fn record(&self, exchange: Exchange) {
        lock(&self.0.log).add(exchange, self.0.options.exchange_log);
    }
}

/// A test that panicked with the lock in its hand must not take the others with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
