//! Canaries: every credential of this suite holds a word that nothing else does, and everything that is logged, returned
//! or said in an error is looked through for it, with all logs on.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;
use tracing_subscriber::EnvFilter;
use x_connector_host::CallError;

use crate::stage::TOKEN;

/// Credentials of other kinds, for the stages that use them. All begin with the word.
pub const SECRETS: [&str; 6] = [
    TOKEN,
    "c4n4ryAccessOAuth1Token",
    "c4n4ryAccessOAuth1TokenSecret",
    "c4n4ryClientSecret-0123456789",
    "c4n4ryApiKey0123456789",
    "c4n4ryApiSecret0123456789",
];

/// All forms of all canaries.
static FORMS: LazyLock<Vec<String>> = LazyLock::new(|| SECRETS.iter().flat_map(|secret| forms(secret)).collect());
static LOOKED_AT: AtomicU64 = AtomicU64::new(0);
static HITS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The forms in which a secret could be seen: raw, base64 at each of three offsets, percent-encoded, hex.
pub fn forms(secret: &str) -> Vec<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_owned(), percent, hex.to_uppercase(), hex];
    for before in 0..3 {
        let bytes = [vec![0; before], secret.as_bytes().to_vec()].concat();
        let whole = bytes.len() / 3 * 4;
        for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            forms.push(encoded[if before == 0 { 0 } else { 4 }..whole].to_owned());
        }
    }
    forms
}

/// Turns all logs of the host and its HTTP on, and looks at every line.
pub fn watch() {
    const TARGETS: &str = "x_connector_host=trace,wasmtime_wasi_http=trace,hyper=trace,hyper_util=trace,rustls=trace,h2=trace";
    let subscriber = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(TARGETS)).with_ansi(false).with_writer(|| Watcher);
    // Another test of this process may have done it.
    let _ = subscriber.try_init();
}

/// Looks through what a call returned.
pub fn look_at(result: &Result<Value, CallError>) {
    look(&match result {
        Ok(output) => output.to_string(),
        Err(error) => format!("{} {error} {error:?}", error.to_json()),
    });
}

/// Fails when a secret was seen anywhere so far.
pub fn assert_none() {
    let hits = HITS.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(hits.is_empty(), "secrets were seen: {:#?}", *hits);
}

fn look(text: &str) {
    LOOKED_AT.fetch_add(text.len() as u64, Ordering::Relaxed);
    if FORMS.iter().any(|form| text.contains(form.as_str())) {
        let mut text = text.to_owned();
        text.truncate(text.floor_char_boundary(600));
        HITS.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }
}

/// Where logs go.
struct Watcher;

impl Write for Watcher {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        look(&String::from_utf8_lossy(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_watch_sees_what_is_logged() {
    let stage = crate::stage::Stage::new();
    let before = LOOKED_AT.load(Ordering::Relaxed);
    stage.call("createPost", serde_json::json!({"text": "hello"})).await.expect("it goes well");
    assert!(LOOKED_AT.load(Ordering::Relaxed) > before + 200, "nothing was logged, so nothing was looked at");
    let seen = |text: &str| FORMS.iter().any(|form| text.contains(form.as_str()));
    for secret in SECRETS {
        assert!(forms(secret).iter().all(|form| seen(&format!("a {form} b"))), "{secret}");
    }
    assert!(!seen("nothing of it"));
}
