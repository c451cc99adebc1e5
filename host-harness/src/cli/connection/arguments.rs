//! What `x-connector connection` understands.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::super::arguments::duration;

/// The redirect URI of a login is `http://127.0.0.1:18181/callback` unless told otherwise.
pub const PORT: u16 = 18181;

#[derive(Debug, Subcommand)]
pub enum Connection {
    /// Store an app's client id, keys or tokens; secrets are never arguments
    #[command(after_help = "Examples:\n  \
                            x-connector connection add acme --client-id ID\n  \
                            x-connector connection add acme --client-id ID --kind confidential\n  \
                            x-connector connection add old --kind oauth1\n  \
                            x-connector connection add app --kind app-only --stdin < keys.env\n\n\
                            The second asks for the client secret, the third for keys and tokens;\n\
                            keys.env has lines such as X_API_KEY=... and X_API_SECRET=...\n\n\
                            Then:  x-connector connection login acme")]
    Add(Add),
    /// Connect an account: authorize the app in a browser and store the tokens
    #[command(after_help = "The app must have http://127.0.0.1:18181/callback among its callback addresses\n\
                      at X; another --port is another address. On a machine without a browser, use\n\
                      --paste: open the printed address elsewhere, and paste the one you end up at.")]
    Login(Login),
    /// List the stored connections
    List,
    /// Explain a connection: account, scopes, and what stands in the way
    Verify(Verify),
    /// Refresh the tokens of a connection now
    Refresh(Named),
    /// Print a connection as four settings, encrypted, for another engine
    #[command(after_help = "A refresh token works once: from then on use the connection in one place alone.")]
    Export(Export),
    /// Store a connection from its four settings, or take over newer tokens
    Import(Import),
    /// Give a connection another name
    Rename(Rename),
    /// Remove a connection here; its tokens live on at X (see logout)
    Remove(Named),
    /// Take the tokens back at X, and forget them here
    Logout(Named),
}

/// What a connection proves itself with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// OAuth 2.0, a public app: client id alone
    Public,
    /// OAuth 2.0, a confidential app: client id and client secret
    Confidential,
    /// OAuth 2.0 tokens that you have already
    Token,
    /// OAuth 1.0a: API key and secret, and the account's token and secret if you have them
    Oauth1,
    /// The app's own bearer token, or its API key and secret; reads only
    AppOnly,
}

#[derive(Debug, Args)]
pub struct Add {
    /// What the connection is called: up to 64 letters, digits, `.`, `_` and `-`
    pub name: String,
    /// What it proves itself with
    #[arg(long, value_enum, default_value_t = Kind::Public)]
    pub kind: Kind,
    /// The client id of the app at X
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Another connection property that is no secret, such as X_POST_LIMIT=25000
    #[arg(long = "set", value_name = "PROPERTY=VALUE")]
    pub set: Vec<String>,
    /// Take the secrets from the environment variables of the same names
    #[arg(long, conflicts_with = "stdin")]
    pub environment: bool,
    /// Read the secrets from stdin: a JSON object, or lines of PROPERTY=VALUE
    #[arg(long)]
    pub stdin: bool,
}

#[derive(Debug, Args)]
pub struct Login {
    /// The connection; one that is not there yet is made with --client-id
    pub name: String,
    /// The client id of a public app, for a connection that is not there yet
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// The operations it will be used for, such as createPost; all of them by default
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub operations: Vec<String>,
    /// Scopes to ask for beside theirs
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    pub scopes: Vec<String>,
    /// The port of 127.0.0.1 at which the browser comes back
    #[arg(long, value_name = "PORT", default_value_t = PORT, env = "X_CONNECTOR_LOGIN_PORT", hide_env = true)]
    pub port: u16,
    /// Print the address, and read the one that the browser ended up at from stdin
    #[arg(long)]
    pub paste: bool,
    /// Print the address, and open no browser
    #[arg(long)]
    pub no_browser: bool,
    /// How long to wait for the browser: 90s, 5m
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "5m")]
    pub timeout: Duration,
    /// Exchange the stored OAuth 1.0a token for OAuth 2.0 tokens, without a browser
    #[arg(long, conflicts_with_all = ["paste", "no_browser"])]
    pub from_oauth1: bool,
    /// Get the app's own bearer token with its API key and secret, without a browser; reads only
    #[arg(long, conflicts_with_all = ["paste", "no_browser", "from_oauth1"])]
    pub app_only: bool,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The connection; without one, that of the environment
    pub name: Option<String>,
    /// The operations that it shall be good for; all of them by default
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub operations: Vec<String>,
    /// Print JSON also on a terminal
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Named {
    /// The connection
    pub name: String,
}

#[derive(Debug, Args)]
pub struct Export {
    /// The connection
    pub name: String,
    /// Write to a file that only you can read, in place of stdout
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Import {
    /// What the connection is called here
    pub name: String,
    /// A file with the four settings as JSON, or - for stdin
    pub settings: PathBuf,
    /// A connection property that is no secret, such as X_POST_LIMIT=25000
    #[arg(long = "set", value_name = "PROPERTY=VALUE")]
    pub set: Vec<String>,
    /// Take the client secret from the variable X_CLIENT_SECRET
    #[arg(long)]
    pub environment: bool,
}

#[derive(Debug, Args)]
pub struct Rename {
    /// The connection
    pub name: String,
    /// Its new name
    pub new: String,
}
