//! Who may not publish, cannot; who is not offered, does not receive; one offer at a time.

use super::client::Client;
use super::harness::*;
use crate::worker::{Command, Reply, WorkerIndex};
use lianxian_model::media::{Downstream, MAX_DOWNSTREAMS, MAX_UPLOADS, MediaError, MediaEvent, Target, TrackSettings};
use std::time::Duration;

const HALF: Duration = Duration::from_millis(500);

fn frame(payload: &[u8], sequence: u16) -> Rtp<'_> {
    Rtp {
        mid: "0",
        rid: "q",
        rtx: false,
        payload_type: VP8,
        ssrc: 77,
        sequence,
        timestamp: u32::from(sequence) * 3_000,
        level: None,
        marker: true,
        payload,
    }
}

#[test]
fn without_the_right_media_is_refused_and_what_is_sent_all_the_same_goes_nowhere() {
    let mut house = House::new(1);
    let watcher = house.join_with(0, false, Client::new, true);
    let viewer = house.join(0);
    let answer = house.publish(watcher, &[camera("TR_c")]);
    assert!(answer.bound.is_empty());
    assert!(answer.sdp.contains("a=inactive") && !answer.sdp.contains("a=recvonly"));
    house.receive(viewer, &[("TR_c", watcher)]);
    house.run(HALF);
    assert!(house.is_up(watcher, Target::Publisher), "data may still go over it");
    for sequence in 0..50 {
        house.send(watcher, &frame(&vp8(Some(320), sequence), sequence));
    }
    assert!(house.people[viewer].subscriber.rtp.is_empty());
    assert_eq!(house.counter("rtp_refused_total"), 50);
    assert_eq!(house.count(|event| matches!(event, MediaEvent::TrackStarted { .. })), 0);
}

#[test]
fn losing_the_right_ends_what_is_published() {
    let mut house = House::new(1);
    let publisher = house.join(0);
    let viewer = house.join(0);
    house.publish(publisher, &[camera("TR_c")]);
    house.run(HALF);
    house.receive(viewer, &[("TR_c", publisher)]);
    house.run(HALF);
    house.send(publisher, &frame(&vp8(Some(320), 1), 1));
    assert_eq!(house.received(viewer, "TR_c").len(), 1);
    house.command(0, Command::SetMayPublish { participant: house.sid(publisher), may_publish: false });
    for sequence in 2..20 {
        house.send(publisher, &frame(&vp8(Some(320), sequence), sequence));
    }
    assert!(house.people[viewer].subscriber.rtp.is_empty());
    assert_eq!(house.count(|event| matches!(event, MediaEvent::TrackEnded { .. })), 1);
}

#[test]
fn what_was_not_announced_is_not_taken() {
    let mut house = House::new(1);
    let publisher = house.join(0);
    let sdp = offer(&house.people[publisher].publisher, &[camera("TR_c"), microphone("TR_m")], &[]);
    let answer = house.publish_sdp(publisher, sdp, &[microphone("TR_m")]);
    assert_eq!(answer.bound, [("TR_m".into(), "1".to_owned())]);
    assert!(answer.sdp.contains("a=inactive") && answer.sdp.contains("a=recvonly"));
    // Another's track cannot be taken over by its name.
    let thief = house.join(0);
    let answer = house.publish(thief, &[microphone("TR_m")]);
    assert!(answer.bound.is_empty());
}

#[test]
fn one_offer_waits_at_a_time_and_a_wrong_answer_is_refused() {
    let mut house = House::new(1);
    let publisher = house.join(0);
    let viewer = house.join_with(0, true, Client::new, false);
    house.publish(publisher, &[camera("TR_c"), microphone("TR_m")]);
    house.run(HALF);
    assert_eq!(house.people[viewer].offers, 1);
    house.receive(viewer, &[("TR_c", publisher)]);
    house.receive(viewer, &[("TR_c", publisher), ("TR_m", publisher)]);
    assert_eq!(house.people[viewer].offers, 1, "the first is not answered yet");
    let wrong = Command::SubscriberAnswer {
        participant: house.sid(viewer),
        id: 9,
        sdp: offer(&house.people[viewer].subscriber, &[], &[]),
    };
    let Reply::Refused(MediaError::UnexpectedAnswer { got: 9, expected: Some(1) }) = house.command(0, wrong) else {
        panic!("taken")
    };
    house.answer(viewer);
    assert_eq!(house.people[viewer].offers, 2);
    let (id, _, mids) = house.people[viewer].offer.clone().unwrap();
    assert_eq!((id, mids.len()), (2, 2), "both tracks in one");
    house.answer(viewer);
    house.run(HALF);
    assert_eq!(house.people[viewer].offers, 2, "nothing more to tell");
}

#[test]
fn a_subscriber_restarts_under_new_credentials() {
    let mut house = House::new(2);
    let publisher = house.join(0);
    let viewer = house.join(1);
    house.publish(publisher, &[camera("TR_c")]);
    house.run(HALF);
    house.receive(viewer, &[("TR_c", publisher)]);
    house.run(HALF);
    house.send(publisher, &frame(&vp8(Some(320), 1), 1));
    assert_eq!(house.received(viewer, "TR_c").len(), 1);
    let before = house.people[viewer].subscriber.remote.clone();
    house.people[viewer].subscriber.flow.remote.set_port(32_000);
    house.people[viewer].subscriber.ufrag = "again".to_owned();
    let reply = house.command(1, Command::RestartSubscriber { participant: house.sid(viewer) });
    assert!(matches!(reply, Reply::Done));
    assert_ne!(house.people[viewer].subscriber.remote, before);
    house.run(Duration::from_secs(3));
    house.received(viewer, "TR_c");
    house.send(publisher, &frame(&vp8(Some(320), 2), 2));
    assert_eq!(house.received(viewer, "TR_c").len(), 1, "at its new address");
}

