//! Every spelling of an address that is not of the public internet, as a source and as what a source leads on to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::file_server::Offer;
use crate::stage::told;
use crate::wire::{Plan, Wire};

/// Hosts as one may write them in an address.
const HOSTS: [&str; 96] = [
    // This machine.
    "127.0.0.1",
    "127.0.0.1.",
    "127.0.0.2",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "127.000.000.001",
    "0177.0.0.1",
    "0177.0.0.01",
    "0x7f.0.0.1",
    "0x7f.1",
    "0X7F.0x0.0x0.0x1",
    "0x7f000001",
    "0x7F000001",
    "2130706433",
    "2130706433.",
    "017700000001",
    "0177.1",
    "0x7f.0.1",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "LocalHost.",
    "inner.localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "loopback.test",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::0.0.0.1]",
    // No address at all.
    "0.0.0.0",
    "0",
    "0x0",
    "00.00.00.00",
    "0.0.0.1",
    "[::]",
    "[0:0:0:0:0:0:0:0]",
    "[::0.0.0.0]",
    // Private networks.
    "10.0.0.1",
    "10.1",
    "10.255.255.255",
    "012.0.0.1",
    "0xa.0.0.1",
    "167772161",
    "0xa000001",
    "172.16.0.1",
    "172.31.255.255",
    "0254.020.0.1",
    "2886729729",
    "192.168.0.1",
    "192.168.1",
    "0300.0250.0.1",
    "0xc0.0xa8.0.1",
    "3232235521",
    "[fc00::1]",
    "[fd12:3456:789a::1]",
    "[fec0::1]",
    // The link, where clouds keep their metadata.
    "169.254.169.254",
    "169.254.43518",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "169.254.0.1",
    "metadata.google.internal",
    "metadata.google.internal.",
    "[fe80::1]",
    "[febf:ffff::1]",
    "[fd00:ec2::254]",
    "100.100.100.200",
    // Carriers' own, set aside, and many at once.
    "100.64.0.1",
    "100.127.255.254",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "4294967295",
    "[ff02::1]",
    "[2001:db8::1]",
    // IPv6 addresses that carry an IPv4 address.
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:10.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::10.0.0.1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1::]",
    "[fe80::5efe:127.0.0.1]",
];

/// What is no host, or a host only to some: none may get as far as a connection.
const ODD: [&str; 20] = [
    "user@127.0.0.1",
    "example.com@127.0.0.1",
    "example.com:443@127.0.0.1",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "１２７.0.0.1",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "ｌocalhost",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[::1",
    "::1",
    "[127.0.0.1]",
    "127.0.0.1\\@example.com",
    "256.0.0.1",
    "127.0.0.0x100",
    "1.2.3.4.5",
    "127..0.1",
    ".127.0.0.1",
];

/// What the names lead to, by a resolver that an attacker has in hand.
fn lookup(name: &str) -> Option<IpAddr> {
    Some(match name.trim_end_matches('.') {
        "metadata.google.internal" => Ipv4Addr::new(169, 254, 169, 254).into(),
        "inside.test" => Ipv4Addr::new(10, 0, 0, 1).into(),
        "six.test" => Ipv6Addr::LOCALHOST.into(),
        "mapped.test" => Ipv4Addr::LOCALHOST.to_ipv6_mapped().into(),
        "translated.test" => Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0x7f00, 1).into(),
        "public.test" => return None,
        _ => Ipv4Addr::LOCALHOST.into(),
    })
}

/// Names of strangers that lead inside.
const NAMES: [&str; 5] = ["rebinding.test", "inside.test", "six.test", "mapped.test", "translated.test"];

