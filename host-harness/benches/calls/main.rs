//! What a call costs: `cargo bench` measures it and ends with a table against the bars that are promised.
//!
//! | measure | how |
//! |---|---|
//! | memory per parked call | calls wait for an answer that does not come; what the process holds, before and then; first of all, while nothing that was freed can hide it |
//! | instantiate | one linked instance with its store and the state behind its imports, and its end; no call |
//! | in process | a fresh instance and `createPost`; the simulator answers without a socket |
//! | loopback | the same over HTTP; the simulator listens on 127.0.0.1 with threads of its own, as X is no part of the host, either |
//! | plain client | hyper-util, pooled, the same POST to the same simulator from the same threads; in turns with the loopback calls, so that both see the same weather |
//!
//! Nothing leaves the machine. Ratios within one run mean more than the numbers: machines differ, and have moods.

mod load;
mod memory;
mod plain;
mod stage;
mod table;

use criterion::{Criterion, SamplingMode, Throughput};
use load::{Sample, drive, median, rate};
use stage::Stage;
use std::cell::RefCell;
use std::time::{Duration, Instant};
use table::Row;

const CONCURRENT: usize = 64;

/// As the command line has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // Without it, cargo only wants to see every benchmark run once.
    let measures = std::env::args().any(|argument| argument == "--bench");
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(5))
        .without_plots()
        .configure_from_args();

    let parked = if measures { memory::parked(&[1000, 1000]) } else { memory::parked(&[4]) };
    let instantiate = instantiate(&mut criterion);
    let in_process = in_process(&mut criterion);
    let loopback = loopback(&mut criterion);
    criterion.final_summary();
    if !measures {
        return;
    }

    let mut rows = Vec::new();
    rows.extend(instantiate.map(|p50| Row::new("instantiate, p50", micros(p50), "µs").at_most(60.0)));
    for (concurrent, rate) in in_process {
        let name = format!("createPost in process, {concurrent} concurrent");
        let row = Row::new(name, rate, "/s");
        rows.push(if concurrent == CONCURRENT { row.at_least(3000.0) } else { row });
    }
    if let Some(Loopback { connector, plain, ratio }) = loopback {
        rows.push(Row::new(format!("createPost over loopback, {CONCURRENT} concurrent"), connector, "/s"));
        rows.push(Row::new(format!("plain client over loopback, {CONCURRENT} concurrent"), plain, "/s"));
        rows.push(Row::new("createPost to plain client", ratio, "").at_least(0.15));
    }
    let was_parked = !parked.steps.is_empty();
    for (calls, bytes) in parked.steps {
        rows.push(Row::new(format!("resident memory per call, {calls} parked"), bytes / 1000.0, "kB").at_most(150.0));
    }
    rows.extend(was_parked.then(|| Row::new("parked calls that failed", f64::from(parked.failed), "").at_most(0.0)));
    println!("{}", table::render(&rows));
}

/// The time that half of the instances stay below.
fn instantiate(criterion: &mut Criterion) -> Option<Duration> {
    let stage = Stage::in_process();
    let took = RefCell::new(Vec::new());
    criterion.bench_function("instantiate", |bencher| {
        bencher.iter_custom(|times| {
            let took = &mut *took.borrow_mut();
            stage.runtime.block_on(async {
                let mut total = Duration::ZERO;
                for _ in 0..times {
                    let connection = stage.connection.clone();
                    let began = Instant::now();
                    stage.connector.instantiate(connection).await.expect("an instance comes to be");
                    let one = began.elapsed();
                    took.push(one);
                    total += one;
                }
                total
            })
        });
    });
    median(took.into_inner())
}

/// Calls a second, by how many are under way at a time.
fn in_process(criterion: &mut Criterion) -> Vec<(usize, f64)> {
    let stage = Stage::in_process();
    let mut group = criterion.benchmark_group("createPost in process");
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(1));
    let mut rates = Vec::new();
    for concurrent in [1, CONCURRENT] {
        let samples = RefCell::new(Vec::new());
        group.bench_function(concurrent.to_string(), |bencher| {
            bencher.iter_custom(|calls| {
                let took = stage.runtime.block_on(drive(calls, concurrent, stage.create_post()));
                samples.borrow_mut().push(Sample { calls, took });
                took
            });
        });
        rates.extend(rate(&samples.into_inner()).map(|rate| (concurrent, rate)));
    }
    group.finish();
    rates
}

struct Loopback {
    /// Calls a second.
    connector: f64,
    /// Calls a second.
    plain: f64,
    /// The first to the second, the median of the turns.
    ratio: f64,
}

fn loopback(criterion: &mut Criterion) -> Option<Loopback> {
    let stage = Stage::loopback();
    let client = plain::Client::new(stage.base_url());
    let (connector, plain) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let mut group = criterion.benchmark_group("createPost over loopback");
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(1));
    group.bench_function(CONCURRENT.to_string(), |bencher| {
        bencher.iter_custom(|calls| {
            let took = stage.runtime.block_on(drive(calls, CONCURRENT, client.create_post()));
            plain.borrow_mut().push(Sample { calls, took });
            let took = stage.runtime.block_on(drive(calls, CONCURRENT, stage.create_post()));
            connector.borrow_mut().push(Sample { calls, took });
            took
        });
    });
    group.finish();
    let (connector, plain) = (connector.into_inner(), plain.into_inner());
    let measured = load::measured(&connector).zip(load::measured(&plain));
    let ratio = median(measured.map(|(connector, plain)| plain.took.as_secs_f64() / connector.took.as_secs_f64()))?;
    Some(Loopback { connector: rate(&connector)?, plain: rate(&plain)?, ratio })
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
