//! Where X sends the browser back to: checked before a person sees X's own, vaguer refusal.

use crate::error::Failure;

/// Checks an absolute URI without a fragment: `https://`, `http://`, or a scheme of an app's own.
///
/// # Errors
/// A [`Failure`] that names the field.
pub fn check(text: &str, field: &str) -> Result<(), Failure> {
    let wrong = |message| Err(Failure::invalid(field, "invalid-redirect-uri", message));
    let (scheme, rest) = text.split_once(':').unwrap_or_default();
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    if !is_scheme || rest.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return wrong(
            "is no absolute URI; give it exactly as it is registered for the app at X, for example http://127.0.0.1:18181/callback",
        );
    }
    if text.contains('#') {
        return wrong("has a fragment, which X does not allow; leave out # and what follows it");
    }
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Ok(());
    }
    let authority = rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // Of an IPv6 address nothing but its bracket is left, which is neither empty nor localhost.
    let host = host.split(':').next().unwrap_or_default();
    if host.is_empty() {
        return wrong("names no host; give for example http://127.0.0.1:18181/callback");
    }
    if host.eq_ignore_ascii_case("localhost") {
        return wrong("names localhost, which X refuses when the browser gets there; register and use 127.0.0.1 instead");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Case;

    #[test]
    fn absolute_uris_of_every_kind_are_taken() {
        for good in [
            "http://127.0.0.1:18181/callback",
            "https://engine.example/oauth/callback?tenant=1",
            "HTTPS://engine.example",
            "http://[::1]:18181/callback",
            "com.example.app:/callback",
            "my-app://callback",
            "https://localhost.example/",
        ] {
            assert!(check(good, "redirect_uri").is_ok(), "{good}");
        }
    }

    #[test]
    fn what_x_would_refuse_is_refused_with_the_reason() {
        for (wrong, reason) in [
            ("", "no absolute URI"),
            ("/callback", "no absolute URI"),
            ("engine.example/callback", "no absolute URI"),
            ("127.0.0.1:18181/callback", "no absolute URI"),
            ("https:", "no absolute URI"),
            ("https://engine.example/a b", "no absolute URI"),
            ("https://engine.example/\r\nx: y", "no absolute URI"),
            ("https://bücher.example/", "no absolute URI"),
            ("https://engine.example/#", "fragment"),
            ("my-app://callback#there", "fragment"),
            ("https:engine.example", "names no host"),
            ("http:///callback", "names no host"),
            ("http://:80/callback", "names no host"),
            ("http://localhost:3000/callback", "127.0.0.1"),
            ("http://LOCALHOST", "127.0.0.1"),
            ("http://user@localhost/", "127.0.0.1"),
        ] {
            let failure = check(wrong, "redirect_uri").expect_err(wrong);
            let problem = failure.problem();
            assert_eq!((failure.case(), problem.field.as_deref()), (Case::InvalidInput, Some("redirect_uri")));
            assert!(problem.message.contains(reason), "{wrong}: {}", problem.message);
        }
    }
}
