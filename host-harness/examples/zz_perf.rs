use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use x_connector_host::http::*;
use x_connector_host::simulator::{Options, Simulator};
use x_connector_host::*;
fn connection(base: Option<String>) -> ConnectionProperties {
    let mut c = ConnectionProperties::from_iter([("X_ACCESS_TOKEN", "token")]);
    if let Some(b) = base {
        c.set("X_API_BASE_URL", b);
    }
    c
}
fn rss() -> u64 {
    std::fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}
async fn load(c: &Connector, base: Option<String>, total: usize, conc: usize, op: &'static str) {
    let t = Instant::now();
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..conc {
        let (c, base, next) = (c.clone(), base.clone(), next.clone());
        set.spawn(async move {
            let mut lat = vec![];
            loop {
                let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if n >= total {
                    return lat;
                }
                let p = if op == "createPost" { json!({"text": format!("post {n} {conc}")}) } else { json!({"tweet_id": "nope"}) };
                let b = Instant::now();
                let r = c.call(Call::new(op).parameters(p).connection(connection(base.clone()))).await;
                lat.push(b.elapsed());
                if op == "createPost" {
                    if let Err(e) = r {
                        panic!("{}", e.to_json())
                    }
                }
            }
        });
    }
    let mut all = vec![];
    while let Some(r) = set.join_next().await {
        all.extend(r.unwrap());
    }
    let d = t.elapsed();
    all.sort();
    println!("{op} {conc}: {:.0}/s p50 {:?} p99 {:?}", total as f64 / d.as_secs_f64(), all[all.len() / 2], all[all.len() * 99 / 100]);
}
struct Park;
impl Service for Park {
    fn call(&self, _: ::http::Request<Body>) -> ServiceFuture {
        Box::pin(std::future::pending())
    }
}
#[tokio::main]
async fn main() {
    let sim = || {
        Simulator::new(Options { token: "token".into(), limits: false, refuse_duplicates: false, exchange_log: 0, ..Options::default() })
    };
    let host = Host::new(HostOptions { upstream: Upstream::InProcess(Arc::new(sim())), ..Default::default() }).unwrap();
    let t = Instant::now();
    let c = host.load(COMPONENT).unwrap();
    println!("load {:?}", t.elapsed());
    if std::env::var("PROFILE").is_ok() { load(&c, None, 100000, 64, "createPost").await; return; }
    load(&c, None, 5000, 1, "likePost").await;
    load(&c, None, 5000, 1, "createPost").await;
    load(&c, None, 20000, 64, "createPost").await;
    let s = sim();
    let server = s.serve(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap();
    let base = server.base_url().to_string();
    let port: u16 = base.rsplit(':').next().unwrap().trim_end_matches('/').parse().unwrap();
    let host2 = Host::new(HostOptions { policy: Policy::new([format!("127.0.0.1:{port}")]).unwrap(), ..Default::default() }).unwrap();
    let c2 = host2.load(COMPONENT).unwrap();
    load(&c2, Some(base.clone()), 5000, 1, "createPost").await;
    load(&c2, Some(base.clone()), 20000, 64, "createPost").await;
    // plain
    let client: hyper_util::client::legacy::Client<_, http_body_util::Full<bytes::Bytes>> =
        hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
    for conc in [1, 64] {
        let t = Instant::now();
        let total = 20000;
        let mut set = tokio::task::JoinSet::new();
        for k in 0..conc {
            let client = client.clone();
            let base = base.clone();
            set.spawn(async move {
                for n in 0..total / conc {
                    let r = ::http::Request::post(format!("{base}/2/tweets"))
                        .header("authorization", "Bearer token")
                        .header("content-type", "application/json")
                        .body(http_body_util::Full::from(format!("{{\"text\":\"p {k} {n}\"}}")))
                        .unwrap();
                    let r = client.request(r).await.unwrap();
                    assert_eq!(r.status(), 201);
                    use http_body_util::BodyExt;
                    r.into_body().collect().await.unwrap();
                }
            });
        }
        while set.join_next().await.is_some() {}
        println!("plain {conc}: {:.0}/s", total as f64 / t.elapsed().as_secs_f64());
    }
    let host3 = Host::new(HostOptions { instances: 2500, upstream: Upstream::InProcess(Arc::new(Park)), ..Default::default() }).unwrap();
    let c3 = host3.load(COMPONENT).unwrap();
    let before = rss();
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..2000 {
        let c = c3.clone();
        set.spawn(async move {
            c.call(
                Call::new("createPost").parameters(json!({"text": "hello"})).connection(connection(None)).deadline(Duration::from_secs(4)),
            )
            .await
        });
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("per parked call {} kB", (rss() - before) / 2000 / 1000);
    while set.join_next().await.is_some() {}
    println!("after: {} MB above", (rss().saturating_sub(before)) / 1_000_000);
}
