//! What a call pays for its properties while nothing needs a refresh.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use x_connector_host::credentials::{Clock as _, ConnectionName, Keeper, Record, Service, Store as _, SystemClock, Tokens};

use crate::Amounts;
use crate::callers::count;
use crate::place::{Place, keeper, runtime};
use crate::server::{Direct, TokenServer};
use crate::table::Row;

const CALLERS: u64 = 64;
/// Calls that are measured, for each connection there is.
const CALLS: u64 = 200;

pub fn measure(amounts: &Amounts) -> Vec<Row> {
    let (runtime, server) = (runtime(), TokenServer::start(Duration::ZERO));
    let place = Place::new(&server, "acme", &runtime);
    let new_keeper = || keeper(place.store.clone(), Arc::new(Direct(server.clone())), Duration::from_mins(1));
    let names: Vec<String> = (0..amounts.connections).map(|number| format!("connection-{number}")).collect();
    let calls = CALLS * amounts.connections;
    runtime.block_on(async {
        let mut stored = Vec::new();
        for name in &names {
            let mut record = Record::new(ConnectionName::new(name.as_str()).expect("a name"), &Service::X).expect("a record");
            record.set("X_CLIENT_ID", "client").set("X_CLIENT_SECRET", "secret");
            record.set_tokens(Tokens::new(server.log_in(name), SystemClock.now_ms()));
            let began = Instant::now();
            place.store.insert(&record).await.expect("inserts");
            stored.push(began.elapsed());
        }
        stored.sort();
        let keeper = new_keeper();
        let first = timed(async { call(&keeper, &names, 0, amounts.connections).await }).await;
        let one = timed(call(&keeper, &names[..1], 0, calls)).await;
        let many = timed(async {
            let mut callers = JoinSet::new();
            for caller in 0..CALLERS {
                let (keeper, names) = (keeper.clone(), names.clone());
                callers.spawn(async move { call(&keeper, &names, caller * 31, calls / CALLERS).await });
            }
            callers.join_all().await;
        })
        .await;
        let list = timed(async { assert_eq!(place.store.list().await.expect("lists").len() - 1, names.len()) }).await;
        let connections = amounts.connections;
        vec![
            Row::new("properties of a live token, one caller", count(calls) / one, "/s").at_least(100_000.0),
            Row::new(
                format!("properties of a live token, {CALLERS} callers, {connections} connections"),
                count(calls / CALLERS * CALLERS) / many,
                "/s",
            )
            .at_least(100_000.0),
            Row::new("properties read and opened for the first time", first * 1e6 / count(connections), "µs"),
            Row::new(format!("all of {connections} connections read and opened for a list"), list * 1000.0, "ms"),
            Row::new("a durable write, p50", stored.get(stored.len() / 2).map_or(0.0, Duration::as_secs_f64) * 1000.0, "ms"),
        ]
    })
}

async fn call(keeper: &Keeper, names: &[String], from: u64, calls: u64) {
    for number in from..from + calls {
        let name = &names[usize::try_from(number).expect("fits") % names.len()];
        let access = keeper.properties(name).await.expect("properties");
        assert_eq!(access.tokens_generation(), 1);
    }
}

async fn timed(work: impl Future<Output = ()>) -> f64 {
    let began = Instant::now();
    work.await;
    began.elapsed().as_secs_f64()
}
