//! SRTP both ways (RFC 3711; AES-GCM as in RFC 7714). The AEAD profile seals and opens in place without allocating; the older
//! profile, for peers that have no other, goes through the crate's context.

use super::sequence::Indices;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rtc_crypto::{RTCCrypto, StreamCipherAlgorithm};
use rtc_srtp::context::Context;
use rtc_srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use rtc_srtp::protection_profile::ProtectionProfile;

const KEY: usize = 16;
const GCM_SALT: usize = 12;
const TAG: usize = 16;
/// Streams of one direction that get a context: 25 tiles of video, audio and their repair, with room.
pub const MAX_STREAMS: usize = 256;
/// Packets that may come late in the older profile.
const CM_REPLAY_WINDOW: usize = 1024;
const RTP_HEADER: usize = 12;
const RTCP_HEADER: usize = 8;

pub(super) enum Srtp {
    Gcm { seal: Box<Gcm>, open: Box<Gcm> },
    Cm { seal: Box<Context>, open: Box<Context> },
}

impl Srtp {
    /// Keys of RFC 5764, section 4.2: client key, server key, client salt, server salt. We are the server.
    pub fn new(profile: ProtectionProfile, material: &[u8], crypto: &dyn RTCCrypto) -> Option<Self> {
        let (key, salt) = (profile.key_len(), profile.salt_len());
        let (keys, salts) = material.split_at_checked(2 * key)?;
        let (client_key, server_key) = keys.split_at_checked(key)?;
        let (client_salt, server_salt) = salts.split_at_checked(salt)?;
        Some(match profile {
            ProtectionProfile::AeadAes128Gcm => Self::Gcm {
                seal: Box::new(Gcm::new(server_key, server_salt, crypto)?),
                open: Box::new(Gcm::new(client_key, client_salt, crypto)?),
            },
            profile => {
                let context = |key, salt, replay: bool| {
                    let (rtp, rtcp) =
                        (srtp_replay_protection(CM_REPLAY_WINDOW), srtcp_replay_protection(CM_REPLAY_WINDOW));
                    let (rtp, rtcp) = (replay.then_some(rtp), replay.then_some(rtcp));
                    Context::new(key, salt, profile, rtp, rtcp, crypto).ok().map(Box::new)
                };
                Self::Cm {
                    seal: context(server_key, server_salt, false)?,
                    open: context(client_key, client_salt, true)?,
                }
            }
        })
    }

    pub fn seal_rtp(&mut self, slot: &mut [u8], len: usize) -> Option<usize> {
        match self {
            Self::Gcm { seal, .. } => seal.seal_rtp(slot, len),
            Self::Cm { seal, .. } => put(slot, &seal.encrypt_rtp(slot.get(..len)?).ok()?),
        }
    }

    pub fn seal_rtcp(&mut self, slot: &mut [u8], len: usize) -> Option<usize> {
        match self {
            Self::Gcm { seal, .. } => seal.seal_rtcp(slot, len),
            Self::Cm { seal, .. } => put(slot, &seal.encrypt_rtcp(slot.get(..len)?).ok()?),
        }
    }

    /// The length of the plain packet, now at the start of `bytes`.
    pub fn open_rtp(&mut self, bytes: &mut [u8]) -> Option<usize> {
        match self {
            Self::Gcm { open, .. } => open.open_rtp(bytes),
            Self::Cm { open, .. } => put(bytes, &open.decrypt_rtp(bytes).ok()?),
        }
    }

    pub fn open_rtcp(&mut self, bytes: &mut [u8]) -> Option<usize> {
        match self {
            Self::Gcm { open, .. } => open.open_rtcp(bytes),
            Self::Cm { open, .. } => put(bytes, &open.decrypt_rtcp(bytes).ok()?),
        }
    }
}

fn put(slot: &mut [u8], bytes: &[u8]) -> Option<usize> {
    slot.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(bytes.len())
}

/// One direction of AEAD_AES_128_GCM.
pub(super) struct Gcm {
    rtp_key: LessSafeKey,
    rtp_salt: [u8; GCM_SALT],
    rtcp_key: LessSafeKey,
    rtcp_salt: [u8; GCM_SALT],
    /// Sorted by SSRC.
    streams: Vec<(u32, Indices)>,
    /// The stream used last: packets come in runs.
    recent: usize,
    rtcp_sent: u32,
    rtcp_seen: Vec<(u32, Indices)>,
}

