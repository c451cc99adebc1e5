//! Where the guest may connect: the operator's list, and no private address that the list does not open.

use super::{AddressClass, Fault};
use http::Uri;
use http::uri::Scheme;
use serde::Serialize;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use thiserror::Error;
use url::Host;

/// The operator's list of places that a guest may reach.
///
/// A rule is one line:
///
/// | line | allows |
/// |---|---|
/// | `api.x.com` | https to this host, port 443 |
/// | `api.x.com:8443` | https to this host, this port; `:*` for any port |
/// | `*.example.com` | https to every name under `example.com`, not to `example.com` itself |
/// | `*` | https to every public host |
/// | `127.0.0.1:18080`, `[::1]:18080`, `localhost:18080` | http and https to this machine; any port when none is given |
/// | `10.0.0.7:8443` | https to exactly this private address |
/// | `private:proxy.internal:8443` | https to this name, wherever it leads |
///
/// A name is allowed before it is resolved; where it leads is looked at afterwards, for every connection: loopback,
/// private, link-local and all other addresses that are not of the public internet are refused unless the rule is for
/// exactly that address, `localhost`, or begins with `private:`. Plain http goes to this machine alone.
///
/// ```
/// # use x_connector_host::http::Policy;
/// let policy = Policy::new(["api.x.com", "*.twimg.com"])?;
/// assert!(policy.check(&"https://pbs.twimg.com/media/a.png".parse()?).is_ok());
/// assert!(policy.check(&"https://169.254.169.254/latest".parse()?).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    rules: Vec<Rule>,
}

/// A line that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{line}` is no rule of the allow-list: {reason}; write a host such as `api.x.com`, `*.example.com` or `127.0.0.1:8080`")]
pub struct PolicyError {
    /// The line.
    pub line: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RefusalKind {
    /// No rule names the host and port.
    NotListed,
    /// Plain http to another machine.
    PlainHttp,
    /// The address, or the one that the name leads to, is not of the public internet.
    Address,
    /// The URL has no host, or carries a user name.
    Malformed,
}

/// A request that was refused, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Why.
    pub kind: RefusalKind,
    /// Host and port, never more of the URL.
    pub authority: String,
    /// What happened, and what to do next.
    pub message: String,
    /// The line that would allow it, where one can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    #[serde(skip)]
    class: Option<AddressClass>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    pub(crate) fn fault(&self) -> Fault {
        match self.class {
            Some(class) => Fault::AddressProhibited(class),
            None => Fault::Denied,
        }
    }
}

/// What a rule allows a connection to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permit {
    /// Addresses that are not of the public internet are allowed, too.
    private: bool,
    /// Only this machine is allowed: `localhost`, and everything over plain http.
    loopback_only: bool,
}

