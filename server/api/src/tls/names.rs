//! What the self-made certificate is good for: the machine's own names and addresses, and those of the configuration.

use nix::ifaddrs::getifaddrs;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// Names and addresses, each once.
pub(super) fn of(listen: SocketAddr, public_names: &[String]) -> BTreeSet<String> {
    let mut names = BTreeSet::from(["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()]);
    if !listen.ip().is_unspecified() {
        names.insert(listen.ip().to_string());
    }
    // Not every machine's name can stand in a certificate; one that cannot is left out.
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim().to_ascii_lowercase();
    if !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.')) {
        names.insert(host);
    }
    names.extend(addresses().map(|ip| ip.to_string()));
    names.extend(public_names.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
    names
}

/// The machine's addresses that others could type.
fn addresses() -> impl Iterator<Item = IpAddr> {
    let interfaces = getifaddrs().into_iter().flatten();
    interfaces.filter_map(|interface| {
        let address = interface.address?;
        let ip = match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
            (Some(v4), _) => IpAddr::V4(v4.ip()),
            (_, Some(v6)) => IpAddr::V6(v6.ip()),
            _ => return None,
        };
        let link_local = matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local());
        (!ip.is_loopback() && !link_local).then_some(ip)
    })
}
