//! Servers that serve, break off, lie, stall and lead elsewhere.

use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::media::testing::{data_url, served, served_from};
use crate::session::testing::{Reply, Script, answer, lost, not_sent};

const FIELD: &str = "media[0].url";
const URL: &str = "https://example.com/folder/a.png";
const GET: &str = "GET /folder/a.png";
const BYTES: &[u8] = b"0123456789";

/// Reads a file of at most 100 bytes as an upload does.
fn read_from(script: &Script, url: &str) -> Result<Vec<u8>, Failure> {
    script.run(|session| {
        let source = Source::parse(url.to_string(), FIELD)?;
        let mut reader = Reader::open(session, &source, FIELD, None)?;
        let mut bytes = Vec::new();
        reader.fill(&mut bytes, 4)?;
        reader.fill(&mut bytes, 100)?;
        assert_eq!(reader.measure(100)?, bytes.len() as u64);
        Ok(bytes)
    })
}

fn read(replies: impl IntoIterator<Item = Reply>) -> Result<Vec<u8>, Failure> {
    read_from(&Script::new(replies.into_iter().map(|reply| (GET, reply))), URL)
}

fn told(failure: &Failure) -> (Case, &str) {
    let problem = failure.problem();
    assert_eq!(problem.field.as_deref(), Some(FIELD), "{}", problem.message);
    assert!(problem.message.starts_with(FIELD) && !problem.message.contains("/folder"), "{}", problem.message);
    (failure.case(), failure.code())
}

/// What must not be mended by reading on.
fn assert_changed(replies: impl IntoIterator<Item = Reply>) {
    assert_eq!(told(&read(replies).expect_err("changed")), (Case::InvalidInput, "file-changed"));
}

#[test]
fn a_file_is_asked_for_whole_and_without_a_credential() {
    let script = Script::new([(GET, served(BYTES))]);
    assert_eq!(read_from(&script, URL).as_deref().ok(), Some(BYTES));
    let sent = script.sent.borrow();
    assert_eq!(sent[0].target.authority, "example.com");
    assert_eq!(sent[0].header("accept-encoding"), Some("identity"));
    assert_eq!(["range", "if-range", "authorization", "cookie"].map(|name| sent[0].header(name)), [None; 4]);
}

#[test]
fn what_broke_off_is_read_on_by_a_range_under_the_version_of_the_file() {
    for break_at in 0..BYTES.len() {
        let first = || answer(200, &BYTES[..break_at]).header("content-length", "10").header("etag", "\"v1\"").cut();
        let script = Script::new([(GET, first()), (GET, served_from(BYTES, break_at))]);
        if break_at == 0 {
            assert_eq!(read([first(), served(BYTES)]).as_deref().ok(), Some(BYTES));
            continue;
        }
        assert_eq!(read_from(&script, URL).as_deref().ok(), Some(BYTES), "{break_at}");
        let range = std::format!("bytes={break_at}-");
        let sent = script.sent.borrow();
        assert_eq!((sent[1].header("range"), sent[1].header("if-range")), (Some(range.as_str()), Some("\"v1\"")));
    }
}

#[test]
fn a_date_stands_in_for_an_entity_tag_and_a_part_may_leave_it_out() {
    let date = "Sat, 21 Nov 2026 06:15:30 GMT";
    let first = answer(200, &BYTES[..3]).header("content-length", "10").header("etag", "W/\"weak\"").header("last-modified", date).cut();
    let script = Script::new([(GET, first), (GET, answer(206, &BYTES[3..]).header("content-range", "bytes 3-9/10"))]);
    assert_eq!(read_from(&script, URL).as_deref().ok(), Some(BYTES));
    assert_eq!(script.sent.borrow()[1].header("if-range"), Some(date));
}

#[test]
fn a_version_that_fits_into_no_header_is_none() {
    for version in ["\"\u{e9}\"".to_string(), "\"a\nb\"".to_string(), std::format!("\"{}\"", "x".repeat(300))] {
        let first = answer(200, &BYTES[..3]).header("content-length", "10").header("etag", &version).cut();
        let script = Script::new([(GET, first), (GET, answer(206, &BYTES[3..]).header("content-range", "bytes 3-9/10"))]);
        assert_eq!(read_from(&script, URL).as_deref().ok(), Some(BYTES));
        assert_eq!(script.sent.borrow()[1].header("if-range"), None);
    }
}

