//! Processes that are killed while they refresh.

use std::io::{BufRead as _, BufReader};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use secrecy::ExposeSecret as _;
use tokio::runtime::Runtime;
use x_connector_host::credentials::{Clock as _, CredentialError, Keeper, SqliteStore, Status, Store as _, SystemClock, Tokens, change};

use crate::Amounts;
use crate::callers::count;
use crate::place::{Place, Told, keeper, runtime};
use crate::server::{Account, Remote, TokenServer};
use crate::table::Row;

pub const PART: &str = "kills";
/// How many processes are killed side by side: they mostly wait.
const LANES: u64 = 4;
/// Short, so that not every kill is waited for by a minute.
const LEASE: Duration = Duration::from_millis(40);
/// The latest kill after a process has begun; a refresh takes less.
const LATEST_MICROS: u64 = 30_000;

/// What was found after the kills.
#[derive(Debug, Default)]
struct Found {
    kills: u64,
    /// Records that are no pair that the server gave, or cannot be read.
    torn: u64,
    /// No refresh was under way.
    between: u64,
    /// A refresh was under way, its token not spent: the next process sent it once more.
    replayed: u64,
    /// The server had given the new pair, and the process died before it was stored.
    spent: u64,
    /// A connection that was marked, or failed, although its token was good; or was not marked although it was spent.
    wrong: u64,
}

pub fn measure(amounts: &Amounts) -> Vec<Row> {
    let began = Instant::now();
    let lanes: Vec<_> = (0..LANES)
        .map(|lane| {
            let kills = amounts.kills / LANES + u64::from(lane < amounts.kills % LANES);
            thread::spawn(move || Lane::new(lane).play(kills))
        })
        .collect();
    let mut found = Found::default();
    for lane in lanes {
        let lane = lane.join().expect("a lane ends");
        found.kills += lane.kills;
        found.torn += lane.torn;
        found.between += lane.between;
        found.replayed += lane.replayed;
        found.spent += lane.spent;
        found.wrong += lane.wrong;
    }
    let name = format!("{} kills during refresh", found.kills);
    vec![
        Row::new(format!("{name}: records that are not wholly old or new"), count(found.torn), "").at_most(0.0),
        Row::new(format!("{name}: connections dead with an unspent token, or not marked"), count(found.wrong), "").at_most(0.0),
        Row::new(format!("{name}: before or after the exchange"), count(found.between), ""),
        Row::new(format!("{name}: saved by sending the same token again"), count(found.replayed), ""),
        Row::new(format!("{name}: after X spent the token, owner asked to log in"), count(found.spent), ""),
        Row::new(format!("{name}: time for all"), began.elapsed().as_secs_f64(), "s"),
    ]
}

/// Refreshes without a pause until it is killed.
pub fn child(told: &Told) {
    let (runtime, keeper) = (runtime(), told.keeper(LEASE));
    println!("begins");
    runtime.block_on(async {
        loop {
            if let Err(error) = keeper.refresh(&told.account).await {
                eprintln!("a refresh failed: {error}");
                return;
            }
        }
    });
}

struct Lane {
    server: Arc<TokenServer>,
    account: String,
    place: Place,
    keeper: Keeper,
    runtime: Runtime,
    /// Reads the leases, which a store does not show.
    leases: Connection,
    random: u64,
}

impl Lane {
    fn new(number: u64) -> Self {
        let server = TokenServer::start(Duration::from_millis(1));
        let (runtime, account) = (runtime(), format!("lane-{number}"));
        let place = Place::new(&server, &account, &runtime);
        let keeper = keeper(place.store.clone(), Arc::new(Remote(server.address)), LEASE);
        let leases = Connection::open(place.directory.path().join(SqliteStore::DATABASE)).expect("opens");
        Self { server, account, place, keeper, runtime, leases, random: SystemClock.now_ms() ^ (number << 32) | 1 }
    }

    fn play(mut self, kills: u64) -> Found {
        let mut found = Found::default();
        for _ in 0..kills {
            self.kill();
            self.look(&mut found);
            found.kills += 1;
        }
        found
    }

    fn kill(&mut self) {
        let mut child = self.place.spawn(PART, &self.account, &self.server);
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        assert_eq!(lines.next().expect("a line").expect("reads"), "begins");
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        thread::sleep(Duration::from_micros(self.random % LATEST_MICROS));
        child.kill().expect("is killed");
        child.wait().expect("ends");
        // What it sent is served, and its answer lost, before anybody looks.
        thread::sleep(Duration::from_millis(2));
        while self.server.open() > 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn look(&self, found: &mut Found) {
        let account = self.server.account(&self.account);
        let record = match self.runtime.block_on(self.place.store.load(&self.account)) {
            Ok(record) => record,
            Err(error) => {
                eprintln!("a record was torn: {error}");
                found.torn += 1;
                return;
            }
        };
        let tokens = record.tokens.as_ref().expect("tokens");
        let stored = [Some(tokens.access_token.expose_secret()), tokens.refresh_token.as_ref().map(|token| token.expose_secret())];
        let is = |number: u64| {
            let [access, refresh] = Account::pair(&self.account, account.logins, number);
            stored == [Some(access.as_str()), Some(refresh.as_str())]
        };
        let (newest, before) = (is(account.number), account.number > 0 && is(account.number - 1));
        if !newest && !before {
            eprintln!("a record is neither old nor new");
            found.torn += 1;
        }
        let under_way: i64 = self.leases.query_row("SELECT count(*) FROM leases", [], |row| row.get(0)).expect("reads");
        let refreshed = self.runtime.block_on(self.keeper.refresh(&self.account));
        match refreshed {
            Ok(_) if newest && under_way == 0 => found.between += 1,
            Ok(_) if newest => found.replayed += 1,
            Err(CredentialError::ReconnectNeeded { .. }) if before && under_way == 1 => {
                let marked = self.runtime.block_on(self.place.store.load(&self.account)).expect("reads").status;
                found.spent += 1;
                found.wrong += u64::from(marked == Status::Ready);
                let tokens = Tokens::new(self.server.log_in(&self.account), SystemClock.now_ms());
                let login = change(&self.place.store, &self.account, |record| record.set_tokens(tokens.clone()));
                self.runtime.block_on(login).expect("logs in");
            }
            other => {
                eprintln!("newest {newest}, before {before}, under way {under_way}: {:?}", other.map(|_| "refreshed"));
                found.wrong += 1;
            }
        }
    }
}
