//! A publisher's tracks: begun, muted, ended, wanted and not; who speaks; what it is told.

use super::harness::*;
use crate::feedback::{Feedback, read};
use crate::worker::{Command, Reply};
use lianxian_model::media::{Codec, MediaEvent, TrackSettings, TransportEnd};
use std::time::Duration;

const HALF: Duration = Duration::from_millis(500);

fn opus(sequence: u16, level: u8) -> Rtp<'static> {
    Rtp {
        mid: "0",
        rid: "",
        rtx: false,
        payload_type: OPUS,
        ssrc: 500,
        sequence,
        timestamp: u32::from(sequence) * 960,
        level: Some(level),
        marker: true,
        payload: &[0xfc; 40],
    }
}

/// A speaker on one worker and a listener on the other.
fn listened() -> (House, usize, usize) {
    let mut house = House::new(2);
    let speaker = house.join(1);
    let listener = house.join(0);
    let answer = house.publish(speaker, &[microphone("TR_m")]);
    assert_eq!(answer.bound, [("TR_m".into(), "0".to_owned())]);
    house.run(HALF);
    house.receive(listener, &[("TR_m", speaker)]);
    house.run(HALF);
    (house, speaker, listener)
}

#[test]
fn a_listener_without_red_gets_the_opus_in_it() {
    let (mut house, speaker, with_red) = listened();
    let without = house.join(0);
    house.people[without].takes_red = false;
    house.run(HALF);
    house.receive(without, &[("TR_m", speaker)]);
    house.run(HALF);
    // A block of 20 ms ago with three bytes, and the new one with two.
    let payload = [0x80 | OPUS, 0x0f, 0, 3, OPUS, 1, 1, 1, 2, 2];
    for sequence in 0..10 {
        house.send(speaker, &Rtp { payload_type: RED, payload: &payload, ..opus(sequence, 20) });
        house.run(Duration::from_millis(20));
    }
    // What is cut off has no new block: it goes to those alone who took it as it is.
    house.send(speaker, &Rtp { payload_type: RED, payload: &payload[..6], ..opus(10, 20) });
    house.run(Duration::from_millis(20));
    let whole = house.received(with_red, "TR_m");
    assert_eq!(whole.len(), 11);
    assert!(whole[..10].iter().all(|(header, got)| header.payload_type == RED && got[..] == payload));
    let plain = house.received(without, "TR_m");
    assert_eq!(plain.len(), 10);
    assert!(plain.iter().all(|(header, got)| header.payload_type == OPUS && got[..] == [2, 2]));
    assert!(plain.windows(2).all(|pair| pair[1].0.sequence == pair[0].0.sequence + 1));
}

#[test]
fn sound_arrives_with_its_level_and_the_speaker_is_told_of() {
    let (mut house, speaker, listener) = listened();
    for sequence in 0..30 {
        house.send(speaker, &opus(sequence, 20));
        house.run(Duration::from_millis(20));
    }
    let raw = house.people[listener].subscriber.rtp[0].clone();
    let header = crate::rtp::Header::parse(&raw).unwrap();
    assert_eq!(level_of(&header, &raw), Some(20));
    let received = house.received(listener, "TR_m");
    assert_eq!(received.len(), 30);
    assert!(received.windows(2).all(|pair| {
        pair[1].0.sequence == pair[0].0.sequence + 1 && pair[1].0.timestamp == pair[0].0.timestamp.wrapping_add(960)
    }));
    let spoken = house.events.iter().find_map(|event| match event {
        MediaEvent::Speakers { levels } if !levels.is_empty() => Some(levels[0].clone()),
        _ => None,
    });
    let (who, track, level) = spoken.expect("someone speaks");
    assert_eq!((who, track), (house.sid(speaker), "TR_m".into()));
    assert!((level - 0.1).abs() < 0.01);
    house.events.clear();
    house.run(Duration::from_secs(3));
    let silences = house.count(|event| matches!(event, MediaEvent::Speakers { levels } if levels.is_empty()));
    assert_eq!(silences, 1, "silence is told once");
}