#[test]
fn a_server_without_ranges_is_read_again_from_its_start() {
    let breaks_at = |end: usize| answer(200, &BYTES[..end]).header("content-length", "10").cut();
    assert_eq!(read([breaks_at(6), answer(200, BYTES).header("content-length", "10")]).as_deref().ok(), Some(BYTES));
    // It breaks off before it is where it was.
    assert_eq!(read([breaks_at(6), breaks_at(2), served(BYTES)]).as_deref().ok(), Some(BYTES));
    // A part may begin earlier than asked for.
    let part = answer(206, &BYTES[2..]).header("content-range", "bytes 2-9/10");
    assert_eq!(read([breaks_at(6), part]).as_deref().ok(), Some(BYTES));
}

#[test]
fn a_file_that_changes_in_the_middle_is_refused() {
    let first = || answer(200, &BYTES[..6]).header("content-length", "10").header("etag", "\"v1\"").cut();
    let part = |range: &str, tag: &str| answer(206, &BYTES[6..]).header("content-range", range).header("etag", tag);
    let whole = |length: &str, tag: &str| answer(200, BYTES).header("content-length", length).header("etag", tag);
    for second in [
        part("bytes 6-9/10", "\"v2\""),
        part("bytes 6-9/11", "\"v1\""),
        whole("10", "\"v2\""),
        whole("9", "\"v1\""),
        // Without a mark nobody knows.
        answer(200, BYTES).header("content-length", "10"),
        answer(416, ""),
    ] {
        assert_changed([first(), second]);
    }
}

#[test]
fn another_part_than_the_one_asked_for_is_refused() {
    let first = || answer(200, &BYTES[..6]).header("content-length", "10").cut();
    for range in ["bytes 7-9/10", "bytes */10", "bytes x-9/10", "items 6-9/10", "bytes 6", ""] {
        assert_changed([first(), answer(206, &BYTES[6..]).header("content-range", range)]);
    }
    assert_changed([first(), answer(206, &BYTES[6..])]);
    assert_eq!(read([answer(206, BYTES).header("content-range", "bytes 0-9/10")]).as_deref().ok(), Some(BYTES));
    assert_eq!(read([answer(206, BYTES).header("content-range", "bytes 0-9/*")]).as_deref().ok(), Some(BYTES));
}

#[test]
fn a_server_that_breaks_off_again_and_again_is_given_up() {
    let breaks = || answer(200, &BYTES[..6]).header("content-length", "10").cut();
    let failure = read([breaks(), breaks(), breaks()]).expect_err("broken");
    assert_eq!(told(&failure), (Case::Unavailable, "file-not-downloaded"));
    let gone = read([breaks(), not_sent(Fault::ConnectionRefused)]).expect_err("gone");
    assert_eq!(told(&gone), (Case::Unavailable, "file-not-downloaded"));
}

#[test]
fn a_server_that_lies_about_the_length_is_noticed() {
    let says = |length: &str| answer(200, BYTES).header("content-length", length);
    let shorter = read([says("11"), says("11"), says("11")]).expect_err("shorter");
    assert_eq!(told(&shorter), (Case::Unavailable, "file-not-downloaded"));
    for length in ["9", "5", "3"] {
        assert_changed([says(length)]);
    }
    // What is no number tells nothing.
    for length in ["", "x", "-1", "99999999999999999999"] {
        assert_eq!(read([says(length)]).as_deref().ok(), Some(BYTES), "{length}");
    }
    assert_changed([answer(206, BYTES).header("content-range", "bytes 0-8/9")]);
}

#[test]
fn a_file_of_unknown_length_is_measured_up_to_the_limit() {
    assert_eq!(read([answer(200, BYTES)]).as_deref().ok(), Some(BYTES));
    assert_eq!(read([answer(200, "")]).as_deref().ok(), Some(&b""[..]));
    let measured = |limit: u64| {
        Script::new([(GET, answer(200, BYTES))]).run(|session| {
            let source = Source::parse(URL.to_string(), FIELD)?;
            let mut reader = Reader::open(session, &source, FIELD, None)?;
            reader.fill(&mut Vec::new(), 2)?;
            Ok((reader.measure(limit)?, reader.size))
        })
    };
    assert_eq!(measured(10).ok(), Some((10, Some(10))));
    assert_eq!(measured(9).ok(), Some((10, None)));
    assert_eq!(measured(4).ok(), Some((5, None)));
}

