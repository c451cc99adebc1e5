//! Connections of every kind: each operation with each credential that X takes for it, and every step of connecting.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;
use x_connector_host::simulator::{Access, App, Decision, Effect, Fault, Oauth1Token, Options, Token};
use x_connector_host::{ConnectionProperties, Operation, OperationKind};

use crate::actions::files::{PNG, data_url};
use crate::conformance::{ROWS, populated};
use crate::leaks::{self, SECRETS};
use crate::stage::{MAKER, Stage, connector, frozen_clock, told};

const APP: u64 = 7;
const CLIENT_ID: &str = "Y2FuYXJ5OjE6Y2k";
const REDIRECT: &str = "http://127.0.0.1:18181/callback";
const APP_TOKEN: &str = SECRETS[0];
const OAUTH1_TOKEN: &str = SECRETS[1];
const OAUTH1_TOKEN_SECRET: &str = SECRETS[2];
const CLIENT_SECRET: &str = SECRETS[3];
const API_KEY: &str = SECRETS[4];
const API_SECRET: &str = SECRETS[5];

fn app() -> App {
    let mut app = App::confidential();
    app.id = APP;
    app.client_id = CLIENT_ID.to_owned();
    app.client_secret = Some(CLIENT_SECRET.to_owned());
    app.redirect_uris = vec![REDIRECT.to_owned()];
    (app.api_key, app.api_secret) = (API_KEY.to_owned(), API_SECRET.to_owned());
    app
}

/// An X with an app and an OAuth 1.0a token.
pub fn options() -> Options {
    let token = Oauth1Token {
        token: OAUTH1_TOKEN.to_owned(),
        secret: OAUTH1_TOKEN_SECRET.to_owned(),
        user_id: MAKER,
        app_id: APP,
        access: Access::ReadWriteDirectMessages,
    };
    Options { apps: vec![app()], oauth1_tokens: vec![token], clock: frozen_clock(), ..Options::default() }
}

/// The same X, with a connection of these properties in place of the usual one.
fn connected(mut stage: Stage, properties: &[(&str, &str)]) -> Stage {
    let base = stage.connection.get("X_API_BASE_URL").expect("an address").to_owned();
    stage.connection = properties.iter().copied().chain([("X_API_BASE_URL", base.as_str())]).collect();
    stage
}

/// What a connection with that token has.
pub const OAUTH1: [(&str, &str); 4] = [
    ("X_API_KEY", API_KEY),
    ("X_API_SECRET", API_SECRET),
    ("X_OAUTH1_TOKEN", OAUTH1_TOKEN),
    ("X_OAUTH1_TOKEN_SECRET", OAUTH1_TOKEN_SECRET),
];
const CLIENT: [(&str, &str); 2] = [("X_CLIENT_ID", CLIENT_ID), ("X_CLIENT_SECRET", CLIENT_SECRET)];

#[tokio::test]
async fn every_operation_goes_well_with_oauth1() {
    for row in &ROWS {
        let (stage, known) = populated(Stage::with(options()));
        let stage = connected(stage, &OAUTH1);
        let output = stage.call(row.operation, (row.good)(&known)).await.unwrap_or_else(|error| panic!("{}: {error}", row.operation));
        assert!(output.pointer(row.gives).is_some_and(|value| !value.is_null()), "{}: {output}", row.operation);
        assert!(stage.requests() > 0);
    }
}

#[tokio::test]
async fn media_is_uploaded_with_oauth1_as_well() {
    let stage = connected(Stage::with(options()), &OAUTH1);
    let image = json!([{ "url": data_url("image/png", PNG) }]);
    let created = stage.call("createPost", json!({"text": "with an image", "media": image})).await.expect("created");
    assert!(created["data"]["id"].is_string());
    let sent = stage.call("sendDirectMessage", json!({"username": "friend", "text": "look", "media": image})).await.expect("sent");
    assert!(sent["data"]["dm_event_id"].is_string());
    assert_eq!(stage.simulator.effects("POST", "/2/media/upload"), 2);
}

