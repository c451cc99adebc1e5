//! The choice of a credential: every endpoint against every subset of credentials, and what is said when none fits.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::actions::{create_post, delete_post, like_post, repost_post, send_direct_message};
use crate::connection::{Connection, environment};
use crate::error::{Case, Failure, Party};
use crate::json::Json;
use crate::media::upload;
use crate::session::testing::authorization::{ENDPOINTS, properties};
use crate::x::{current_user, post_fields, user_lookup};

/// What the code says of every endpoint of [`ENDPOINTS`], in its order.
const STATED: [Accepts; 16] = [
    create_post::ACCEPTS,
    delete_post::ACCEPTS,
    like_post::ACCEPTS,
    repost_post::ACCEPTS,
    send_direct_message::ACCEPTS,
    send_direct_message::EVENTS_ACCEPT,
    upload::ACCEPTS,
    upload::ACCEPTS,
    upload::ACCEPTS,
    upload::ACCEPTS,
    upload::ACCEPTS,
    upload::ACCEPTS,
    upload::ACCEPTS,
    current_user::ACCEPTS,
    user_lookup::ACCEPTS,
    post_fields::ACCEPTS,
];

fn connection(kinds: &[Kind]) -> Connection {
    let pairs: Vec<(&str, &str)> = kinds.iter().flat_map(|kind| properties(*kind)).copied().collect();
    Connection::read(&environment(&pairs)).expect("reads")
}

fn subsets() -> impl Iterator<Item = Vec<Kind>> {
    (0..8).map(|bits| Kind::ALL.into_iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1).map(|(_, kind)| kind).collect())
}

fn sorted(scopes: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    let mut scopes: Vec<String> = scopes.into_iter().map(|scope| scope.to_string()).collect();
    scopes.sort();
    scopes
}

#[test]
fn every_endpoint_takes_the_first_credential_that_x_accepts_from_every_connection() {
    let mut chosen = 0;
    for ((line, oauth1, app_only, scopes), accepts) in ENDPOINTS.into_iter().zip(STATED) {
        assert_eq!(sorted(accepts.scopes()), sorted(scopes), "{line}");
        for has in subsets() {
            let fits = |kind: &Kind| match kind {
                Kind::UserBearer => true,
                Kind::OAuth1 => oauth1,
                Kind::AppOnly => app_only,
            };
            let connection = connection(&has);
            assert_eq!(connection.credentials.kinds(), has);
            match (connection.credentials.choose(accepts), has.iter().copied().find(fits)) {
                (Ok(credential), Some(expected)) => assert_eq!(credential.kind(), expected, "{line} of {has:?}"),
                (Err(failure), None) => assert_eq!(failure.code(), "missing-credential", "{line} of {has:?}"),
                (result, expected) => panic!("{line} of {has:?}: {result:?} instead of {expected:?}"),
            }
            chosen += 1;
        }
    }
    std::println!("{chosen} choices: {} endpoints, 8 connections each", ENDPOINTS.len());
}

/// The file of endpoints is no part of the repository; the facts of it that matter are [`ENDPOINTS`].
#[test]
fn the_endpoints_are_as_xs_openapi_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/endpoints.json");
    let Ok(bytes) = std::fs::read(&path) else {
        std::println!("skipped: {} is not there", path.display());
        return;
    };
    let file = Json::read(&bytes).expect("JSON");
    for (line, oauth1, app_only, scopes) in ENDPOINTS {
        let is_it = |endpoint: &&Json| {
            let text = |name| endpoint.get(name).as_text().unwrap_or_default();
            format!("{} {}", text("method"), text("path")) == line
        };
        let endpoint = file.get("endpoints").items().iter().find(is_it).unwrap_or_else(|| panic!("{line} is not in the file"));
        assert_eq!((endpoint.get("oauth1").as_bool(), endpoint.get("app_only").as_bool()), (Some(oauth1), Some(app_only)), "{line}");
        assert_eq!(sorted(endpoint.get("oauth2").texts()), sorted(scopes), "{line}");
    }
}

#[test]
fn a_kind_that_an_endpoint_does_not_accept_is_never_chosen() {
    for (accepts, kinds) in [
        (Accepts::ANY, &Kind::ALL[..]),
        (Accepts::USER, &[Kind::UserBearer, Kind::OAuth1]),
        (Accepts::USER_BEARER, &[Kind::UserBearer]),
        (Accepts::APP_ONLY, &[Kind::AppOnly]),
    ] {
        assert_eq!(accepts.kinds(), kinds);
        for has in subsets() {
            let connection = connection(&has);
            let chosen = connection.credentials.choose(accepts).ok().map(|credential| credential.kind());
            assert_eq!(chosen, has.iter().copied().find(|kind| accepts.has(*kind)), "{accepts:?} of {has:?}");
        }
    }
}

fn refused(pairs: &[(&str, &str)], accepts: Accepts) -> Failure {
    let connection = Connection::read(&environment(pairs)).expect("reads");
    connection.credentials.choose(accepts).expect_err("nothing fits")
}