impl Gcm {
    fn new(master_key: &[u8], master_salt: &[u8], crypto: &dyn RTCCrypto) -> Option<Self> {
        let derive = |label: u8, output: &mut [u8]| derive(master_key, master_salt, label, output, crypto);
        let key = |label: u8| {
            let mut bytes = [0; KEY];
            derive(label, &mut bytes)?;
            Some(LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &bytes).ok()?))
        };
        let salt = |label: u8| {
            let mut bytes = [0; GCM_SALT];
            derive(label, &mut bytes)?;
            Some(bytes)
        };
        // Labels of RFC 3711, section 4.3.2.
        Some(Self {
            rtp_key: key(0)?,
            rtp_salt: salt(2)?,
            rtcp_key: key(3)?,
            rtcp_salt: salt(5)?,
            streams: Vec::new(),
            recent: 0,
            rtcp_sent: 0,
            rtcp_seen: Vec::new(),
        })
    }

    fn find(&mut self, ssrc: u32) -> Result<usize, usize> {
        match self.streams.get(self.recent) {
            Some((known, _)) if *known == ssrc => Ok(self.recent),
            _ => {
                let found = self.streams.binary_search_by_key(&ssrc, |(known, _)| *known);
                if let Ok(at) = found {
                    self.recent = at;
                }
                found
            }
        }
    }

    fn seal_rtp(&mut self, slot: &mut [u8], len: usize) -> Option<usize> {
        let header = rtp_header_length(slot.get(..len)?)?;
        let (sequence, ssrc) = sequence_and_ssrc(slot)?;
        let at = match self.find(ssrc) {
            Ok(at) => at,
            Err(_) if self.streams.len() >= MAX_STREAMS => return None,
            Err(at) => {
                self.streams.insert(at, (ssrc, Indices::default()));
                self.recent = at;
                at
            }
        };
        let (_, indices) = self.streams.get_mut(at)?;
        let index = indices.index_of(sequence);
        // The same index under the same key would reuse a nonce, which gives the key away.
        if !indices.is_fresh(index) {
            return None;
        }
        let nonce = rtp_nonce(&self.rtp_salt, ssrc, index);
        let (aad, rest) = slot.split_at_mut_checked(header)?;
        let (plain, room) = rest.split_at_mut_checked(len - header)?;
        let room = room.get_mut(..TAG)?;
        let tag = self.rtp_key.seal_in_place_separate_tag(nonce, Aad::from(&*aad), plain).ok()?;
        room.copy_from_slice(tag.as_ref());
        indices.mark(index);
        Some(len + TAG)
    }

    fn open_rtp(&mut self, bytes: &mut [u8]) -> Option<usize> {
        let header = rtp_header_length(bytes)?;
        let (sequence, ssrc) = sequence_and_ssrc(bytes)?;
        let found = self.find(ssrc);
        let fresh = Indices::default();
        let indices = found.ok().and_then(|at| self.streams.get(at)).map_or(&fresh, |(_, indices)| indices);
        let index = indices.index_of(sequence);
        if !indices.is_fresh(index) {
            return None;
        }
        let nonce = rtp_nonce(&self.rtp_salt, ssrc, index);
        let (aad, sealed) = bytes.split_at_mut_checked(header)?;
        let plain = self.rtp_key.open_in_place(nonce, Aad::from(&*aad), sealed).ok()?.len();
        // Only now, after authentication, is a context made.
        let at = match found {
            Ok(at) => at,
            Err(_) if self.streams.len() >= MAX_STREAMS => return None,
            Err(at) => {
                self.streams.insert(at, (ssrc, Indices::default()));
                self.recent = at;
                at
            }
        };
        self.streams.get_mut(at)?.1.mark(index);
        Some(header + plain)
    }

    fn seal_rtcp(&mut self, slot: &mut [u8], len: usize) -> Option<usize> {
        let index = self.rtcp_sent;
        // 2^31 compound packets under one key: after that it must not be used (RFC 3711, section 9.2).
        if index >> 31 != 0 || len < RTCP_HEADER {
            return None;
        }
        let trailer = (0x8000_0000 | index).to_be_bytes();
        let ssrc = u32::from_be_bytes(*slot.get(4..8)?.first_chunk()?);
        let mut aad = [0; RTCP_HEADER + 4];
        aad[..RTCP_HEADER].copy_from_slice(slot.get(..RTCP_HEADER)?);
        aad[RTCP_HEADER..].copy_from_slice(&trailer);
        let end = slot.get_mut(len..len + TAG + 4).is_some();
        if !end {
            return None;
        }
        let (head, rest) = slot.split_at_mut_checked(len)?;
        let nonce = rtcp_nonce(&self.rtcp_salt, ssrc, index);
        let tag = self.rtcp_key.seal_in_place_separate_tag(nonce, Aad::from(aad), head.get_mut(RTCP_HEADER..)?).ok()?;
        rest.get_mut(..TAG)?.copy_from_slice(tag.as_ref());
        rest.get_mut(TAG..TAG + 4)?.copy_from_slice(&trailer);
        self.rtcp_sent += 1;
        Some(len + TAG + 4)
    }

    fn open_rtcp(&mut self, bytes: &mut [u8]) -> Option<usize> {
        let body = bytes.len().checked_sub(4)?;
        let (sealed, trailer) = bytes.split_at_mut_checked(body)?;
        let word = u32::from_be_bytes(*trailer.first_chunk()?);
        // The E bit: we speak no unencrypted SRTCP.
        if word >> 31 == 0 || sealed.len() < RTCP_HEADER + TAG {
            return None;
        }
        let index = word & 0x7fff_ffff;
        let ssrc = u32::from_be_bytes(*sealed.get(4..8)?.first_chunk()?);
        let known = self.rtcp_seen.iter().position(|(s, _)| *s == ssrc);
        if let Some(at) = known
            && !self.rtcp_seen.get(at)?.1.is_fresh(u64::from(index))
        {
            return None;
        }
        let mut aad = [0; RTCP_HEADER + 4];
        aad[..RTCP_HEADER].copy_from_slice(sealed.get(..RTCP_HEADER)?);
        aad[RTCP_HEADER..].copy_from_slice(&word.to_be_bytes());
        let nonce = rtcp_nonce(&self.rtcp_salt, ssrc, index);
        let plain = self.rtcp_key.open_in_place(nonce, Aad::from(aad), sealed.get_mut(RTCP_HEADER..)?).ok()?.len();
        let at = match known {
            Some(at) => at,
            None if self.rtcp_seen.len() >= MAX_STREAMS => return None,
            None => {
                self.rtcp_seen.push((ssrc, Indices::default()));
                self.rtcp_seen.len() - 1
            }
        };
        self.rtcp_seen.get_mut(at)?.1.mark(u64::from(index));
        Some(RTCP_HEADER + plain)
    }
}

