//! Signatures against the examples of RFC 5849 and of X, and against an independent implementation.

pub(crate) mod independent;
mod random;

use std::string::ToString;
use std::vec::Vec;

use super::*;

fn target(plain: bool, authority: &str, path: &str) -> Target {
    Target { plain, authority: authority.to_string(), path: path.to_string() }
}

#[test]
fn the_base_string_is_the_one_of_rfc_5849_section_3_4_1() {
    let target = target(true, "example.com", "/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b");
    let protocol = [
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
    ];
    let expected = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D\
        %26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1\
        %26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7";
    assert_eq!(base_string(Method::Post, &target, "c2&a3=2+q", &protocol), expected);
    // As erratum 2550 has it; the RFC's own text shows the signature of another request.
    let signature = signature(Method::Post, &target, "c2&a3=2+q", &protocol, "j49sk3j29djd", "dh893hdasih9");
    assert_eq!(signature, "r6/TJjbCOr97/+UU0NsvSne7s5g=");
}

#[test]
fn the_three_steps_of_rfc_5849_section_1_2_are_signed_as_it_shows() {
    let own = |nonce, timestamp, more: &[(&'static str, &'static str)]| {
        let mut protocol = Vec::from([
            ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", timestamp),
            ("oauth_nonce", nonce),
        ]);
        protocol.extend_from_slice(more);
        protocol
    };
    let secret = "kd94hf93k423kf44";
    let begin = own("wIjqoS", "137131200", &[("oauth_callback", "http://printer.example.com/ready")]);
    let initiate = target(false, "photos.example.net", "/initiate");
    assert_eq!(signature(Method::Post, &initiate, "", &begin, secret, ""), "74KNZJeDHnMBp0EMJ9ZHt/XKycU=");
    let exchange = own("walatlh", "137131201", &[("oauth_token", "hh5s93j4hdidpola"), ("oauth_verifier", "hfdp7dh39dks9884")]);
    let token = target(false, "photos.example.net", "/token");
    assert_eq!(signature(Method::Post, &token, "", &exchange, secret, "hdhd0244k9j7ao03"), "gKgrFCywp7rO0OXSjdot/IHF7IU=");
    let call = own("chapoH", "137131202", &[("oauth_token", "nnch734d00sl2jdk")]);
    let photos = target(true, "photos.example.net", "/photos?file=vacation.jpg&size=original");
    assert_eq!(signature(Method::Get, &photos, "", &call, secret, "pfkkdhi9sl3r4s00"), "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
}

#[test]
fn host_and_port_are_written_as_rfc_5849_section_3_4_1_2_says() {
    let address = |plain, authority: &str, path: &str| {
        let base = base_string(Method::Get, &target(plain, authority, path), "", &[]);
        base.split('&').nth(1).map(|address| address.replace("%3A", ":").replace("%2F", "/")).expect("an address")
    };
    assert_eq!(address(true, "EXAMPLE.COM:80", "/r%20v/X?id=123"), "http://example.com/r%2520v/X");
    assert_eq!(address(false, "www.example.net:8080", "/?q=1"), "https://www.example.net:8080/");
    assert_eq!(address(false, "api.x.com:443", "/2/tweets"), "https://api.x.com/2/tweets");
    assert_eq!(address(false, "api.x.com:80", "/"), "https://api.x.com:80/");
    assert_eq!(address(true, "127.0.0.1:18080", "/2/tweets"), "http://127.0.0.1:18080/2/tweets");
    assert_eq!(address(true, "[::1]:80", "/"), "http://%5B::1%5D/");
}

const X_PROTOCOL: [(&str, &str); 6] = [
    ("oauth_consumer_key", "xvz1evFS4wEEPTGEFPHBog"),
    ("oauth_nonce", "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"),
    ("oauth_signature_method", "HMAC-SHA1"),
    ("oauth_timestamp", "1318622958"),
    ("oauth_token", "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"),
    ("oauth_version", "1.0"),
];
const X_SECRETS: (&str, &str) = ("kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE");

#[test]
fn xs_own_example_is_signed_as_x_says_at_three_addresses() {
    let form = "status=Hello%20Ladies%20%2b%20Gentlemen%2c+a%20signed%20OAuth%20request!";
    for (authority, version, expected) in [
        ("api.x.com", "1.1", "Ls93hJiZbQ3akF3HF3x1Bz8/zU4="),
        ("api.twitter.com", "1.1", "hCtSmYh+iHYCEqBWrE7C7hYmtUk="),
        ("api.twitter.com", "1", "tnnArxj06cWHq44gCs1OSKk/jLY="),
    ] {
        let target = target(false, authority, &format!("/{version}/statuses/update.json?include_entities=true"));
        assert_eq!(signature(Method::Post, &target, form, &X_PROTOCOL, X_SECRETS.0, X_SECRETS.1), expected);
    }
}

/// The file of vectors is no part of the repository; the facts of it that matter are in the tests beside this one.
#[test]
fn the_shared_vectors_are_met() {
    use crate::json::Json;

    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/auth-vectors.json");
    let Ok(bytes) = std::fs::read(&path) else {
        std::println!("skipped: {} is not there", path.display());
        return;
    };
    let vectors = Json::read(&bytes).expect("JSON");
    let members = |name: &str| match vectors.get(name) {
        Json::Object(members) => members.iter().map(|(name, value)| (name.clone(), value.to_text().expect("a text"))).collect::<Vec<_>>(),
        other => panic!("{name} is {other:?}"),
    };
    let text = |name: &str| vectors.get(name).to_text().expect("a text");
    assert_eq!(text("method"), "POST");
    let all = members("params");
    let protocol: Vec<(&str, &str)> =
        all.iter().filter(|(name, _)| name.starts_with("oauth_")).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let others: Vec<(&str, &str)> =
        all.iter().filter(|(name, _)| !name.starts_with("oauth_")).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let form = percent::form(&others);
    for (address, expected) in members("expected") {
        let (authority, path) = address.strip_prefix("https://").and_then(|rest| rest.split_once('/')).expect("an address");
        let target = target(false, authority, &format!("/{path}"));
        let signature = signature(Method::Post, &target, &form, &protocol, &text("consumer_secret"), &text("token_secret"));
        assert_eq!(signature, expected, "{address}");
    }
    for (plain, encoded) in members("percent_encoding") {
        assert_eq!(percent::encode(&plain), encoded);
    }
}
