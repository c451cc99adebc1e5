//! The signature base string and its HMAC-SHA1 (RFC 5849, 3.4): a pure function of the request and the secrets.

use alloc::{format, string::String, vec::Vec};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::percent;
use crate::transport::{Method, Target};

/// Signs a request. `form` is its body where that is a form, else empty; `protocol` are the `oauth_` parameters, not encoded,
/// without the signature.
#[must_use]
pub fn signature(
    method: Method,
    target: &Target,
    form: &str,
    protocol: &[(&str, &str)],
    consumer_secret: &str,
    token_secret: &str,
) -> String {
    let key = format!("{}&{}", percent::encode(consumer_secret), percent::encode(token_secret));
    // HMAC takes a key of any length; were it refused, X would refuse the empty signature.
    let Ok(mut hmac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    hmac.update(base_string(method, target, form, protocol).as_bytes());
    STANDARD.encode(hmac.finalize().into_bytes())
}

/// Method, address and parameters, each encoded, with `&` between (RFC 5849, 3.4.1.1).
#[must_use]
pub fn base_string(method: Method, target: &Target, form: &str, protocol: &[(&str, &str)]) -> String {
    let (path, query) = target.path.split_once('?').unwrap_or((&target.path, ""));
    let address = format!("{}://{}{path}", if target.plain { "http" } else { "https" }, authority(target));
    let parameters = parameters(query, form, protocol);
    format!("{}&{}&{}", method.name(), percent::encode(&address), percent::encode(&parameters))
}

/// Host and port in lower case, without the port that goes without saying (RFC 5849, 3.4.1.2).
fn authority(target: &Target) -> String {
    let authority = target.authority.to_ascii_lowercase();
    let default = if target.plain { ":80" } else { ":443" };
    authority.strip_suffix(default).map(String::from).unwrap_or(authority)
}

/// All parameters, decoded, encoded in one way, and sorted by name and then by value (RFC 5849, 3.4.1.3).
fn parameters(query: &str, form: &str, protocol: &[(&str, &str)]) -> String {
    let again = |text: &str| percent::encode_bytes(&percent::decode_form(text));
    let sent = percent::pairs(query).chain(percent::pairs(form)).map(|(name, value)| (again(name), again(value)));
    let own = protocol.iter().map(|(name, value)| (percent::encode(name), percent::encode(value)));
    // Few enough that a sort of the library, which is large, is not worth its bytes.
    let mut all: Vec<(String, String)> = Vec::new();
    for parameter in sent.chain(own) {
        let place = all.partition_point(|known| *known < parameter);
        all.insert(place, parameter);
    }
    let mut joined = String::new();
    for (name, value) in &all {
        if !joined.is_empty() {
            joined.push('&');
        }
        joined.push_str(name);
        joined.push('=');
        joined.push_str(value);
    }
    joined
}

#[cfg(test)]
pub(crate) mod tests;