/// RFC 3711, section 4.3.3: the AES-CM keystream for (salt xor label).
fn derive(key: &[u8], salt: &[u8], label: u8, output: &mut [u8], crypto: &dyn RTCCrypto) -> Option<()> {
    let mut iv = [0; 16];
    iv.get_mut(..salt.len())?.copy_from_slice(salt);
    iv[7] ^= label;
    output.fill(0);
    let mut cipher = crypto.new_stream_cipher(StreamCipherAlgorithm::Aes128Ctr, key).ok()?;
    cipher.apply_keystream(&iv, output).ok()
}

/// RFC 7714, section 8.1.
fn rtp_nonce(salt: &[u8; GCM_SALT], ssrc: u32, index: u64) -> Nonce {
    let mut iv = [0; GCM_SALT];
    iv[2..6].copy_from_slice(&ssrc.to_be_bytes());
    iv[6..].copy_from_slice(&index.to_be_bytes()[2..]);
    masked(iv, salt)
}

/// RFC 7714, section 9.1.
fn rtcp_nonce(salt: &[u8; GCM_SALT], ssrc: u32, index: u32) -> Nonce {
    let mut iv = [0; GCM_SALT];
    iv[2..6].copy_from_slice(&ssrc.to_be_bytes());
    iv[8..].copy_from_slice(&index.to_be_bytes());
    masked(iv, salt)
}

fn masked(mut iv: [u8; GCM_SALT], salt: &[u8; GCM_SALT]) -> Nonce {
    iv.iter_mut().zip(salt).for_each(|(byte, salt)| *byte ^= salt);
    Nonce::assume_unique_for_key(iv)
}

fn sequence_and_ssrc(packet: &[u8]) -> Option<(u16, u32)> {
    Some((
        u16::from_be_bytes(*packet.get(2..4)?.first_chunk()?),
        u32::from_be_bytes(*packet.get(8..12)?.first_chunk()?),
    ))
}

