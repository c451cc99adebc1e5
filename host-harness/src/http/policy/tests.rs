//! Tables of places that are allowed and places that are not.

use super::*;

fn refusal(policy: &Policy, url: &str) -> Option<RefusalKind> {
    let uri: Uri = url.parse().unwrap_or_else(|error| panic!("{url} is no URI: {error}"));
    policy.check(&uri).err().map(|refusal| refusal.kind)
}

fn policy(lines: &[&str]) -> Policy {
    Policy::new(lines).expect("all lines are rules")
}

/// Spellings of addresses that a stranger's URL must not reach, even where every name is allowed.
const INSIDE: &[&str] = &[
    // Loopback.
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "00000177.0.0.1",
    "127.0.0.1.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    // Private networks.
    "10.0.0.1",
    "10.255.255.255",
    "0xa.0.0.1",
    "167772161",
    "012.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.1",
    "0xc0a80001",
    "3232235521",
    "[fc00::1]",
    "[fd12:3456:789a::1]",
    "[fec0::1]",
    // Link-local, with the metadata services of clouds.
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "169.254.43518",
    "[fe80::1]",
    "[febf::1]",
    // Carrier-grade NAT.
    "100.64.0.1",
    "100.127.255.254",
    // Unspecified.
    "0.0.0.0",
    "0",
    "0x0",
    "0.1.2.3",
    "[::]",
    // IPv6 that carries IPv4.
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:8.8.8.8]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:53aa:64c:0:fbff:80ff:fffe]",
    "[2001::1]",
    "[2a00:1450::5efe:a00:1]",
    "[2a00:1450::200:5efe:a00:1]",
    // Multicast and broadcast.
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "[ff02::1]",
    // Documentation, benchmarks, reserved.
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "198.18.0.1",
    "192.0.0.8",
    "192.88.99.1",
    "240.0.0.1",
    "[2001:db8::1]",
    "[3fff::1]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[100::1]",
    "[4000::1]",
    "[5f00::1]",
];

#[test]
fn no_spelling_of_an_inside_address_passes() {
    assert!(INSIDE.len() >= 60);
    let everywhere = policy(&["*:*"]);
    for host in INSIDE {
        for url in [format!("https://{host}/"), format!("https://{host}:8443/a?b")] {
            assert_eq!(refusal(&everywhere, &url), Some(RefusalKind::Address), "{url}");
        }
        assert!(refusal(&everywhere, &format!("http://{host}/")).is_some(), "{host}");
        assert!(refusal(&Policy::default(), &format!("https://{host}/")).is_some(), "{host}");
    }
}

#[test]
fn public_addresses_pass_where_every_host_is_allowed() {
    let everywhere = policy(&["*"]);
    for host in [
        "8.8.8.8",
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "169.253.0.1",
        "11.0.0.1",
        "128.0.0.1",
        "126.255.255.255",
        "223.255.255.255",
        "192.0.1.1",
        "[2606:4700::1111]",
        "[2a00:1450:4001:81b::200e]",
        "example.com",
    ] {
        assert_eq!(refusal(&everywhere, &format!("https://{host}/")), None, "{host}");
    }
}

#[test]
fn the_default_allows_the_api_of_x_over_https_alone() {
    let policy = Policy::default();
    for allowed in ["https://api.x.com/2/tweets", "https://API.X.com", "https://api.x.com:443/", "https://api.x.com./"] {
        assert_eq!(refusal(&policy, allowed), None, "{allowed}");
    }
    for (refused, kind) in [
        ("https://x.com/", RefusalKind::NotListed),
        ("https://api.x.com.evil.com/", RefusalKind::NotListed),
        ("https://evil-api.x.com/", RefusalKind::NotListed),
        ("https://api.x.com:8443/", RefusalKind::NotListed),
        ("https://apiXx.com/", RefusalKind::NotListed),
        ("http://api.x.com/", RefusalKind::PlainHttp),
        ("http://x.com/", RefusalKind::PlainHttp),
        ("http://api.x.com:443/", RefusalKind::PlainHttp),
        ("https://api.x.com@evil.com/", RefusalKind::Malformed),
        ("https://user:pass@api.x.com/", RefusalKind::Malformed),
        ("ftp://api.x.com/", RefusalKind::Malformed),
        ("https://api.x.com:/", RefusalKind::Malformed),
        ("/2/tweets", RefusalKind::Malformed),
    ] {
        assert_eq!(refusal(&policy, refused), Some(kind), "{refused}");
    }
}

#[test]
fn a_suffix_allows_what_is_under_it_and_not_itself() {
    let policy = policy(&["*.example.com"]);
    assert_eq!(refusal(&policy, "https://a.example.com/"), None);
    assert_eq!(refusal(&policy, "https://a.b.example.com/"), None);
    for refused in ["https://example.com/", "https://aexample.com/", "https://.example.com/", "https://example.com.evil.com/"] {
        assert_eq!(refusal(&policy, refused), Some(RefusalKind::NotListed), "{refused}");
    }
}

