//! What callers are told of X's allowances, caps and credits, and that nobody is told the token.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};
use x_connector_host::http::{Exchange, Sink};
use x_connector_host::simulator::{Effect, Fault, Limit, NewPost, Options, Plan, Processing, Scope, Token};

use crate::actions::files::{ANIMATED_GIF, PNG, data_url};
use crate::stage::{FRIEND, MAKER, Stage, TOKEN, connector, frozen_clock, told};

/// A call of each operation that goes well.
fn good_calls(post: u64, own: u64) -> [(&'static str, Value); 7] {
    [
        ("createPost", json!({"text": "hello", "media": [{"url": data_url("image/png", PNG)}]})),
        ("likePost", json!({"tweet_id": post.to_string()})),
        ("repostPost", json!({"tweet_id": post.to_string()})),
        ("sendDirectMessage", json!({"username": "friend", "text": "hello"})),
        ("newPost", json!({"username": "friend", "first_poll": "latest"})),
        ("deletePost", json!({"id": own.to_string()})),
        ("uploadMedia", json!({"file": {"url": data_url("image/gif", ANIMATED_GIF)}})),
    ]
}

#[tokio::test]
async fn every_receipt_tells_what_is_left() {
    let stage = Stage::with(Options { clock: frozen_clock(), processing: Processing::none(), ..Options::default() });
    let post = stage.simulator.add_post(FRIEND, NewPost::saying("nice"));
    let own = stage.simulator.add_post(MAKER, NewPost::saying("mine"));
    let now = stage.now_ms() / 1_000;
    let limits = [
        ("createPost", 100, 900),
        ("likePost", 50, 900),
        ("repostPost", 50, 900),
        ("sendDirectMessage", 15, 900),
        ("newPost", 900, 900),
        ("deletePost", 50, 900),
        ("uploadMedia", 1_875, 900),
    ];
    for ((operation, parameters), (name, limit, seconds)) in good_calls(post, own).into_iter().zip(limits) {
        assert_eq!(operation, name);
        let output = stage.call(operation, parameters).await.unwrap_or_else(|error| panic!("{operation}: {error}"));
        let told = output["receipt"]["rate_limits"].as_array().expect("a list");
        let window = told.iter().find(|limit| limit["scope"] == "window").unwrap_or_else(|| panic!("{operation}: {output}"));
        let expected = json!({"scope": "window", "limit": limit, "remaining": limit - 1, "reset_at": now + seconds, "reset_after_ms": seconds * 1_000});
        assert_eq!(*window, expected, "{operation}");
        assert!(output["receipt"]["request_id"].is_string(), "{operation}");
        let scopes: Vec<&str> = told.iter().filter_map(|limit| limit["scope"].as_str()).collect();
        match operation {
            "createPost" | "sendDirectMessage" => assert_eq!(scopes, ["window", "user_day", "app_day"], "{operation}"),
            "likePost" => assert_eq!(scopes, ["window", "user_day"]),
            "uploadMedia" => assert_eq!(scopes, ["window", "app_day"]),
            _ => assert_eq!(scopes, ["window"], "{operation}"),
        }
    }
}

#[tokio::test]
async fn a_used_up_window_tells_when_it_is_full_again_by_xs_own_clock() {
    for skew in [-3_600_000_i64, 0, 3_600_000] {
        let clock = x_connector_host::simulator::Clock::frozen(frozen_clock().now_ms().saturating_add_signed(skew));
        let stage = Stage::with(Options { clock, ..Options::default() });
        stage.simulator.set_limit("POST", "/2/tweets", Limit { scope: Scope::User, calls: 2, seconds: 900 });
        for text in ["one", "two"] {
            stage.call("createPost", json!({ "text": text })).await.expect("published");
            stage.simulator.clock().advance(Duration::from_secs(100));
        }
        let error = told(stage.call("createPost", json!({"text": "three"})).await);
        assert_eq!(
            (&error["case"], &error["code"], &error["who_must_act"]),
            (&json!("rate-limited"), &json!("rate-limited"), &json!("wait")),
            "{error}"
        );
        assert_eq!(error["retry_after_ms"], 700_000, "a skew of {skew} ms: {error}");
        assert_eq!((&error["rate_limit"]["limit"], &error["rate_limit"]["remaining"]), (&json!(2), &json!(0)), "{error}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains("700")), "{error}");
        stage.simulator.clock().advance(Duration::from_secs(700));
        stage.call("createPost", json!({"text": "three"})).await.expect("published");
    }
}

#[tokio::test]
async fn a_used_up_day_is_told_from_a_used_up_window() {
    for (scope, told_scope) in [(Scope::User, "user_day"), (Scope::App, "app_day")] {
        let stage = Stage::with(Options { clock: frozen_clock(), ..Options::default() });
        stage.simulator.set_limit("POST", "/2/tweets", Limit { scope, calls: 1, seconds: 86_400 });
        stage.call("createPost", json!({"text": "one"})).await.expect("published");
        stage.simulator.clock().advance(Duration::from_hours(1));
        let error = told(stage.call("createPost", json!({"text": "two"})).await);
        assert_eq!((&error["case"], &error["rate_limit"]["scope"]), (&json!("rate-limited"), &json!(told_scope)), "{error}");
        assert_eq!(error["retry_after_ms"], 23 * 3_600_000, "{error}");
    }
}

#[tokio::test]
async fn a_cap_and_empty_credits_are_no_windows() {
    let stage = Stage::with(Options { usage_cap: Some(0), ..Options::default() });
    let error = told(stage.poll(json!({"username": "friend"}), None).await);
    assert_eq!((&error["case"], &error["code"]), (&json!("permanent-out-of-credits"), &json!("usage-capped")), "{error}");
    assert_eq!((&error["status"], &error["who_must_act"]), (&json!(429), &json!("app_owner")), "{error}");
    assert_eq!(error["retry_after_ms"], Value::Null, "waiting minutes does not help: {error}");

    let stage = Stage::with(Options { credits: Some(0), ..Options::default() });
    let error = told(stage.call("createPost", json!({"text": "hello"})).await);
    assert_eq!((&error["case"], &error["code"]), (&json!("permanent-out-of-credits"), &json!("credits-depleted")), "{error}");
    assert_eq!((&error["status"], &error["who_must_act"]), (&json!(402), &json!("app_owner")), "{error}");
    assert_eq!(error["retry_after_ms"], Value::Null, "{error}");
}

#[tokio::test]
async fn no_limit_is_made_up_where_x_tells_none() {
    let stage = Stage::with(Options { limits: false, ..Options::default() });
    let output = stage.call("createPost", json!({"text": "hello"})).await.expect("published");
    assert_eq!(output["receipt"]["rate_limits"], json!([]));
}

#[tokio::test]
async fn nonsense_in_the_headers_of_limits_does_no_harm() {
    let stage = Stage::new();
    let header = |name: &'static str, value: &'static str| (HeaderName::from_static(name), HeaderValue::from_static(value));
    for value in ["", "-1", "abc", "99999999999999999999999", "1e3", "0x10", " 5 ", "18446744073709551615"] {
        let headers = vec![
            header("x-rate-limit-limit", value),
            header("x-rate-limit-remaining", value),
            header("x-rate-limit-reset", value),
            header("date", "yesterday"),
        ];
        stage.simulator.clear_faults();
        stage.simulator.add_fault(Fault::everywhere(Effect::Headers(headers)).after_effect());
        stage.call("createPost", json!({"text": format!("with {value}")})).await.unwrap_or_else(|error| panic!("{value}: {error}"));
    }
}

#[tokio::test]
async fn tokens_that_will_not_do_are_told_apart() {
    let clock = frozen_clock();
    let tokens = vec![
        Token::user("expired-t0k3n", MAKER).expiring(clock.now_ms()),
        Token::user("revoked-t0k3n", MAKER).revoked(),
        Token::with_scopes("reader-t0k3n", MAKER, &["tweet.read", "users.read"]),
        Token::app_only("app-only-t0k3n"),
    ];
    let stage = Stage::with(Options { clock, tokens, plan: Plan::SelfServe, ..Options::default() });
    let cases = [
        ("expired-t0k3n", "permanent-unauthorized", "expired-token", "account_owner"),
        ("revoked-t0k3n", "permanent-unauthorized", "expired-token", "account_owner"),
        ("never-was-t0k3n", "permanent-unauthorized", "expired-token", "account_owner"),
        ("reader-t0k3n", "permanent-forbidden", "forbidden", "account_owner"),
        ("app-only-t0k3n", "permanent-forbidden", "unsupported-authentication", "account_owner"),
    ];
    for (token, case, code, who) in cases {
        let mut connection = stage.connection.clone();
        connection.set("X_ACCESS_TOKEN", token);
        let call = stage.prepared("createPost", json!({"text": "hello"})).connection(connection);
        let error = told(connector().call(call).await);
        assert_eq!((&error["case"], &error["code"], &error["who_must_act"]), (&json!(case), &json!(code), &json!(who)), "{token}: {error}");
        assert!(!error["message"].as_str().unwrap_or_default().contains(token), "{token}: {error}");
    }
    assert_eq!(stage.effects(), 0);
}

/// The forms in which a secret could be seen.
fn forms(secret: &str) -> Vec<String> {
    use base64::Engine as _;
    let bytes = secret.as_bytes();
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let (hex, percent) = (digits.concat(), format!("%{}", digits.join("%").to_uppercase()));
    let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes);
    vec![secret.to_owned(), hex.to_uppercase(), hex, percent, base64]
}

/// The places that told the token.
#[derive(Default)]
struct Leaks(Vec<String>);

impl Leaks {
    fn look(&mut self, text: &str, place: &str) {
        if forms(TOKEN).iter().any(|form| text.contains(form)) {
            self.0.push(format!("{place}: {text}"));
        }
    }
}

#[tokio::test]
async fn the_token_is_never_told_not_even_when_the_server_echoes_it() {
    let echo = json!({"title": TOKEN, "detail": format!("Bearer {TOKEN} is wrong"), "type": TOKEN, "reason": TOKEN, "errors": [{"message": TOKEN, "parameters": {TOKEN: [TOKEN]}}]});
    let header = |name: &'static str| (HeaderName::from_static(name), HeaderValue::from_static(TOKEN));
    let effects = [
        None,
        Some(Effect::Status(StatusCode::BAD_REQUEST, echo.clone())),
        Some(Effect::Status(StatusCode::UNAUTHORIZED, echo.clone())),
        Some(Effect::Status(StatusCode::FORBIDDEN, echo.clone())),
        Some(Effect::Status(StatusCode::IM_A_TEAPOT, echo.clone())),
        Some(Effect::Status(StatusCode::SERVICE_UNAVAILABLE, echo)),
        Some(Effect::Redirect(format!("https://evil.example/?token={TOKEN}"))),
        Some(Effect::Headers(vec![header("x-transaction-id"), header("x-rate-limit-limit"), header("set-cookie"), header("x-echo")])),
        Some(Effect::Answer {
            status: StatusCode::OK,
            headers: Vec::new(),
            body: format!("{{\"data\": \"{TOKEN}\", \"{TOKEN}\": 1}}").into_bytes(),
        }),
        Some(Effect::Answer { status: StatusCode::BAD_GATEWAY, headers: Vec::new(), body: TOKEN.as_bytes().to_vec() }),
    ];
    let mut leaks = Leaks::default();
    for effect in effects {
        let stage = Stage::with(Options { processing: Processing::none(), ..Options::default() });
        let post = stage.simulator.add_post(FRIEND, NewPost::saying("nice"));
        let own = stage.simulator.add_post(MAKER, NewPost::saying("mine"));
        if let Some(effect) = effect.clone() {
            stage.simulator.add_fault(Fault::everywhere(effect));
        }
        for (operation, parameters) in good_calls(post, own) {
            let records: Arc<Mutex<Vec<Exchange>>> = Arc::default();
            let call = stage.prepared(operation, parameters).recorder(Arc::clone(&records) as Arc<dyn Sink>);
            let debug = format!("{call:?}");
            leaks.look(&debug, "Debug of the call");
            let what = format!("{operation} with {effect:?}");
            match connector().call(call).await {
                Ok(output) => {
                    leaks.look(&output.to_string(), &what);
                }
                Err(error) => {
                    leaks.look(&error.to_json().to_string(), &what);
                    leaks.look(&format!("{error} {error:?}"), &what);
                }
            }
            let records = records.lock().expect("no panic");
            assert!(!records.is_empty(), "{what}");
            for record in records.iter() {
                leaks.look(&serde_json::to_string(record).expect("JSON"), &format!("the record of {what}"));
                leaks.look(&format!("{record:?}"), &format!("Debug of the record of {what}"));
            }
        }
        leaks.look(&format!("{:?}", stage.connection), "Debug of the connection");
    }
    assert!(leaks.0.is_empty(), "{} places tell the token: {:#?}", leaks.0.len(), leaks.0);
}
