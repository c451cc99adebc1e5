//! What each property may hold, where it is kept, and that it does not show.

use super::*;
use crate::error::Case;
use crate::session::testing::authorization::SECRETS;

fn read(pairs: &[(&str, &str)]) -> Result<Connection, (String, Case)> {
    Connection::read(&environment(pairs)).map_err(|failure| (failure.problem().field.clone().unwrap_or_default(), failure.case()))
}

#[test]
fn a_token_is_enough() {
    let connection = read(&[("X_ACCESS_TOKEN", "t")]).expect("reads");
    assert_eq!(connection.base, BaseUrl { plain: false, authority: "api.x.com".into() });
    assert_eq!((connection.post_limit, connection.deadline_ms, connection.user_id), (280, 30_000, None));
    assert!(!format!("{connection:?}").contains("\"t\""));
}

#[test]
fn each_wrong_property_is_named() {
    let refused = |name: &str, value: &str| {
        let (field, case) = read(&[(name, value), ("X_ACCESS_TOKEN", "t")]).expect_err(value);
        assert_eq!((field.as_str(), case), (name, Case::InvalidInput), "{value}");
    };
    for base in [
        "http://api.x.com",
        "http://127.0.0.1.evil.example",
        "http://10.0.0.1",
        "ftp://x.com",
        "api.x.com",
        "https://",
        "https://a b",
        "https://u@api.x.com",
        "https://api.x.com/2",
        "https://api.x.com:0",
        "https://api.x.com:99999",
        "http://[::2]:80",
        "https://[::1",
    ] {
        refused("X_API_BASE_URL", base);
    }
    refused("X_USER_ID", "me");
    refused("X_POST_LIMIT", "0");
    refused("X_POST_LIMIT", "25001");
    refused("X_CALL_DEADLINE_MS", "0");
    refused("X_CALL_DEADLINE_MS", "soon");
    for name in SECRETS {
        refused(name, "a\nb");
    }
    refused("X_ACCESS_TOKEN", "a b");
    refused("X_BEARER_TOKEN", "é");
}

#[test]
fn nothing_has_to_be_there() {
    for pairs in [&[][..], &[("X_ACCESS_TOKEN", " ")]] {
        let connection = read(pairs).expect("reads");
        assert!(connection.credentials.kinds().is_empty() && connection.client.is_none() && connection.granted_scopes.is_none());
        assert!(!connection.stands_in(""));
    }
}

#[test]
fn each_property_is_kept_in_its_place_and_shows_nowhere() {
    let pairs: Vec<(&str, String)> =
        SECRETS.into_iter().chain(["X_CLIENT_ID"]).map(|name| (name, format!("value-of-{}", name.to_ascii_lowercase()))).collect();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let connection = read(&[&pairs[..], &[("X_GRANTED_SCOPES", " tweet.read  users.read ")]].concat()).expect("reads");
    let Connection { credentials, client, granted_scopes, .. } = &connection;
    let client = client.as_ref().expect("a client");
    assert_eq!(client.id, "value-of-x_client_id");
    assert_eq!(granted_scopes.as_deref(), Some(&["tweet.read".to_string(), "users.read".to_string()][..]));
    let places = [
        &client.secret,
        &credentials.oauth2_user,
        &connection.refresh_token,
        &credentials.oauth1.api_key,
        &credentials.oauth1.api_secret,
        &credentials.oauth1.token,
        &credentials.oauth1.token_secret,
        &credentials.app_only,
        &connection.authorization_code,
        &connection.code_verifier,
        &connection.oauth1_verifier,
    ];
    for (name, place) in SECRETS.into_iter().zip(places) {
        let value = format!("value-of-{}", name.to_ascii_lowercase());
        assert_eq!(place.as_ref().map(Secret::expose), Some(value.as_str()));
        assert!(connection.stands_in(&format!("X echoes {value}.")), "{name}");
    }
    let shown = format!("{connection:?}");
    assert_eq!(shown.matches("value-of-").count(), 1, "the client id alone is no secret: {shown}");
}

#[test]
fn headers_that_hold_a_pair_are_known_for_secrets() {
    let connection = read(&[("X_CLIENT_ID", "id1"), ("X_CLIENT_SECRET", "s"), ("X_API_KEY", "ke"), ("X_API_SECRET", "y")]).expect("reads");
    for header in ["aWQxOnM=", "a2U6eQ=="] {
        let whole = &header[..header.len() / 4 * 4 - 4];
        assert!(connection.stands_in(&format!("Basic {header}")) && connection.stands_in(whole), "{header}");
    }
}

#[test]
fn the_consent_page_is_at_x_for_xs_api_and_beside_any_other() {
    let consent = |base| BaseUrl::parse(base).expect(base).consent();
    assert_eq!(consent("https://api.x.com"), "https://x.com");
    assert_eq!(consent("https://api.x.com/"), "https://x.com");
    assert_eq!(consent("http://127.0.0.1:18080"), "http://127.0.0.1:18080");
    assert_eq!(BaseUrl::parse("https://api.x.com").expect("parses").origin(), "https://api.x.com");
}

#[test]
fn plain_http_is_for_loopback_only() {
    for base in ["http://127.0.0.1:18080", "http://127.9.9.9", "http://localhost:1", "http://[::1]:18080", "http://127.0.0.1:18080/"] {
        assert!(read(&[("X_ACCESS_TOKEN", "t"), ("X_API_BASE_URL", base)]).expect(base).base.plain, "{base}");
    }
}
