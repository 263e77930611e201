//! Looks at DTLS records before the crate does. It keeps fragments without end, before the handshake and after, puts them together by a
//! recursion as deep as they are many, reads a ClientHello anew at every record (each extension to the end of them all), and follows
//! a ChangeCipherSpec of any epoch unread.

const RECORD_HEADER: usize = 13;
const HANDSHAKE_HEADER: usize = 12;
const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const CERTIFICATE: u8 = 11;
const CERTIFICATE_VERIFY: u8 = 15;
const CLIENT_KEY_EXCHANGE: u8 = 16;
const FINISHED: u8 = 20;
const USE_SRTP: usize = 14;
/// The epochs of a handshake and of what comes after it; nobody renegotiates (RFC 8827, section 6.5).
const LAST_EPOCH: u16 = 1;
/// A ClientHello is below 2 KiB, with post-quantum key shares too.
const MAX_HELLO_BYTES: usize = 4 * 1024;
const MAX_EXTENSIONS: usize = 64;
/// A chain of certificates at most.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;
/// Datagrams of a handshake, repetitions with them.
const MAX_DATAGRAMS: usize = 256;
/// Plain fragments in a connection's life, repetitions with them; and of those after the handshake, of the client's last flight.
const MAX_FRAGMENTS: usize = 512;
const MAX_LATE_FRAGMENTS: usize = 64;
/// Bytes of encrypted handshake records: it is one short message, with its repetitions.
const MAX_SEALED_BYTES: usize = 8 * 1024;

/// What one connection has sent of handshakes.
#[derive(Default)]
pub(super) struct Gate {
    /// The ClientHello without and with the cookie.
    hellos: [Hello; 2],
    datagrams: usize,
    fragments: usize,
    late_fragments: usize,
    sealed_bytes: usize,
}

impl Gate {
    /// Whether the datagram may go on to the crate: what it holds of handshake messages is sound, and not more than a connection may
    /// ever send.
    pub fn admits(&mut self, datagram: &[u8], finished: bool) -> bool {
        let mut holds_handshake = false;
        for record in records(datagram) {
            if record.epoch > LAST_EPOCH || (record.kind == CHANGE_CIPHER_SPEC && record.epoch > 0) {
                return false;
            }
            if record.kind != HANDSHAKE {
                continue;
            }
            holds_handshake = true;
            if record.epoch > 0 {
                self.sealed_bytes = self.sealed_bytes.saturating_add(record.body.len());
            } else if !self.admits_plain(record.body, finished) {
                return false;
            }
        }
        if !holds_handshake {
            return true;
        }
        self.datagrams = self.datagrams.saturating_add(1);
        (finished || self.datagrams <= MAX_DATAGRAMS) && self.sealed_bytes <= MAX_SEALED_BYTES
    }

    fn admits_plain(&mut self, mut record: &[u8], finished: bool) -> bool {
        if record.is_empty() {
            return false;
        }
        while !record.is_empty() {
            let Some((fragment, rest)) = Fragment::read(record) else { return false };
            record = rest;
            self.fragments = self.fragments.saturating_add(1);
            self.late_fragments = self.late_fragments.saturating_add(usize::from(finished));
            let fits = match fragment.kind {
                CLIENT_HELLO if !finished => {
                    let hello = self.hellos.get_mut(usize::from(fragment.message));
                    hello.is_some_and(|hello| hello.add(&fragment))
                }
                FINISHED if !finished => fragment.whole <= MAX_MESSAGE_BYTES,
                CERTIFICATE | CERTIFICATE_VERIFY | CLIENT_KEY_EXCHANGE => fragment.whole <= MAX_MESSAGE_BYTES,
                _ => false,
            };
            if !fits {
                return false;
            }
        }
        self.fragments <= MAX_FRAGMENTS && self.late_fragments <= MAX_LATE_FRAGMENTS
    }

    /// The profiles that the first ClientHello offers (RFC 5764, section 4.1.1); `None` until every byte of it is here.
    pub fn offered_profiles(&self) -> Option<Vec<u16>> {
        let [first, _] = &self.hellos;
        first.is_whole().then(|| offered_profiles(&first.body).unwrap_or_default())
    }

    /// The ClientHello is to come anew, or never again.
    pub fn forget_hello(&mut self) {
        self.hellos = Default::default();
    }
}

/// Does the datagram hold nothing but parts of a ClientHello?
pub(super) fn is_hello(datagram: &[u8]) -> bool {
    let is_part = |record: &Record<'_>| {
        record.kind == HANDSHAKE && Fragment::read(record.body).is_some_and(|(part, _)| part.kind == CLIENT_HELLO)
    };
    let read: usize = records(datagram).take_while(is_part).map(|record| RECORD_HEADER + record.body.len()).sum();
    read == datagram.len()
}

/// A record (RFC 6347, section 4.1).
pub(super) struct Record<'a> {
    pub kind: u8,
    pub epoch: u16,
    pub body: &'a [u8],
}

