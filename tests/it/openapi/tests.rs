//! The simulator's answers against X's descriptions, and the checker against exchanges that are wrong.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use x_connector_host::simulator::{Clock, Exchange, NewPost, Options, Plan, ProblemHost, RecordedBody, Repeat, Simulator, Token, User};

use super::OpenApi;

const NOW: u64 = 1_795_262_400_000;
const MAKER: u64 = 1_811_000_000_000_000_001;
const FRIEND: u64 = 1_811_000_000_000_000_002;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02";

fn simulator(options: Options) -> Simulator {
    Simulator::new(Options {
        clock: Clock::frozen(NOW),
        token: "token".to_owned(),
        tokens: vec![Token::app_only("app")],
        exchange_log: 1_000,
        ..options
    })
}

async fn call(simulator: &Simulator, method: &str, path: &str, body: Value) -> Value {
    let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    call_with(simulator, "token", method, path, "application/json", bytes).await
}

async fn call_with(simulator: &Simulator, token: &str, method: &str, path: &str, content_type: &str, body: Bytes) -> Value {
    let mut request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
    if !body.is_empty() {
        request = request.header("content-type", content_type);
    }
    let request = request.body(Full::new(body)).expect("a request");
    let response = simulator.handle(request).await.expect("no fault");
    let bytes = response.into_body().collect().await.expect("whole").to_bytes();
    serde_json::from_slice(&bytes).expect("JSON")
}

