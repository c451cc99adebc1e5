//! Many callers in one process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use x_connector_host::credentials::{Clock, Keeper, KeeperOptions, SystemClock};

use crate::Amounts;
use crate::place::{Place, runtime};
use crate::server::{Account, Direct, TokenServer};
use crate::table::Row;

const CALLERS: u64 = 64;

/// The system's time, and as much later as the rounds say.
#[derive(Debug, Default)]
struct LaterClock(AtomicU64);

impl Clock for LaterClock {
    fn now_ms(&self) -> u64 {
        SystemClock.now_ms() + self.0.load(Ordering::SeqCst)
    }
}

pub fn measure(amounts: &Amounts) -> Vec<Row> {
    let (runtime, server) = (runtime(), TokenServer::start(Duration::ZERO));
    let place = Place::new(&server, "acme", &runtime);
    let clock = Arc::new(LaterClock::default());
    let options = KeeperOptions { clock: clock.clone(), ..KeeperOptions::default() };
    let keeper = Keeper::new(Arc::new(place.store.clone()), Arc::new(Direct(server.clone())), options);
    let began = Instant::now();
    let (mut failures, mut uneven) = (0_u64, 0_u64);
    runtime.block_on(async {
        for round in 1..=amounts.rounds {
            let used = keeper.properties("acme").await.expect("properties").tokens_generation();
            // By turns: X refuses the token; the token has ended; it ends in five minutes.
            clock.0.fetch_add([0, 121, 115][usize::try_from(round % 3).expect("fits")] * 60_000, Ordering::SeqCst);
            let mut callers = JoinSet::new();
            for _ in 0..CALLERS {
                let keeper = keeper.clone();
                callers.spawn(async move {
                    if round % 3 == 0 { keeper.refreshed_after("acme", used).await } else { keeper.properties("acme").await }
                });
            }
            let [newest, _] = Account::pair("acme", 1, round);
            while let Some(access) = callers.join_next().await {
                let given = access
                    .expect("joins")
                    .ok()
                    .and_then(|access| access.call_environment().find(|(name, _)| *name == "X_ACCESS_TOKEN").map(|(_, token)| token));
                failures += u64::from(given.as_ref() != Some(&newest));
            }
            uneven += u64::from(server.account("acme").refreshes != round);
        }
    });
    let took = began.elapsed().as_secs_f64() * 1000.0;
    let name = format!("{} rounds x {CALLERS} callers", amounts.rounds);
    let account = server.account("acme");
    vec![
        Row::new(format!("{name}: rounds without exactly one refresh"), count(uneven), "").at_most(0.0),
        Row::new(format!("{name}: callers without the new token"), count(failures), "").at_most(0.0),
        Row::new(format!("{name}: spent tokens sent"), count(account.refused), "").at_most(0.0),
        Row::new(format!("{name}: time for one round"), took / count(amounts.rounds), "ms"),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn count(number: u64) -> f64 {
    number as f64
}