#[test]
fn a_stall_ends_at_the_deadline_and_is_not_repeated() {
    for reply in [answer(200, &BYTES[..6]).header("content-length", "10").stalls(), answer(200, "").stalls(), lost(Fault::Deadline)] {
        let failure = read([reply]).expect_err("stalls");
        assert_eq!(told(&failure), (Case::Unavailable, "file-not-downloaded"));
        assert!(failure.problem().message.contains("example.com did not send the file before the deadline"));
    }
    // All of it has come: that nothing ends it is no matter.
    assert_eq!(read([served(BYTES).stalls()]).as_deref().ok(), Some(BYTES));
}

#[test]
fn three_addresses_are_followed_each_checked_and_none_with_a_credential() {
    let to = |location: &str| answer(302, "").header("location", location);
    let script = Script::new([
        (GET, to("https://one.example/b?x=1")),
        ("GET /b", answer(307, "").header("location", "c/d")),
        ("GET /c/d", answer(301, "").header("location", "//two.example:8443/e")),
        ("GET /e", answer(200, &BYTES[..6]).header("content-length", "10").cut()),
        // The part that broke off is asked for at the address that was given.
        (GET, answer(308, "").header("location", "/f")),
        ("GET /f", answer(303, "").header("location", "?g")),
        ("GET /f", answer(206, &BYTES[6..]).header("content-range", "bytes 6-9/10")),
    ]);
    assert_eq!(read_from(&script, URL).as_deref().ok(), Some(BYTES));
    let sent = script.sent.borrow();
    let hosts: Vec<&str> = sent.iter().map(|sent| sent.target.authority.as_str()).collect();
    assert_eq!(hosts, ["example.com", "one.example", "one.example", "two.example:8443", "example.com", "example.com", "example.com"]);
    assert!(sent.iter().all(|sent| !sent.target.plain && sent.header("authorization").is_none()));
    assert_eq!((sent[1].target.path.as_str(), sent[6].header("range")), ("/b?x=1", Some("bytes=6-")));
}

#[test]
fn a_fourth_address_and_one_that_may_not_be_are_not_followed() {
    let failure = read_from(
        &Script::new(
            [GET, "GET /1", "GET /2", "GET /3"]
                .into_iter()
                .zip(["/1", "/2", "/3", "/4"])
                .map(|(line, location)| (line, answer(302, "").header("location", location))),
        ),
        URL,
    );
    assert_eq!(told(&failure.expect_err("four")), (Case::InvalidInput, "invalid-url"));
    for location in [
        "http://example.com/a",
        "data:,a",
        "media-id:1",
        "file:///etc/passwd",
        "ftp://example.com/a",
        "https://name@example.com/",
        "//",
        "/a b",
        "https:x",
    ] {
        assert_eq!(told(&read([answer(302, "").header("location", location)]).expect_err(location)), (Case::InvalidInput, "invalid-url"));
    }
    assert_eq!(told(&read([answer(302, "")]).expect_err("nowhere")), (Case::InvalidInput, "invalid-url"));
    let denied = read_from(
        &Script::new([(GET, answer(302, "").header("location", "https://10.0.0.1/a")), ("GET /a", not_sent(Fault::Denied))]),
        URL,
    );
    let denied = denied.expect_err("denied");
    assert_eq!(told(&denied), (Case::EgressDenied, "egress-denied"));
    assert!(denied.problem().message.contains("10.0.0.1"), "{}", denied.problem().message);
}

