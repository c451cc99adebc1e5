//! Each step as it leaves.

mod answers;

use std::string::{String, ToString};

use super::testing::{CALLBACK, TOKENS, complete, run, script};
use super::token_endpoint::{Step, basic};
use super::*;
use crate::bindings::connection::{AuthorizationUrlInput, ExchangeCodeInput, ExchangeOauth1TokenInput};
use crate::error::{Case, Failure};
use crate::percent;
use crate::session::testing::{Script, TOKEN, answer};

const BASIC: &str = "Basic dGVzdC1jbGllbnQ6dGVzdC1jbGllbnQtc2VjcmV0LTVkMGU=";
const FORM: &str = "application/x-www-form-urlencoded";

fn authorize(script: &Script, input: &AuthorizationUrlInput) -> Result<crate::bindings::connection::Authorization, Failure> {
    script.run(|session| authorization_url::run(session, input))
}

fn input(operations: Option<&[&str]>) -> AuthorizationUrlInput {
    let operations = operations.map(|names| names.iter().map(ToString::to_string).collect());
    AuthorizationUrlInput { redirect_uri: CALLBACK.to_string(), operations, additional_scopes: None }
}

/// Path, `authorization` and body of the one request of a script.
fn sent(script: &Script) -> (String, Option<String>, String) {
    let sent = script.sent.borrow();
    let [request] = &sent[..] else { panic!("one request, not {}", sent.len()) };
    (request.target.path.clone(), request.header("authorization").map(ToString::to_string), request.text())
}

