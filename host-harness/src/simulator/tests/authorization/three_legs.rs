//! Request token, consent and access token of OAuth 1.0a.

use std::time::Duration;

use super::*;
use crate::simulator::Access;

const REQUEST: &str = "/oauth/request_token";
const ACCESS: &str = "/oauth/access_token";

fn asking(callback: &str) -> Signer {
    Signer { callback: Some(callback.to_owned()), ..Signer::app() }
}

async fn sent(simulator: &Simulator, signer: &Signer, path: &str) -> Page {
    fetch(simulator, signer.request("POST", path, &[], "", "")).await
}

/// A request token and its secret.
async fn request_token(simulator: &Simulator, callback: &str) -> (String, String) {
    let given = sent(simulator, &asking(callback), REQUEST).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    assert_eq!(given.pair("oauth_callback_confirmed"), "true");
    (given.pair("oauth_token"), given.pair("oauth_token_secret"))
}

async fn agree(simulator: &Simulator, token: &str) -> String {
    let address = format!("/oauth/authorize?oauth_token={token}");
    simulator.decide(&address, Decision::Authorize(FRIEND)).await.expect("consent")
}

fn answering((token, secret): &(String, String), verifier: &str) -> Signer {
    Signer { verifier: Some(verifier.to_owned()), ..Signer::app().with_token(token, secret) }
}

#[tokio::test]
async fn the_three_steps_give_a_token_that_signs_calls() {
    let simulator = simulator(Options::default());
    let request_token = request_token(&simulator, DEFAULT_REDIRECT_URI).await;
    let back = agree(&simulator, &request_token.0).await;
    assert!(back.starts_with(DEFAULT_REDIRECT_URI), "{back}");
    assert_eq!(parameter(&back, "oauth_token").as_ref(), Some(&request_token.0));
    let verifier = parameter(&back, "oauth_verifier").expect("a verifier");
    let given = sent(&simulator, &answering(&request_token, &verifier), ACCESS).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    assert_eq!((given.pair("user_id"), given.pair("screen_name")), (FRIEND.to_string(), "friend".to_owned()));
    let (token, secret) = (given.pair("oauth_token"), given.pair("oauth_token_secret"));
    assert!(token.starts_with(&format!("{FRIEND}-")), "{token}");
    let me = fetch(&simulator, Signer::app().with_token(&token, &secret).request("GET", "/2/users/me", &[], "", "")).await;
    assert_eq!(me.json()["data"]["username"], "friend");
    let again = sent(&simulator, &answering(&request_token, &verifier), ACCESS).await;
    assert_eq!(again.code(), (401, 89), "a request token works once");
}

#[tokio::test]
async fn an_app_without_an_address_gets_a_pin() {
    let simulator = simulator(Options::default());
    let request_token = request_token(&simulator, "oob").await;
    let pin = agree(&simulator, &request_token.0).await;
    assert!(pin.len() == 7 && pin.bytes().all(|byte| byte.is_ascii_digit()), "{pin}");
    // The verifier may come in the query or in a form, too; it is signed in both places.
    let signer = Signer::app().with_token(&request_token.0, &request_token.1);
    let place = format!("{ACCESS}?oauth_verifier={pin}");
    let given = fetch(&simulator, signer.request("POST", &place, &[("oauth_verifier", &pin)], "", "")).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
}

#[tokio::test]
async fn the_callback_may_come_in_a_form_and_only_once() {
    let simulator = simulator(Options::default());
    let pairs = [("oauth_callback", DEFAULT_REDIRECT_URI)];
    let given = fetch(&simulator, Signer::app().request("POST", REQUEST, &pairs, FORM, query(&pairs))).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    let twice = fetch(&simulator, asking("oob").request("POST", REQUEST, &pairs, FORM, query(&pairs))).await;
    assert_eq!(twice.code(), (400, 38));
    let stray = [("x", "y")];
    let stray = fetch(&simulator, asking("oob").request("POST", REQUEST, &stray, FORM, query(&stray))).await;
    assert_eq!(stray.code(), (400, 38));
    assert_eq!(sent(&simulator, &Signer::app(), REQUEST).await.code(), (400, 38));
}

#[tokio::test]
async fn request_tokens_are_refused_for_every_wrong_reason() {
    let simulator = simulator(Options::default());
    let right = asking("oob");
    let late = Signer { at_seconds: right.at_seconds - 301, ..right.clone() };
    let early = Signer { at_seconds: right.at_seconds + 301, ..right.clone() };
    let wrong_secret = Signer { consumer: (PUBLIC_API_KEY.to_owned(), "wrong".to_owned()), ..right.clone() };
    let unknown_key = Signer { consumer: ("nobody".to_owned(), PUBLIC_API_SECRET.to_owned()), ..right.clone() };
    let with_token = right.clone().with_token("a", "b");
    for (signer, expected) in [
        (late, (401, 135)),
        (early, (401, 135)),
        (wrong_secret, (401, 32)),
        (unknown_key, (401, 32)),
        (with_token, (401, 32)),
        (asking("https://example.com/elsewhere"), (403, 415)),
        (asking("http://127.0.0.1:18181/callback/"), (403, 415)),
    ] {
        assert_eq!(sent(&simulator, &signer, REQUEST).await.code(), expected, "{signer:?}");
    }
    let bare = send_form(&simulator, REQUEST, "", &[]).await;
    assert_eq!(bare.code(), (401, 32));
}