#[test]
fn a_muted_track_forwards_nothing_and_leaves_no_gap() {
    let (mut house, speaker, listener) = listened();
    house.send(speaker, &opus(1, 20));
    let before = house.received(listener, "TR_m");
    let mute = |house: &mut House, muted| {
        let (publisher, home) = (house.sid(speaker), house.people[speaker].home);
        house.command(home, Command::SetMuted { publisher, track: "TR_m".into(), muted });
    };
    mute(&mut house, true);
    for sequence in 2..20 {
        house.send(speaker, &opus(sequence, 20));
    }
    assert!(house.received(listener, "TR_m").is_empty());
    house.events.clear();
    house.run(Duration::from_secs(1));
    let spoken = house.count(|event| matches!(event, MediaEvent::Speakers { levels } if !levels.is_empty()));
    assert_eq!(spoken, 0, "nor does it speak");
    // Nobody else can unmute it.
    let (publisher, home) = (house.sid(listener), house.people[listener].home);
    house.command(home, Command::SetMuted { publisher, track: "TR_m".into(), muted: false });
    house.send(speaker, &opus(20, 20));
    assert!(house.received(listener, "TR_m").is_empty());
    mute(&mut house, false);
    house.send(speaker, &opus(21, 20));
    let after = house.received(listener, "TR_m");
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].0.sequence, before[0].0.sequence + 1);
    assert_eq!(after[0].0.timestamp, before[0].0.timestamp.wrapping_add(20 * 960), "time went on");
}

#[test]
fn a_stopped_section_ends_its_track_for_all() {
    let (mut house, speaker, listener) = listened();
    for sequence in 0..10 {
        house.send(speaker, &opus(sequence, 20));
    }
    let offers = house.people[listener].offers;
    let tracks = [microphone("TR_m")];
    let sdp = offer(&house.people[speaker].publisher, &tracks, &["TR_m"]);
    let answer = house.publish_sdp(speaker, sdp, &tracks);
    assert_eq!(answer.removed, ["TR_m".into()]);
    house.run(HALF);
    let summary = house.events.iter().find_map(|event| match event {
        MediaEvent::TrackEnded { track, summary, .. } if *track == "TR_m".into() => Some(summary.clone()),
        _ => None,
    });
    assert_eq!(summary.expect("it ended").packets, 10);
    assert_eq!(house.people[listener].offers, offers + 1, "its section is free");
    house.received(listener, "TR_m");
    house.send(speaker, &opus(11, 20));
    assert!(house.people[listener].subscriber.rtp.is_empty());
    // A new track in the same connection works, under its own name.
    let answer = house.publish(speaker, &[microphone("TR_n")]);
    assert_eq!(answer.bound, [("TR_n".into(), "0".to_owned())]);
    house.receive(listener, &[("TR_n", speaker)]);
    house.run(HALF);
    house.send(speaker, &opus(12, 20));
    assert_eq!(house.received(listener, "TR_n").len(), 1);
}

#[test]
fn closing_tells_of_every_track_and_leaves_nothing() {
    let (mut house, speaker, listener) = listened();
    house.send(speaker, &opus(1, 20));
    for person in [speaker, listener] {
        let (participant, home) = (house.sid(person), house.people[person].home);
        house.command(home, Command::Close { participant: participant.clone() });
        assert!(matches!(house.command(home, Command::Close { participant }), Reply::Done), "idempotent");
    }
    assert_eq!(house.count(|event| matches!(event, MediaEvent::TrackEnded { .. })), 1);
    assert!(house.people[speaker].publisher.closed, "a close_notify was sent");
    for gauge in ["participants", "tracks", "viewers", "flows"] {
        assert_eq!(house.counter(gauge), 0, "{gauge}");
    }
    for worker in &house.workers {
        assert_eq!((worker.links.len(), worker.timers.len(), worker.ufrags.len()), (0, 0, 0));
    }
    house.run(Duration::from_secs(1));
    assert!(house.workers.iter().all(|worker| worker.deadline().is_none()), "and there is nothing to wait for");
}