/// The records of a datagram, up to the first that does not fit.
pub(super) fn records(mut datagram: &[u8]) -> impl Iterator<Item = Record<'_>> {
    std::iter::from_fn(move || {
        let (header, rest) = datagram.split_first_chunk::<RECORD_HEADER>()?;
        let (body, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([header[11], header[12]])))?;
        datagram = rest;
        Some(Record { kind: header[0], epoch: u16::from_be_bytes([header[3], header[4]]), body })
    })
}

/// A part of a handshake message (RFC 6347, section 4.2.2).
struct Fragment<'a> {
    kind: u8,
    /// The message's number.
    message: u16,
    /// The whole message's length, and where in it the part lies.
    whole: usize,
    offset: usize,
    body: &'a [u8],
}

impl<'a> Fragment<'a> {
    /// The first fragment of a record, and what follows it; `None` if it does not fit, has no part of its message, or is a mere part with
    /// something behind it, which the crate would take for more of the part.
    fn read(record: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (header, rest) = record.split_at_checked(HANDSHAKE_HEADER)?;
        let (whole, offset, length) = (number(&header[1..], 3)?, number(&header[6..], 3)?, number(&header[9..], 3)?);
        let (body, rest) = rest.split_at_checked(length)?;
        let is_part = offset + length <= whole && (length > 0 || whole == 0);
        let stands_alone = length == whole || rest.is_empty();
        let message = u16::from_be_bytes([header[4], header[5]]);
        (is_part && stands_alone).then_some((Self { kind: header[0], message, whole, offset, body }, rest))
    }
}

/// A ClientHello, gathered from its fragments.
#[derive(Default)]
struct Hello {
    body: Vec<u8>,
    /// Which bytes are here, as (from, to).
    have: Vec<(usize, usize)>,
}

impl Hello {
    /// Takes a fragment; false if it does not go with those before, or makes the message one that nobody sends.
    fn add(&mut self, fragment: &Fragment<'_>) -> bool {
        let is_first = self.have.is_empty();
        let goes_with = is_first || self.body.len() == fragment.whole;
        if !goes_with || fragment.whole > MAX_HELLO_BYTES || self.have.len() >= MAX_FRAGMENTS {
            return false;
        }
        self.body.resize(fragment.whole, 0);
        let (from, to) = (fragment.offset, fragment.offset + fragment.body.len());
        for (known_from, known_to) in &self.have {
            // What came twice came alike: which of two the crate would take is not ours to guess.
            let (start, end) = (from.max(*known_from), to.min(*known_to));
            if start < end && self.body.get(start..end) != fragment.body.get(start - from..end - from) {
                return false;
            }
        }
        let Some(place) = self.body.get_mut(from..to) else { return false };
        place.copy_from_slice(fragment.body);
        if !self.have.contains(&(from, to)) {
            self.have.push((from, to));
        }
        !self.is_whole() || extensions(&self.body).is_some_and(|all| all.len() <= MAX_EXTENSIONS)
    }

    fn is_whole(&self) -> bool {
        let mut have = self.have.clone();
        have.sort_unstable();
        let reached = have.iter().try_fold(0, |reached, (from, to)| (*from <= reached).then_some(reached.max(*to)));
        !self.body.is_empty() && reached == Some(self.body.len())
    }
}

/// The extensions of a ClientHello's body, as (type, value).
fn extensions(hello: &[u8]) -> Option<Vec<(usize, &[u8])>> {
    // version, random; then session id, cookie (each with one byte of length), suites (two), compression (one), extensions (two).
    let mut rest = hello.get(34..)?;
    for width in [1, 1, 2, 1] {
        let length = number(rest, width)?;
        rest = rest.get(width + length..)?;
    }
    if rest.is_empty() {
        return Some(Vec::new());
    }
    let length = number(rest, 2)?;
    let mut rest = rest.get(2..2 + length)?;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (kind, length) = (number(rest, 2)?, number(rest.get(2..)?, 2)?);
        found.push((kind, rest.get(4..4 + length)?));
        rest = rest.get(4 + length..)?;
    }
    Some(found)
}

fn offered_profiles(hello: &[u8]) -> Option<Vec<u16>> {
    let (_, body) = extensions(hello)?.into_iter().find(|(kind, _)| *kind == USE_SRTP)?;
    let profiles = body.get(2..2 + number(body, 2)?)?;
    Some(profiles.as_chunks::<2>().0.iter().map(|p| u16::from_be_bytes(*p)).collect())
}

