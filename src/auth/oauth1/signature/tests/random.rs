//! Random requests, signed by this crate and by an independent library.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::independent::{self, value};
use crate::auth::oauth1::{Moment, Signer};
use crate::transport::{self, Body, Method, Target};

/// How many requests are compared.
const REQUESTS: usize = 100_000;

const METHODS: [Method; 4] = [Method::Get, Method::Post, Method::Put, Method::Delete];
/// What is hard to get right: reserved and unreserved characters, both spellings of a space, codes of codes, other scripts.
const PIECES: [&str; 32] = [
    "a", "Z", "0", "9", "-", ".", "_", "~", "%", "%25", "%2B", "+", " ", "&", "=", "/", "?", "#", "\"", "'", "(", "*", "!", ",", ";", ":",
    "@", "é", "☃", "👋🏽", "\u{0}", "日本",
];
const NAMES: [&str; 12] = ["ids", "max_results", "tweet.fields", "a", "a", "A", "aa", "a b", "oauth_after", "o", "status", "z"];

/// xorshift; the seed makes every run the same.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).expect("64 bits") % end
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn text(&mut self, longest: usize) -> String {
        (0..self.below(longest + 1)).map(|_| self.pick(&PIECES)).collect()
    }

    fn key(&mut self) -> String {
        (0..=self.below(80)).map(|_| self.pick(&["a", "B", "7", "-", "x", "0", "_", ".", "+", "&", "é"])).collect()
    }

    fn parameters(&mut self, most: usize) -> Vec<(String, String)> {
        (0..self.below(most + 1))
            .map(|_| (if self.below(4) == 0 { self.text(4) } else { self.pick(&NAMES).to_string() }, self.text(6)))
            .collect()
    }

    /// Writes parameters in one of the many ways that mean the same.
    fn written(&mut self, parameters: &[(String, String)]) -> String {
        let mut written = String::new();
        for (name, value) in parameters {
            if !written.is_empty() {
                written.push('&');
            }
            self.write(name, &mut written);
            if !value.is_empty() || name.is_empty() || self.below(2) == 0 {
                written.push('=');
                self.write(value, &mut written);
            }
        }
        written
    }

    fn write(&mut self, text: &str, written: &mut String) {
        for byte in text.bytes() {
            let may_stand = byte.is_ascii_alphanumeric() || b"-._~!*'();:@,/".contains(&byte);
            match byte {
                b' ' if self.below(2) == 0 => written.push('+'),
                _ if may_stand && self.below(8) != 0 => written.push(char::from(byte)),
                _ if self.below(2) == 0 => written.push_str(&format!("%{byte:02x}")),
                _ => written.push_str(&format!("%{byte:02X}")),
            }
        }
    }
}

/// Signs one random request by both and returns the two headers.
fn both(random: &mut Random) -> (String, String) {
    let method = random.pick(&METHODS);
    let query = random.parameters(5);
    let form = if random.below(2) == 0 { random.parameters(5) } else { Vec::new() };
    let (authority, origin, plain) = random.pick(&[
        ("api.x.com", "https://api.x.com", false),
        ("API.X.com:443", "https://api.x.com", false),
        ("localhost:80", "http://localhost", true),
        ("127.0.0.1:18080", "http://127.0.0.1:18080", true),
        ("[::1]:443", "http://[::1]:443", true),
    ]);
    let path = random.pick(&["/2/tweets", "/", "/2/users/2244994945/likes", "/2/dm_conversations/with/1/messages", "/a%20b/%E2%98%83"]);
    let written = random.written(&query);
    let question_mark = if written.is_empty() && random.below(2) == 0 { "" } else { "?" };
    let mut request = transport::Request {
        method,
        target: Target { plain, authority: authority.to_string(), path: format!("{path}{question_mark}{written}") },
        headers: Vec::from([("accept", "application/json".to_string())]),
        body: Body::Empty,
    };
    // JSON and multipart bodies are not signed, whatever they look like.
    let is_form = !form.is_empty() || random.below(4) == 0;
    let body = random.written(&form).into_bytes();
    let kind = if is_form {
        random.pick(&["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLencoded; charset=utf-8"])
    } else {
        random.pick(&["application/json", "multipart/form-data; boundary=application/x-www-form-urlencoded"])
    };
    request.headers.push(("content-type", kind.to_string()));
    request.body = Body::Bytes(if is_form { body } else { b"a=1&b=2".to_vec() });

    let [api_key, api_secret, token, token_secret] = [(); 4].map(|()| random.key());
    let has_token = random.below(8) != 0;
    let (callback, verifier) = (random.text(6), random.text(6));
    let (has_callback, has_verifier) = (random.below(4) == 0, random.below(4) == 0);
    let moment = Moment { nonce: random.key(), timestamp: 1 + random.below(4_000_000_000) as u64 };
    let mut extra = Vec::new();
    extra.extend(has_callback.then_some(("oauth_callback", callback.as_str())));
    extra.extend(has_verifier.then_some(("oauth_verifier", verifier.as_str())));
    let signer = Signer { api_key: &api_key, api_secret: &api_secret, token: has_token.then_some((token.as_str(), token_secret.as_str())) };
    let ours = signer.authorization(&request, &extra, &moment);

    let parameters = query.into_iter().chain(if is_form { form } else { Vec::new() }).collect();
    (ours, independent::authorization(method.name(), &format!("{origin}{path}"), parameters, &signer, &extra, &moment))
}

/// Compares `count` requests and returns their signatures.
fn compare(seed: u64, count: usize) -> Vec<String> {
    const PARAMETERS: [&str; 9] = [
        "oauth_signature",
        "oauth_consumer_key",
        "oauth_nonce",
        "oauth_timestamp",
        "oauth_signature_method",
        "oauth_version",
        "oauth_token",
        "oauth_callback",
        "oauth_verifier",
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ seed << 32);
    let signed = (0..count).map(|number| {
        let (ours, theirs) = both(&mut random);
        for name in PARAMETERS {
            assert_eq!(value(&ours, name), value(&theirs, name), "{name} of request {number} of seed {seed}: {ours}");
        }
        value(&ours, "oauth_signature").expect("a signature").to_string()
    });
    signed.collect()
}

#[test]
fn an_independent_library_signs_every_random_request_alike() {
    let mut signatures: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=4).map(|seed| scope.spawn(move || compare(seed, REQUESTS / 4))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("all alike")).collect()
    });
    signatures.sort_unstable();
    signatures.dedup();
    assert_eq!(signatures.len(), REQUESTS, "no request was signed twice");
    std::println!("{REQUESTS} random requests: oauth1-request signs each of them alike");
}
