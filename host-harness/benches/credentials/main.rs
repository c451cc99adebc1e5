//! What connections survive: `cargo bench --bench credentials` plays it through and ends with a table.
//!
//! | measure | how |
//! |---|---|
//! | one process | rounds of 64 callers at once, whose token is refused or about to end, against a token server that takes each refresh token once and revokes the family at a repetition |
//! | several processes | rounds of 8 processes with 4 callers each on one database |
//! | kills | a process that refreshes without a pause gets a SIGKILL at a random moment; its record is read, and refreshed by another process |
//! | calls | how fast a call gets its properties while nothing needs a refresh, and what thousands of connections cost |
//!
//! Nothing leaves the machine. `--rounds`, `--process-rounds`, `--kills` and `--connections` set how much of each;
//! without `--bench` a little of everything runs once.

mod callers;
mod calls;
mod kills;
mod place;
mod processes;
mod server;
#[path = "../calls/table.rs"]
mod table;

use std::time::Instant;

use table::Row;

/// How much is played.
#[derive(Debug, Clone, Copy)]
struct Amounts {
    rounds: u64,
    process_rounds: u64,
    kills: u64,
    connections: u64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = place::of_a_child(&arguments) {
        return match place.part.as_str() {
            processes::PART => processes::child(&place),
            _ => kills::child(&place),
        };
    }
    let amounts = amounts(&arguments);
    let began = Instant::now();
    let mut rows = Vec::new();
    for part in [callers::measure, processes::measure, kills::measure, calls::measure] {
        rows.extend(part(&amounts));
    }
    rows.push(Row::new("time for all of it", began.elapsed().as_secs_f64(), "s").at_most(180.0));
    let table = table::render(&rows);
    println!("{table}");
    if table.lines().any(|line| line.ends_with("short")) {
        std::process::exit(1);
    }
}

fn amounts(arguments: &[String]) -> Amounts {
    let measures = arguments.iter().any(|argument| argument == "--bench");
    let usual = if measures {
        Amounts { rounds: 1000, process_rounds: 100, kills: 1000, connections: 2000 }
    } else {
        Amounts { rounds: 3, process_rounds: 2, kills: 4, connections: 10 }
    };
    let set = |name: &str, usual: u64| {
        let after = arguments.iter().skip_while(|argument| *argument != name).nth(1);
        after.map_or(usual, |number| number.parse().unwrap_or_else(|_| panic!("{name} takes a number, not {number}")))
    };
    Amounts {
        rounds: set("--rounds", usual.rounds),
        process_rounds: set("--process-rounds", usual.process_rounds),
        kills: set("--kills", usual.kills),
        connections: set("--connections", usual.connections),
    }
}
