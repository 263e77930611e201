//! SRTP both ways (RFC 3711; AES-GCM as in RFC 7714), in place and without allocating. The crate's own context is not used: it makes
//! contexts before it authenticates, lets unencrypted SRTCP through unauthenticated, and seals the same index as often as it is told to.

use super::issued::Issued;
use super::streams::Streams;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rtc_crypto::{HmacAlgorithm, Mac, RTCCrypto, StreamCipher, StreamCipherAlgorithm, constant_time_eq};
use rtc_srtp::protection_profile::ProtectionProfile;

const KEY: usize = 16;
const GCM_SALT: usize = 12;
const GCM_TAG: usize = 16;
const CM_SALT: usize = 14;
const SHA1_KEY: usize = 20;
/// HMAC-SHA1 is cut to 80 bits.
const CM_TAG: usize = 10;
const RTP_HEADER: usize = 12;
const RTCP_HEADER: usize = 8;
/// The E bit and the index, at the end of an SRTCP packet.
const RTCP_TRAILER: usize = 4;

/// The keys of one connection. We are the DTLS server.
pub(super) struct Srtp {
    seal: Direction,
    open: Direction,
}

impl Srtp {
    /// Keys of RFC 5764, section 4.2: client key, server key, client salt, server salt. `None`: another profile than the two that we
    /// speak, or too little material.
    pub fn new(profile: ProtectionProfile, material: &[u8], crypto: &dyn RTCCrypto) -> Option<Self> {
        let salt = match profile {
            ProtectionProfile::AeadAes128Gcm => GCM_SALT,
            ProtectionProfile::Aes128CmHmacSha1_80 => CM_SALT,
            _ => return None,
        };
        let (keys, salts) = material.split_at_checked(2 * KEY)?;
        let (client_key, server_key) = keys.split_at_checked(KEY)?;
        let (client_salt, server_salt) = salts.get(..2 * salt)?.split_at_checked(salt)?;
        let make = |key, salt| Direction::new(profile, key, salt, crypto);
        Some(Self { seal: make(server_key, server_salt)?, open: make(client_key, client_salt)? })
    }

    /// Seals a packet of one of the `streams` that were given out.
    pub fn seal_rtp(&mut self, streams: &mut Issued, slot: &mut [u8], len: usize) -> Option<usize> {
        self.seal.seal_rtp(streams, slot, len)
    }

    pub fn seal_rtcp(&mut self, slot: &mut [u8], len: usize) -> Option<usize> {
        self.seal.seal_rtcp(slot, len)
    }

    /// The length of the plain packet, now at the start of `bytes`.
    pub fn open_rtp(&mut self, bytes: &mut [u8]) -> Option<usize> {
        self.open.open_rtp(bytes)
    }

    pub fn open_rtcp(&mut self, bytes: &mut [u8]) -> Option<usize> {
        self.open.open_rtcp(bytes)
    }
}

/// One direction: its session keys, and which indices were used (of sealed RTP [`Issued`] keeps them).
pub(super) struct Direction {
    keys: Keys,
    rtp: Streams,
    rtcp: Streams,
    rtcp_sent: u32,
}

#[allow(
    clippy::large_enum_variant,
    reason = "GCM is what nearly every peer has, and lies on every packet's way: no pointer to follow"
)]
enum Keys {
    Gcm { rtp: Gcm, rtcp: Gcm },
    Cm { rtp: Box<Cm>, rtcp: Box<Cm> },
}

/// AEAD_AES_128_GCM.
struct Gcm {
    key: LessSafeKey,
    salt: [u8; GCM_SALT],
}

/// AES_CM_128_HMAC_SHA1_80.
struct Cm {
    cipher: Box<dyn StreamCipher>,
    mac: Box<dyn Mac>,
    salt: [u8; CM_SALT],
}

