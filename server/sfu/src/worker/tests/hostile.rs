//! Datagrams of those who mean harm: met with silence, and with nothing kept.

use super::harness::*;
use crate::worker::{Command, Datagram, Flow, Relay, Reply, WorkerIndex};
use lianxian_model::ids::ParticipantSid;
use lianxian_model::media::{MediaError, MediaEvent, Target, TransportEnd};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::time::Duration;

const HALF: Duration = Duration::from_millis(500);

fn stranger(number: u32) -> Flow {
    let [_, a, b, c] = number.to_be_bytes();
    Flow::udp(([203, a, b, c], 4_000).into(), ([192, 0, 2, 9], 8444).into())
}

/// A packet of the top layer of the camera that is published first.
fn picture(sequence: u16, payload: &[u8]) -> Rtp<'_> {
    Rtp {
        mid: "0",
        rid: "f",
        rtx: false,
        payload_type: VP8,
        ssrc: 9,
        sequence,
        timestamp: u32::from(sequence),
        level: None,
        marker: true,
        payload,
    }
}

#[test]
fn floods_from_strangers_meet_silence_and_leave_nothing() {
    let mut house = House::new(2);
    let person = house.join(0);
    house.publish(person, &[camera("TR_c")]);
    house.run(HALF);
    let size = |house: &House| {
        let worker = &house.workers[0];
        (worker.flows.len(), worker.ufrags.len(), worker.links.len(), worker.timers.len(), worker.tracks.len())
    };
    let before = size(&house);
    let events = house.events.len();
    let check = house.people[person].publisher.check("wrong password here......");
    let mut rng = StdRng::seed_from_u64(1);
    let mut out = Out::default();
    for number in 0..20_000 {
        let mut bytes = match number % 5 {
            // The right name with the wrong password; it cut short; it bent.
            0 => check.clone(),
            1 => check[..rng.random_range(0..check.len())].to_vec(),
            2 => {
                let mut bent = check.clone();
                let at = rng.random_range(0..bent.len());
                bent[at] ^= 1 << rng.random_range(0..8);
                bent
            }
            _ => {
                let mut bytes = vec![0; rng.random_range(0..200)];
                rng.fill(&mut bytes[..]);
                if let Some(first) = bytes.first_mut() {
                    *first = [0, 22, 128, 200, *first][rng.random_range(0..5)];
                }
                bytes
            }
        };
        let flow = stranger(number);
        house.workers[0].receive(Datagram { flow, bytes: &mut bytes }, house.now, &mut out);
    }
    assert!(out.sent.is_empty());
    assert_eq!(size(&house), before);
    house.settle();
    assert_eq!(house.events.len(), events);
    assert_eq!(house.counter("peer_faults_total"), 0);
    assert!(house.counter("dropped_unknown_flow_total") > 10_000);
}

#[test]
fn a_forger_on_the_peers_own_flow_changes_nothing() {
    let mut house = House::new(1);
    let publisher = house.join(0);
    let viewer = house.join(0);
    house.publish(publisher, &[camera("TR_c")]);
    house.run(HALF);
    house.receive(viewer, &[("TR_c", publisher)]);
    house.run(HALF);
    let flow = house.people[publisher].publisher.flow;
    let mut rng = StdRng::seed_from_u64(2);
    for _ in 0..2_000 {
        let mut bytes = vec![0; rng.random_range(1..300)];
        rng.fill(&mut bytes[..]);
        bytes[0] = [0, 20, 22, 23, 128, 129, 144][rng.random_range(0..7)];
        house.datagram(0, flow, bytes);
    }
    let packet = |sequence, payload: &[u8]| picture(sequence, payload).bytes(sequence);
    // A plain packet is no packet.
    house.datagram(0, flow, packet(1, &vp8(Some(320), 1)));
    assert_eq!(house.counter("rtp_in_total"), 0);
    house.people[publisher].publisher.send_rtp(&packet(1, &vp8(Some(1280), 1)));
    house.settle();
    assert_eq!(house.received(viewer, "TR_c").len(), 1, "the peer itself goes on");
    assert_eq!(house.counter("peer_faults_total"), 0);
}

#[test]
fn a_repeated_packet_is_forwarded_once() {
    let mut house = House::new(1);
    let publisher = house.join(0);
    let viewer = house.join(0);
    house.publish(publisher, &[camera("TR_c")]);
    house.run(HALF);
    house.receive(viewer, &[("TR_c", publisher)]);
    house.run(HALF);
    let payload = vp8(Some(1280), 1);
    let packet = picture(5, &payload);
    house.people[publisher].publisher.send_rtp(&packet.bytes(1));
    let now = house.now;
    let sealed = house.people[publisher].publisher.poll(now);
    let flow = house.people[publisher].publisher.flow;
    for _ in 0..10 {
        for bytes in &sealed {
            house.datagram(0, flow, bytes.clone());
        }
    }
    assert_eq!(house.received(viewer, "TR_c").len(), 1);
}