/// Bytes before the payload: fixed header, CSRCs, extension (RFC 3550, section 5.1).
fn rtp_header_length(packet: &[u8]) -> Option<usize> {
    let first = *packet.first()?;
    if first >> 6 != 2 {
        return None;
    }
    let mut length = RTP_HEADER + 4 * usize::from(first & 0x0f);
    if first & 0x10 != 0 {
        let words = u16::from_be_bytes(*packet.get(length + 2..length + 4)?.first_chunk()?);
        length += 4 + 4 * usize::from(words);
    }
    (length <= packet.len()).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Gcm, Gcm) {
        let provider = rtc_crypto::default_provider().unwrap();
        let make = || Gcm::new(&[7; KEY], &[9; GCM_SALT], provider.crypto()).unwrap();
        (make(), make())
    }

    fn packet(sequence: u16, ssrc: u32) -> Vec<u8> {
        let mut packet = vec![0x90, 96];
        packet.extend_from_slice(&sequence.to_be_bytes());
        packet.extend_from_slice(&[0, 0, 0, 1]);
        packet.extend_from_slice(&ssrc.to_be_bytes());
        packet.extend_from_slice(&[0xbe, 0xde, 0, 1, 0x10, 5, 0, 0]);
        packet.extend_from_slice(b"payload");
        packet
    }

    fn sealed(gcm: &mut Gcm, plain: &[u8]) -> Option<Vec<u8>> {
        let mut slot = [0; 200];
        slot[..plain.len()].copy_from_slice(plain);
        let length = gcm.seal_rtp(&mut slot, plain.len())?;
        Some(slot[..length].to_vec())
    }

    #[test]
    fn the_crates_own_context_opens_what_we_seal_and_we_what_it_seals() {
        let provider = rtc_crypto::default_provider().unwrap();
        let profile = ProtectionProfile::AeadAes128Gcm;
        let mut theirs = Context::new(&[7; KEY], &[9; GCM_SALT], profile, None, None, provider.crypto()).unwrap();
        let (mut ours, mut opener) = pair();
        let plain = packet(100, 0xabcd);
        assert_eq!(&theirs.decrypt_rtp(&sealed(&mut ours, &plain).unwrap()).unwrap()[..], &plain[..]);
        let mut theirs = Context::new(&[7; KEY], &[9; GCM_SALT], profile, None, None, provider.crypto()).unwrap();
        let mut bytes = theirs.encrypt_rtp(&plain).unwrap().to_vec();
        let length = opener.open_rtp(&mut bytes).unwrap();
        assert_eq!(&bytes[..length], &plain[..]);

        let report = [0x80, 201, 0, 1, 0, 0, 0, 5];
        let mut slot = [0; 100];
        slot[..8].copy_from_slice(&report);
        let length = ours.seal_rtcp(&mut slot, 8).unwrap();
        let mut theirs = Context::new(&[7; KEY], &[9; GCM_SALT], profile, None, None, provider.crypto()).unwrap();
        assert_eq!(&theirs.decrypt_rtcp(&slot[..length]).unwrap()[..], &report);
        let mut bytes = theirs.encrypt_rtcp(&report).unwrap().to_vec();
        let length = opener.open_rtcp(&mut bytes).unwrap();
        assert_eq!(&bytes[..length], &report);
    }

    #[test]
    fn an_index_is_never_sealed_twice() {
        let (mut gcm, _) = pair();
        assert!(sealed(&mut gcm, &packet(10, 1)).is_some());
        assert!(sealed(&mut gcm, &packet(10, 1)).is_none());
        assert!(sealed(&mut gcm, &packet(10, 2)).is_some(), "another stream has its own");
        assert!(sealed(&mut gcm, &packet(8, 1)).is_some(), "late, but never used");
        assert!(sealed(&mut gcm, &packet(8, 1)).is_none());
    }

    #[test]
    fn replays_and_forgeries_are_refused_and_leave_no_context() {
        let (mut seal, mut open) = pair();
        let good = sealed(&mut seal, &packet(10, 1)).unwrap();
        assert!(open.open_rtp(&mut good.clone()).is_some());
        assert!(open.open_rtp(&mut good.clone()).is_none());
        for ssrc in 100..600 {
            let mut forged = packet(1, ssrc);
            forged.extend_from_slice(&[0; TAG]);
            assert!(open.open_rtp(&mut forged).is_none());
        }
        assert_eq!(open.streams.len(), 1);
    }

    #[test]
    fn any_bytes_are_survived() {
        let (mut seal, mut open) = pair();
        for length in 0..64 {
            for fill in [0x80, 0x90, 0x9f, 0xff, 0x00] {
                let mut bytes = vec![fill; length];
                open.open_rtp(&mut bytes);
                open.open_rtcp(&mut bytes);
                seal.seal_rtp(&mut bytes, length);
                seal.seal_rtcp(&mut bytes, length);
            }
        }
    }
}