#[tokio::test]
async fn an_app_alone_reads_and_everything_else_is_refused_before_it_is_sent() {
    let tokens = vec![Token::app_only(APP_TOKEN.to_owned() + "-app")];
    for row in &ROWS {
        let (stage, known) = populated(Stage::with(Options { tokens: tokens.clone(), ..options() }));
        let token = APP_TOKEN.to_owned() + "-app";
        let stage = connected(stage, &[("X_BEARER_TOKEN", &token)]);
        let result = stage.call(row.operation, (row.good)(&known)).await;
        if row.operation == "newPost" {
            assert!(result.is_ok(), "{result:?}");
        } else {
            let error = told(result);
            assert_eq!((&error["case"], &error["code"]), (&json!("permanent-unauthorized"), &json!("missing-credential")), "{error}");
            assert_eq!(stage.effects(), 0);
        }
    }
}

#[tokio::test]
async fn what_cannot_sign_says_why_and_a_bearer_placeholder_passes_as_it_is() {
    for (name, _) in OAUTH1 {
        for placeholder in ["{{secret:1}}", "${SECRET}", "<secret>"] {
            let mut properties = OAUTH1;
            for property in &mut properties {
                if property.0 == name {
                    property.1 = placeholder;
                }
            }
            let stage = connected(Stage::with(options()), &properties);
            let error = told(stage.call("createPost", json!({"text": "hello"})).await);
            assert_eq!((&error["code"], &error["field"]), (&json!("placeholder-cannot-sign"), &json!(name)), "{error}");
            assert_eq!(stage.requests(), 0);
        }
    }
    let placeholder = "{{secret:c4n4ry-placeholder}}";
    let stage = Stage::with(Options { tokens: vec![Token::user(placeholder, MAKER)], ..options() });
    let stage = connected(stage, &[("X_ACCESS_TOKEN", placeholder)]);
    assert!(stage.call("createPost", json!({"text": "hello"})).await.is_ok());
}

#[tokio::test]
async fn a_clock_that_is_an_hour_off_is_named_when_signatures_fail_for_it() {
    let stage = connected(Stage::with(options()), &OAUTH1);
    stage.simulator.clock().advance(Duration::from_hours(1));
    let error = told(stage.call("createPost", json!({"text": "hello"})).await);
    assert_eq!((&error["code"], &error["who_must_act"]), (&json!("clock-skew"), &json!("operator")), "{error}");
    assert_eq!(stage.effects(), 0);
}

#[test]
fn every_step_of_a_connection_is_tried_here() {
    let steps = connector().operations().iter().filter(|operation| operation.kind() == OperationKind::Connection);
    let exported: BTreeSet<&str> = steps.map(Operation::name).collect();
    let tried = BTreeSet::from([
        "authorizationUrl",
        "exchangeCode",
        "refreshTokens",
        "revokeToken",
        "exchangeOauth1Token",
        "requestAppToken",
        "requestOauth1Token",
        "exchangeOauth1Verifier",
        "verify",
    ]);
    assert_eq!(exported, tried, "try the new step in this file");
}

/// A stage and an authorization that its owner agreed to: the code and the verifier.
async fn authorized(stage: &Stage) -> (String, String) {
    let begun = stage.call("authorizationUrl", json!({ "redirect_uri": REDIRECT })).await.expect("an address");
    let url = begun["url"].as_str().expect("text");
    let verifier = begun["code_verifier"].as_str().expect("text");
    assert!(!url.contains(verifier), "the verifier is the secret half");
    let back = stage.simulator.decide(url, Decision::Authorize(MAKER)).await.expect("the page takes it");
    let back = Url::parse(&back).expect("an address");
    let value = |wanted: &str| back.query_pairs().find(|(name, _)| name == wanted).expect(wanted).1.into_owned();
    assert_eq!(value("state"), begun["state"].as_str().expect("text"));
    (value("code"), verifier.to_owned())
}

