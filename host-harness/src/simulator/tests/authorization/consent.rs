//! The consent page, by plain HTTP and over a socket.

use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

use super::*;

async fn open(simulator: &Simulator, pairs: Pairs<'_>) -> Page {
    let place = format!("/i/oauth2/authorize?{}", query(pairs));
    fetch(simulator, Request::get(place).body(Full::default()).expect("a request")).await
}

fn hidden(page: &Page) -> String {
    let (_, rest) = page.text.split_once("name=\"authenticity_token\" value=\"").expect("a form");
    rest.split('"').next().expect("a token").to_owned()
}

#[tokio::test]
async fn a_client_without_a_browser_walks_through_the_page_over_a_socket() {
    let simulator = simulator(Options::default());
    let server = simulator.serve(TcpListener::bind("127.0.0.1:0").await.expect("a port")).expect("a server");
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let place = format!("{}/i/oauth2/authorize", server.base_url());
    let request = Request::get(format!("{place}?{}", query(&authorization_pairs(PUBLIC_CLIENT_ID))));
    let answer = client.request(request.body(Full::default()).expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.expect("a page").to_bytes();
    let page = Page { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() };
    let form = query(&[("authenticity_token", &hidden(&page)), ("account", &FRIEND.to_string()), ("decision", "authorize")]);
    let request = Request::post(&place).header("content-type", FORM).body(Full::new(form.into())).expect("a request");
    let answer = client.request(request).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::FOUND);
    let back = answer.headers()["location"].to_str().expect("an address").to_owned();
    assert!(back.starts_with("http://127.0.0.1:18181/callback?"), "{back}");
    assert_eq!(parameter(&back, "state").as_deref(), Some("s t&te"));
    let code = parameter(&back, "code").expect("a code");
    let tokens = token(&simulator, "", &public(code_pairs(&code))).await.json();
    let me = request_as(&simulator, tokens["access_token"].as_str().expect("a token")).await;
    assert_eq!(me.body["data"]["username"], "friend");
}

async fn request_as(simulator: &Simulator, access_token: &str) -> Reply {
    send(simulator, request(access_token, "GET", "/2/users/me", "", Bytes::new())).await
}

#[tokio::test]
async fn the_page_names_app_accounts_and_wishes_and_is_nobody_elses() {
    let simulator = simulator(Options::default());
    let page = open(&simulator, &authorization_pairs(PUBLIC_CLIENT_ID)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    for part in ["Simulated public app", "@maker", "@stranger", "do all this until you take it back", "Authorize", "Cancel", "lang=\"en\""]
    {
        assert!(page.text.contains(part), "{part}");
    }
    for part in ["<script", "dark ", "dm.write", "send and delete direct messages", "http://", "https://"] {
        assert!(!page.text.contains(part), "{part}");
    }
    assert!(page.text.contains("prefers-color-scheme: dark"));
    // The owner of the app is chosen already.
    assert!(page.text.contains(&format!("value=\"{MAKER}\" required checked")));
}

#[tokio::test]
async fn cancelling_tells_the_app_and_gives_nothing() {
    let simulator = simulator(Options::default());
    let back = simulator.decide(&authorization_url(PUBLIC_CLIENT_ID), Decision::Cancel).await.expect("a redirect");
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&back, "state").as_deref(), Some("s t&te"));
    assert_eq!(parameter(&back, "code"), None);
}

#[tokio::test]
async fn a_wrong_client_or_redirect_is_a_page_and_never_a_redirect() {
    let simulator = simulator(Options::default());
    let right = authorization_pairs(PUBLIC_CLIENT_ID);
    let mut wrong = vec![with(&right, "client_id", None), with(&right, "client_id", Some("nobody")), with(&right, "redirect_uri", None)];
    for address in [
        "http://127.0.0.1:18181/callback/",
        "http://127.0.0.1:18182/callback",
        "http://localhost:18181/callback",
        "http://127.0.0.1:18181/callback?a=b",
        "HTTP://127.0.0.1:18181/callback",
        "https://example.com/",
    ] {
        wrong.push(with(&right, "redirect_uri", Some(address)));
    }
    for twice in ["client_id", "redirect_uri"] {
        let mut pairs = right.clone();
        pairs.extend(right.iter().filter(|(name, _)| *name == twice));
        wrong.push(pairs);
    }
    for pairs in wrong {
        let page = open(&simulator, &pairs).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{pairs:?}");
        assert_eq!(page.header("location"), "", "{pairs:?}");
        assert!(page.text.contains("cannot be authorized"), "{pairs:?}");
    }
}