#[test]
fn limits_are_named() {
    let mut house = House::new(1);
    let viewer = house.join(0);
    let many = (0..=MAX_DOWNSTREAMS).map(|number| {
        let downstream = Downstream {
            track: format!("TR_{number}").into(),
            publisher: "PA_9".into(),
            settings: TrackSettings::default(),
        };
        (downstream, WorkerIndex(0))
    });
    let command = Command::SetDownstreams { participant: house.sid(viewer), downstreams: many.collect() };
    let Reply::Refused(MediaError::Limit { value, .. }) = house.command(0, command) else { panic!("taken") };
    assert_eq!(value, MAX_DOWNSTREAMS as u64);
    assert_eq!(house.counter("tracks"), 0);
    for (candidate, good) in [
        ("candidate:1 1 udp 2130706431 192.0.2.7 9 typ host", true),
        ("", true),
        ("candidate:x", false),
        ("hello", false),
    ] {
        let command = Command::RemoteCandidate {
            participant: house.sid(viewer),
            target: Target::Publisher,
            candidate: candidate.to_owned(),
        };
        assert_eq!(matches!(house.command(0, command), Reply::Done), good, "{candidate}");
    }
    let stranger = Command::RestartSubscriber { participant: "PA_x".into() };
    assert!(matches!(house.command(0, stranger), Reply::Refused(MediaError::UnknownParticipant(_))));
}

/// As many tracks as may be, all of them changed at once, sounds for pictures too, again and again: the answers stay readable, and
/// every track gets its section.
#[test]
fn sections_never_outgrow_what_is_read() {
    let mut house = House::new(1);
    let viewer = house.join(0);
    let publishers: Vec<usize> = (0..15).map(|_| house.join(0)).collect();
    let mut sets: Vec<Vec<(String, usize)>> = Vec::new();
    for (number, publishers) in publishers.chunks(MAX_DOWNSTREAMS / MAX_UPLOADS).enumerate() {
        let mut names = Vec::new();
        for publisher in publishers {
            let make = if number == 1 { camera } else { microphone };
            let tracks: Vec<_> = (0..MAX_UPLOADS).map(|track| make(&format!("TR_{publisher}_{track}"))).collect();
            house.publish(*publisher, &tracks);
            names.extend(tracks.into_iter().map(|track| (track.sid.0, *publisher)));
        }
        sets.push(names);
    }
    house.run(HALF);
    for round in 0..6 {
        let set = &sets[[0, 2, 1][round % 3]];
        let wanted: Vec<(&str, usize)> = set.iter().map(|(track, of)| (track.as_str(), *of)).collect();
        assert_eq!(wanted.len(), MAX_DOWNSTREAMS);
        house.receive(viewer, &wanted);
        house.settle();
        let offers = house.events.iter().filter_map(|event| match event {
            MediaEvent::SubscriberOffer { id, sdp, mid_to_track, .. } => Some((id, sdp, mid_to_track)),
            _ => None,
        });
        let (_, sdp, mids) = offers.max_by_key(|(id, ..)| **id).unwrap();
        assert_eq!(mids.len(), MAX_DOWNSTREAMS, "round {round}");
        assert!(sdp.matches("\nm=").count() <= crate::sdp::MAX_SECTIONS);
        assert!(sdp.len() < crate::sdp::MAX_SDP_BYTES, "{} bytes", sdp.len());
    }
    assert_eq!(house.counter("viewers"), MAX_DOWNSTREAMS as u64);
    assert_eq!(house.count(|event| matches!(event, MediaEvent::TransportDown { .. })), 0);
}

/// A tour: whatever comes and goes, the transport knows the streams that it sends and no others, and each is a new one.
#[test]
fn streams_of_viewers_that_went_are_let_go() {
    let mut house = House::new(1);
    let (publisher, viewer) = (house.join(0), house.join(0));
    house.publish(publisher, &[camera("TR_a"), camera("TR_b")]);
    house.run(HALF);
    let streams =
        |house: &House| house.workers[0].links.iter().map(|(_, link)| link.transport.streams()).sum::<usize>();
    let mut seen = std::collections::HashSet::new();
    for round in 0..40 {
        let track = ["TR_a", "TR_b"][round % 2];
        house.receive(viewer, &[(track, publisher)]);
        house.run(Duration::from_millis(50));
        assert_eq!(streams(&house), 2, "media and repair");
        assert!(seen.insert(house.people[viewer].ssrcs[&track.into()]));
        let (payload, of) = (vp8(Some(320), round as u16), round as u32 % 2);
        let packet = Rtp { mid: ["0", "1"][round % 2], ssrc: 77 + of, ..frame(&payload, round as u16) };
        house.send(publisher, &packet);
        assert!(!house.received(viewer, track).is_empty(), "round {round}");
    }
    assert_eq!(house.counter("rtp_unsealed_total"), 0);
}