#[tokio::test]
async fn access_tokens_are_refused_for_every_wrong_reason() {
    let simulator = simulator(Options::default());
    let refused = |page: &Page| {
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        assert!(page.text.contains("Invalid oauth_verifier parameter"), "{}", page.text);
    };
    // Nobody has agreed yet.
    let fresh = request_token(&simulator, "oob").await;
    refused(&sent(&simulator, &answering(&fresh, "1234567"), ACCESS).await);
    // Another verifier; and there is one try.
    let guessed = request_token(&simulator, "oob").await;
    let pin = agree(&simulator, &guessed.0).await;
    refused(&sent(&simulator, &answering(&guessed, "wrong"), ACCESS).await);
    assert_eq!(sent(&simulator, &answering(&guessed, &pin), ACCESS).await.code(), (401, 89));
    // The wrong secret, no verifier, an unknown token; then all is right.
    let mine = request_token(&simulator, "oob").await;
    let pin = agree(&simulator, &mine.0).await;
    let wrong_secret = (mine.0.clone(), "wrong".to_owned());
    assert_eq!(sent(&simulator, &answering(&wrong_secret, &pin), ACCESS).await.code(), (401, 32));
    assert_eq!(sent(&simulator, &Signer::app().with_token(&mine.0, &mine.1), ACCESS).await.code(), (400, 38));
    assert_eq!(sent(&simulator, &answering(&("made up".to_owned(), String::new()), &pin), ACCESS).await.code(), (401, 89));
    assert_eq!(sent(&simulator, &answering(&mine, &pin), ACCESS).await.status, StatusCode::OK);
    // Too late.
    let old = request_token(&simulator, "oob").await;
    let pin = agree(&simulator, &old.0).await;
    simulator.clock().advance(Duration::from_mins(15));
    let signer = Signer { at_seconds: simulator.clock().now_ms() / 1000, ..answering(&old, &pin) };
    assert_eq!(sent(&simulator, &signer, ACCESS).await.code(), (401, 89));
}

#[tokio::test]
async fn a_request_is_answered_once_or_denied() {
    let simulator = simulator(Options::default());
    let mine = request_token(&simulator, DEFAULT_REDIRECT_URI).await;
    let address = format!("/oauth/authorize?oauth_token={}", mine.0);
    let back = simulator.decide(&address, Decision::Cancel).await.expect("a redirect");
    assert_eq!(parameter(&back, "denied").as_ref(), Some(&mine.0));
    assert!(simulator.decide(&address, Decision::Authorize(MAKER)).await.is_err());
    let answered = request_token(&simulator, "oob").await;
    agree(&simulator, &answered.0).await;
    assert!(simulator.decide(&format!("/oauth/authorize?oauth_token={}", answered.0), Decision::Cancel).await.is_err());
    let cancelled = request_token(&simulator, "oob").await;
    let page = simulator.decide(&format!("/oauth/authorize?oauth_token={}", cancelled.0), Decision::Cancel).await;
    assert!(page.is_err_and(|page| page.contains("cancelled")));
    for wrong in ["/oauth/authorize", "/oauth/authorize?oauth_token=nothing", "/oauth/authorize?oauth_token=a&oauth_token=b"] {
        assert!(simulator.decide(wrong, Decision::Authorize(MAKER)).await.is_err(), "{wrong}");
    }
    // The form of one page is not that of the other.
    let url = format!("/i/oauth2/authorize?{}", query(&authorization_pairs(PUBLIC_CLIENT_ID)));
    let page = fetch(&simulator, Request::get(url).body(Full::default()).expect("a request")).await;
    let (_, rest) = page.text.split_once("name=\"authenticity_token\" value=\"").expect("a form");
    let page_token = rest.split('"').next().expect("a token");
    let form = [("authenticity_token", page_token), ("account", &MAKER.to_string()), ("decision", "authorize")];
    assert_eq!(send_form(&simulator, "/oauth/authorize", "", &form).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_account_has_one_token_until_the_permissions_change() {
    let simulator = simulator(Options::default());
    let get = || simulator.issue_oauth1_token(PUBLIC_API_KEY, MAKER).expect("an app");
    let first = get();
    assert_eq!(first, get());
    simulator.set_permissions(PUBLIC_CLIENT_ID, Access::Read);
    let second = get();
    assert_ne!(first.token, second.token);
    assert_eq!((first.access, second.access), (Access::ReadWriteDirectMessages, Access::Read));
}
