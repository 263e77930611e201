//! The addresses that the server names to its peers: those of the configuration, else those of its interfaces.

use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Candidates of one process at most: each is a line in every offer and answer.
pub const MAX_CANDIDATES: usize = 8;

/// Host candidates on `port`, IPv4 before IPv6. Without `configured` addresses: those of the interfaces that are up,
/// 127.0.0.1 last (for a browser on this very host), link-local ones left out.
///
/// # Errors
/// When the interfaces cannot be listed.
pub(crate) fn candidates(configured: &[IpAddr], port: u16, with_v6: bool) -> io::Result<Vec<SocketAddr>> {
    let mut found = if configured.is_empty() { interface_addresses()? } else { configured.to_vec() };
    found.retain(|ip| with_v6 || ip.is_ipv4());
    if found.is_empty() {
        found.push(Ipv4Addr::LOCALHOST.into());
    }
    found.sort_by_key(|ip| (ip.is_ipv6(), ip.is_loopback()));
    let mut named = Vec::new();
    for ip in found {
        if !named.contains(&SocketAddr::new(ip, port)) && named.len() < MAX_CANDIDATES {
            named.push(SocketAddr::new(ip, port));
        }
    }
    Ok(named)
}

fn interface_addresses() -> io::Result<Vec<IpAddr>> {
    let up = getifaddrs()?.filter(|interface| interface.flags.contains(InterfaceFlags::IFF_UP));
    let addresses = up.filter_map(|interface| {
        let address = interface.address?;
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    });
    Ok(addresses.filter(is_reachable).collect())
}

fn is_reachable(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_unspecified(),
        IpAddr::V6(v6) => !v6.is_loopback() && !v6.is_unicast_link_local() && !v6.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_stand_in_for_an_empty_configuration() {
        let found = candidates(&[], 8444, false).unwrap();
        assert!(!found.is_empty() && found.len() <= MAX_CANDIDATES);
        assert!(found.iter().all(|address| address.port() == 8444 && address.is_ipv4()));
    }

    #[test]
    fn configured_addresses_are_taken_as_they_are_ipv4_first_once_each() {
        let configured = ["2001:db8::1", "192.0.2.7", "192.0.2.7"].map(|ip| ip.parse().unwrap());
        let told: [SocketAddr; 2] = ["192.0.2.7:9", "[2001:db8::1]:9"].map(|address| address.parse().unwrap());
        assert_eq!(candidates(&configured, 9, true).unwrap(), told);
        assert_eq!(candidates(&configured, 9, false).unwrap(), told[..1]);
    }
}
