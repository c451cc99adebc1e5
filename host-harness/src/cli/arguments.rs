//! What the command line understands.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use super::connection::arguments::Connection;
use super::upload::arguments::Upload;

/// Run X (formerly Twitter) actions and triggers from the command line
#[derive(Debug, Parser)]
#[command(
    name = "x-connector",
    version,
    arg_required_else_help = true,
    after_help = "Connection: a stored one (--connection NAME), or from the environment:\n  \
                  X_ACCESS_TOKEN      the account's OAuth 2.0 access token\n  \
                  X_API_KEY ...       OAuth 1.0a: with X_API_SECRET, X_OAUTH1_TOKEN, X_OAUTH1_TOKEN_SECRET\n  \
                  X_BEARER_TOKEN      the app's own token, for reads without an account\n  \
                  X_USER_ID           the account's numeric id; saves a billed look-up of it\n  \
                  X_POST_LIMIT        how long posts may be: 280, or 25000 with X Premium\n  \
                  X_API_BASE_URL      another API than https://api.x.com, such as a simulator\n  \
                  X_CALL_DEADLINE_MS  how long one call may take: 30000\n  \
                  X_CONNECTOR_LOG     what is logged on stderr: error, warn, info, debug or trace\n\n\
                  Try it without an account:\n  x-connector demo\n  x-connector --simulate call createPost --param text=hello\n\n\
                  Connect an account:\n  x-connector connection login NAME --client-id ID\n\n\
                  Output is JSON on stdout, errors are JSON on stderr.\n\
                  Exit code 1: the call failed; 2: the command line is wrong."
)]
pub struct Arguments {
    #[command(flatten)]
    pub setting: Setting,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Setting {
    /// Use another component than the one built in
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub component: Option<PathBuf>,
    /// Run against a simulated X inside this process, free of charge
    #[arg(long, global = true, help_heading = "Global options")]
    pub simulate: bool,
    /// Use a stored connection, not the environment
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "simulate", help_heading = "Global options")]
    pub connection: Option<String>,
    /// Where connections are stored, in place of the user's data directory
    #[arg(long, global = true, value_name = "DIRECTORY", env = "X_CONNECTOR_STORE", hide_env = true, help_heading = "Global options")]
    pub store: Option<PathBuf>,
    /// Keep the key of the store in the system's keyring
    #[arg(long, global = true, env = "X_CONNECTOR_KEYRING", hide_env = true, value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Global options")]
    pub keyring: bool,
    /// Allow one more host, for files to attach: *.example.com
    #[arg(long = "allow-host", global = true, value_name = "HOST", help_heading = "Global options")]
    pub allow_hosts: Vec<String>,
    /// Append every request and answer to a file, without secrets
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub record: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show everything at work: a workflow of seven steps against a simulated X on loopback
    Demo,
    /// Run one action
    #[command(after_help = "Examples:\n  x-connector call createPost --param text=hello\n  \
                            x-connector call createPost --param text='look' --param media=./sunrise.png\n  \
                            x-connector call likePost --params '{\"tweet_id\": \"1880012345678901234\"}'")]
    Call(Call),
    /// Run the steps of a workflow file, one after the other
    #[command(after_help = "A workflow of two steps; the second uses the output of the first:\n  \
                      [\n    {\"name\": \"post\", \"type\": \"x/v1/createPost\", \"parameters\": {\"text\": \"hello\"}},\n    \
                      {\"name\": \"like\", \"type\": \"x/v1/likePost\", \"parameters\": {\"tweet_id\": \"${post.data.id}\"}}\n  ]")]
    Run(Run),
    /// Poll a trigger once
    #[command(after_help = "Example:\n  x-connector poll newPost --param username=XDevelopers --cursor-file XDevelopers.cursor")]
    Poll(Poll),
    /// Poll a trigger again and again, and print one line of JSON per item
    #[command(
        after_help = "Example:\n  x-connector watch newPost --param username=XDevelopers --cursor-file XDevelopers.cursor --interval 5m\n\n\
                            Ctrl-C ends it between two polls; the cursor is saved after every batch."
    )]
    Watch(Watch),
    /// Upload an image, a GIF, a video or subtitles of any size
    #[command(after_help = "Examples:\n  x-connector upload sunrise.png --alt-text 'The sun rises over a calm bay'\n  \
                            x-connector upload sunrise.mp4 --subtitles en=sunrise.srt --subtitles de:Deutsch=sonnenaufgang.vtt\n\n\
                            When it is interrupted, it tells the command that goes on.\n\n\
                            From the environment, or set for a stored connection:\n  \
                            X_MEDIA_CHUNK_BYTES  how much of a file goes to X in one request: 4194304\n  \
                            X_REQUIRE_ALT_TEXT   true: no image without an alt text")]
    Upload(Upload),
    /// Tell what an operation wants, gives and costs; without a name, list them all
    Describe(Describe),
    /// Store connections, connect accounts, and look at what they may do
    Connection {
        #[command(subcommand)]
        command: Connection,
    },
    /// Serve a simulated X on loopback
    #[command(after_help = "It prints one line of JSON with the base URL, the token and the users, and runs until Ctrl-C.\n\n\
                            Then, in another shell:\n  \
                            X_API_BASE_URL=http://127.0.0.1:18080 X_ACCESS_TOKEN=TOKEN x-connector call createPost --param text=hello")]
    Simulate(Simulate),
    /// Make connector.json from wit/, or check that it is up to date
    Manifest(Manifest),
}