#[tokio::test]
async fn every_other_mistake_goes_back_to_the_app() {
    let simulator = simulator(Options::default());
    let right = authorization_pairs(PUBLIC_CLIENT_ID);
    let (long, fits) = ("s".repeat(501), "ß".repeat(500));
    let wrong = [
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", None, "unsupported_response_type"),
        ("scope", None, "invalid_scope"),
        ("scope", Some("tweet.read tweet.fly"), "invalid_scope"),
        ("scope", Some("tweet.read  users.read"), "invalid_scope"),
        ("scope", Some("tweet.read tweet.read"), "invalid_scope"),
        ("scope", Some("tweet.read,users.read"), "invalid_scope"),
        ("state", None, "invalid_request"),
        ("state", Some(&long), "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        // What must never be in an address.
        ("code_verifier", Some(VERIFIER), "invalid_request"),
        ("client_secret", Some("secret"), "invalid_request"),
    ];
    for (name, value, error) in wrong {
        let page = open(&simulator, &with(&right, name, value)).await;
        assert_eq!(page.status, StatusCode::FOUND, "{name}={value:?}");
        let back = page.header("location");
        assert!(back.starts_with(DEFAULT_REDIRECT_URI), "{back}");
        assert_eq!(parameter(back, "error").as_deref(), Some(error), "{name}={value:?}");
        if name != "state" {
            assert_eq!(parameter(back, "state").as_deref(), Some("s t&te"), "{name}");
        }
    }
    assert_eq!(open(&simulator, &with(&right, "state", Some(&fits))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_works_once_for_ten_minutes_and_only_from_an_open_page() {
    let simulator = simulator(Options::default());
    let pairs = authorization_pairs(PUBLIC_CLIENT_ID);
    let maker = MAKER.to_string();
    let answer = |token: String| {
        let (simulator, maker) = (&simulator, &maker);
        async move {
            let form = [("authenticity_token", token.as_str()), ("account", maker), ("decision", "authorize")];
            send_form(simulator, "/i/oauth2/authorize", "", &form).await.status
        }
    };
    let open_page = hidden(&open(&simulator, &pairs).await);
    assert_eq!(answer(open_page.clone()).await, StatusCode::FOUND);
    assert_eq!(answer(open_page).await, StatusCode::FORBIDDEN);
    assert_eq!(answer("forged".to_owned()).await, StatusCode::FORBIDDEN);
    assert_eq!(answer(String::new()).await, StatusCode::FORBIDDEN);
    let late = hidden(&open(&simulator, &pairs).await);
    simulator.clock().advance(std::time::Duration::from_mins(10));
    assert_eq!(answer(late).await, StatusCode::FORBIDDEN);
    for wrong in [
        vec![("account", maker.as_str())],
        vec![("decision", "authorize")],
        vec![("account", "404"), ("decision", "authorize")],
        vec![("account", maker.as_str()), ("decision", "perhaps")],
        vec![("account", maker.as_str()), ("decision", "authorize"), ("scope", "dm.write")],
        vec![("account", maker.as_str()), ("decision", "authorize"), ("decision", "cancel")],
    ] {
        let token = hidden(&open(&simulator, &pairs).await);
        let mut form = wrong.clone();
        form.push(("authenticity_token", &token));
        let refused = send_form(&simulator, "/i/oauth2/authorize", "", &form).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong:?}");
    }
}

#[tokio::test]
async fn more_redirects_can_be_registered_up_to_ten() {
    let simulator = simulator(Options::default());
    let address = "https://example.com/back?tenant=7";
    let pairs = authorization_pairs(PUBLIC_CLIENT_ID);
    let pairs = with(&pairs, "redirect_uri", Some(address));
    let url = format!("/i/oauth2/authorize?{}", query(&pairs));
    assert!(simulator.decide(&url, Decision::Authorize(MAKER)).await.is_err());
    assert!(simulator.register_redirect(PUBLIC_CLIENT_ID, address));
    let back = simulator.decide(&url, Decision::Authorize(MAKER)).await.expect("a redirect");
    assert!(back.starts_with("https://example.com/back?tenant=7&"), "{back}");
    for nth in 0..8 {
        assert!(simulator.register_redirect(PUBLIC_CLIENT_ID, &format!("https://example.com/{nth}")));
    }
    assert!(!simulator.register_redirect(PUBLIC_CLIENT_ID, "https://example.com/eleventh"));
    assert!(simulator.register_redirect(PUBLIC_CLIENT_ID, address), "it is there");
    assert!(!simulator.register_redirect("nobody", address));
    assert!(!simulator.register_redirect(CONFIDENTIAL_CLIENT_ID, "no address"));
    assert!(!simulator.register_redirect(CONFIDENTIAL_CLIENT_ID, "https://example.com/#part"));
}