/// After the handshake too the crate would take plain handshake records, keep them without end, and put them together as deep as they are
/// many: the stack of a worker holds some ten thousand of these.
#[test]
fn plain_handshake_fragments_do_not_pile_up() {
    let mut house = House::new(1);
    let person = house.join(0);
    house.publish(person, &[microphone("TR_m")]);
    house.run(HALF);
    assert!(house.is_up(person, Target::Publisher));
    let flow = house.people[person].publisher.flow;
    let mut record_number = 1_000u16;
    let mut record = |messages: &[u8]| {
        record_number += 1;
        let head = [&[22, 254, 253, 0, 0, 0, 0, 0, 0][..], &record_number.to_be_bytes()].concat();
        [&head[..], &(messages.len() as u16).to_be_bytes(), messages].concat()
    };
    let number = |value: u32| [(value >> 16) as u8, (value >> 8) as u8, value as u8];
    for message in 2..9u16 {
        // (whole length, length of the fragment): without a byte each, or sound ones.
        for (whole, length, count) in [(0, 1, 30_000u32), (60_000, 1, 30_000)] {
            for offsets in (0..count).rev().collect::<Vec<_>>().chunks(80) {
                let body = |offset: &u32| {
                    let head = [&[11][..], &number(whole), &message.to_be_bytes(), &number(*offset), &number(length)];
                    let data: &[u8] = if whole == 0 { &[] } else { &[7] };
                    [head.concat(), data.to_vec()].concat()
                };
                let datagram = record(&offsets.iter().flat_map(body).collect::<Vec<_>>());
                house.datagram(0, flow, datagram);
            }
        }
    }
    assert_eq!(house.counter("peer_faults_total"), 0);
    house.run(Duration::from_secs(6));
    assert!(house.is_up(person, Target::Publisher), "the peer itself goes on");
}

#[test]
fn a_section_under_another_name_is_not_asked_for_what_it_lost_before() {
    let mut house = House::new(1);
    let person = house.join(0);
    let tracks = [camera("TR_c")];
    house.publish(person, &tracks);
    house.run(HALF);
    let payload = vp8(Some(1280), 1);
    for sequence in [100, 102] {
        let packet = picture(sequence, &payload);
        house.people[person].publisher.send_rtp(&packet.bytes(sequence));
    }
    house.settle();
    assert_eq!(house.counter("rtp_in_total"), 2);
    let renamed = offer(&house.people[person].publisher, &tracks, &[]).replace("a=mid:0", "a=mid:7");
    house.publish_sdp(person, renamed.replace("BUNDLE 0", "BUNDLE 7"), &tracks);
    house.run(HALF);
    let next = house.workers[0].deadline();
    assert!(next.is_some_and(|at| at > house.now), "nothing is due for ever: {next:?}");
}

#[test]
fn a_check_that_lands_on_another_workers_socket_is_handed_over_by_its_name() {
    let mut house = House::new(2);
    let person = house.join(1);
    let (_, sdp, _) = house.people[person].offer.clone().unwrap_or_else(|| {
        let offer = house.events.iter().find_map(|event| match event {
            MediaEvent::SubscriberOffer { id, sdp, mid_to_track, .. } => Some((*id, sdp.clone(), mid_to_track.clone())),
            _ => None,
        });
        offer.unwrap()
    });
    assert!(credentials(&sdp).0.starts_with("1+"), "the worker's index leads the fragment");
    // The wrong worker says nothing to it.
    let client = &house.people[person].subscriber;
    let (flow, mut check) = (client.flow, client.check(&client.remote.clone().unwrap().1));
    let mut out = Out::default();
    house.workers[0].receive(Datagram { flow, bytes: &mut check }, house.now, &mut out);
    assert!(out.sent.is_empty());
    house.run(HALF);
    assert!(house.is_up(person, Target::Subscriber));
}

/// Who can forge another's source address takes its flow only until the other's next check.
#[test]
fn a_stolen_flow_comes_back() {
    let mut house = House::new(2);
    let victim = house.join(0);
    let thief = house.join(1);
    house.publish(victim, &[microphone("TR_m")]);
    house.run(HALF);
    let flow = house.people[victim].publisher.flow;
    let client = &house.people[thief].subscriber;
    let check = client.check(&client.remote.clone().unwrap().1);
    house.datagram(1, flow, check);
    house.settle();
    assert!(!house.workers[0].flows.contains_key(&flow) && house.workers[1].flows.contains_key(&flow));
    house.run(Duration::from_secs(3));
    assert!(house.workers[0].flows.contains_key(&flow) && !house.workers[1].flows.contains_key(&flow));
}