impl Permit {
    /// Whether a connection may go to the address.
    pub(crate) fn check(self, address: IpAddr) -> Result<(), AddressClass> {
        match AddressClass::of(address) {
            Some(AddressClass::Loopback) if self.private => Ok(()),
            None if self.loopback_only => Err(AddressClass::Reserved),
            None => Ok(()),
            Some(class) if self.private && !self.loopback_only && class.can_be_opened() => Ok(()),
            Some(class) => Err(class),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    place: Place,
    port: Port,
    private: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Everywhere,
    Under(String),
    Name(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    /// 443, or any on this machine.
    Usual,
    Any,
    This(u16),
}

impl Default for Policy {
    /// X's API alone.
    fn default() -> Self {
        Self { rules: vec![Rule { place: Place::Name("api.x.com".to_owned()), port: Port::Usual, private: false }] }
    }
}

impl Policy {
    /// Reads a list of rules.
    ///
    /// # Errors
    ///
    /// The first line that is no rule.
    pub fn new<L: AsRef<str>>(lines: impl IntoIterator<Item = L>) -> Result<Self, PolicyError> {
        let rules = lines.into_iter().map(|line| line.as_ref().parse());
        Ok(Self { rules: rules.collect::<Result<_, _>>()? })
    }

    /// Adds a rule.
    ///
    /// # Errors
    ///
    /// When the line is no rule.
    pub fn allow(&mut self, line: &str) -> Result<&mut Self, PolicyError> {
        self.rules.push(line.parse()?);
        Ok(self)
    }

    /// Whether a request to `uri` may go out, as far as the URL tells.
    ///
    /// # Errors
    ///
    /// The refusal, with the line that would allow the request.
    pub fn check(&self, uri: &Uri) -> Result<(), Refusal> {
        self.permit(uri).map(drop)
    }

    /// As [`Policy::check`], with what the connection may lead to.
    pub(crate) fn permit(&self, uri: &Uri) -> Result<Permit, Refusal> {
        let plain = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => false,
            Some(scheme) if *scheme == Scheme::HTTP => true,
            _ => return Err(malformed("a URL that is neither https nor http")),
        };
        let Some(authority) = uri.authority() else {
            return Err(malformed("a URL without a host"));
        };
        if authority.as_str().contains('@') {
            return Err(malformed("a URL that carries a user name"));
        }
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") if plain => Some(80),
            Some("") => Some(443),
            Some(rest) => rest.strip_prefix(':').and_then(|port| port.parse().ok()),
            None => None,
        };
        let Some(port) = port else {
            return Err(malformed("a URL whose port is no number"));
        };
        let Some(host) = parse_host(authority.host()) else {
            return Err(malformed("a URL whose host is no host"));
        };
        let address = match host {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
            Host::Domain(_) => None,
        };
        let class = match address {
            Some(address) => AddressClass::of(address),
            None => is_localhost(&host).then_some(AddressClass::Loopback),
        };
        // No rule opens this, so it comes before the rules.
        if plain && class != Some(AddressClass::Loopback) {
            return Err(plain_http(&host, port));
        }
        let Some(rule) = self
            .rules
            .iter()
            // A rule that opens private addresses goes before one that does not.
            .filter(|rule| rule.matches(&host, port))
            .max_by_key(|rule| rule.opens(&host))
        else {
            // Whoever adds a line for an inside address shall know that it is one.
            return Err(class.map_or_else(|| not_listed(&host, port), |class| prohibited(&host.to_string(), port, class)));
        };
        let permit = Permit { private: rule.opens(&host), loopback_only: plain || is_localhost(&host) };
        if let Some(address) = address {
            permit.check(address).map_err(|class| prohibited(&host.to_string(), port, class))?;
        }
        Ok(permit)
    }
}

impl Rule {
    fn matches(&self, host: &Host<String>, port: u16) -> bool {
        let port_fits = match self.port {
            Port::Any => true,
            Port::This(wanted) => wanted == port,
            Port::Usual => port == 443 || self.is_here(),
        };
        port_fits
            && match (&self.place, host) {
                (Place::Everywhere, _) => true,
                (Place::Under(suffix), Host::Domain(name)) => {
                    name.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
                }
                (Place::Name(wanted), Host::Domain(name)) => wanted == name,
                (Place::Address(wanted), Host::Ipv4(address)) => *wanted == IpAddr::V4(*address),
                (Place::Address(wanted), Host::Ipv6(address)) => *wanted == IpAddr::V6(*address),
                _ => false,
            }
    }

    /// Whether the rule's place is this machine.
    fn is_here(&self) -> bool {
        match &self.place {
            Place::Name(name) => name == "localhost",
            Place::Address(address) => AddressClass::of(*address) == Some(AddressClass::Loopback),
            _ => false,
        }
    }

    /// Whether the rule lets a connection to `host` go to a private address.
    fn opens(&self, host: &Host<String>) -> bool {
        self.private
            || match self.place {
                Place::Address(_) => true,
                Place::Name(_) => is_localhost(host),
                _ => false,
            }
    }
}

impl FromStr for Rule {
    type Err = PolicyError;

