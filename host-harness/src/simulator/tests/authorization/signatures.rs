//! Calls of the API that are signed by OAuth 1.0a.

use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;
use crate::simulator::{Access, NewPost, Processing};

const JSON: &str = "application/json";

fn signer(simulator: &Simulator) -> Signer {
    Signer::user(&simulator.issue_oauth1_token(PUBLIC_API_KEY, MAKER).expect("an app"))
}

async fn status(simulator: &Simulator, request: Request<Full<Bytes>>) -> u16 {
    fetch(simulator, request).await.status.as_u16()
}

#[tokio::test]
async fn every_operation_that_x_allows_works_with_a_signature() {
    let simulator = simulator(Options::default());
    let by = signer(&simulator);
    let theirs = simulator.add_post(FRIEND, NewPost::saying("theirs"));
    let mine = simulator.add_post(MAKER, NewPost::saying("mine"));
    let (liking, text) = (json!({"tweet_id": theirs.to_string()}).to_string(), json!({"text": "häßlich & schön + 100%"}).to_string());
    let calls = [
        ("POST", "/2/tweets".to_owned(), text.clone()),
        ("GET", format!("/2/tweets/{theirs}"), String::new()),
        ("GET", format!("/2/tweets?ids={theirs}"), String::new()),
        ("GET", format!("/2/users/{FRIEND}/tweets?max_results=5&tweet.fields=created_at%2Cauthor_id"), String::new()),
        ("POST", format!("/2/users/{MAKER}/likes"), liking.clone()),
        ("DELETE", format!("/2/users/{MAKER}/likes/{theirs}"), String::new()),
        ("POST", format!("/2/users/{MAKER}/retweets"), liking),
        ("DELETE", format!("/2/users/{MAKER}/retweets/{theirs}"), String::new()),
        ("DELETE", format!("/2/tweets/{mine}"), String::new()),
        ("GET", "/2/users/me".to_owned(), String::new()),
        ("GET", "/2/users/by/username/friend".to_owned(), String::new()),
        ("GET", format!("/2/users/{FRIEND}"), String::new()),
        ("POST", format!("/2/dm_conversations/with/{FRIEND}/messages"), text),
        ("GET", format!("/2/dm_conversations/with/{FRIEND}/dm_events"), String::new()),
        ("GET", "/2/dm_events?dm_event.fields=id%2Ctext".to_owned(), String::new()),
    ];
    for (method, place, body) in calls {
        let query = place.split_once('?').map_or("", |(_, query)| query);
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let content_type = if body.is_empty() { "" } else { JSON };
        let answer = fetch(&simulator, by.request(method, &place, &pairs, content_type, body)).await;
        assert!(answer.status.is_success(), "{method} {place}: {}", answer.text);
        assert_eq!(answer.header("x-access-level"), "read-write-directmessages");
    }
    let parts: &[(&str, &[u8])] = &[("media_category", b"tweet_image"), ("media", PNG)];
    let (head, body) = form(parts).into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let content_type = head.headers["content-type"].to_str().expect("text").to_owned();
    assert_eq!(status(&simulator, by.request("POST", "/2/media/upload", &[], &content_type, bytes)).await, 200);
}

#[tokio::test]
async fn an_upload_in_segments_works_with_signatures() {
    let simulator = simulator(Options { processing: Processing::none(), ..Options::default() });
    let by = signer(&simulator);
    let opening = json!({"media_type": "image/png", "media_category": "tweet_image", "total_bytes": PNG.len()}).to_string();
    let opened = fetch(&simulator, by.request("POST", "/2/media/upload/initialize", &[], JSON, opening)).await;
    let id = opened.json()["data"]["id"].as_str().expect("an id").to_owned();
    let (head, body) = form(&[("segment_index", b"0"), ("media", PNG)]).into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let content_type = head.headers["content-type"].to_str().expect("text").to_owned();
    let appended = by.request("POST", &format!("/2/media/upload/{id}/append"), &[], &content_type, bytes);
    assert_eq!(status(&simulator, appended).await, 200);
    assert_eq!(status(&simulator, by.request("POST", &format!("/2/media/upload/{id}/finalize"), &[], "", "")).await, 200);
    let place = format!("/2/media/upload?command=STATUS&media_id={id}");
    assert_eq!(status(&simulator, by.request("GET", &place, &[("command", "STATUS"), ("media_id", &id)], "", "")).await, 200);
    let described = json!({"id": id, "metadata": {"alt_text": {"text": "a hen"}}}).to_string();
    assert_eq!(status(&simulator, by.request("POST", "/2/media/metadata", &[], JSON, described)).await, 200);
    let posted = json!({"media": {"media_ids": [id]}}).to_string();
    assert_eq!(status(&simulator, by.request("POST", "/2/tweets", &[], JSON, posted)).await, 201);
}

