//! Which IP addresses a stranger's request must not reach.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of network an address belongs to, if it is not the public internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressClass {
    /// This machine.
    Loopback,
    /// A private network, RFC 1918 or unique-local.
    Private,
    /// The link, where clouds keep their metadata services.
    LinkLocal,
    /// Carrier-grade NAT, RFC 6598.
    SharedAddressSpace,
    /// No address at all, or "this network".
    Unspecified,
    /// Many machines at once.
    Multicast,
    /// Set aside for documentation and benchmarks.
    Documentation,
    /// An IPv6 address that carries an IPv4 address: mapped, compatible, 6to4, Teredo, NAT64, ISATAP.
    Embedding,
    /// Set aside for other uses, or for none yet.
    Reserved,
}

impl AddressClass {
    /// The class of an address; `None` when it is of the public internet.
    #[must_use]
    pub fn of(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// Whether an operator's leave can open it: one cannot speak HTTP to the others.
    pub(crate) fn can_be_opened(self) -> bool {
        !matches!(self, Self::Unspecified | Self::Multicast)
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::SharedAddressSpace => "a carrier-grade NAT address",
            Self::Unspecified => "an unspecified address",
            Self::Multicast => "a multicast address",
            Self::Documentation => "an address for documentation or benchmarks",
            Self::Embedding => "an IPv6 address that carries an IPv4 address",
            Self::Reserved => "a reserved address",
        })
    }
}

#[expect(clippy::match_same_arms, reason = "the table is in the order of the registries")]
fn of_v4(address: Ipv4Addr) -> Option<AddressClass> {
    Some(match address.octets() {
        [0, ..] => AddressClass::Unspecified,
        [127, ..] => AddressClass::Loopback,
        [10, ..] | [192, 168, ..] | [172, 16..=31, ..] => AddressClass::Private,
        [169, 254, ..] => AddressClass::LinkLocal,
        [100, 64..=127, ..] => AddressClass::SharedAddressSpace,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [198, 18..=19, ..] => AddressClass::Documentation,
        [192, 0, 0, _] | [192, 88, 99, _] => AddressClass::Reserved,
        [224..=239, ..] => AddressClass::Multicast,
        [240..=255, ..] => AddressClass::Reserved,
        _ => return None,
    })
}

#[expect(clippy::match_same_arms, clippy::unnested_or_patterns, reason = "a table of prefixes; the first match holds")]
fn of_v6(address: Ipv6Addr) -> Option<AddressClass> {
    Some(match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressClass::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        // IPv4-compatible and the rest of ::/96, mapped, translated (RFC 2765), NAT64 and its local form.
        [0, 0, 0, 0, 0, 0, ..]
        | [0, 0, 0, 0, 0, 0xffff, ..]
        | [0, 0, 0, 0, 0xffff, ..]
        | [0x64, 0xff9b, ..]
        // Teredo and 6to4.
        | [0x2001, 0, ..]
        | [0x2002, ..]
        // ISATAP: the interface's id is 0:5efe or 200:5efe and an IPv4 address.
        | [_, _, _, _, 0 | 0x200, 0x5efe, ..] => AddressClass::Embedding,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x2001, 2, 0, ..] => AddressClass::Documentation,
        // The rest of the IETF's block, with ORCHID.
        [0x2001, 1..=0x1ff, ..] => AddressClass::Reserved,
        [0xfc00..=0xfdff, ..] => AddressClass::Private,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        // Site-local: deprecated, and still routed in places.
        [0xfec0..=0xfeff, ..] => AddressClass::Private,
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        // Only 2000::/3 has been given out.
        [0x2000..=0x3fff, ..] => return None,
        _ => AddressClass::Reserved,
    })
}
