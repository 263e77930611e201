//! Both profiles against the crate's own context, and what each must refuse.

use super::*;
use proptest::prelude::*;
use rtc_srtp::context::Context;

const PROFILES: [ProtectionProfile; 2] = [ProtectionProfile::AeadAes128Gcm, ProtectionProfile::Aes128CmHmacSha1_80];

fn salt(profile: ProtectionProfile) -> &'static [u8] {
    &[9; CM_SALT][..profile.salt_len()]
}

fn ours(profile: ProtectionProfile) -> Direction {
    let provider = rtc_crypto::default_provider().unwrap();
    Direction::new(profile, &[7; KEY], salt(profile), provider.crypto()).unwrap()
}

fn theirs(profile: ProtectionProfile) -> Context {
    let provider = rtc_crypto::default_provider().unwrap();
    Context::new(&[7; KEY], salt(profile), profile, None, None, provider.crypto()).unwrap()
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

const REPORT: [u8; 8] = [0x80, 201, 0, 1, 0, 0, 0, 5];

/// One who seals, with some streams to send.
struct Sealing {
    direction: Direction,
    streams: Issued,
}

fn sealing(profile: ProtectionProfile) -> Sealing {
    let mut streams = Issued::new(1);
    for _ in 0..4 {
        streams.issue();
    }
    Sealing { direction: ours(profile), streams }
}

fn sealed(by: &mut Sealing, plain: &[u8]) -> Option<Vec<u8>> {
    let mut slot = [0; 200];
    slot[..plain.len()].copy_from_slice(plain);
    let length = by.direction.seal_rtp(&mut by.streams, &mut slot, plain.len())?;
    Some(slot[..length].to_vec())
}

fn sealed_report(by: &mut Sealing) -> Vec<u8> {
    let mut slot = [0; 100];
    slot[..8].copy_from_slice(&REPORT);
    let length = by.direction.seal_rtcp(&mut slot, 8).unwrap();
    slot[..length].to_vec()
}

#[test]
fn the_crates_own_context_opens_what_we_seal_and_we_what_it_seals() {
    for profile in PROFILES {
        let (mut seal, mut open) = (sealing(profile), ours(profile));
        let (mut crate_seal, mut crate_open) = (theirs(profile), theirs(profile));
        // Past a rollover of the sequence number too.
        for sequence in [100, 30_000, 60_000, 65_535, 0, 1] {
            let plain = packet(sequence, 3);
            assert_eq!(crate_open.decrypt_rtp(&sealed(&mut seal, &plain).unwrap()).unwrap()[..], plain[..]);
            let mut bytes = crate_seal.encrypt_rtp(&plain).unwrap().to_vec();
            let length = open.open_rtp(&mut bytes).unwrap();
            assert_eq!(&bytes[..length], &plain[..]);
        }
        for _ in 0..3 {
            assert_eq!(crate_open.decrypt_rtcp(&sealed_report(&mut seal)).unwrap()[..], REPORT);
            let mut bytes = crate_seal.encrypt_rtcp(&REPORT).unwrap().to_vec();
            let length = open.open_rtcp(&mut bytes).unwrap();
            assert_eq!(&bytes[..length], &REPORT);
        }
    }
}

#[test]
fn an_index_is_never_sealed_twice() {
    for profile in PROFILES {
        let mut seal = sealing(profile);
        assert!(sealed(&mut seal, &packet(10, 1)).is_some());
        assert!(sealed(&mut seal, &packet(10, 1)).is_none());
        assert!(sealed(&mut seal, &packet(10, 2)).is_some(), "another stream has its own");
        assert!(sealed(&mut seal, &packet(8, 1)).is_some(), "late, but never used");
        assert!(sealed(&mut seal, &packet(8, 1)).is_none());
        assert_ne!(sealed_report(&mut seal), sealed_report(&mut seal), "SRTCP counts by itself");
    }
}

#[test]
fn replays_and_forgeries_are_refused_and_leave_no_context() {
    for profile in PROFILES {
        let (mut seal, mut open) = (sealing(profile), ours(profile));
        let good = sealed(&mut seal, &packet(10, 1)).unwrap();
        assert!(open.open_rtp(&mut good.clone()).is_some());
        assert!(open.open_rtp(&mut good.clone()).is_none());
        let report = sealed_report(&mut seal);
        assert!(open.open_rtcp(&mut report.clone()).is_some());
        assert!(open.open_rtcp(&mut report.clone()).is_none());
        for ssrc in 100..600 {
            let mut forged = packet(1, ssrc);
            forged.extend_from_slice(&[0; GCM_TAG]);
            assert!(open.open_rtp(&mut forged).is_none());
            let mut forged = REPORT.to_vec();
            forged[4..8].copy_from_slice(&ssrc.to_be_bytes());
            forged.extend_from_slice(&[0; GCM_TAG]);
            forged.extend_from_slice(&[0x80, 0, 0, 9]);
            forged.extend_from_slice(&[0; CM_TAG]);
            assert!(open.open_rtcp(&mut forged).is_none());
        }
        assert_eq!((open.rtp.len(), open.rtcp.len()), (1, 1));
    }
}

/// The crate's context hands such packets out as if they were authentic.
#[test]
fn unencrypted_control_packets_are_refused() {
    for profile in PROFILES {
        for tag in [CM_TAG, GCM_TAG] {
            let mut forged = REPORT.to_vec();
            forged.extend_from_slice(&vec![0; tag + RTCP_TRAILER]);
            assert!(ours(profile).open_rtcp(&mut forged).is_none());
        }
    }
}

#[test]
fn a_changed_bit_anywhere_is_seen() {
    for profile in PROFILES {
        let mut seal = sealing(profile);
        let (media, report) = (sealed(&mut seal, &packet(10, 1)).unwrap(), sealed_report(&mut seal));
        for bit in 0..media.len() * 8 {
            let mut changed = media.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(ours(profile).open_rtp(&mut changed).is_none(), "bit {bit} of {profile:?}");
        }
        for bit in 0..report.len() * 8 {
            let mut changed = report.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(ours(profile).open_rtcp(&mut changed).is_none(), "bit {bit} of {profile:?}");
        }
    }
}

#[test]
fn no_room_is_no_packet_and_uses_no_index() {
    for profile in PROFILES {
        let mut seal = sealing(profile);
        let plain = packet(10, 1);
        let mut tight = plain.clone();
        assert_eq!(seal.direction.seal_rtp(&mut seal.streams, &mut tight, plain.len()), None);
        assert!(sealed(&mut seal, &plain).is_some());
        let mut tight = REPORT;
        assert_eq!(seal.direction.seal_rtcp(&mut tight, 8), None);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..80), length in 0usize..100) {
        for profile in PROFILES {
            let mut direction = ours(profile);
            for mut bytes in [bytes.clone(), [&[0x90], &bytes[..]].concat()] {
                direction.open_rtp(&mut bytes);
                direction.open_rtcp(&mut bytes);
                direction.seal_rtp(&mut Issued::new(0), &mut bytes, length);
                direction.seal_rtcp(&mut bytes, length);
            }
        }
    }
}
