//! Faults of the authorization server.

use super::*;
use crate::simulator::{Effect, Fault};

fn refreshing(refresh_token: &str) -> Request<Full<Bytes>> {
    let form = query(&public(vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token)]));
    Request::post("/2/oauth2/token").header("content-type", FORM).body(Full::new(form.into())).expect("a request")
}

#[tokio::test]
async fn an_answer_can_be_lost_before_and_after_x_has_rotated() {
    for (after, refreshes, again) in [(false, 0, StatusCode::OK), (true, 1, StatusCode::BAD_REQUEST)] {
        for effect in [Effect::Reset, Effect::CutBody(10), Effect::Status(StatusCode::SERVICE_UNAVAILABLE, Value::Null), Effect::Garbage] {
            let simulator = simulator(Options::default());
            let (_, refresh_token) = pair(&simulator);
            let fault = Fault::at("POST", "/2/oauth2/token", effect).next(1);
            simulator.add_fault(if after { fault.after_effect() } else { fault });
            if let Ok(answer) = simulator.handle(refreshing(&refresh_token)).await {
                let _ = answer.into_body().collect().await;
            }
            assert_eq!(simulator.authorization_counts().refreshes, refreshes);
            assert_eq!(refresh(&simulator, &refresh_token).await.status, again, "X knows no grace");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_stay_away_for_ever() {
    for (after, refreshes) in [(false, 0), (true, 1)] {
        let simulator = simulator(Options::default());
        let (_, refresh_token) = pair(&simulator);
        let fault = Fault::at("POST", "/2/oauth2/token", Effect::Hang);
        simulator.add_fault(if after { fault.after_effect() } else { fault });
        let wait = std::time::Duration::from_hours(1);
        assert!(tokio::time::timeout(wait, simulator.handle(refreshing(&refresh_token))).await.is_err());
        assert_eq!(simulator.authorization_counts().refreshes, refreshes);
    }
}

#[tokio::test]
async fn every_step_can_fail() {
    let steps = [
        ("GET", "/i/oauth2/authorize"),
        ("POST", "/i/oauth2/authorize"),
        ("POST", "/2/oauth2/token"),
        ("POST", "/2/oauth2/revoke"),
        ("POST", "/oauth2/token"),
        ("POST", "/oauth/request_token"),
        ("GET", "/oauth/authorize"),
        ("POST", "/oauth/authorize"),
        ("POST", "/oauth/access_token"),
    ];
    for (method, path) in steps {
        let simulator = simulator(Options::default());
        simulator.add_fault(Fault::at(method, path, Effect::Html(StatusCode::BAD_GATEWAY)));
        let request = || Request::builder().method(method).uri(path).body(Full::<Bytes>::default()).expect("a request");
        assert_eq!(fetch(&simulator, request()).await.status, StatusCode::BAD_GATEWAY, "{method} {path}");
        assert_eq!(simulator.calls(method, path), 0);
        simulator.clear_faults();
        assert!(fetch(&simulator, request()).await.status.is_client_error(), "{method} {path}");
        assert_eq!((simulator.calls(method, path), simulator.effects(method, path)), (1, 0), "{method} {path}");
        let other = Request::put(path).body(Full::<Bytes>::default()).expect("a request");
        assert_eq!(fetch(&simulator, other).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}
