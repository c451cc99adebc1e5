//! Several processes on one database.

use std::io::{BufRead as _, BufReader, Write as _};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use x_connector_host::credentials::Keeper;

use crate::Amounts;
use crate::callers::count;
use crate::place::{Place, Told, runtime};
use crate::server::{Account, TokenServer};
use crate::table::Row;

pub const PART: &str = "processes";
const PROCESSES: usize = 8;
const CALLERS: usize = 4;
const LEASE: Duration = Duration::from_secs(60);

pub fn measure(amounts: &Amounts) -> Vec<Row> {
    let (runtime, server) = (runtime(), TokenServer::start(Duration::from_millis(2)));
    let place = Place::new(&server, "acme", &runtime);
    let mut children: Vec<_> = (0..PROCESSES)
        .map(|_| {
            let mut child = place.spawn(PART, "acme", &server);
            let (tell, hear) = (child.stdin.take().expect("a pipe"), BufReader::new(child.stdout.take().expect("a pipe")).lines());
            (child, tell, hear)
        })
        .collect();
    let began = Instant::now();
    let (mut failures, mut uneven) = (0_u64, 0_u64);
    for round in 1..=amounts.process_rounds {
        for (_, tell, _) in &mut children {
            // The generation that X has refused: the first one was inserted, each refresh is one more.
            writeln!(tell, "{round}").expect("tells");
        }
        let [newest, _] = Account::pair("acme", 1, round);
        for (_, _, hear) in &mut children {
            for _ in 0..CALLERS {
                let line = hear.next().expect("an answer").expect("reads");
                if line != newest {
                    eprintln!("a process answered: {line}");
                    failures += 1;
                }
            }
        }
        uneven += u64::from(server.account("acme").refreshes != round);
    }
    let took = began.elapsed().as_secs_f64() * 1000.0;
    for (mut child, tell, _) in children {
        drop(tell);
        child.wait().expect("ends");
    }
    let name = format!("{} rounds x {PROCESSES} processes", amounts.process_rounds);
    vec![
        Row::new(format!("{name}: rounds without exactly one refresh"), count(uneven), "").at_most(0.0),
        Row::new(format!("{name}: callers without the new token"), count(failures), "").at_most(0.0),
        Row::new(format!("{name}: spent tokens sent"), count(server.account("acme").refused), "").at_most(0.0),
        Row::new(format!("{name}: time for one round"), took / count(amounts.process_rounds), "ms"),
    ]
}

/// Refreshes the generation of each line that it reads, with several callers, and writes what token each got.
pub fn child(told: &Told) {
    let (runtime, keeper) = (runtime(), told.keeper(LEASE));
    for line in std::io::stdin().lines() {
        let used: u64 = line.expect("reads").parse().expect("a generation");
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            callers.spawn_on(answer(keeper.clone(), told.account.clone(), used), runtime.handle());
        }
        for answer in runtime.block_on(callers.join_all()) {
            println!("{answer}");
        }
    }
}

async fn answer(keeper: Keeper, account: String, used: u64) -> String {
    match keeper.refreshed_after(&account, used).await {
        Ok(access) => access.call_environment().find(|(name, _)| *name == "X_ACCESS_TOKEN").map(|(_, token)| token).unwrap_or_default(),
        Err(error) => error.to_string(),
    }
}