/// Where parameters come from.
#[derive(Debug, Args)]
pub struct Parameters {
    /// All parameters: JSON, @FILE, or - for stdin
    #[arg(long, value_name = "JSON")]
    pub params: Option<String>,
    /// One parameter; texts need no quotes, lists and files may be given more than once
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub param: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Call {
    /// The action, such as createPost
    pub operation: String,
    #[command(flatten)]
    pub parameters: Parameters,
}

#[derive(Debug, Args)]
pub struct Run {
    /// The workflow: a JSON list of steps, or - for stdin
    pub workflow: PathBuf,
}

#[derive(Debug, Args)]
pub struct Poll {
    /// The trigger, such as newPost
    pub operation: String,
    #[command(flatten)]
    pub parameters: Parameters,
    /// Where the cursor is kept between polls; a file that is not there begins anew
    #[arg(long, value_name = "FILE")]
    pub cursor_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Watch {
    #[command(flatten)]
    pub poll: Poll,
    /// How long to wait between polls: 30s, 5m, 1h; by default what the trigger recommends
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub interval: Option<Duration>,
    /// End after so many polls
    #[arg(long, value_name = "NUMBER")]
    pub polls: Option<u64>,
}

#[derive(Debug, Args)]
pub struct Describe {
    /// The operation, such as createPost
    pub operation: Option<String>,
    /// Print JSON also on a terminal
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Simulate {
    /// Where to listen; loopback only, port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:18080", value_parser = loopback)]
    pub listen: SocketAddr,
    /// The access token that it accepts; by default one is made up
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,
}

#[derive(Debug, Args)]
pub struct Manifest {
    /// Change nothing; fail when connector.json differs from wit/ or from the component
    #[arg(long)]
    pub check: bool,
    /// The directory that holds wit/ and connector.json
    #[arg(long, value_name = "DIRECTORY", default_value = ".")]
    pub directory: PathBuf,
}

/// Reads `500ms`, `30s`, `5m`, `1h`, or seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        other if !digits.is_empty() => return Err(format!("`{other}` is no unit; use ms, s, m or h")),
        _ => 0,
    };
    let number: u64 = digits.parse().map_err(|_| "give a whole number and a unit, such as 30s or 5m".to_owned())?;
    number.checked_mul(unit).map(Duration::from_millis).ok_or_else(|| "this is too long".to_owned())
}

/// Reads an address of this machine; anyone who reaches a simulator may use it.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "give an address and a port, such as 127.0.0.1:18080".to_owned())?;
    if address.ip().is_loopback() { Ok(address) } else { Err("a simulator listens on loopback only; use 127.0.0.1".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_and_addresses_are_read() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_mins(5)));
        for wrong in ["", "m", "1d", "-1s", "1.5s", "99999999999999999999s", "18446744073709551615h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert!(loopback("127.0.0.1:0").is_ok() && loopback("[::1]:80").is_ok());
        for wrong in ["0.0.0.0:80", "10.0.0.1:80", "127.0.0.1", "localhost:80"] {
            assert!(loopback(wrong).is_err(), "{wrong}");
        }
    }
}