#[tokio::test]
async fn what_is_signed_is_the_query_and_forms_and_nothing_else() {
    let simulator = simulator(Options::default());
    let by = signer(&simulator);
    let query = [("max_results", "5"), ("exclude", "replies")];
    let place = format!("/2/users/{FRIEND}/tweets");
    let asked = |pairs: Pairs, query: &str| by.request("GET", &format!("{place}?{query}"), pairs, "", "");
    assert_eq!(status(&simulator, asked(&query, "max_results=5&exclude=replies")).await, 200);
    assert_eq!(status(&simulator, asked(&query, "exclude=replies&max_results=5")).await, 200, "order is worked out");
    assert_eq!(status(&simulator, asked(&query, "max_results=6&exclude=replies")).await, 401);
    assert_eq!(status(&simulator, asked(&[], "max_results=5")).await, 401, "the query must be signed");
    // A form at an endpoint that wants JSON gets past the signature, and no further.
    let pairs = [("text", "a b+c&ü~*")];
    let written = "text=a+b%2Bc%26%C3%BC%7E*";
    assert_eq!(status(&simulator, by.request("POST", "/2/tweets", &pairs, FORM, written)).await, 400);
    assert_eq!(status(&simulator, by.request("POST", "/2/tweets", &[], FORM, written)).await, 401);
    assert_eq!(status(&simulator, by.request("POST", "/2/tweets", &pairs, JSON, "{\"text\":\"a\"}")).await, 401, "JSON is not signed");
    assert_eq!(status(&simulator, by.request("POST", "/2/tweets", &[], JSON, "{\"text\":\"a\"}")).await, 201);
}

#[tokio::test]
async fn the_address_counts_as_both_sides_see_it() {
    let simulator = simulator(Options::default());
    let by = signer(&simulator);
    let header = by.header("GET", "/2/users/me", &[]);
    let absolute = |address: &str, header: &str| {
        Request::get(address).header("authorization", header).body(Full::<Bytes>::default()).expect("a request")
    };
    assert_eq!(status(&simulator, absolute(&format!("{HOST}/2/users/me"), &header)).await, 200);
    for other in ["https://127.0.0.1:7/2/users/me", "http://127.0.0.1:8/2/users/me", "http://localhost:7/2/users/me", "/2/users/me"] {
        let header = by.header("GET", "/2/users/me", &[]);
        assert_eq!(status(&simulator, absolute(other, &header)).await, 401, "{other}");
    }
    let header = by.header("POST", "/2/users/me", &[]);
    assert_eq!(status(&simulator, absolute(&format!("{HOST}/2/users/me"), &header)).await, 401, "the method is signed");
}

#[tokio::test]
async fn signatures_hold_over_both_versions_of_http() {
    for http2 in [false, true] {
        let simulator = simulator(Options::default());
        let by = signer(&simulator);
        let server = simulator.serve(TcpListener::bind("127.0.0.1:0").await.expect("a port")).expect("a server");
        let client = Client::builder(TokioExecutor::new()).http2_only(http2).build_http::<Full<Bytes>>();
        let address = format!("{}/2/users/me", server.base_url());
        let header = by.header_for("GET", &address, &[("user.fields", "id,name")]);
        let request = Request::get(format!("{address}?user.fields=id,name")).header("authorization", header);
        let answer = client.request(request.body(Full::default()).expect("a request")).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "HTTP/2: {http2}");
    }
}

#[tokio::test]
async fn any_value_is_signed_as_an_independent_library_signs_it() {
    let simulator = simulator(Options { limits: false, ..Options::default() });
    let by = signer(&simulator);
    let letters: Vec<char> = "aZ09-._~ +%&=/?#\"'*!()[]{}<>;:@,$^|`\\\t\né☃👋ß\u{1f468}\u{200d}".chars().collect();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..2_000 {
        let mut value = || {
            let mut text = String::new();
            for _ in 0..seed % 23 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push(letters[usize::try_from(seed >> 33).expect("31 bits") % letters.len()]);
            }
            seed = seed.rotate_left(7).wrapping_add(1);
            text
        };
        let (first, second, third) = (value(), value(), value());
        let pairs = [("a", first.as_str()), ("b", &second), ("text", &third)];
        let place = format!("/2/tweets?{}", query(&pairs[..2]));
        let answer = fetch(&simulator, by.request("POST", &place, &pairs, FORM, query(&pairs[2..]))).await;
        // The signature is right; that the operation takes no such parameters is another matter.
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{pairs:?}");
    }
}

#[tokio::test]
async fn each_wrong_signature_has_its_code() {
    let simulator = simulator(Options::default());
    let right = signer(&simulator);
    let me = |signer: &Signer| signer.request("GET", "/2/users/me", &[], "", "");
    let (token, _) = right.token.clone().expect("a token");
    let now = right.at_seconds;
    let at = |at_seconds| Signer { at_seconds, ..right.clone() };
    let theirs = simulator.issue_oauth1_token(crate::simulator::CONFIDENTIAL_API_KEY, MAKER).expect("an app");
    for (signer, expected) in [
        (right.clone().with_token(&token, "wrong"), (401, 32)),
        (right.clone().with_token("made up", "wrong"), (401, 89)),
        (right.clone().with_token(&theirs.token, &theirs.secret), (401, 89)),
        (Signer::app(), (401, 32)),
        (Signer { consumer: (PUBLIC_API_KEY.to_owned(), "wrong".to_owned()), ..right.clone() }, (401, 32)),
        (Signer { consumer: ("nobody".to_owned(), PUBLIC_API_SECRET.to_owned()), ..right.clone() }, (401, 32)),
        (at(now - 301), (401, 135)),
        (at(now + 301), (401, 135)),
    ] {
        assert_eq!(fetch(&simulator, me(&signer)).await.code(), expected, "{signer:?}");
    }
    for edge in [now - 300, now + 300] {
        assert_eq!(status(&simulator, me(&at(edge))).await, 200);
    }
    assert!(simulator.revoke_oauth1_token(&token));
    let gone = fetch(&simulator, me(&right)).await;
    assert_eq!(gone.json(), json!({"errors": [{"code": 89, "message": "Invalid or expired token."}]}));
    assert!(gone.header("content-type").starts_with("application/json"));
}

