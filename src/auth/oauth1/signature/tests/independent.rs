//! Signatures by `oauth1-request`, which shares no code with this crate.

use std::num::NonZeroU64;
use std::string::{String, ToString};
use std::vec::Vec;

use oauth1_request::serializer::Serializer;
use oauth1_request::{Builder, Credentials, HMAC_SHA1, ParameterList, Request};

use crate::auth::oauth1::{Moment, Signer};

/// The `authorization` header for a request to `address`, which has no query; `parameters` are those of query and form, decoded.
pub(crate) fn authorization(
    method: &str,
    address: &str,
    parameters: Vec<(String, String)>,
    signer: &Signer<'_>,
    extra: &[(&str, &str)],
    moment: &Moment,
) -> String {
    let own = |name: &str| extra.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let mut builder = Builder::new(Credentials::new(signer.api_key, signer.api_secret), HMAC_SHA1);
    builder
        .token(signer.token.map(|(token, secret)| Credentials::new(token, secret)))
        .callback(own("oauth_callback"))
        .verifier(own("oauth_verifier"))
        .nonce(moment.nonce.as_str())
        .timestamp(NonZeroU64::new(moment.timestamp))
        .version(true);
    builder.authorize(method, address, &Sorted::new(parameters))
}

/// Encodes by the other implementation.
fn encoded(text: &str) -> String {
    oauth1_request::to_form(&ParameterList::new(Vec::from([("k", text)])))[2..].to_string()
}

/// The parameters in the order that the other implementation expects. It takes names as they stand in the base string.
struct Sorted(Vec<(String, String, String)>);

impl Sorted {
    fn new(parameters: Vec<(String, String)>) -> Self {
        let mut all: Vec<_> = parameters.into_iter().map(|(name, value)| (encoded(&name), encoded(&value), value)).collect();
        all.sort();
        Self(all)
    }
}

impl Request for Sorted {
    fn serialize<S: Serializer>(&self, mut serializer: S) -> S::Output {
        type Step<S> = (&'static str, fn(&mut S));
        let steps: [Step<S>; 8] = [
            ("oauth_callback", S::serialize_oauth_callback),
            ("oauth_consumer_key", S::serialize_oauth_consumer_key),
            ("oauth_nonce", S::serialize_oauth_nonce),
            ("oauth_signature_method", S::serialize_oauth_signature_method),
            ("oauth_timestamp", S::serialize_oauth_timestamp),
            ("oauth_token", S::serialize_oauth_token),
            ("oauth_verifier", S::serialize_oauth_verifier),
            ("oauth_version", S::serialize_oauth_version),
        ];
        let mut steps = steps.into_iter().peekable();
        for (name, _, value) in &self.0 {
            while let Some((_, step)) = steps.next_if(|(own, _)| *own < name.as_str()) {
                step(&mut serializer);
            }
            serializer.serialize_parameter(&encoded(name), value);
        }
        steps.for_each(|(_, step)| step(&mut serializer));
        serializer.end()
    }
}

/// The value of a parameter in an `authorization` header.
pub(crate) fn value<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header.strip_prefix("OAuth ")?.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"'))
}
