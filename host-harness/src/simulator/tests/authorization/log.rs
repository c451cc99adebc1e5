//! What the exchange log says of the authorization server, and what it keeps to itself.

use serde_json::json;

use super::*;
use crate::simulator::RecordedBody;

/// Goes through everything that gives out secrets, for both kinds of OAuth; gives the secrets that callers sent.
async fn tour(simulator: &Simulator) -> Vec<String> {
    let code = code(simulator, PUBLIC_CLIENT_ID).await;
    let body = token(simulator, "", &public(code_pairs(&code))).await.json();
    let refreshed = refresh(simulator, body["refresh_token"].as_str().expect("a token")).await.json();
    let revoked = refreshed["refresh_token"].as_str().expect("a token");
    send_form(simulator, "/2/oauth2/revoke", "", &public(vec![("token", revoked)])).await;
    send_form(simulator, "/oauth2/token", &basic(PUBLIC_API_KEY, PUBLIC_API_SECRET), &[("grant_type", "client_credentials")]).await;
    let asking = Signer { callback: Some(DEFAULT_REDIRECT_URI.to_owned()), ..Signer::app() };
    let given = fetch(simulator, asking.request("POST", "/oauth/request_token", &[], "", "")).await;
    let (request_token, secret) = (given.pair("oauth_token"), given.pair("oauth_token_secret"));
    let back = simulator.decide(&format!("/oauth/authorize?oauth_token={request_token}"), Decision::Authorize(MAKER)).await;
    let verifier = parameter(&back.expect("a redirect"), "oauth_verifier").expect("a verifier");
    let signer = Signer::app().with_token(&request_token, &secret);
    let place = format!("/oauth/access_token?oauth_verifier={verifier}");
    let given = fetch(simulator, signer.request("POST", &place, &[("oauth_verifier", &verifier)], "", "")).await;
    let (subject, secret) = (given.pair("oauth_token"), given.pair("oauth_token_secret"));
    let exchange = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", subject.as_str()),
        ("subject_token_type", "urn:x:params:oauth:token-type:oauth1_token"),
        ("oauth_token_secret", &secret),
        ("client_id", PUBLIC_CLIENT_ID),
    ];
    assert_eq!(token(simulator, "", &exchange).await.status, StatusCode::OK);
    let me = Signer::app().with_token(&subject, &secret).request("GET", "/2/users/me", &[], "", "");
    assert_eq!(fetch(simulator, me).await.status, StatusCode::OK);
    vec![VERIFIER.to_owned(), CONFIDENTIAL_CLIENT_SECRET.to_owned(), PUBLIC_API_SECRET.to_owned()]
}

#[tokio::test]
async fn the_log_has_no_secret_in_it() {
    let simulator = simulator(Options::default());
    let mut secrets = tour(&simulator).await;
    let issued = simulator.issued_secrets();
    // Two page tokens, code, two pairs, app token, request token and verifier, account token, pair.
    assert_eq!(issued.len(), 2 + 1 + 4 + 1 + 3 + 2 + 2, "{issued:?}");
    secrets.extend(issued);
    let log = serde_json::to_string(&simulator.exchanges()).expect("JSON");
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret}");
    }
    for kept in ["authorization_code", "refresh_token", PUBLIC_CLIENT_ID, DEFAULT_REDIRECT_URI, "[redacted]", "tweet.write"] {
        assert!(log.contains(kept), "{kept}");
    }
}

#[tokio::test]
async fn the_log_keeps_secrets_when_it_is_told_to() {
    let simulator = simulator(Options { log_secrets: true, ..Options::default() });
    tour(&simulator).await;
    let log = serde_json::to_string(&simulator.exchanges()).expect("JSON");
    assert!(log.contains(VERIFIER) && !log.contains("[redacted]"));
}

#[tokio::test]
async fn exchanges_of_the_authorization_server_can_be_told_apart() {
    let simulator = simulator(Options::default());
    tour(&simulator).await;
    let exchanges = simulator.exchanges();
    let (api, rest): (Vec<_>, Vec<_>) = exchanges.iter().partition(|exchange| !exchange.is_authorization());
    assert_eq!(api.len(), 1);
    assert!(api[0].is_in_openapi());
    assert_eq!(rest.len(), 11);
    assert!(rest.iter().all(|exchange| exchange.template.is_some() && !exchange.is_in_openapi()));
    let refresh = rest.iter().find(|exchange| {
        matches!(&exchange.request_body, RecordedBody::Other { form, .. } if form.contains(&("grant_type".to_owned(), "refresh_token".to_owned())))
    });
    let RecordedBody::Json(answer) = &refresh.expect("a refresh").response_body else { panic!("JSON") };
    assert_eq!(answer["access_token"], "[redacted]");
    assert_eq!(answer["expires_in"], 7200);
    // Signatures are refused in an older way than X's description has it; and its versions disagree on the usage.
    simulator.clear_exchanges();
    let wrong = Signer::app().request("GET", "/2/users/me", &[], "", "");
    assert_eq!(fetch(&simulator, wrong).await.json(), json!({"errors": [{"code": 32, "message": "Could not authenticate you."}]}));
    send(&simulator, request("app", "GET", "/2/usage/credits", "", Bytes::new())).await;
    send(&simulator, request("app", "GET", "/2/usage/tweets", "", Bytes::new())).await;
    get(&simulator, "/2/users/me").await;
    let in_openapi: Vec<bool> = simulator.exchanges().iter().map(crate::simulator::Exchange::is_in_openapi).collect();
    assert_eq!(in_openapi, [false, false, false, true]);
}

#[tokio::test]
async fn refusals_are_counted() {
    let simulator = simulator(Options::default());
    tour(&simulator).await;
    assert_eq!(simulator.authorization_counts().refused, 0);
    refresh(&simulator, "made up").await;
    token(&simulator, "", &[]).await;
    let counts = simulator.authorization_counts();
    assert_eq!((counts.refused, counts.code_calls, counts.refresh_calls, counts.exchange_calls), (2, 1, 2, 1));
    assert_eq!((counts.refreshes, counts.revocations, counts.replays), (1, 1, 0));
    assert_eq!(simulator.calls("POST", "/2/oauth2/token"), 5);
    assert_eq!(simulator.effects("POST", "/2/oauth2/token"), 3);
}