fn number(bytes: &[u8], width: usize) -> Option<usize> {
    Some(bytes.get(..width)?.iter().fold(0, |n, byte| n << 8 | usize::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(kind: u8, epoch: u16, body: &[u8]) -> Vec<u8> {
        let head = [&[kind, 254, 253][..], &epoch.to_be_bytes(), &[0; 6], &(body.len() as u16).to_be_bytes()];
        [&head.concat()[..], body].concat()
    }

    fn part(kind: u8, message: u16, whole: usize, offset: usize, body: &[u8]) -> Vec<u8> {
        let number = |value: usize| [(value >> 16) as u8, (value >> 8) as u8, value as u8];
        let head = [&[kind][..], &number(whole), &message.to_be_bytes(), &number(offset), &number(body.len())];
        [&head.concat()[..], body].concat()
    }

    fn handshake(parts: &[u8]) -> Vec<u8> {
        record(HANDSHAKE, 0, parts)
    }

    /// A ClientHello's body with so many extensions, of which the first is `use_srtp`.
    fn hello(count: usize) -> Vec<u8> {
        let srtp = [0, 14, 0, 7, 0, 4, 0, 7, 0, 1, 0];
        let others = [0, 23, 0, 0].repeat(count - 1);
        let extensions = [&srtp[..], &others].concat();
        let head = [&[254, 253][..], &[1; 32], &[0], &[0], &[0, 2, 0xc0, 0x2b], &[1, 0]].concat();
        [&head[..], &(extensions.len() as u16).to_be_bytes(), &extensions].concat()
    }

    #[test]
    fn a_hello_in_parts_tells_its_profiles() {
        let body = hello(8);
        let mut gate = Gate::default();
        assert!(gate.admits(&handshake(&part(1, 0, body.len(), 0, &body[..30])), false));
        assert_eq!(gate.offered_profiles(), None);
        // The client repeats itself, in other parts.
        assert!(gate.admits(&handshake(&part(1, 0, body.len(), 20, &body[20..])), false));
        assert_eq!(gate.offered_profiles(), Some(vec![7, 1]));
        assert!(is_hello(&handshake(&part(1, 0, body.len(), 0, &body))) && !is_hello(&[22; 40]));
        let mut bent = body.clone();
        bent[10] ^= 1;
        assert!(!gate.admits(&handshake(&part(1, 0, body.len(), 0, &bent)), false), "two that differ");
        assert!(gate.admits(&handshake(&part(1, 1, body.len(), 0, &bent)), false), "the one with the cookie");
        assert!(!gate.admits(&handshake(&part(1, 2, body.len(), 0, &body)), false), "nobody says it three times");
    }

    #[test]
    fn a_hello_that_costs_more_than_it_says_is_kept_away() {
        for (body, is_admitted) in [(hello(MAX_EXTENSIONS), true), (hello(MAX_EXTENSIONS + 1), false)] {
            assert_eq!(Gate::default().admits(&handshake(&part(1, 1, body.len(), 0, &body)), false), is_admitted);
        }
        let long = MAX_HELLO_BYTES + 1;
        assert!(!Gate::default().admits(&handshake(&part(1, 1, long, 0, &[7])), false));
        // Behind a mere part the crate would read on.
        let behind = [part(11, 2, 100, 0, &[7; 10]), part(11, 2, 100, 10, &[7; 10])].concat();
        assert!(!Gate::default().admits(&handshake(&behind), false));
        let whole = [part(16, 2, 10, 0, &[7; 10]), part(15, 3, 10, 0, &[7; 10])].concat();
        assert!(Gate::default().admits(&handshake(&whole), false));
    }

    #[test]
    fn what_no_client_sends_is_kept_away() {
        for datagram in [
            handshake(&[]),
            handshake(&part(2, 1, 10, 0, &[7; 10])),
            handshake(&part(11, 2, MAX_MESSAGE_BYTES + 1, 0, &[7; 10])),
            record(CHANGE_CIPHER_SPEC, 1, &[1]),
            record(23, 9, &[1]),
        ] {
            assert!(!Gate::default().admits(&datagram, false) && !Gate::default().admits(&datagram, true));
        }
        assert!(Gate::default().admits(&record(CHANGE_CIPHER_SPEC, 0, &[1]), false));
        let again = handshake(&part(1, 0, 10, 0, &[7; 5]));
        assert!(!Gate::default().admits(&again, true), "a handshake that is over does not begin again");
    }

    #[test]
    fn a_budget_that_is_used_up_leaves_data_alone() {
        let mut gate = Gate::default();
        let last_flight = handshake(&part(16, 3, 10, 0, &[7; 10]));
        let taken = (0..1_000).take_while(|_| gate.admits(&last_flight, true)).count();
        assert_eq!(taken, MAX_LATE_FRAGMENTS);
        assert!(gate.admits(&record(23, 1, &[7; 100]), true));
        assert!(gate.admits(&record(HANDSHAKE, 1, &[7; 60]), true));
        assert!(!gate.admits(&record(HANDSHAKE, 1, &[7; MAX_SEALED_BYTES]), true));
        assert!(gate.admits(&record(23, 1, &[7; 100]), true));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(parts in proptest::collection::vec(proptest::collection::vec(0u8..32, 0..80), 0..6), finished: bool) {
            let mut gate = Gate::default();
            for body in parts {
                gate.admits(&body, finished);
                gate.admits(&handshake(&body), finished);
                gate.offered_profiles();
            }
        }
    }
}