#[test]
fn the_authorization_url_has_every_parameter_and_not_the_verifier() {
    let script = Script::silent().with("X_CLIENT_ID", "a client/1");
    let made = authorize(&script, &input(Some(&["newPost"]))).expect("made");
    let (address, query) = made.url.split_once('?').expect("a query");
    assert_eq!(address, "https://x.com/i/oauth2/authorize");
    let value = |name: &str| percent::form_value(query, name).expect(name);
    assert_eq!(value("response_type"), "code");
    assert_eq!(value("client_id"), "a client/1");
    assert_eq!(value("redirect_uri"), CALLBACK);
    assert_eq!(value("scope"), "tweet.read users.read offline.access");
    assert_eq!(value("state"), made.state);
    assert_eq!(value("code_challenge"), crate::auth::pkce::challenge(&made.code_verifier));
    assert_eq!(value("code_challenge_method"), "S256");
    assert_eq!(percent::pairs(query).count(), 7);
    assert!(query.contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A18181%2Fcallback&scope=tweet.read%20users.read%20offline.access&"));
    assert_eq!(made.scopes, ["tweet.read", "users.read", "offline.access"]);
    assert!(!made.url.contains(&made.code_verifier), "the verifier stands in the address");
    assert_ne!(made.state, made.code_verifier);
    assert!([&made.state, &made.code_verifier].iter().all(|text| crate::auth::pkce::is_verifier(text)));
}

#[test]
fn the_consent_page_of_another_base_is_at_that_base() {
    let script = Script::silent().with("X_CLIENT_ID", "c").with("X_API_BASE_URL", "http://127.0.0.1:18080");
    assert!(
        authorize(&script, &input(None)).expect("made").url.starts_with("http://127.0.0.1:18080/i/oauth2/authorize?response_type=code&")
    );
}

#[test]
fn scopes_follow_the_operations_and_what_is_asked_for_beside_them() {
    let script = Script::silent().with("X_CLIENT_ID", "c");
    let scopes = |input: &AuthorizationUrlInput| authorize(&script, input).map(|made| made.scopes.join(" "));
    let beside = |names: &[&str], input: AuthorizationUrlInput| AuthorizationUrlInput {
        additional_scopes: Some(names.iter().map(ToString::to_string).collect()),
        ..input
    };
    let all = "tweet.read tweet.write users.read media.write like.write dm.read dm.write offline.access";
    assert_eq!(scopes(&input(None)).expect("all"), all);
    assert_eq!(scopes(&beside(&["bookmark.read"], input(Some(&[])))).expect("only"), "bookmark.read offline.access");
    let field = |input| {
        let failure = scopes(&input).expect_err("wrong");
        assert_eq!(failure.case(), Case::InvalidInput);
        failure.problem().field.clone().unwrap_or_default()
    };
    assert_eq!(field(input(Some(&[]))), "operations");
    assert_eq!(field(input(Some(&["creatPost"]))), "operations");
    assert_eq!(field(beside(&["tweet.read users.read"], input(None))), "additional_scopes");
    assert_eq!(field(AuthorizationUrlInput { redirect_uri: "/callback".to_string(), ..input(None) }), "redirect_uri");
}

#[test]
fn a_confidential_client_shows_its_secret_in_the_header_alone() {
    for (step, path, body) in [
        (
            Step::ExchangeCode,
            "/2/oauth2/token",
            "grant_type=authorization_code&code=test-code-77fa&redirect_uri=http%3A%2F%2F127.0.0.1%3A18181%2Fcallback&code_verifier=test-verifier-0123456789-0123456789-0123456789",
        ),
        (Step::RefreshTokens, "/2/oauth2/token", "grant_type=refresh_token&refresh_token=test-refresh-81cc"),
        (
            Step::ExchangeOauth1Token,
            "/2/oauth2/token",
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=test-oauth1-token-d5a7&subject_token_type=urn%3Ax%3Aparams%3Aoauth%3Atoken-type%3Aoauth1_token&oauth_token_secret=test-oauth1-token-secret-6c2e",
        ),
        (Step::RevokeToken, "/2/oauth2/revoke", "token=test-refresh-81cc"),
    ] {
        let script = script(step, answer(200, TOKENS));
        run(&script, step).expect("done");
        assert_eq!(sent(&script), (path.to_string(), Some(BASIC.to_string()), body.to_string()), "{step:?}");
        assert_eq!(script.sent.borrow()[0].header("content-type"), Some(FORM));

        let public = self::script(step, answer(200, TOKENS)).with("X_CLIENT_SECRET", "");
        run(&public, step).expect("done");
        assert_eq!(sent(&public), (path.to_string(), None, format!("{body}&client_id=test-client")), "{step:?}");
    }
}

#[test]
fn the_header_of_a_client_is_xs_own_example() {
    let header = basic("xvz1evFS4wEEPTGEFPHBog", "L8qq9PZyRg6ieKGEKhZolGC0vJWLw8iEJ88DRdyOg");
    assert_eq!(header, "Basic eHZ6MWV2RlM0d0VFUFRHRUZQSEJvZzpMOHFxOVBaeVJnNmllS0dFS2hab2xHQzB2SldMdzhpRUo4OERSZHlPZw==");
    // Both parts are encoded, so a colon in the id does not end it: `a%3Ab:c%25d`.
    assert_eq!(basic("a:b", "c%d"), "Basic YSUzQWI6YyUyNWQ=");
}

#[test]
fn the_app_proves_itself_by_its_keys() {
    let script = script(Step::RequestAppToken, answer(200, r#"{"token_type":"bearer","access_token":"AAAA%2Fapp"}"#));
    assert_eq!(run(&script, Step::RequestAppToken).expect("a token"), "AAAA%2Fapp");
    let (path, authorization, body) = sent(&script);
    assert_eq!((path.as_str(), body.as_str()), ("/oauth2/token", "grant_type=client_credentials"));
    assert_eq!(authorization, Some(basic("test-api-key-9c3b", "test-api-secret-4e6f")));
}

#[test]
fn scopes_of_a_token_exchange_are_asked_for_with_spaces() {
    let script = script(Step::ExchangeOauth1Token, answer(200, TOKENS));
    let asked = ExchangeOauth1TokenInput { scopes: Some(["tweet.read", "offline.access"].map(ToString::to_string).into()) };
    script.run(|session| exchange_oauth1_token::run(session, &asked)).expect("exchanged");
    assert!(script.body(0).ends_with("&scope=tweet.read%20offline.access"), "{}", script.body(0));
    let wrong = ExchangeOauth1TokenInput { scopes: Some(["tweet.read offline.access".to_string()].into()) };
    let failure = complete(Script::silent()).run(|session| exchange_oauth1_token::run(session, &wrong)).expect_err("no scope");
    assert_eq!(failure.problem().field.as_deref(), Some("scopes"));
}

#[test]
fn without_a_refresh_token_the_access_token_is_taken_back() {
    let script = script(Step::RevokeToken, answer(200, r#"{"revoked":true}"#)).with("X_REFRESH_TOKEN", "");
    run(&script, Step::RevokeToken).expect("revoked");
    assert_eq!(script.body(0), format!("token={TOKEN}"));
}

#[test]
fn what_is_missing_is_named_and_nothing_is_sent() {
    for (step, properties) in [
        (Step::ExchangeCode, &["X_CLIENT_ID", "X_AUTHORIZATION_CODE", "X_CODE_VERIFIER"][..]),
        (Step::RefreshTokens, &["X_CLIENT_ID", "X_REFRESH_TOKEN"]),
        (Step::RevokeToken, &["X_CLIENT_ID"]),
        (Step::ExchangeOauth1Token, &["X_CLIENT_ID", "X_OAUTH1_TOKEN", "X_OAUTH1_TOKEN_SECRET"]),
        (Step::RequestAppToken, &["X_API_KEY", "X_API_SECRET"]),
        (Step::RequestOauth1Token, &["X_API_KEY", "X_API_SECRET"]),
        (Step::ExchangeOauth1Verifier, &["X_API_KEY", "X_API_SECRET", "X_OAUTH1_TOKEN", "X_OAUTH1_TOKEN_SECRET", "X_OAUTH1_VERIFIER"]),
    ] {
        for property in properties {
            let failure = run(&complete(Script::silent()).with(property, ""), step).expect_err(property);
            let problem = failure.problem();
            assert_eq!((failure.case(), failure.code()), (Case::Unauthorized, "missing-credential"), "{step:?} {property}");
            assert_eq!(problem.field.as_deref(), Some(*property), "{step:?}");
            assert!(problem.message.starts_with(property), "{}", problem.message);
        }
    }
    let nothing = complete(Script::silent()).with("X_REFRESH_TOKEN", "").with("X_ACCESS_TOKEN", "");
    assert_eq!(run(&nothing, Step::RevokeToken).expect_err("nothing").problem().field.as_deref(), Some("X_REFRESH_TOKEN"));
}

#[test]
fn a_code_verifier_that_is_none_is_refused_before_the_code_is_used_up() {
    for wrong in ["short", "a code verifier with spaces in it, 43 characters long"] {
        let failure = run(&complete(Script::silent()).with("X_CODE_VERIFIER", wrong), Step::ExchangeCode).expect_err(wrong);
        assert_eq!((failure.case(), failure.problem().field.as_deref()), (Case::InvalidInput, Some("X_CODE_VERIFIER")));
    }
    let elsewhere = ExchangeCodeInput { redirect_uri: "http://localhost/callback".to_string() };
    let failure = complete(Script::silent()).run(|session| exchange_code::run(session, &elsewhere)).expect_err("localhost");
    assert_eq!(failure.problem().field.as_deref(), Some("redirect_uri"));
}

#[test]
fn a_placeholder_goes_out_as_it_is_in_a_form() {
    let script = script(Step::RefreshTokens, answer(200, TOKENS)).with("X_REFRESH_TOKEN", "{{refresh token}}").with("X_CLIENT_SECRET", "");
    script.run(refresh_tokens::run).expect("refreshed");
    assert_eq!(percent::form_value(&script.body(0), "refresh_token").as_deref(), Some("{{refresh token}}"));
}
