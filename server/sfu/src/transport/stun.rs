//! Reading one STUN message (RFC 8489) as far as a connectivity check needs it, before anything about its sender is known: no
//! allocation, and nothing behind MESSAGE-INTEGRITY is looked at.

use ring::hmac;

const HEADER: usize = 20;
const ATTRIBUTE_HEADER: usize = 4;
const MAGIC_COOKIE: [u8; 4] = 0x2112_a442_u32.to_be_bytes();
const BINDING_REQUEST: [u8; 2] = [0, 1];
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const USE_CANDIDATE: u16 = 0x0025;
const SHA1_TAG: usize = 20;
/// A binding request with every attribute of ICE is well below.
pub const MAX_CHECK_BYTES: usize = 548;

/// A binding request that carries a username and an integrity, which is yet to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check<'a> {
    pub transaction: [u8; 12],
    /// What stands before and after the colon of the username: the receiver's ufrag, the sender's.
    pub receiver: &'a str,
    pub sender: &'a str,
    pub nominates: bool,
    /// All up to the integrity attribute.
    covered: &'a [u8],
    integrity: &'a [u8; SHA1_TAG],
}

impl<'a> Check<'a> {
    /// `None` for all else that a datagram may hold.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, mut rest) = bytes.split_first_chunk::<HEADER>()?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let fits = bytes.len() <= MAX_CHECK_BYTES && length == rest.len() && length % 4 == 0;
        if !fits || header[..2] != BINDING_REQUEST || header[4..8] != MAGIC_COOKIE {
            return None;
        }
        let (mut username, mut nominates) = (None, false);
        loop {
            let covered = bytes.get(..bytes.len() - rest.len())?;
            let (kind, body) = rest.split_first_chunk::<ATTRIBUTE_HEADER>()?;
            let length = usize::from(u16::from_be_bytes([kind[2], kind[3]]));
            let value = body.get(..length)?;
            match u16::from_be_bytes([kind[0], kind[1]]) {
                MESSAGE_INTEGRITY => {
                    let (receiver, sender) = std::str::from_utf8(username?).ok()?.split_once(':')?;
                    let (transaction, integrity) = (*header.last_chunk()?, value.try_into().ok()?);
                    return Some(Self { transaction, receiver, sender, nominates, covered, integrity });
                }
                // Of an attribute that comes twice, the first counts (RFC 8489, section 14).
                USERNAME if username.is_none() => username = Some(value),
                USE_CANDIDATE => nominates = true,
                _ => {}
            }
            rest = body.get(length.next_multiple_of(4)..)?;
        }
    }

    /// Was the integrity made with this password? The comparison takes the same time whatever differs.
    pub fn is_authentic(&self, password: &str) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        let Some((head, rest)) = self.covered.split_at_checked(4) else { return false };
        // The length field counts up to the integrity's end (RFC 8489, section 14.5), whatever follows.
        let length = (self.covered.len() - HEADER + ATTRIBUTE_HEADER + SHA1_TAG) as u16;
        let mut context = hmac::Context::with_key(&key);
        context.update(head.get(..2).unwrap_or_default());
        context.update(&length.to_be_bytes());
        context.update(rest);
        rtc_crypto::constant_time_eq(context.sign().as_ref(), self.integrity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
    use rtc_stun::fingerprint::FINGERPRINT;
    use rtc_stun::integrity::MessageIntegrity;
    use rtc_stun::message::{BINDING_REQUEST, Message, Setter as _};

    fn request() -> Message {
        let provider = rtc_crypto::default_provider().unwrap();
        let mut message = Message::new();
        message.typ = BINDING_REQUEST;
        message.transaction_id.0 = [3; 12];
        message.write_header();
        message.add(ATTR_USERNAME, b"0+abc:them");
        message.add(ATTR_USE_CANDIDATE, &[]);
        let integrity =
            MessageIntegrity::new_short_term_integrity_with_provider("secret".to_owned(), provider.crypto());
        integrity.add_to(&mut message).unwrap();
        FINGERPRINT.add_to(&mut message).unwrap();
        message
    }

    #[test]
    fn a_check_that_the_crate_wrote_is_read() {
        let message = request();
        let check = Check::parse(&message.raw).unwrap();
        assert_eq!((check.receiver, check.sender, check.nominates), ("0+abc", "them", true));
        assert_eq!(check.transaction, [3; 12]);
        assert!(check.is_authentic("secret") && !check.is_authentic("Secret"));
    }

    #[test]
    fn what_follows_the_integrity_says_nothing() {
        let provider = rtc_crypto::default_provider().unwrap();
        let mut message = Message::new();
        message.typ = BINDING_REQUEST;
        message.write_header();
        message.add(ATTR_USERNAME, b"a:b");
        MessageIntegrity::new_short_term_integrity_with_provider("k".to_owned(), provider.crypto())
            .add_to(&mut message)
            .unwrap();
        message.add(ATTR_USE_CANDIDATE, &[]);
        let check = Check::parse(&message.raw).unwrap();
        assert!(check.is_authentic("k") && !check.nominates);
    }

    #[test]
    fn without_integrity_or_username_it_is_no_check() {
        let mut message = Message::new();
        message.typ = BINDING_REQUEST;
        message.write_header();
        assert_eq!(Check::parse(&message.raw), None);
        message.add(ATTR_USERNAME, b"a:b");
        assert_eq!(Check::parse(&message.raw), None);
    }

    #[test]
    fn every_covered_bit_counts() {
        let raw = request().raw;
        let covered = Check::parse(&raw).unwrap().covered.len();
        for bit in 0..(covered + ATTRIBUTE_HEADER + SHA1_TAG) * 8 {
            // The length field: a wrong one is no STUN message at all.
            let mut changed = raw.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!Check::parse(&changed).is_some_and(|check| check.is_authentic("secret")), "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8), keep in 0usize..200) {
            let mut raw = request().raw;
            for (at, byte) in cuts {
                let at = at.index(raw.len());
                raw[at] = byte;
            }
            raw.truncate(keep);
            if let Some(check) = Check::parse(&raw) {
                check.is_authentic("secret");
            }
        }
    }
}