#[test]
fn what_nobody_takes_is_switched_off_and_on_again() {
    let mut house = House::new(2);
    let publisher = house.join(0);
    let viewer = house.join(1);
    house.publish(publisher, &[camera("TR_c")]);
    house.run(Duration::from_secs(3));
    let wanted = |house: &House| {
        house.events.iter().rev().find_map(|event| match event {
            MediaEvent::WantedQualities { low, medium, high, .. } => Some([*low, *medium, *high]),
            _ => None,
        })
    };
    assert_eq!(wanted(&house), Some([false; 3]));
    house.receive(viewer, &[("TR_c", publisher)]);
    house.settle();
    assert_eq!(wanted(&house), Some([true; 3]), "nothing comes yet, so anything is welcome");
    for frame in 0..100_u16 {
        for (rid, ssrc) in [("q", 1_u32), ("h", 2), ("f", 3)] {
            let payload = vp8((frame % 30 == 0).then_some(320), frame);
            let packet = Rtp {
                mid: "0",
                rid,
                rtx: false,
                payload_type: VP8,
                ssrc,
                sequence: frame,
                timestamp: u32::from(frame) * 3000,
                level: None,
                marker: true,
                payload: &payload,
            };
            house.send(publisher, &packet);
        }
        house.run(Duration::from_millis(33));
    }
    assert_eq!(wanted(&house), Some([false, false, true]));
    house.settings(viewer, "TR_c", TrackSettings { width: 200, height: 100, ..TrackSettings::default() });
    house.settle();
    assert_eq!(wanted(&house), Some([true, false, true]), "until the other layer's key frame comes");
    house.settings(viewer, "TR_c", TrackSettings { enabled: false, ..TrackSettings::default() });
    house.run(Duration::from_secs(3));
    assert_eq!(wanted(&house), Some([false; 3]));
}

#[test]
fn a_publisher_is_told_what_arrived_and_reported_to() {
    let (mut house, speaker, _) = listened();
    for sequence in (0..100).filter(|sequence| sequence % 10 != 3) {
        house.send(speaker, &opus(sequence, 20));
        house.run(Duration::from_millis(20));
    }
    house.run(HALF);
    let reports: Vec<_> = house.people[speaker]
        .publisher
        .rtcp
        .iter()
        .flat_map(|bytes| read(bytes).collect::<Vec<_>>())
        .filter_map(|item| match item {
            Feedback::Reception(report) => Some(report),
            _ => None,
        })
        .collect();
    assert!((1..=4).contains(&reports.len()), "{}", reports.len());
    let last = reports.last().unwrap();
    assert_eq!(last.about, 500);
    assert!((8..=10).contains(&last.lost), "{}", last.lost);
    let feedback = house.people[speaker].publisher.rtcp.len();
    assert!((20..=60).contains(&feedback), "{feedback} compounds in 1.8 s");
}

#[test]
fn a_restart_of_the_publisher_moves_it_to_a_new_address() {
    let (mut house, speaker, listener) = listened();
    house.send(speaker, &opus(1, 20));
    assert_eq!(house.received(listener, "TR_m").len(), 1);
    // New credentials, a new address, the same DTLS association.
    let before = house.people[speaker].publisher.remote.clone();
    house.people[speaker].publisher.ufrag = "restarted".to_owned();
    let answer = house.publish(speaker, &[microphone("TR_m")]);
    assert!(answer.removed.is_empty() && answer.bound.is_empty());
    assert_ne!(house.people[speaker].publisher.remote, before);
    house.people[speaker].publisher.flow.remote.set_port(31_000);
    house.run(Duration::from_secs(3));
    house.send(speaker, &opus(2, 20));
    assert_eq!(house.received(listener, "TR_m").len(), 1);
}

#[test]
fn consent_runs_out_and_ends_the_track() {
    let (mut house, speaker, _) = listened();
    house.send(speaker, &opus(1, 20));
    // It falls silent: no checks, no media.
    house.people[speaker].publisher.remote = None;
    house.events.clear();
    house.run(Duration::from_secs(29));
    assert_eq!(house.count(|event| matches!(event, MediaEvent::TransportDown { .. })), 0);
    house.run(Duration::from_secs(3));
    let down =
        house.count(|event| matches!(event, MediaEvent::TransportDown { end: TransportEnd::ConsentExpired, .. }));
    assert_eq!(down, 1);
    assert_eq!(house.count(|event| matches!(event, MediaEvent::TrackEnded { .. })), 1);
    assert_eq!(house.counter("tracks"), 2, "the listener's want stays, on both workers");
}

#[test]
fn codecs_are_told_with_the_track() {
    let (mut house, speaker, _) = listened();
    house.send(speaker, &opus(1, 20));
    let started = |event: &MediaEvent| matches!(event, MediaEvent::TrackStarted { codec: Codec::Opus, .. });
    assert_eq!(house.count(started), 1);
}