/// A port on this machine that nobody may reach, under all its addresses.
struct Trap {
    port: u16,
    caught: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Trap {
    async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        // Where this machine has IPv6, its loopback is watched too.
        let six = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok();
        let caught = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&caught);
        let accepting = tokio::spawn(async move {
            loop {
                let six = async {
                    match &six {
                        Some(six) => six.accept().await,
                        None => std::future::pending().await,
                    }
                };
                let accepted = tokio::select! { accepted = listener.accept() => accepted, accepted = six => accepted };
                if accepted.is_ok() {
                    count.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        Self { port, caught, accepting }
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A host whose operator allows every public host on every port, which opens nothing inside.
async fn generous() -> (Wire, Trap) {
    let wire = Wire::with(Plan { rules: vec!["*:*".to_owned()], names: lookup, ..Plan::default() }).await;
    (wire, Trap::open().await)
}

fn assert_refused(error: &Value, field: &str, what: &str) {
    let code = error["code"].as_str().unwrap_or_default();
    assert!(code == "egress-denied" || code == "invalid-url", "{what}: {error}");
    assert_eq!(error["field"], field, "{what}: {error}");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.starts_with(field), "{what}: {message}");
    if code == "egress-denied" {
        assert_eq!((&error["case"], &error["who_must_act"]), (&json!("egress-denied"), &json!("operator")), "{what}: {error}");
        assert!(error["refusals"][0]["message"].is_string(), "{what}: {error}");
    }
}

#[tokio::test]
async fn no_spelling_of_an_inside_address_is_read_as_a_file() {
    let (wire, trap) = generous().await;
    let mut refused = 0;
    for host in HOSTS.into_iter().chain(ODD).chain(NAMES) {
        for port in [format!(":{}", trap.port), String::new()] {
            let url = format!("https://{host}{port}/a.png");
            assert_refused(&told(wire.post_with(&url).await), "media[0].url", &url);
            refused += 1;
        }
    }
    for host in HOSTS {
        let url = format!("https://{host}:{}/a.srt", trap.port);
        let file = json!({"url": wire.files.offer("/a.mp4", Offer::of(super::samples::mp4(900, 1))), "subtitles": [{"url": url, "language_code": "EN"}]});
        assert_refused(&told(wire.call("uploadMedia", json!({ "file": file })).await), "file.subtitles[0].url", &url);
        refused += 1;
    }
    println!("{refused} addresses refused, of {} spellings", HOSTS.len() + ODD.len() + NAMES.len());
    assert_eq!(trap.caught.load(Ordering::SeqCst), 0, "a connection was made");
    assert_eq!((wire.requests(), wire.simulator.media().len()), (0, 0), "and X was asked for nothing");
}

#[tokio::test]
async fn no_server_leads_on_to_an_inside_address() {
    let (wire, trap) = generous().await;
    let mut refused = 0;
    for host in HOSTS.into_iter().chain(ODD).chain(NAMES) {
        let url = wire.files.offer("/moved.png", Offer::redirect(format!("https://{host}:{}/a.png", trap.port)));
        let asked = wire.files.asked().len();
        let what = format!("{host}, by a redirect");
        assert_refused(&told(wire.post_with(&url).await), "media[0].url", &what);
        assert_eq!(wire.files.asked().len(), asked + 1, "{what}: the server itself was asked");
        refused += 1;
    }
    println!("{refused} redirects refused");
    assert_eq!(trap.caught.load(Ordering::SeqCst), 0, "a connection was made");
    assert_eq!((wire.requests(), wire.simulator.media().len()), (0, 0), "and X was asked for nothing");
}

#[tokio::test]
async fn the_trap_catches_what_is_let_through() {
    let trap = Trap::open().await;
    let rule = format!("127.0.0.1:{}", trap.port);
    let wire = Wire::with(Plan { rules: vec![rule], ..Plan::default() }).await.property("X_CALL_DEADLINE_MS", "300");
    let error = told(wire.post_with(&format!("https://127.0.0.1:{}/a.png", trap.port)).await);
    assert_eq!(error["case"], "unavailable", "nobody speaks TLS there: {error}");
    assert!(trap.caught.load(Ordering::SeqCst) > 0);
}

#[tokio::test]
async fn a_refusal_says_which_line_the_operator_may_add() {
    let (wire, trap) = generous().await;
    for (host, line) in [
        ("10.0.0.1".to_owned(), "10.0.0.1:8443"),
        ("0x7f.1".to_owned(), "127.0.0.1:8443"),
        ("inside.test".to_owned(), "private:inside.test:8443"),
        ("[fd00::7]".to_owned(), "[fd00::7]:8443"),
    ] {
        let error = told(wire.post_with(&format!("https://{host}:8443/a.png")).await);
        assert_eq!(error["refusals"][0]["rule"], line, "{error}");
    }
    let stranger = Wire::open().await;
    let error = told(stranger.post_with("https://files.stranger.example/a.png").await);
    assert_eq!(error["refusals"][0]["rule"], "files.stranger.example", "{error}");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("files.stranger.example")), "{error}");
    assert_eq!(trap.caught.load(Ordering::SeqCst), 0);
}