#[test]
fn a_missing_credential_says_what_would_fit_what_is_there_and_what_to_set() {
    let nothing = refused(&[], Accepts::USER);
    assert_eq!((nothing.case(), nothing.problem().who_must_act), (Case::Unauthorized, Party::AccountOwner));
    assert_eq!(nothing.problem().field.as_deref(), Some("X_ACCESS_TOKEN"));
    assert_eq!(
        nothing.problem().message,
        "X takes an OAuth 2.0 user token or an OAuth 1.0a token for this, and the connection has no credential; connect an X account, or set X_ACCESS_TOKEN, or X_API_KEY, X_API_SECRET, X_OAUTH1_TOKEN and X_OAUTH1_TOKEN_SECRET"
    );
    let app = refused(properties(Kind::AppOnly), Accepts::USER_BEARER);
    assert!(app.problem().message.contains("X takes an OAuth 2.0 user token for this, and the connection has an app-only token;"));
    let user = refused(&[properties(Kind::UserBearer), properties(Kind::OAuth1)].concat(), Accepts::APP_ONLY);
    assert_eq!((user.problem().field.as_deref(), user.problem().who_must_act), (Some("X_BEARER_TOKEN"), Party::AppOwner));
    assert_eq!(
        user.problem().message,
        "X takes an app-only token for this, and the connection has an OAuth 2.0 user token and an OAuth 1.0a token; set X_BEARER_TOKEN, or get it with the app's API key and secret"
    );
}

#[test]
fn a_part_of_oauth1_that_is_missing_is_named() {
    let whole = properties(Kind::OAuth1);
    for (missing, _) in whole {
        let pairs: Vec<(&str, &str)> = whole.iter().copied().filter(|(name, _)| name != missing).collect();
        let failure = refused(&pairs, Accepts::ANY);
        assert_eq!((failure.code(), failure.problem().field.as_deref()), ("missing-credential", Some(*missing)));
        assert!(failure.problem().message.starts_with(&format!("{missing} is not set")));
        // It is no obstacle where another kind comes first.
        let pairs = [&pairs[..], properties(Kind::UserBearer)].concat();
        let connection = Connection::read(&environment(&pairs)).expect("reads");
        assert_eq!(connection.credentials.choose(Accepts::ANY).expect("the token").kind(), Kind::UserBearer);
        assert_eq!(connection.credentials.kinds(), [Kind::UserBearer]);
    }
    // The keys of the app alone are not half an account: they get app-only tokens.
    let app_keys = [&whole[..2], properties(Kind::AppOnly)].concat();
    let connection = Connection::read(&environment(&app_keys)).expect("reads");
    assert_eq!(connection.credentials.choose(Accepts::ANY).expect("the app").kind(), Kind::AppOnly);
    assert!(connection.credentials.oauth1.app().is_ok());
}

#[test]
fn a_placeholder_goes_out_verbatim_or_says_why_it_cannot() {
    for placeholder in ["{{x_token}}", "${X_TOKEN}", "<token>", "secret:x/token", "%X_TOKEN%", "$X"] {
        for (name, _) in properties(Kind::OAuth1) {
            let replaced = |(key, value): &(&'static str, &'static str)| (*key, if key == name { placeholder } else { *value });
            let failure = refused(&properties(Kind::OAuth1).iter().map(replaced).collect::<Vec<_>>(), Accepts::USER);
            assert_eq!((failure.case(), failure.code()), (Case::InvalidInput, "placeholder-cannot-sign"), "{placeholder}");
            assert_eq!((failure.problem().field.as_deref(), failure.problem().who_must_act), (Some(*name), Party::Operator));
            assert!(!failure.problem().message.contains(placeholder));
        }
        for name in ["X_ACCESS_TOKEN", "X_BEARER_TOKEN"] {
            let connection = Connection::read(&environment(&[(name, placeholder)])).expect("reads");
            let mut request = Request {
                method: crate::transport::Method::Get,
                target: crate::transport::Target { plain: false, authority: "api.x.com".into(), path: "/".into() },
                headers: Vec::new(),
                body: crate::transport::Body::Empty,
            };
            let credential = connection.credentials.choose(Accepts::ANY).expect("a token");
            assert_eq!(credential.authorize(&mut request, || panic!("no signature")), None);
            assert_eq!(request.headers, [("authorization", format!("Bearer {placeholder}"))]);
        }
    }
    let spaced = refused(&[("X_OAUTH1_TOKEN", "my token")], Accepts::USER);
    assert_eq!(spaced.code(), "placeholder-cannot-sign");
}

#[test]
fn kinds_are_named_as_the_contract_names_them() {
    assert_eq!(Kind::ALL.map(CredentialKind::from), [CredentialKind::Oauth2User, CredentialKind::Oauth1User, CredentialKind::AppOnly]);
    for kind in Kind::ALL {
        assert!(kind.properties().contains(kind.property()));
    }
}