#[test]
fn every_status_has_its_failure() {
    for (status, case, code) in [
        (204, Case::InvalidInput, "invalid-url"),
        (300, Case::InvalidInput, "invalid-url"),
        (304, Case::InvalidInput, "invalid-url"),
        (401, Case::InvalidInput, "invalid-url"),
        (403, Case::InvalidInput, "invalid-url"),
        (404, Case::InvalidInput, "invalid-url"),
        (408, Case::Unavailable, "file-not-downloaded"),
        (410, Case::InvalidInput, "invalid-url"),
        (416, Case::InvalidInput, "file-changed"),
        (425, Case::Unavailable, "file-not-downloaded"),
        (429, Case::Unavailable, "file-not-downloaded"),
        (500, Case::Unavailable, "file-not-downloaded"),
        (503, Case::Unavailable, "file-not-downloaded"),
    ] {
        let failure = read([answer(status, "words of the server")]).expect_err("refused");
        assert_eq!(told(&failure), (case, code), "{status}");
        let message = &failure.problem().message;
        assert!(message.contains(&std::format!("example.com answered with status {status}")) && !message.contains("words"), "{message}");
    }
}

#[test]
fn every_fault_of_the_way_has_its_failure() {
    for (fault, case, party) in [
        (Fault::NameNotResolved, Case::Unavailable, Party::Author),
        (Fault::ConnectionRefused, Case::Unavailable, Party::Wait),
        (Fault::ConnectTimeout, Case::Unavailable, Party::Wait),
        (Fault::Tls, Case::Unavailable, Party::Author),
        (Fault::Denied, Case::EgressDenied, Party::Operator),
        (Fault::NotAccepted, Case::InvalidInput, Party::Author),
        (Fault::Deadline, Case::Unavailable, Party::Wait),
        (Fault::ConnectionBroken, Case::Unavailable, Party::Wait),
        (Fault::Protocol, Case::Unavailable, Party::Wait),
    ] {
        let failure = read([not_sent(fault)]).expect_err("no answer");
        assert_eq!(told(&failure).0, case, "{fault:?}");
        assert_eq!(failure.problem().who_must_act, party, "{fault:?}");
    }
    let denied = read([not_sent(Fault::Denied)]).expect_err("denied").problem().message.clone();
    assert!(denied.ends_with("add this line to the allowed hosts, or upload the file elsewhere: example.com"), "{denied}");
}

#[test]
fn a_data_url_is_read_like_a_file() {
    let script = Script::silent();
    assert_eq!(read_from(&script, &data_url(BYTES)).as_deref().ok(), Some(BYTES));
    assert_eq!(read_from(&script, "data:;base64,MDEyMzQ1Njc4OQ==").as_deref().ok(), Some(BYTES));
    assert_eq!(read_from(&script, "data:,").as_deref().ok(), Some(&b""[..]));
    for url in ["data:;base64,MDEyM", "data:,a%2", "data:;base64,!!!!"] {
        assert_eq!(told(&read_from(&script, url).expect_err(url)), (Case::InvalidInput, "invalid-url"));
    }
}

#[test]
fn a_reader_goes_to_any_place_of_the_file() {
    let seek = |url: &str, script: &Script| {
        script.run(|session| {
            let source = Source::parse(url.to_string(), FIELD)?;
            let mut reader = Reader::open(session, &source, FIELD, None)?;
            let mut read = String::new();
            for position in [0, 7, 3] {
                let mut bytes = Vec::new();
                reader.seek(position)?;
                reader.fill(&mut bytes, 2)?;
                read.push_str(&String::from_utf8(bytes).expect("digits"));
            }
            Ok(read)
        })
    };
    assert_eq!(seek(&data_url(BYTES), &Script::silent()).ok().as_deref(), Some("017834"));
    let script = Script::new([(GET, served(BYTES)), (GET, served_from(BYTES, 7)), (GET, served(BYTES))]);
    assert_eq!(seek(URL, &script).ok().as_deref(), Some("017834"));
}

#[test]
fn a_server_may_give_a_file_in_many_small_parts() {
    let first = answer(200, &BYTES[..1]).header("content-length", "10").header("etag", "\"v1\"").cut();
    let part =
        |at: usize| answer(206, &BYTES[at..=at]).header("content-range", &std::format!("bytes {at}-{at}/10")).header("etag", "\"v1\"");
    assert_eq!(read(core::iter::once(first).chain((1..10).map(part))).as_deref().ok(), Some(BYTES));
}

#[test]
fn a_server_that_never_pauses_is_stopped_by_the_deadline() {
    let script = Script::new([(GET, served(BYTES).takes_ms(30_000))]);
    assert_eq!(told(&read_from(&script, URL).expect_err("late")), (Case::Unavailable, "file-not-downloaded"));
}
