//! How a simulated X is set up: clock, users, tokens, plan, money and the points where X's behaviour is not known for certain.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use super::apps::App;
use super::auth::Token;
use super::auth::oauth1::Oauth1Token;
use super::clock::Clock;
use super::media::processing::Processing;
use super::users::User;

/// What the developer account has bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Pay per use: no likes, no quotes, and replies only to authors who mentioned the account (since 2026).
    SelfServe,
    /// Everything is allowed.
    Enterprise,
}

/// What X answers when something is liked, reposted or deleted a second time. Its behaviour has changed over the years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// 403 for likes and reposts, 404 for deletions.
    Refused,
    /// 200, with nothing changed; a deletion says `deleted: false`.
    Silent,
}

/// What happens to a name in `tweet.fields`, `expansions` and the like that X does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownFields {
    /// 400: the documented behaviour, and the one that finds mistakes.
    Refused,
    /// Dropped without a word, as measured in September 2026.
    Dropped,
}

/// In which order the segments of an upload may come. X asks for an ascending index and does not say what it does otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentOrder {
    /// From 0 on, one after the other; 400 for any other.
    Ascending,
    /// Anyhow; what is missing shows at the end.
    Any,
}

/// The host in problem type addresses; both are alive at X.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemHost {
    /// `https://api.x.com/2/problems/...`
    X,
    /// `https://api.twitter.com/2/problems/...`
    Twitter,
}

/// The set-up of a [`Simulator`](super::Simulator).
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent switch with a documented meaning")]
pub struct Options {
    /// The time that X sees.
    pub clock: Clock,
    /// The accounts. The first one owns [`Options::token`] and the developer app.
    pub users: Vec<User>,
    /// The first user's OAuth 2.0 bearer token, with all scopes.
    pub token: String,
    /// More credentials: fewer scopes, expired, revoked, app-only, of other users.
    pub tokens: Vec<Token>,
    /// The developer apps. Tokens of [`Options::token`] and [`Options::tokens`] belong to app 1 unless they say otherwise.
    pub apps: Vec<App>,
    /// OAuth 1.0a tokens that accounts have given to the apps.
    pub oauth1_tokens: Vec<Oauth1Token>,
    /// How long access tokens of the authorization server live.
    pub access_token_lifetime: Duration,
    /// How long refresh tokens live.
    pub refresh_token_lifetime: Duration,
    /// Whether a refresh ends the access token of the pair that was refreshed; X does not say.
    pub refresh_ends_access_token: bool,
    /// Whether rate limits are counted and told. Off for load tests.
    pub limits: bool,
    /// The plan of the developer account.
    pub plan: Plan,
    /// The prepaid balance in millionths of a US dollar; 402 once nothing is left. `None` never runs out.
    pub credits: Option<i64>,
    /// How many posts may be read before X says that the usage cap is reached. `None` is no cap.
    pub usage_cap: Option<u64>,
    /// What a second like, repost or deletion gives.
    pub repeats: Repeat,
    /// What an unknown field name gives.
    pub unknown_fields: UnknownFields,
    /// Whether the same text twice within [`Options::duplicate_window`] is refused.
    pub refuse_duplicates: bool,
    /// How long X remembers a text; the real span is not published.
    pub duplicate_window: Duration,
    /// Whether links in posts are replaced by t.co links and `&`, `<`, `>` are escaped, as X does; off keeps the text as it was sent.
    pub rewrite_text: bool,
    /// How long a new post stays invisible in timelines.
    pub indexing_delay: Duration,
    /// Whether `exclude` removes posts after a page was cut, so that pages are short or empty although more follow.
    pub short_pages: bool,
    /// Which host problem types name.
    pub problem_host: ProblemHost,
    /// How many exchanges are kept, the newest ones. 0 records nothing.
    pub exchange_log: usize,
    /// Whether the log keeps codes, tokens and secrets of the authorization server; otherwise their places say `[redacted]`.
    pub log_secrets: bool,
    /// Whether uploaded bytes are kept for inspection; otherwise their length and SHA-256 alone.
    pub keep_media: bool,
    /// The largest upload whose bytes are kept; of larger ones there is the length and the SHA-256.
    pub kept_media_bytes: u64,
    /// In which order the segments of an upload may come.
    pub segment_order: SegmentOrder,
    /// What becomes of GIFs and videos when they are finalized; [`Simulator::set_processing`](super::Simulator::set_processing)
    /// changes it later.
    pub processing: Processing,
}

impl Default for Options {
    /// A public and a confidential app; users `maker` (owner of the token), `friend`, `XDevelopers` and `stranger` (who accepts no direct messages); the
    /// machine's time; limits on; an Enterprise plan, because X lets nobody else like posts through the API since April
    /// 2026; no end of credits; strict wherever X is not known to be lenient; no exchange log.
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            users: vec![
                User::new(1_811_000_000_000_000_001, "maker", "Maker"),
                User::new(1_811_000_000_000_000_002, "friend", "Friend"),
                User::new(2_244_994_945, "XDevelopers", "Developers"),
                User { accepts_direct_messages: false, ..User::new(1_811_000_000_000_000_003, "stranger", "Stranger") },
            ],
            token: generated_token(),
            tokens: Vec::new(),
            apps: vec![App::public(), App::confidential()],
            oauth1_tokens: Vec::new(),
            access_token_lifetime: Duration::from_hours(2),
            // About six months, says X.
            refresh_token_lifetime: Duration::from_hours(180 * 24),
            refresh_ends_access_token: true,
            limits: true,
            plan: Plan::Enterprise,
            credits: None,
            usage_cap: None,
            repeats: Repeat::Refused,
            unknown_fields: UnknownFields::Refused,
            refuse_duplicates: true,
            duplicate_window: Duration::from_hours(24),
            rewrite_text: true,
            indexing_delay: Duration::ZERO,
            short_pages: false,
            problem_host: ProblemHost::X,
            exchange_log: 0,
            log_secrets: false,
            keep_media: true,
            kept_media_bytes: 8 * 1024 * 1024,
            segment_order: SegmentOrder::Ascending,
            processing: Processing::default(),
        }
    }
}

/// A token nobody can have written down: the hasher's keys are random for every process and call.
fn generated_token() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("simulated-{:016x}{:016x}", half(), half())
}