/// A check that nominates is believed wherever it seems to come from; so somebody else could be sent what a viewer is to receive.
#[test]
fn a_flow_that_says_nothing_is_left_for_one_that_is_heard() {
    let mut house = House::new(1);
    let publisher = house.join(0);
    let viewer = house.join(0);
    house.publish(publisher, &[microphone("TR_m")]);
    house.run(HALF);
    house.receive(viewer, &[("TR_m", publisher)]);
    house.run(HALF);
    let mut sequence = 0;
    let mut hears = |house: &mut House| {
        let before = house.received(viewer, "TR_m").len();
        sequence += 1;
        let packet = Rtp {
            mid: "0",
            rid: "",
            rtx: false,
            payload_type: OPUS,
            ssrc: 500,
            sequence,
            timestamp: u32::from(sequence) * 960,
            level: None,
            marker: false,
            payload: &[7; 80],
        };
        house.people[publisher].publisher.send_rtp(&packet.bytes(sequence));
        house.settle();
        house.received(viewer, "TR_m").len() > before
    };
    assert!(hears(&mut house));
    let client = &mut house.people[viewer].subscriber;
    let forged = client.check(&client.remote.clone().unwrap().1);
    client.nominates = false;
    house.datagram(0, stranger(1), forged);
    house.run(Duration::from_secs(28));
    assert!(!hears(&mut house));
    house.run(Duration::from_secs(6));
    assert!(hears(&mut house), "its own flow goes on checking");
}

#[test]
fn the_wrong_certificate_lets_nothing_through() {
    let mut house = House::new(1);
    let person = house.join(0);
    let tracks = [microphone("TR_m")];
    let sdp = offer(&house.people[person].publisher, &tracks, &[]);
    let fingerprint = &super::client::IDENTITY.fingerprint;
    let other = fingerprint.replace('A', "B").replace('1', "2");
    assert_ne!(*fingerprint, other);
    house.publish_sdp(person, sdp.replace(fingerprint, &other), &tracks);
    house.run(HALF);
    assert!(!house.is_up(person, Target::Publisher));
    assert_eq!(house.count(|event| matches!(event, MediaEvent::TransportDown { target: Target::Publisher, .. })), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever other workers could say of tracks and flows that are not (or not any more) here changes nothing.
    #[test]
    fn relays_about_unknown_things_are_harmless(kinds in proptest::collection::vec(0u8..8, 1..40)) {
        let mut house = House::new(1);
        let person = house.join(0);
        let mut out = Out::default();
        for (number, kind) in kinds.into_iter().enumerate() {
            let track = format!("TR_{}", number % 3);
            let track = track.as_str().into();
            let from = WorkerIndex(7);
            let relay = match kind {
                0 => Relay::Unsubscribe { track, from },
                1 => Relay::TrackEnded { track },
                2 => Relay::Wanted { track, from, layers: [true; 3] },
                3 => Relay::KeyframeRequest { track, layer: 200, urgent: true },
                4 => Relay::Packets { track, packets: Vec::new() },
                5 => Relay::SenderReport { track, layer: 9, ntp: 1, rtp: 1 },
                6 => Relay::Bind { flow: stranger(1), owner: from },
                _ => Relay::Levels { levels: Vec::new() },
            };
            house.workers[0].relay(relay, house.now, &mut out);
        }
        house.command(0, Command::Close { participant: house.sid(person) });
        prop_assert_eq!(house.counter("tracks"), 0);
    }
}

/// A fault in what is done about one participant, by command or by the clock, ends its transports and nobody else's.
#[test]
fn a_fault_ends_the_one_whom_it_is_about() {
    for by_command in [true, false] {
        let mut house = House::new(1);
        let (good, bad) = (house.join(0), house.join(0));
        for person in [good, bad] {
            house.publish(person, &[microphone(&format!("TR_{person}"))]);
        }
        house.run(Duration::from_millis(500));
        house.workers[0].broken = Some(house.sid(bad));
        if by_command {
            let mute = Command::SetMuted { publisher: house.sid(bad), track: "TR".into(), muted: true };
            assert!(matches!(house.command(0, mute), Reply::Refused(MediaError::Fault)));
        } else {
            house.run(Duration::from_millis(300));
        }
        house.workers[0].broken = None;
        house.run(Duration::from_millis(300));
        let down = |sid: ParticipantSid| {
            house.count(|event| matches!(event, MediaEvent::TransportDown { participant, end: TransportEnd::Fault, .. } if *participant == sid))
        };
        assert_eq!((down(house.sid(bad)), down(house.sid(good))), (2, 0));
        assert!(house.counter("peer_faults_total") > 0);
        assert_eq!(house.count(|event| matches!(event, MediaEvent::TrackEnded { .. })), 1);
    }
}