async fn upload(simulator: &Simulator, category: &str) -> String {
    let mut body = Vec::new();
    for (head, bytes) in
        [("name=\"media_category\"", category.as_bytes()), ("name=\"media\"; filename=\"a.png\"\r\nContent-Type: image/png", PNG)]
    {
        body.extend_from_slice(b"--cut\r\nContent-Disposition: form-data; ");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--cut--\r\n");
    let (path, kind) = ("/2/media/upload", "multipart/form-data; boundary=cut");
    let answer = call_with(simulator, "token", "POST", path, kind, body.into()).await;
    id(&answer)
}

fn id(answer: &Value) -> String {
    answer["data"]["id"].as_str().expect("an id").to_owned()
}

const ALL_TWEET_FIELDS: &str = "tweet.fields=attachments,author_id,conversation_id,created_at,display_text_range,\
    edit_controls,edit_history_tweet_ids,entities,in_reply_to_user_id,lang,note_tweet,possibly_sensitive,\
    public_metrics,referenced_tweets,reply_settings&expansions=author_id,attachments.media_keys,referenced_tweets.id,\
    referenced_tweets.id.author_id,in_reply_to_user_id&user.fields=created_at,public_metrics,verified,verified_type,\
    description,protected,profile_image_url,subscription_type,receives_your_dm&media.fields=url,width,height";
const ALL_POST_FIELDS: &str = "post.fields=attachments,conversation_id,created_at,display_text_range,edit_controls,\
    entities,lang,note_post,possibly_sensitive,public_metrics,reply_settings&expansions=author_id,\
    attachments.media_keys,referenced_posts,in_reply_to_user_id&user.fields=created_at,public_metrics,verified,\
    verified_type,subscription_type&media.fields=url,width,height";

/// Every endpoint with all that it can show.
async fn tour(simulator: &Simulator) {
    simulator.add_user(User { premium: true, ..simulator.user("maker").expect("the maker") });
    let picture = upload(simulator, "tweet_image").await;
    let base64 = json!({"media": "iVBORw0KGgo=", "media_category": "dm_image"});
    let for_message = id(&call(simulator, "POST", "/2/media/upload", base64).await);
    let body = json!({"text": "look at https://example.com", "media": {"media_ids": [picture]}});
    let first = id(&call(simulator, "POST", "/2/tweets", body).await);
    let theirs = simulator.add_post(FRIEND, NewPost::saying("theirs"));
    let body = json!({"text": "an answer", "reply": {"in_reply_to_tweet_id": theirs.to_string()}});
    let reply = id(&call(simulator, "POST", "/2/tweets", body).await);
    let body = json!({"text": "quoted", "quote_tweet_id": theirs.to_string()});
    call(simulator, "POST", "/2/tweets", body).await;
    let body = json!({"text": "long ".repeat(100)});
    call(simulator, "POST", "/2/tweets", body).await;
    let body = json!({"text": "edited", "edit_options": {"previous_post_id": reply}});
    call(simulator, "POST", "/2/tweets", body).await;
    let body = json!({"tweet_id": theirs.to_string()});
    for what in ["likes", "retweets"] {
        let path = format!("/2/users/{MAKER}/{what}");
        call(simulator, "POST", &path, body.clone()).await;
        call(simulator, "POST", &path, body.clone()).await;
    }
    let messages = format!("/2/dm_conversations/with/{FRIEND}/messages");
    let body = json!({"text": "hi", "attachments": [{"media_id": for_message}]});
    call(simulator, "POST", &messages, body).await;
    call(simulator, "POST", &messages, json!({"text": "again"})).await;
    for query in [
        "",
        "?max_results=1",
        "?dm_event.fields=attachments,created_at,dm_conversation_id,event_type,id,sender_id,text\
            &expansions=attachments.media_keys,sender_id&event_types=MessageCreate&tweet.fields=id",
        "?event_types=ParticipantsJoin",
    ] {
        call(simulator, "GET", &format!("/2/dm_events{query}"), Value::Null).await;
        let path = format!("/2/dm_conversations/with/{FRIEND}/dm_events{query}");
        call(simulator, "GET", &path, Value::Null).await;
    }
    for query in ["", &format!("?{ALL_TWEET_FIELDS}"), &format!("?{ALL_POST_FIELDS}")] {
        for path in
            [format!("/2/users/{MAKER}/tweets"), "/2/users/999/tweets".to_owned(), format!("/2/tweets/{first}"), "/2/tweets/404".to_owned()]
        {
            call(simulator, "GET", &format!("{path}{query}"), Value::Null).await;
        }
        let query = query.replacen('?', "&", 1);
        let path = format!("/2/tweets?ids={first},404{query}");
        call(simulator, "GET", &path, Value::Null).await;
    }
    let path = format!("/2/users/{MAKER}/tweets?max_results=5&exclude=replies,retweets&since_id={theirs}");
    call(simulator, "GET", &path, Value::Null).await;
    for query in [
        "",
        "?user.fields=created_at,description,public_metrics,pinned_tweet_id&tweet.fields=created_at",
        "?user.fields=created_at,public_metrics,subscription_type&post.fields=created_at",
    ] {
        for path in ["/2/users/me", "/2/users/by/username/friend", "/2/users/404"] {
            call(simulator, "GET", &format!("{path}{query}"), Value::Null).await;
        }
    }
    for path in [
        format!("/2/users/{MAKER}/likes/{theirs}"),
        format!("/2/users/{MAKER}/retweets/{theirs}"),
        format!("/2/tweets/{first}"),
        format!("/2/tweets/{first}"),
        format!("/2/tweets/{theirs}"),
    ] {
        call(simulator, "DELETE", &path, Value::Null).await;
    }
    for (token, path) in [("nobody", "/2/users/me"), ("app", "/2/users/me"), ("token", "/2/nothing"), ("token", "/2/users/me?what=1")] {
        call_with(simulator, token, "GET", path, "", Bytes::new()).await;
    }
    call(simulator, "POST", "/2/tweets", json!({"what": 1})).await;
    call(simulator, "PUT", "/2/tweets", json!({})).await;
}

fn assert_valid(openapi: &OpenApi, simulator: &Simulator) {
    let exchanges = simulator.exchanges();
    let found: Vec<String> = exchanges.iter().flat_map(|exchange| openapi.violations(exchange)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn every_answer_of_the_simulator_fits_the_descriptions() {
    let Some(openapi) = OpenApi::load() else {
        return;
    };
    for options in [Options::default(), Options { repeats: Repeat::Silent, problem_host: ProblemHost::Twitter, ..Options::default() }] {
        let simulator = simulator(options);
        tour(&simulator).await;
        let accepted = simulator.exchanges().iter().filter(|e| e.status < Some(300)).count();
        assert!(accepted > 40, "only {accepted} calls were accepted");
        assert_valid(openapi, &simulator);
    }
}

#[tokio::test]
async fn refusals_for_money_plan_and_limits_fit_the_descriptions() {
    let Some(openapi) = OpenApi::load() else {
        return;
    };
    let simulator = simulator(Options { plan: Plan::SelfServe, usage_cap: Some(1), credits: Some(40_000), ..Options::default() });
    let post = simulator.add_post(FRIEND, NewPost::saying("theirs"));
    let body = json!({"tweet_id": post.to_string()});
    let path = format!("/2/users/{MAKER}/likes");
    call(&simulator, "POST", &path, body).await;
    let path = format!("/2/tweets/{post}");
    call(&simulator, "GET", &path, Value::Null).await;
    call(&simulator, "GET", &path, Value::Null).await;
    for nth in 0..4 {
        let body = json!({"text": format!("post {nth}")});
        call(&simulator, "POST", "/2/tweets", body).await;
    }
    simulator.set_credits(None);
    for _ in 0..80 {
        call(&simulator, "GET", "/2/users/me", Value::Null).await;
    }
    simulator.clock().advance(Duration::from_mins(15));
    let statuses: Vec<_> = simulator.exchanges().iter().filter_map(|e| e.status).collect();
    for status in [402, 403, 429] {
        assert!(statuses.contains(&status), "{status} among {statuses:?}");
    }
    assert_valid(openapi, &simulator);
}

/// A read that is right in every respect.
fn exchange() -> Exchange {
    Exchange {
        at_ms: NOW,
        method: "GET".to_owned(),
        path: format!("/2/users/{MAKER}/tweets"),
        template: Some("/2/users/{id}/tweets"),
        query: vec![("max_results".to_owned(), "5".to_owned()), ("tweet.fields".to_owned(), "author_id,created_at".to_owned())],
        request_headers: Vec::new(),
        request_body: RecordedBody::Empty,
        status: Some(200),
        response_headers: Vec::new(),
        response_body: RecordedBody::Json(json!({
            "data": [{"id": "1", "text": "a", "created_at": "2026-11-21T12:00:00.000Z"}],
            "meta": {"result_count": 1},
        })),
        fault: false,
    }
}

/// A post that is right in every respect.
fn creation() -> Exchange {
    Exchange {
        method: "POST".to_owned(),
        path: "/2/tweets".to_owned(),
        template: Some("/2/tweets"),
        query: Vec::new(),
        request_body: RecordedBody::Json(json!({"text": "a"})),
        status: Some(201),
        response_body: RecordedBody::Json(json!({"data": {"id": "1", "text": "a"}})),
        ..exchange()
    }
}

#[test]
fn the_checker_lets_right_exchanges_through() {
    let Some(openapi) = OpenApi::load() else {
        return;
    };
    assert_eq!(openapi.violations(&exchange()), Vec::<String>::new());
    assert_eq!(openapi.violations(&creation()), Vec::<String>::new());
}

#[test]
fn the_checker_finds_every_wrong_exchange() {
    let Some(openapi) = OpenApi::load() else {
        return;
    };
    let query = |name: &str, value: &str| Exchange { query: vec![(name.to_owned(), value.to_owned())], ..exchange() };
    let answer = |body: Value| Exchange { response_body: RecordedBody::Json(body), ..exchange() };
    let request = |body: Value| Exchange { request_body: RecordedBody::Json(body), ..creation() };
    let refusal = |content_type: &str, body: Value| Exchange {
        status: Some(403),
        response_headers: vec![("content-type".to_owned(), content_type.to_owned())],
        response_body: RecordedBody::Json(body),
        ..exchange()
    };
    let problem = "application/problem+json";
    let wrong = [
        ("unknown parameter", query("since", "1")),
        ("value too small", query("max_results", "4")),
        ("no number", query("max_results", "five")),
        ("bad id", query("since_id", "x")),
        ("bad time", query("start_time", "2026-11-21")),
        ("field of the other dialect", query("tweet.fields", "note_post")),
        ("unknown field", query("post.fields", "author_id")),
        ("repeated field", query("tweet.fields", "id,id")),
        ("bad path", Exchange { path: "/2/users/maker/tweets".to_owned(), ..exchange() }),
        ("unknown path", Exchange { template: None, ..exchange() }),
        ("unknown method", Exchange { method: "PUT".to_owned(), ..exchange() }),
        ("undescribed status", Exchange { status: Some(202), ..exchange() }),
        ("empty data", answer(json!({"data": [], "meta": {}}))),
        ("wrong type", answer(json!({"data": [{"id": 1, "text": "a"}]}))),
        ("bad id", answer(json!({"data": [{"id": "a", "text": "a"}]}))),
        ("bad time", answer(json!({"data": [{"id": "1", "created_at": "now"}]}))),
        ("word of the other dialect", answer(json!({"data": [{"id": "1", "referenced_posts": []}]}))),
        ("invented member", answer(json!({"data": [{"id": "1", "more": true}]}))),
        ("incomplete error", answer(json!({"errors": [{"type": "about:blank"}]}))),
        ("no JSON", Exchange { response_body: RecordedBody::Empty, ..exchange() }),
        ("unknown member", request(json!({"text": "a", "status": "a"}))),
        ("wrong type", request(json!({"text": 1}))),
        ("too many", request(json!({"media": {"media_ids": ["1", "2", "3", "4", "5"]}}))),
        ("null", request(json!({"text": null}))),
        ("no body", Exchange { request_body: RecordedBody::Empty, ..creation() }),
        ("no title", refusal(problem, json!({"type": "about:blank"}))),
        ("invented type", refusal(problem, json!({"type": "https://api.x.com/2/problems/a", "title": "A"}))),
        ("wrong content type", refusal("text/html", json!({"type": "about:blank", "title": "A"}))),
        (
            "a problem without what its type requires",
            refusal(problem, json!({"type": "https://api.twitter.com/2/problems/resource-not-found", "title": "A"})),
        ),
    ];
    for (what, exchange) in wrong {
        assert!(!openapi.violations(&exchange).is_empty(), "{what}: {exchange:?}");
    }
}