#[tokio::test]
async fn a_header_that_is_not_whole_could_be_anybodys() {
    let simulator = simulator(Options::default());
    let right = signer(&simulator).header("GET", "/2/users/me", &[]);
    let as_sent = |header: &str| {
        Request::get("/2/users/me").header("host", &HOST[7..]).header("authorization", header).body(Full::default()).expect("a request")
    };
    let names = ["oauth_consumer_key", "oauth_nonce", "oauth_signature", "oauth_signature_method", "oauth_timestamp", "oauth_token"];
    for name in names {
        let without: Vec<&str> = right["OAuth ".len()..].split(',').filter(|pair| !pair.starts_with(&format!("{name}="))).collect();
        let refused = fetch(&simulator, as_sent(&format!("OAuth {}", without.join(",")))).await;
        assert_eq!(refused.code(), (401, 32), "without {name}");
    }
    for wrong in [
        right.replace("HMAC-SHA1", "PLAINTEXT"),
        right.replace("oauth_version=\"1.0\"", "oauth_version=\"2.0\""),
        format!("{right},oauth_nonce=\"again\""),
        format!("{right},more=\"x\""),
        format!("{right},oauth_body_hash=\"x\""),
        right.replace('"', ""),
        "OAuth ".to_owned(),
    ] {
        assert_eq!(fetch(&simulator, as_sent(&wrong)).await.code(), (401, 32), "{wrong}");
    }
    assert_eq!(status(&simulator, as_sent(&format!("{right},realm=\"anything\""))).await, 200);
}

#[tokio::test]
async fn a_nonce_works_once_and_a_wrong_signature_does_not_use_it_up() {
    let simulator = simulator(Options::default());
    let right = Signer { nonce: Some("once".to_owned()), ..signer(&simulator) };
    let (token, _) = right.token.clone().expect("a token");
    let forged = right.clone().with_token(&token, "wrong");
    let me = |signer: &Signer| signer.request("GET", "/2/users/me", &[], "", "");
    assert_eq!(status(&simulator, me(&forged)).await, 401);
    assert_eq!(status(&simulator, me(&right)).await, 200);
    assert_eq!(fetch(&simulator, me(&right)).await.code(), (401, 32));
    let later = Signer { at_seconds: right.at_seconds + 1, ..right.clone() };
    assert_eq!(status(&simulator, me(&later)).await, 401, "nor at another time");
    simulator.clock().advance(std::time::Duration::from_mins(20));
    let long_after = Signer { at_seconds: right.at_seconds + 20 * 60, ..right };
    assert_eq!(status(&simulator, me(&long_after)).await, 200, "what is too old to be let in is forgotten");
}

#[tokio::test]
async fn the_permissions_of_the_app_bound_what_its_tokens_do() {
    let simulator = simulator(Options::default());
    let text = "{\"text\":\"a\"}";
    let message = format!("/2/dm_conversations/with/{FRIEND}/messages");
    for (permissions, level, posts, messages) in [
        (Access::Read, "read", 403, 403),
        (Access::ReadWrite, "read-write", 201, 403),
        (Access::ReadWriteDirectMessages, "read-write-directmessages", 403, 201),
    ] {
        simulator.set_permissions(PUBLIC_CLIENT_ID, permissions);
        let by = signer(&simulator);
        let read = fetch(&simulator, by.request("GET", "/2/users/me", &[], "", "")).await;
        assert_eq!((read.status.as_u16(), read.header("x-access-level")), (200, level));
        let posted = fetch(&simulator, by.request("POST", "/2/tweets", &[], JSON, text)).await;
        // The last 403 is that of a text that was posted before.
        assert_eq!(posted.status.as_u16(), posts, "{}", posted.text);
        let sent = fetch(&simulator, by.request("POST", &message, &[], JSON, text)).await;
        assert_eq!(sent.status.as_u16(), messages, "{}", sent.text);
        if messages == 403 {
            assert!(sent.json()["type"].as_str().is_some_and(|kind| kind.ends_with("/problems/oauth1-permissions")));
        }
        let events = fetch(&simulator, by.request("GET", "/2/dm_events", &[], "", "")).await;
        assert_eq!(events.status.is_success(), messages == 201, "messages are read with that permission alone, too");
    }
}