async fn exchange(stage: &Stage, code: &str, verifier: &str, redirect_uri: &str) -> Result<Value, x_connector_host::CallError> {
    let mut connection = stage.connection.clone();
    connection.set("X_AUTHORIZATION_CODE", code).set("X_CODE_VERIFIER", verifier);
    let call = stage.prepared("exchangeCode", json!({ "redirect_uri": redirect_uri })).connection(connection);
    connector().call(call).await
}

fn with(stage: &Stage, properties: &[(&str, &str)]) -> ConnectionProperties {
    let mut connection = stage.connection.clone();
    for (name, value) in properties {
        connection.set(*name, *value);
    }
    connection
}

#[tokio::test]
async fn a_code_becomes_tokens_that_call_are_refreshed_and_are_revoked() {
    let stage = connected(Stage::with(options()), &CLIENT);
    let (code, verifier) = authorized(&stage).await;
    let tokens = exchange(&stage, &code, &verifier, REDIRECT).await.expect("tokens");
    assert_eq!(tokens["expires_in"], 7200);
    let text = |tokens: &Value, name: &str| tokens[name].as_str().expect("text").to_owned();
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let scopes = tokens["scopes"].as_array().expect("a list").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
    let connection = with(&stage, &[("X_ACCESS_TOKEN", &access), ("X_GRANTED_SCOPES", &scopes)]);
    let verified = connector().call(stage.prepared("verify", json!({})).connection(connection.clone())).await.expect("a report");
    assert_eq!((&verified["usable"], &verified["account"]["username"]), (&json!(true), &json!("maker")), "{verified}");
    connector().call(stage.prepared("createPost", json!({"text": "hello"})).connection(connection)).await.expect("created");

    let connection = with(&stage, &[("X_REFRESH_TOKEN", &refresh)]);
    let fresh = connector().call(stage.prepared("refreshTokens", json!({})).connection(connection.clone())).await.expect("tokens");
    assert_ne!(text(&fresh, "refresh_token"), refresh);
    // The spent token ends the family, and says what to do.
    let error = told(connector().call(stage.prepared("refreshTokens", json!({})).connection(connection)).await);
    assert_eq!((&error["code"], &error["who_must_act"]), (&json!("reconnect-needed"), &json!("account_owner")), "{error}");
    let spent = with(&stage, &[("X_ACCESS_TOKEN", &text(&fresh, "access_token"))]);
    let error = told(connector().call(stage.prepared("createPost", json!({"text": "x"})).connection(spent)).await);
    assert_eq!(error["code"], "expired-token");

    let (code, verifier) = authorized(&stage).await;
    let tokens = exchange(&stage, &code, &verifier, REDIRECT).await.expect("tokens");
    let connection = with(&stage, &[("X_REFRESH_TOKEN", &text(&tokens, "refresh_token"))]);
    let revoked = connector().call(stage.prepared("revokeToken", json!({})).connection(connection)).await.expect("revoked");
    assert_eq!(revoked, json!({"revoked": true}));
}

#[tokio::test]
async fn codes_are_refused_late_twice_with_another_verifier_and_another_redirect() {
    let refused = |error: Value| assert_eq!(error["code"], "authorization-code-refused", "{error}");
    let stage = connected(Stage::with(options()), &CLIENT);
    let (code, verifier) = authorized(&stage).await;
    stage.simulator.clock().advance(Duration::from_secs(31));
    refused(told(exchange(&stage, &code, &verifier, REDIRECT).await));
    let (code, verifier) = authorized(&stage).await;
    exchange(&stage, &code, &verifier, REDIRECT).await.expect("tokens");
    refused(told(exchange(&stage, &code, &verifier, REDIRECT).await));
    let (code, _) = authorized(&stage).await;
    refused(told(exchange(&stage, &code, &"v".repeat(43), REDIRECT).await));
    let (code, verifier) = authorized(&stage).await;
    refused(told(exchange(&stage, &code, &verifier, "http://127.0.0.1:18181/other").await));
}