    fn from_str(line: &str) -> Result<Self, PolicyError> {
        let error = |reason| PolicyError { line: line.chars().take(200).collect(), reason };
        let text = line.trim();
        let (private, text) = match text.strip_prefix("private:") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if text.contains("://") || text.contains('/') {
            return Err(error("a rule is a host, not a URL"));
        }
        // The last colon parts the port, except within the brackets of an IPv6 address.
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                let port = match port {
                    "*" => Port::Any,
                    _ => Port::This(port.parse().map_err(|_| error("the port is no number"))?),
                };
                (host, port)
            }
            _ => (text, Port::Usual),
        };
        let place = if host == "*" {
            Place::Everywhere
        } else {
            let (under, name) = match host.strip_prefix("*.") {
                Some(suffix) => (true, suffix),
                None => (false, host),
            };
            match parse_host(name).ok_or_else(|| error("the host is none"))? {
                Host::Domain(name) if under => Place::Under(name),
                Host::Domain(name) => Place::Name(name),
                _ if under => return Err(error("an address has no names under it")),
                Host::Ipv4(address) => Place::Address(address.into()),
                Host::Ipv6(address) => Place::Address(address.into()),
            }
        };
        Ok(Self { place, port, private })
    }
}

/// Reads a host as browsers do, so that `0x7f.1` and `2130706433` are the address that the system takes them for.
fn parse_host(text: &str) -> Option<Host<String>> {
    if text.contains('%') {
        return None;
    }
    match Host::parse(text).ok()? {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(&name);
            (!name.is_empty()).then(|| Host::Domain(name.to_owned()))
        }
        address => Some(address),
    }
}

fn is_localhost(host: &Host<String>) -> bool {
    matches!(host, Host::Domain(name) if name == "localhost")
}

fn named(host: &Host<String>, port: u16) -> (String, String) {
    let authority = format!("{host}:{port}");
    let rule = if port == 443 { host.to_string() } else { authority.clone() };
    (authority, rule)
}

fn malformed(what: &str) -> Refusal {
    Refusal {
        kind: RefusalKind::Malformed,
        authority: String::new(),
        message: format!("the component asks for {what}, which is never sent; correct the URL"),
        rule: None,
        class: None,
    }
}

fn not_listed(host: &Host<String>, port: u16) -> Refusal {
    let (authority, rule) = named(host, port);
    Refusal {
        kind: RefusalKind::NotListed,
        message: format!(
            "the component asks for {authority}, which is not on the allow-list; if it may go there, add `{rule}` to the list"
        ),
        authority,
        rule: Some(rule),
        class: None,
    }
}

fn plain_http(host: &Host<String>, port: u16) -> Refusal {
    let (authority, _) = named(host, port);
    Refusal {
        kind: RefusalKind::PlainHttp,
        message: format!("the component asks for {authority} over plain http, which goes to this machine alone; use https"),
        authority,
        rule: None,
        class: None,
    }
}

/// The refusal for a name or address that is not of the public internet.
pub(crate) fn prohibited(host: &str, port: u16, class: AddressClass) -> Refusal {
    let authority = format!("{host}:{port}");
    let is_place = host.parse::<IpAddr>().is_ok() || host.starts_with('[') || host == "localhost";
    let rule = class.can_be_opened().then(|| if is_place { authority.clone() } else { format!("private:{authority}") });
    let next_step = match &rule {
        Some(rule) => format!("no line for other hosts opens it; if it must go there, add `{rule}` to the allow-list"),
        None => "no line of the allow-list opens it; use the address of a host".to_owned(),
    };
    Refusal {
        kind: RefusalKind::Address,
        message: format!("the component asks for {authority}, which leads to {class}; {next_step}"),
        authority,
        rule,
        class: Some(class),
    }
}

#[cfg(test)]
mod tests;
