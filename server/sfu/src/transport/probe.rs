//! The other side of a connectivity check (RFC 8445, section 7): asking a peer of a server whether it can be reached, and
//! reading whether it was that peer who answered. For checking a line, without a connection to follow.

use super::Credentials;
use ring::hmac;
use rtc_stun::attributes::{ATTR_USERNAME, AttrType};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter as _};

const PRIORITY: AttrType = AttrType(0x0024);
const ICE_CONTROLLING: AttrType = AttrType(0x802a);
/// Of a peer-reflexive candidate (RFC 8445, section 5.1.2).
const PEER_REFLEXIVE: u32 = (110 << 24) | (65_535 << 8) | 255;

const HEADER: usize = 20;
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const MAGIC_COOKIE: [u8; 4] = 0x2112_a442_u32.to_be_bytes();
const MESSAGE_INTEGRITY: u16 = 0x0008;
const SHA1_TAG: usize = 20;

/// One question to a peer; the same bytes may be sent again until they are answered (RFC 8489, section 6.2.1).
#[derive(Clone, Debug)]
pub struct Probe {
    transaction: [u8; 12],
    password: String,
    request: Vec<u8>,
}

impl Probe {
    /// To the peer that goes by `remote`, from one whose user fragment is `ufrag`. `None`: the crypto provider cannot.
    pub fn new(remote: &Credentials, ufrag: &str, transaction: [u8; 12]) -> Option<Self> {
        let provider = rtc_crypto::default_provider().ok()?;
        let mut message = Message::new();
        message.typ = BINDING_REQUEST;
        message.transaction_id.0 = transaction;
        message.write_header();
        message.add(ATTR_USERNAME, format!("{}:{ufrag}", remote.ufrag).as_bytes());
        message.add(PRIORITY, &PEER_REFLEXIVE.to_be_bytes());
        message.add(ICE_CONTROLLING, &1_u64.to_be_bytes());
        MessageIntegrity::new_short_term_integrity_with_provider(remote.pwd.clone(), provider.crypto())
            .add_to(&mut message)
            .ok()?;
        FINGERPRINT.add_to(&mut message).ok()?;
        Some(Self { transaction, password: remote.pwd.clone(), request: message.raw })
    }

    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Whether these bytes are the peer's answer to this question: nobody else can have made them.
    pub fn is_answered_by(&self, bytes: &[u8]) -> bool {
        self.integrity_holds(bytes).unwrap_or(false)
    }

    fn integrity_holds(&self, bytes: &[u8]) -> Option<bool> {
        let (header, mut rest) = bytes.split_first_chunk::<HEADER>()?;
        let is_answer =
            header[..2] == BINDING_SUCCESS && header[4..8] == MAGIC_COOKIE && header[8..] == self.transaction;
        if !is_answer {
            return Some(false);
        }
        loop {
            let covered = bytes.get(HEADER..bytes.len() - rest.len())?;
            let (kind, body) = rest.split_first_chunk::<4>()?;
            let length = usize::from(u16::from_be_bytes([kind[2], kind[3]]));
            if u16::from_be_bytes([kind[0], kind[1]]) == MESSAGE_INTEGRITY {
                let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.password.as_bytes());
                let mut context = hmac::Context::with_key(&key);
                // The length counts up to the integrity's end (RFC 8489, section 14.5), whatever follows.
                let counted = u16::try_from(covered.len() + 4 + SHA1_TAG).ok()?;
                context.update(&header[..2]);
                context.update(&counted.to_be_bytes());
                context.update(&header[4..]);
                context.update(covered);
                return Some(rtc_crypto::constant_time_eq(context.sign().as_ref(), body.get(..length)?));
            }
            rest = body.get(length.next_multiple_of(4)..)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::DtlsIdentity;
    use super::super::ice::{Ice, Verdict};
    use super::*;
    use crate::worker::Flow;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn credentials(pwd: &str) -> Credentials {
        Credentials { ufrag: "0+abc".into(), pwd: pwd.into() }
    }

    fn answer_to(probe: &Probe, peer: &Credentials) -> Option<Vec<u8>> {
        let identity = Arc::new(DtlsIdentity::generate().unwrap());
        let address = "127.0.0.1:5000".parse().unwrap();
        match Ice::new(peer.clone(), identity).receive(
            Flow::udp(address, address),
            probe.request(),
            std::time::Instant::now(),
        ) {
            Verdict::Answer { response, .. } => Some(response.to_vec()),
            Verdict::Silence => None,
        }
    }

    #[test]
    fn the_peer_that_was_asked_answers_and_is_believed() {
        let peer = credentials("a-password-of-22-bytes");
        let probe = Probe::new(&peer, "them", [7; 12]).unwrap();
        let answer = answer_to(&probe, &peer).unwrap();
        assert!(probe.is_answered_by(&answer));
        // Another question, another password, a changed byte: not this answer.
        assert!(!Probe::new(&peer, "them", [8; 12]).unwrap().is_answered_by(&answer));
        assert!(!Probe::new(&credentials("another"), "them", [7; 12]).unwrap().is_answered_by(&answer));
        for at in 0..answer.len() - 8 {
            let mut changed = answer.clone();
            changed[at] ^= 1;
            // The length field itself is not what is compared: the covered length is counted.
            assert!(at == 2 || at == 3 || !probe.is_answered_by(&changed), "byte {at}");
        }
        assert!(answer_to(&Probe::new(&credentials("wrong"), "them", [7; 12]).unwrap(), &peer).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), keep in 0usize..120) {
            let peer = credentials("a-password-of-22-bytes");
            let probe = Probe::new(&peer, "them", [7; 12]).unwrap();
            prop_assert!(!probe.is_answered_by(&bytes));
            let mut begun = vec![1, 1, 0, 60];
            begun.extend(MAGIC_COOKIE);
            begun.extend([7; 12]);
            begun.extend(&bytes);
            begun.truncate(keep);
            prop_assert!(!probe.is_answered_by(&begun));
        }
    }
}
