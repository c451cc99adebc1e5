//! How apps say who they are at the token endpoint.

use super::*;

#[tokio::test]
async fn a_client_that_authenticates_as_the_other_kind_is_refused() {
    let simulator = simulator(Options::default());
    let refresh = vec![("grant_type", "refresh_token"), ("refresh_token", "any")];
    let bare = (String::new(), refresh.clone());
    let no_basic = (String::new(), with(&refresh, "client_id", Some(CONFIDENTIAL_CLIENT_ID)));
    let needless = (basic(PUBLIC_CLIENT_ID, ""), public(refresh.clone()));
    let bearer = ("Bearer maker".to_owned(), public(refresh.clone()));
    let garbage = ("Basic %%%".to_owned(), refresh.clone());
    for (authorization, pairs) in [bare, no_basic, needless, bearer, garbage] {
        for path in ["/2/oauth2/token", "/2/oauth2/revoke"] {
            let pairs = if path.ends_with("revoke") {
                with(&with(&with(&pairs, "grant_type", None), "refresh_token", None), "token", Some("any"))
            } else {
                pairs.clone()
            };
            let refused = send_form(&simulator, path, &authorization, &pairs).await;
            let expected = (401, "unauthorized_client".to_owned(), "Missing valid authorization header".to_owned());
            assert_eq!(refused.refused(), expected, "{path} {authorization} {pairs:?}");
        }
    }
}

#[tokio::test]
async fn an_unknown_client_or_a_wrong_secret_is_invalid() {
    let simulator = simulator(Options::default());
    let refresh = vec![("grant_type", "refresh_token"), ("refresh_token", "any")];
    for (authorization, pairs) in [
        (String::new(), with(&refresh, "client_id", Some("nobody"))),
        (basic("nobody", CONFIDENTIAL_CLIENT_SECRET), refresh.clone()),
        (basic(CONFIDENTIAL_CLIENT_ID, "wrong"), refresh.clone()),
        (basic(CONFIDENTIAL_CLIENT_ID, ""), refresh.clone()),
    ] {
        let (status, error, _) = token(&simulator, &authorization, &pairs).await.refused();
        assert_eq!((status, error.as_str()), (401, "invalid_client"), "{authorization}");
    }
}

#[tokio::test]
async fn a_confidential_client_may_repeat_its_id_and_no_other() {
    let simulator = simulator(Options::default());
    for (client_id, status) in [(CONFIDENTIAL_CLIENT_ID, StatusCode::OK), (PUBLIC_CLIENT_ID, StatusCode::BAD_REQUEST)] {
        let code = code(&simulator, CONFIDENTIAL_CLIENT_ID).await;
        let mut pairs = code_pairs(&code);
        pairs.push(("client_id", client_id));
        assert_eq!(token(&simulator, &confidential(), &pairs).await.status, status);
    }
}

#[tokio::test]
async fn apps_can_be_added_and_replaced() {
    let simulator = simulator(Options::default());
    let mine = App { id: 9, client_id: "mine".to_owned(), client_secret: Some("a:b%c d".to_owned()), ..App::public() };
    simulator.add_app(mine.clone());
    assert_eq!(simulator.apps().len(), 3);
    let code = code(&simulator, "mine").await;
    let given = token(&simulator, &basic("mine", "a:b%25c%20d"), &code_pairs(&code)).await;
    assert_eq!(given.status, StatusCode::OK, "the secret may be percent-encoded, as RFC 6749 wants it");
    simulator.add_app(App { name: "New name".to_owned(), ..mine });
    assert_eq!(simulator.apps().len(), 3);
    let none = Simulator::new(Options { apps: Vec::new(), ..Options::default() });
    assert!(none.decide(&authorization_url(PUBLIC_CLIENT_ID), Decision::Authorize(MAKER)).await.is_err());
}