impl Direction {
    pub fn new(
        profile: ProtectionProfile,
        master_key: &[u8],
        master_salt: &[u8],
        crypto: &dyn RTCCrypto,
    ) -> Option<Self> {
        let derive = |label, output: &mut [u8]| derive(master_key, master_salt, label, output, crypto);
        let gcm = |key_label, salt_label| {
            let (mut key, mut salt) = ([0; KEY], [0; GCM_SALT]);
            derive(key_label, &mut key)?;
            derive(salt_label, &mut salt)?;
            Some(Gcm { key: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).ok()?), salt })
        };
        let cm = |key_label, mac_label, salt_label| {
            let (mut key, mut mac, mut salt) = ([0; KEY], [0; SHA1_KEY], [0; CM_SALT]);
            derive(key_label, &mut key)?;
            derive(mac_label, &mut mac)?;
            derive(salt_label, &mut salt)?;
            Some(Box::new(Cm {
                cipher: crypto.new_stream_cipher(StreamCipherAlgorithm::Aes128Ctr, &key).ok()?,
                mac: crypto.new_hmac(HmacAlgorithm::Sha1, &mac).ok()?,
                salt,
            }))
        };
        // Labels of RFC 3711, section 4.3.2.
        let keys = match profile {
            ProtectionProfile::AeadAes128Gcm => Keys::Gcm { rtp: gcm(0, 2)?, rtcp: gcm(3, 5)? },
            _ => Keys::Cm { rtp: cm(0, 1, 2)?, rtcp: cm(3, 4, 5)? },
        };
        Some(Self { keys, rtp: Streams::default(), rtcp: Streams::default(), rtcp_sent: 0 })
    }

    fn seal_rtp(&mut self, streams: &mut Issued, slot: &mut [u8], len: usize) -> Option<usize> {
        let header = rtp_header_length(slot.get(..len)?)?;
        let (sequence, ssrc) = sequence_and_ssrc(slot)?;
        // The same index under the same key would reuse a nonce, which gives the key away.
        let index = streams.index_of(ssrc, sequence)?;
        let sealed = match &mut self.keys {
            Keys::Gcm { rtp, .. } => {
                let (packet, room) = slot.split_at_mut_checked(len)?;
                let (aad, plain) = packet.split_at_mut_checked(header)?;
                rtp.seal(rtp.nonce(ssrc, index), aad, plain, room.get_mut(..GCM_TAG)?)?;
                len + GCM_TAG
            }
            Keys::Cm { rtp, .. } => {
                let (packet, room) = slot.split_at_mut_checked(len)?;
                let room = room.get_mut(..CM_TAG)?;
                rtp.crypt(ssrc, index, packet.get_mut(header..)?)?;
                room.copy_from_slice(&rtp.tag(&[packet, &rollover(index)])?);
                len + CM_TAG
            }
        };
        streams.mark(ssrc, index);
        Some(sealed)
    }

    fn open_rtp(&mut self, bytes: &mut [u8]) -> Option<usize> {
        let header = rtp_header_length(bytes)?;
        let (sequence, ssrc) = sequence_and_ssrc(bytes)?;
        let index = self.rtp.index_of(ssrc, sequence)?;
        let plain = match &mut self.keys {
            Keys::Gcm { rtp, .. } => {
                let (aad, sealed) = bytes.split_at_mut_checked(header)?;
                header + rtp.open(rtp.nonce(ssrc, index), aad, sealed)?
            }
            Keys::Cm { rtp, .. } => {
                let length = bytes.len().checked_sub(CM_TAG).filter(|length| *length >= header)?;
                let (packet, tag) = bytes.split_at_mut_checked(length)?;
                if !constant_time_eq(&rtp.tag(&[packet, &rollover(index)])?, tag) {
                    return None;
                }
                rtp.crypt(ssrc, index, packet.get_mut(header..)?)?;
                length
            }
        };
        self.rtp.mark(ssrc, index);
        Some(plain)
    }

    fn seal_rtcp(&mut self, slot: &mut [u8], len: usize) -> Option<usize> {
        let index = self.rtcp_sent;
        // 2^31 compound packets under one key: after that it must not be used (RFC 3711, section 9.2).
        if index >> 31 != 0 || len < RTCP_HEADER {
            return None;
        }
        let trailer = (0x8000_0000 | index).to_be_bytes();
        let (packet, room) = slot.split_at_mut_checked(len)?;
        let ssrc = u32_at(packet, 4)?;
        let sealed = match &mut self.keys {
            Keys::Gcm { rtcp, .. } => {
                let (tag, rest) = room.split_at_mut_checked(GCM_TAG)?;
                let rest = rest.get_mut(..RTCP_TRAILER)?;
                let aad = rtcp_aad(packet, trailer)?;
                rtcp.seal(rtcp.nonce(ssrc, u64::from(index)), &aad, packet.get_mut(RTCP_HEADER..)?, tag)?;
                rest.copy_from_slice(&trailer);
                len + GCM_TAG + RTCP_TRAILER
            }
            Keys::Cm { rtcp, .. } => {
                let room = room.get_mut(..RTCP_TRAILER + CM_TAG)?;
                rtcp.crypt(ssrc, u64::from(index), packet.get_mut(RTCP_HEADER..)?)?;
                room[..RTCP_TRAILER].copy_from_slice(&trailer);
                room[RTCP_TRAILER..].copy_from_slice(&rtcp.tag(&[packet, &trailer])?);
                len + RTCP_TRAILER + CM_TAG
            }
        };
        self.rtcp_sent += 1;
        Some(sealed)
    }

    fn open_rtcp(&mut self, bytes: &mut [u8]) -> Option<usize> {
        let behind_trailer = match &self.keys {
            Keys::Gcm { .. } => 0,
            Keys::Cm { .. } => CM_TAG,
        };
        let length = bytes.len().checked_sub(RTCP_TRAILER + behind_trailer).filter(|l| *l >= RTCP_HEADER)?;
        let (packet, rest) = bytes.split_at_mut_checked(length)?;
        let word = u32_at(rest, 0)?;
        // The E bit: we speak no unencrypted SRTCP.
        if word >> 31 == 0 {
            return None;
        }
        let (ssrc, index) = (u32_at(packet, 4)?, u64::from(word & 0x7fff_ffff));
        if !self.rtcp.is_fresh(ssrc, index) {
            return None;
        }
        let plain = match &mut self.keys {
            Keys::Gcm { rtcp, .. } => {
                let aad = rtcp_aad(packet, word.to_be_bytes())?;
                RTCP_HEADER + rtcp.open(rtcp.nonce(ssrc, index), &aad, packet.get_mut(RTCP_HEADER..)?)?
            }
            Keys::Cm { rtcp, .. } => {
                let (trailer, tag) = rest.split_at_checked(RTCP_TRAILER)?;
                if !constant_time_eq(&rtcp.tag(&[packet, trailer])?, tag) {
                    return None;
                }
                rtcp.crypt(ssrc, index, packet.get_mut(RTCP_HEADER..)?)?;
                length
            }
        };
        self.rtcp.mark(ssrc, index);
        Some(plain)
    }
}