#[test]
fn this_machine_is_reached_where_the_operator_names_it() {
    let local = policy(&["127.0.0.1:18080", "[::1]", "localhost:*"]);
    for allowed in [
        "http://127.0.0.1:18080/2/tweets",
        "https://127.0.0.1:18080/",
        "http://[::1]:9999/",
        "http://localhost/",
        "https://localhost:8443/",
    ] {
        assert_eq!(refusal(&local, allowed), None, "{allowed}");
    }
    assert_eq!(refusal(&local, "http://127.0.0.1:18081/"), Some(RefusalKind::Address));
    assert_eq!(refusal(&local, "http://127.0.0.2:18080/"), Some(RefusalKind::Address));
}

#[test]
fn a_private_address_is_opened_by_its_own_rule_and_never_over_plain_http() {
    let lines = policy(&["10.0.0.7:8443", "*"]);
    assert_eq!(refusal(&lines, "https://10.0.0.7:8443/"), None);
    assert_eq!(refusal(&lines, "http://10.0.0.7:8443/"), Some(RefusalKind::PlainHttp));
    assert_eq!(refusal(&lines, "https://10.0.0.8/"), Some(RefusalKind::Address));
}

#[test]
fn where_a_name_leads_is_checked_after_it_is_allowed() {
    let permit = |lines: &[&str], url: &str| policy(lines).permit(&url.parse().expect("a URI")).expect("it is allowed");
    let address = |text: &str| text.parse::<IpAddr>().expect("an address");
    let public = permit(&["example.com"], "https://example.com/");
    assert_eq!(public.check(address("93.184.215.14")), Ok(()));
    assert_eq!(public.check(address("10.0.0.1")), Err(AddressClass::Private));
    assert_eq!(public.check(address("127.0.0.1")), Err(AddressClass::Loopback));
    let opened = permit(&["private:proxy.internal:8443"], "https://proxy.internal:8443/");
    assert_eq!(opened.check(address("10.0.0.1")), Ok(()));
    assert_eq!(opened.check(address("127.0.0.1")), Ok(()));
    assert_eq!(opened.check(address("0.0.0.0")), Err(AddressClass::Unspecified));
    let here = permit(&["localhost:8080"], "http://localhost:8080/");
    assert_eq!(here.check(address("127.0.0.1")), Ok(()));
    assert!(here.check(address("10.0.0.1")).is_err());
    assert!(here.check(address("93.184.215.14")).is_err());
}

#[test]
fn a_refusal_shows_the_line_that_would_help_and_no_path() {
    let refuse = |url: &str| Policy::default().check(&url.parse().expect("a URI")).expect_err("it is refused");
    let refusal = refuse("https://upload.example.com/secret/path?token=abc");
    assert_eq!(refusal.rule.as_deref(), Some("upload.example.com"));
    assert!(refusal.to_string().contains("add `upload.example.com`"));
    assert!(!refusal.to_string().contains("secret"));
    let refusal = refuse("http://127.0.0.1:18080/");
    assert_eq!(refusal.rule.as_deref(), Some("127.0.0.1:18080"));
    let rule = refusal.rule.expect("there is a line");
    assert!(policy(&[&rule]).check(&"http://127.0.0.1:18080/".parse().expect("a URI")).is_ok());
}

#[test]
fn an_inside_address_is_named_as_one_and_its_line_opens_it_alone() {
    for (url, class, rule) in [
        ("https://127.0.0.1:8443/a", "a loopback address", Some("127.0.0.1:8443")),
        ("http://localhost:8080/a", "a loopback address", Some("localhost:8080")),
        ("https://10.0.0.1/a", "a private address", Some("10.0.0.1:443")),
        ("https://0xa9fea9fe/latest", "a link-local address", Some("169.254.169.254:443")),
        ("https://[fd12::1]/a", "a private address", Some("[fd12::1]:443")),
        ("https://[::ffff:10.0.0.1]/a", "carries an IPv4 address", Some("[::ffff:a00:1]:443")),
        ("https://0.0.0.0/a", "an unspecified address", None),
        ("https://224.0.0.1/a", "a multicast address", None),
    ] {
        // Where it is not listed, and where every host is.
        for policy in [Policy::default(), policy(&["*:*"])] {
            let uri: Uri = url.parse().expect("a URI");
            let Err(refusal) = policy.check(&uri) else {
                assert!(url.contains("localhost"), "{url}: the name is allowed, where it leads is refused later");
                continue;
            };
            assert_eq!((refusal.kind, refusal.rule.as_deref()), (RefusalKind::Address, rule), "{url}");
            assert!(refusal.to_string().contains(class), "{refusal}");
            if let Some(rule) = rule {
                assert!(refusal.to_string().contains(&format!("`{rule}`")), "{refusal}");
                let opened = Policy::new([rule]).expect("a rule");
                assert_eq!(opened.check(&uri), Ok(()), "{rule}");
                assert!(opened.check(&"https://10.0.0.2/".parse().expect("a URI")).is_err(), "{rule}");
                assert!(opened.check(&"https://example.com/".parse().expect("a URI")).is_err(), "{rule}");
            }
        }
    }
}

#[test]
fn a_line_that_is_no_rule_is_refused_with_its_reason() {
    for line in ["", "https://api.x.com", "api.x.com/path", "api.x.com:port", "a b", "*.127.0.0.1", "::1", "private:", "*."] {
        let error = Policy::new([line]).expect_err(line);
        assert!(error.to_string().contains("is no rule"), "{line}: {error}");
    }
}