#[tokio::test]
async fn trouble_at_the_token_endpoint_never_asks_to_reconnect() {
    let stage = connected(Stage::with(options()), &CLIENT);
    let status = |code: u16| Effect::Status(code.try_into().expect("a status"), json!({}));
    for (effect, case, rotated) in [
        (status(503), "unavailable", false),
        (status(429), "rate-limited", false),
        (status(500), "permanent-outcome-unknown", false),
        (Effect::Reset, "permanent-outcome-unknown", false),
        (Effect::Reset, "permanent-outcome-unknown", true),
        (Effect::CutBody(5), "permanent-outcome-unknown", true),
        (Effect::Html(200.try_into().expect("a status")), "permanent-outcome-unknown", true),
    ] {
        let issued = stage.simulator.issue_tokens(CLIENT_ID, MAKER, &["tweet.read", "offline.access"]).expect("tokens");
        let connection = with(&stage, &[("X_REFRESH_TOKEN", issued.refresh_token.as_deref().expect("a refresh token"))]);
        let fault = Fault::at("POST", "/2/oauth2/token", effect);
        stage.simulator.clear_faults();
        stage.simulator.add_fault(if rotated { fault.after_effect() } else { fault });
        let error = told(connector().call(stage.prepared("refreshTokens", json!({})).connection(connection)).await);
        assert_eq!(error["case"], case, "{error}");
        assert_ne!(error["code"], "reconnect-needed", "{error}");
    }
}

#[tokio::test]
async fn oauth1_tokens_are_got_in_three_legs_and_exchanged() {
    let stage = connected(Stage::with(options()), &[("X_API_KEY", API_KEY), ("X_API_SECRET", API_SECRET)]);
    let begun = stage.call("requestOauth1Token", json!({ "callback": REDIRECT })).await.expect("a request token");
    let back = stage.simulator.decide(begun["url"].as_str().expect("text"), Decision::Authorize(MAKER)).await.expect("taken");
    let back = Url::parse(&back).expect("an address");
    let verifier = back.query_pairs().find(|(name, _)| name == "oauth_verifier").expect("a verifier").1.into_owned();
    let text = |name: &str| begun[name].as_str().expect("text");
    let connection = with(
        &stage,
        &[
            ("X_OAUTH1_TOKEN", text("request_token")),
            ("X_OAUTH1_TOKEN_SECRET", text("request_token_secret")),
            ("X_OAUTH1_VERIFIER", &verifier),
        ],
    );
    let token = connector().call(stage.prepared("exchangeOauth1Verifier", json!({})).connection(connection)).await.expect("a token");
    assert_eq!((&token["user_id"], &token["username"]), (&json!(MAKER.to_string()), &json!("maker")));
    let connection = with(
        &stage,
        &[
            ("X_OAUTH1_TOKEN", token["token"].as_str().expect("text")),
            ("X_OAUTH1_TOKEN_SECRET", token["token_secret"].as_str().expect("text")),
            CLIENT[0],
            CLIENT[1],
        ],
    );
    let tokens = connector().call(stage.prepared("exchangeOauth1Token", json!({})).connection(connection)).await.expect("tokens");
    assert!(tokens["access_token"].is_string() && tokens["refresh_token"].is_string());
    let app = connector().call(stage.prepared("requestAppToken", json!({}))).await.expect("the app's token");
    assert!(app["bearer_token"].is_string());
}

#[tokio::test]
async fn the_wrong_kind_of_client_and_wrong_secrets_are_the_app_owners_business() {
    let stage = connected(Stage::with(options()), &CLIENT[..1]);
    let (code, verifier) = authorized(&stage).await;
    let error = told(exchange(&stage, &code, &verifier, REDIRECT).await);
    assert_eq!((&error["code"], &error["who_must_act"]), (&json!("wrong-client-kind"), &json!("app_owner")), "{error}");
    let stage = connected(Stage::with(options()), &[CLIENT[0], ("X_CLIENT_SECRET", "not-the-secret")]);
    let (code, verifier) = authorized(&stage).await;
    let error = told(exchange(&stage, &code, &verifier, REDIRECT).await);
    assert_eq!((&error["code"], &error["who_must_act"]), (&json!("invalid-client"), &json!("app_owner")), "{error}");
    leaks::assert_none();
}