impl Gcm {
    /// RFC 7714, sections 8.1 and 9.1: they differ only in how long an index is.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut iv = [0; GCM_SALT];
        iv[2..6].copy_from_slice(&ssrc.to_be_bytes());
        iv[6..].copy_from_slice(&index.to_be_bytes()[2..]);
        iv.iter_mut().zip(&self.salt).for_each(|(byte, salt)| *byte ^= salt);
        Nonce::assume_unique_for_key(iv)
    }

    fn seal(&self, nonce: Nonce, aad: &[u8], plain: &mut [u8], room: &mut [u8]) -> Option<()> {
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(aad), plain).ok()?;
        room.copy_from_slice(tag.as_ref());
        Some(())
    }

    fn open(&self, nonce: Nonce, aad: &[u8], sealed: &mut [u8]) -> Option<usize> {
        self.key.open_in_place(nonce, Aad::from(aad), sealed).ok().map(|plain| plain.len())
    }
}

impl Cm {
    /// RFC 3711, section 4.1.1: both ways are the same.
    fn crypt(&mut self, ssrc: u32, index: u64, body: &mut [u8]) -> Option<()> {
        let mut iv = [0; 16];
        iv[4..8].copy_from_slice(&ssrc.to_be_bytes());
        iv[8..CM_SALT].copy_from_slice(&index.to_be_bytes()[2..]);
        iv.iter_mut().zip(&self.salt).for_each(|(byte, salt)| *byte ^= salt);
        self.cipher.apply_keystream(&iv, body).ok()
    }

    fn tag(&mut self, input: &[&[u8]]) -> Option<[u8; CM_TAG]> {
        let mut tag = [0; 20];
        self.mac.sign(input, &mut tag).ok()?;
        tag.first_chunk().copied()
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

fn rollover(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

/// RFC 7714, section 9.2: the header, and the trailer that stands behind the sealed part.
fn rtcp_aad(packet: &[u8], trailer: [u8; RTCP_TRAILER]) -> Option<[u8; RTCP_HEADER + RTCP_TRAILER]> {
    let mut aad = [0; RTCP_HEADER + RTCP_TRAILER];
    aad[..RTCP_HEADER].copy_from_slice(packet.get(..RTCP_HEADER)?);
    aad[RTCP_HEADER..].copy_from_slice(&trailer);
    Some(aad)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn sequence_and_ssrc(packet: &[u8]) -> Option<(u16, u32)> {
    Some((u16::from_be_bytes(*packet.get(2..4)?.first_chunk()?), u32_at(packet, 8)?))
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
mod tests;
