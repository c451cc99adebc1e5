//! Signatures of OAuth 1.0a (RFC 5849): reading the header, the base string, and the check by `ring`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::HOST;
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ring::hmac;

use super::credentials;
use crate::simulator::intake::{content_type, media_type};

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const FORM: &str = "application/x-www-form-urlencoded";

/// A signed request's `authorization` header.
#[derive(Debug)]
pub(crate) struct Signed {
    /// Decoded, without `realm` and the signature.
    parameters: Vec<(String, String)>,
    signature: Vec<u8>,
    /// In seconds since 1970.
    pub timestamp: u64,
}

impl Signed {
    /// Reads the header; nothing when it is incomplete, repeats itself or has what it should not.
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        const KNOWN: &[&str] = &[
            "oauth_callback",
            "oauth_consumer_key",
            "oauth_nonce",
            "oauth_signature",
            "oauth_signature_method",
            "oauth_timestamp",
            "oauth_token",
            "oauth_verifier",
            "oauth_version",
        ];
        let mut parameters: Vec<(String, String)> = Vec::new();
        for pair in credentials(headers, "oauth")?.split(',') {
            let (name, value) = pair.trim().split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            let value = percent_decode_str(value).decode_utf8().ok()?.into_owned();
            if name == "realm" {
                continue;
            }
            if !KNOWN.contains(&name) || parameters.iter().any(|(given, _)| given == name) {
                return None;
            }
            parameters.push((name.to_owned(), value));
        }
        let at = parameters.iter().position(|(name, _)| name == "oauth_signature")?;
        let signature = STANDARD.decode(parameters.remove(at).1).ok()?;
        let mut signed = Self { parameters, signature, timestamp: 0 };
        signed.timestamp = signed.get("oauth_timestamp")?.parse().ok()?;
        let complete = signed.get("oauth_consumer_key").is_some()
            && signed.get("oauth_nonce").is_some_and(|nonce| !nonce.is_empty())
            && signed.get("oauth_signature_method") == Some("HMAC-SHA1")
            && signed.get("oauth_version").is_none_or(|version| version == "1.0");
        complete.then_some(signed)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Whether the signature is the one of this request by these secrets. `form` is the body where it is signed.
    pub fn is_by(&self, parts: &Parts, form: &[u8], consumer_secret: &str, token_secret: &str) -> bool {
        let Some(base) = self.base_string(parts, form) else {
            return false;
        };
        let key = format!("{}&{}", encoded(consumer_secret), encoded(token_secret));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        hmac::verify(&key, base.as_bytes(), &self.signature).is_ok()
    }

    fn base_string(&self, parts: &Parts, form: &[u8]) -> Option<String> {
        let decoded = |bytes| url::form_urlencoded::parse(bytes).into_owned();
        let query = parts.uri.query().unwrap_or_default();
        let all = self.parameters.iter().cloned().chain(decoded(query.as_bytes())).chain(decoded(form));
        let mut pairs: Vec<(String, String)> = all.map(|(name, value)| (encoded(&name), encoded(&value))).collect();
        pairs.sort();
        let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let address = address(parts)?;
        Some(format!("{}&{}&{}", parts.method, encoded(&address), encoded(&pairs.join("&"))))
    }
}

/// Whether the request came with a signature, right or wrong.
pub(crate) fn is_signed(headers: &HeaderMap) -> bool {
    let value = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.split_once(' ')).is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("oauth"))
}

/// Whether signatures cover the body: forms are, JSON and multipart are not.
pub(crate) fn covers_body(headers: &HeaderMap) -> bool {
    media_type(content_type(headers)).eq_ignore_ascii_case(FORM)
}

/// Scheme, host and path as both sides see them: lower case, without the scheme's own port and without the query.
fn address(parts: &Parts) -> Option<String> {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = parts.uri.authority().map(http::uri::Authority::as_str).or(host)?.to_ascii_lowercase();
    let scheme = parts.uri.scheme_str().unwrap_or("http").to_ascii_lowercase();
    let own_port = if scheme == "https" { ":443" } else { ":80" };
    let authority = authority.strip_suffix(own_port).unwrap_or(&authority);
    Some(format!("{scheme}://{authority}{}", parts.uri.path()))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(method: &str, address: &str, authorization: &str) -> Parts {
        let request = Request::builder().method(method).uri(address).header("authorization", authorization);
        request.body(()).expect("a request").into_parts().0
    }

    /// The example of X's documentation, with the address of today and those of before.
    #[test]
    fn xs_own_example_is_signed_as_x_says() {
        for (address, signature) in [
            ("https://api.x.com/1.1/statuses/update.json", "Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D"),
            ("https://api.twitter.com/1.1/statuses/update.json", "hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"),
            ("https://API.twitter.com:443/1/statuses/update.json", "tnnArxj06cWHq44gCs1OSKk%2FjLY%3D"),
        ] {
            let header = format!(
                "OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", oauth_nonce=\"kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg\", \
                 oauth_signature=\"{signature}\", oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1318622958\", \
                 oauth_token=\"370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb\", oauth_version=\"1.0\""
            );
            let parts = parts("POST", &format!("{address}?include_entities=true"), &header);
            let signed = Signed::read(&parts.headers).expect("a signature");
            let form = b"status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21";
            let (consumer, token) = ("kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE");
            assert!(signed.is_by(&parts, form, consumer, token), "{address}");
            assert!(!signed.is_by(&parts, b"status=Hello", consumer, token));
            assert!(!signed.is_by(&parts, form, consumer, "x"));
        }
    }

    #[test]
    fn the_base_string_is_that_of_rfc_5849() {
        // Section 3.4.1.1.
        let header = "OAuth realm=\"Example\", oauth_consumer_key=\"9djdj82h48djs9d2\", oauth_token=\"kkk9d7dh3k39sjv7\", \
                      oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"137131201\", oauth_nonce=\"7d8f3e4a\", \
                      oauth_signature=\"bYT5CMsGcbgUdFHObYMEfcx6bsw%3D\"";
        let parts = parts("POST", "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", header);
        let signed = Signed::read(&parts.headers).expect("a signature");
        assert_eq!(
            signed.base_string(&parts, b"c2&a3=2+q").expect("an address"),
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26\
             oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26\
             oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
        );
    }
}
