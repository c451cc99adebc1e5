//! What uploads cost: `cargo bench --bench media` uploads a video and ends with a table against the bars that are promised.
//!
//! | measure | how |
//! |---|---|
//! | one video | it goes to the simulator from a local file, and from an HTTPS server with a certificate made for the run; what came is compared by its SHA-256, what the guest and the host took is watched meanwhile |
//! | throughput | rounds in turns: the connector uploads a local file, and a plain client sends the same requests with the same bytes; the median of the ratios counts |
//!
//! X and the file server are a process of their own, so that this one's memory is the host's alone. Nothing leaves the
//! machine. `--megabytes`, `--rounds` and `--round-megabytes` set how much there is of it; without `--bench` it is little
//! and runs once.

mod connector;
mod files;
mod host_memory;
mod plain;
#[path = "../calls/table.rs"]
mod table;
mod video;
mod world;

use std::time::Instant;

use connector::Uploader;
use table::Row;
use tempfile::TempDir;
use video::Video;
use world::{Arrived, World};

/// As the command line has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// How much is uploaded.
#[derive(Debug, Clone, Copy)]
struct Amounts {
    megabytes: u64,
    rounds: u64,
    round_megabytes: u64,
    /// Whether it is enough to say something of throughput.
    measures: bool,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, world::CHILD, file] => return world::child(file.as_ref()),
        [_, connector::COMPILE, directory] => return connector::compile(directory.as_ref()),
        _ => {}
    }
    let amounts = amounts(&arguments);
    let began = Instant::now();
    let directory = tempfile::tempdir().expect("a directory");
    let mut rows = one_video(&directory, &amounts);
    rows.extend(throughput(&directory, &amounts));
    rows.push(Row::new("time for all of it", began.elapsed().as_secs_f64(), "s").at_most(180.0));
    let table = table::render(&rows);
    println!("\n{table}");
    if table.lines().any(|line| line.ends_with("short")) {
        std::process::exit(1);
    }
}

/// A video from a disk and from a server.
fn one_video(directory: &TempDir, amounts: &Amounts) -> Vec<Row> {
    let video = Video::make(directory.path(), "video.mp4", amounts.megabytes << 20);
    println!("{} bytes, SHA-256 {}", video.size, video.sha256);
    let mut world = World::start(&video.path);
    let uploader = Uploader::new(&world, &directory.path().join("code"));
    let addresses = [("local file", video.path.to_string_lossy().into_owned()), ("https", world.video_url.clone())];
    let mut rows = Vec::new();
    for (name, url) in addresses {
        let upload = uploader.upload(&url);
        let arrived = world.arrived(&upload.id);
        println!("{name:10}  at X: {} bytes, SHA-256 {}", arrived.size, arrived.sha256);
        let seconds = upload.took.as_secs_f64();
        rows.extend([
            Row::new(format!("{name}: other bytes at X than in the file"), f64::from(u8::from(differs(&arrived, &video))), "").at_most(0.0),
            Row::new(format!("{name}: segments, of 4 MiB"), f64::from(arrived.segments), ""),
            Row::new(format!("{name}: calls of uploadMedia until X was ready"), f64::from(upload.calls), ""),
            Row::new(format!("{name}: peak linear memory"), upload.linear_memory / MEBIBYTE, "MiB").at_most(8.0),
        ]);
        let growth = upload.host_memory.map(|bytes| bytes / MEBIBYTE);
        rows.extend(growth.map(|growth| Row::new(format!("{name}: growth of the host's resident memory"), growth, "MiB").at_most(64.0)));
        rows.extend([
            Row::new(format!("{name}: time"), seconds, "s"),
            Row::new(format!("{name}: time that the guest ran"), upload.ran.as_secs_f64(), "s"),
            Row::new(format!("{name}: throughput"), video.megabytes() / seconds, "MB/s"),
        ]);
    }
    rows
}

fn differs(arrived: &Arrived, video: &Video) -> bool {
    arrived.sha256 != video.sha256 || arrived.size != video.size
}

/// The connector and a plain client, in turns.
fn throughput(directory: &TempDir, amounts: &Amounts) -> Vec<Row> {
    let video = Video::make(directory.path(), "round.mp4", amounts.round_megabytes << 20);
    let mut world = World::start(&video.path);
    let uploader = Uploader::new(&world, &directory.path().join("code"));
    let client = plain::Client::new(world.base_url.clone());
    let (mut connector, mut plain, mut ratios, mut wrong) = (Vec::new(), Vec::new(), Vec::new(), 0_u32);
    for round in 0..amounts.rounds {
        let sent = |id: &str, world: &mut World| u32::from(differs(&world.arrived(id), &video));
        let by_plain = |world: &mut World| {
            let (id, took) = client.upload(&video);
            (sent(&id, world), video.megabytes() / took.as_secs_f64())
        };
        let by_connector = |world: &mut World| {
            let upload = uploader.upload(&video.path.to_string_lossy());
            (sent(&upload.id, world), video.megabytes() / upload.took.as_secs_f64())
        };
        // Each of them begins as often as the other.
        let (theirs, ours) = if round % 2 == 0 {
            let theirs = by_plain(&mut world);
            (theirs, by_connector(&mut world))
        } else {
            let ours = by_connector(&mut world);
            (by_plain(&mut world), ours)
        };
        println!("round {round}: connector {:.0} MB/s, plain client {:.0} MB/s", ours.1, theirs.1);
        wrong += theirs.0 + ours.0;
        plain.push(theirs.1);
        connector.push(ours.1);
        ratios.push(ours.1 / theirs.1);
    }
    let ratio = Row::new("connector to plain client", median(ratios), "");
    vec![
        Row::new(format!("{} rounds with {} MiB: uploads with other bytes", amounts.rounds, amounts.round_megabytes), f64::from(wrong), "")
            .at_most(0.0),
        Row::new("connector over loopback", median(connector), "MB/s"),
        Row::new("plain client over loopback", median(plain), "MB/s"),
        if amounts.measures { ratio.at_least(0.5) } else { ratio },
    ]
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn amounts(arguments: &[String]) -> Amounts {
    let measures = arguments.iter().any(|argument| argument == "--bench");
    let usual = if measures {
        Amounts { megabytes: 512, rounds: 7, round_megabytes: 512, measures }
    } else {
        Amounts { megabytes: 9, rounds: 1, round_megabytes: 9, measures }
    };
    let set = |name: &str, usual: u64| {
        let after = arguments.iter().skip_while(|argument| *argument != name).nth(1);
        after.map_or(usual, |number| number.parse().unwrap_or_else(|_| panic!("{name} takes a number, not {number}")))
    };
    Amounts {
        megabytes: set("--megabytes", usual.megabytes),
        rounds: set("--rounds", usual.rounds),
        round_megabytes: set("--round-megabytes", usual.round_megabytes),
        measures,
    }
}
