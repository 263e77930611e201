//! What viewers say of their lines, and say too often or falsely: it moves their own share, and nothing else.

use super::harness::*;
use super::simulator::remb;
use crate::feedback::{Feedback, Writer, read};
use crate::rtp::{Header, Marks};
use crate::worker::outlet::Outlet;
use lianxian_model::media::{MediaEvent, Target};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::time::Duration;

const HALF: Duration = Duration::from_millis(500);
const FRAME: Duration = Duration::from_millis(33);

/// A publisher of a camera, and so many viewers of it.
fn watched(viewers: usize) -> (House, usize, Vec<usize>) {
    let mut house = House::new(1);
    let publisher = house.join(0);
    let viewers: Vec<usize> = (0..viewers).map(|_| house.join(0)).collect();
    house.publish(publisher, &[camera("TR_c"), microphone("TR_m")]);
    house.run(HALF);
    for viewer in &viewers {
        house.receive(*viewer, &[("TR_c", publisher), ("TR_m", publisher)]);
    }
    house.run(HALF);
    assert!(viewers.iter().all(|viewer| house.is_up(*viewer, Target::Subscriber)));
    (house, publisher, viewers)
}

/// A frame of the lowest layer, or of all.
fn film(house: &mut House, publisher: usize, number: u16, layers: &[u16]) {
    for layer in layers {
        let (rid, width) = [("q", 320), ("h", 640), ("f", 1280)][usize::from(*layer)];
        let payload = vp8((number % 30 == 1).then_some(width), number);
        house.queue(
            publisher,
            &Rtp {
                mid: "0",
                rid,
                rtx: false,
                payload_type: VP8,
                ssrc: 1_000 + u32::from(*layer),
                sequence: number,
                timestamp: u32::from(number) * 3_000,
                level: None,
                marker: true,
                payload: &payload,
            },
        );
    }
    house.run(FRAME);
}

fn say(house: &mut House, viewer: usize, packet: &[u8]) {
    house.people[viewer].subscriber.send_rtcp(packet);
    house.settle();
}

#[test]
fn pictures_carry_transport_wide_numbers_and_sound_does_not() {
    let (mut house, publisher, viewers) = watched(1);
    for number in 1..20 {
        film(&mut house, publisher, number, &[0, 1, 2]);
        let sound = Rtp {
            mid: "1",
            rid: "",
            rtx: false,
            payload_type: OPUS,
            ssrc: 501,
            sequence: number,
            timestamp: 960 * u32::from(number),
            level: Some(30),
            marker: false,
            payload: &[1, 2, 3],
        };
        house.send(publisher, &sound);
    }
    let ids = crate::rtp::ExtensionIds { transport_sequence: 3, absolute_send_time: 2, ..Default::default() };
    let (picture, _) = house.people[viewers[0]].ssrcs[&"TR_c".into()];
    let mut numbers = Vec::new();
    for bytes in &house.people[viewers[0]].subscriber.rtp {
        let header = Header::parse(bytes).unwrap();
        let number = Marks::read(header.extensions(bytes), &ids).transport_sequence;
        assert_eq!(number.is_some(), header.ssrc == picture);
        assert!(header.extensions(bytes).all(|(id, _)| id != 2), "who tells of arrivals needs no sending times");
        numbers.extend(number);
    }
    assert_eq!(numbers, (0..numbers.len() as u16).collect::<Vec<_>>());
    assert!(numbers.len() >= 19);
}

#[test]
fn storms_of_askings_are_bounded_and_counted() {
    let (mut house, publisher, viewers) = watched(2);
    let storm = viewers[0];
    for number in 1..40 {
        film(&mut house, publisher, number, &[0, 1, 2]);
    }
    house.people[publisher].publisher.rtcp.clear();
    let last = house.received(storm, "TR_c").last().unwrap().0.sequence;
    let (ssrc, _) = house.people[storm].ssrcs[&"TR_c".into()];
    let missing: Vec<u16> = (0..16).rev().map(|back| last.wrapping_sub(back)).collect();
    let mut buffer = [0; 400];
    for second in 0..4 {
        for _ in 0..500 {
            let mut writer = Writer::new(&mut buffer);
            assert!(writer.nack(1, ssrc, &missing) && writer.keyframe_request(1, ssrc));
            let len = writer.len();
            house.people[storm].subscriber.send_rtcp(&buffer[..len]);
        }
        house.settle();
        for number in 0..30 {
            film(&mut house, publisher, 40 + second * 30 + number, &[0, 1, 2]);
        }
    }
    assert!(house.counter("nacks_refused_total") > 10_000);
    assert!(house.counter("keyframe_requests_refused_total") > 1_900);
    assert!(house.counter("retransmitted_total") < 1_500);
    let asked = |bytes: &Vec<u8>| read(bytes).filter(|item| matches!(item, Feedback::KeyframeRequest { .. })).count();
    let asked: usize = house.people[publisher].publisher.rtcp.iter().map(asked).sum();
    assert!(asked <= 8, "{asked} key frames in four seconds");
    let other = house.received(viewers[1], "TR_c");
    assert!(other.len() >= 155, "the other goes on: {}", other.len());
    // Who is not in the storm is answered.
    let last = other.last().unwrap().0.sequence;
    let (ssrc, _) = house.people[viewers[1]].ssrcs[&"TR_c".into()];
    let mut writer = Writer::new(&mut buffer);
    assert!(writer.nack(1, ssrc, &[last]));
    let len = writer.len();
    say(&mut house, viewers[1], &buffer[..len]);
    assert_eq!(house.repaired(viewers[1], "TR_c").len(), 1);
}

/// One that claims that nothing arrives, or everything at once, or whatever: the other's picture does not change.
#[test]
fn forged_feedback_harms_the_forger_alone() {
    let (mut house, publisher, viewers) = watched(2);
    let mut rng = StdRng::seed_from_u64(9);
    for number in 1..300u16 {
        film(&mut house, publisher, number, &[0, 1, 2]);
        for _ in 0..5 {
            let mut forged = vec![0; rng.random_range(3..20) * 4];
            rng.fill(&mut forged[..]);
            forged[0] = 0x8f;
            forged[1] = if rng.random_bool(0.5) { 205 } else { 206 };
            forged[2] = 0;
            forged[3] = (forged.len() / 4 - 1) as u8;
            if forged.len() >= 20 && rng.random_bool(0.8) {
                // About packets that were really sent, all of them lost.
                forged[12..14].copy_from_slice(&number.to_be_bytes());
                forged[14..16].copy_from_slice(&60u16.to_be_bytes());
                forged[16..20].copy_from_slice(&[0, 0, 1, 0]);
                if forged.len() >= 24 {
                    forged[20..22].copy_from_slice(&60u16.to_be_bytes());
                }
            }
            house.people[viewers[0]].subscriber.send_rtcp(&forged);
        }
        for _ in 0..6 {
            say(&mut house, viewers[0], &remb(1));
        }
    }
    let other = house.received(viewers[1], "TR_c");
    assert!(other.len() >= 299, "{}", other.len());
    let sid = house.sid(viewers[1]);
    let told = |event: &MediaEvent| matches!(event, MediaEvent::StreamState { participant, .. } if *participant == sid);
    assert_eq!(house.count(told), 0);
    assert_eq!(house.counter("peer_faults_total"), 0);
    assert!(house.counter("feedback_refused_total") > 0, "so often nobody needs to tell");
}

#[test]
fn lost_sound_comes_again_as_it_was() {
    let (mut house, publisher, viewers) = watched(1);
    let sound = |sequence: u16| Rtp {
        mid: "1",
        rid: "",
        rtx: false,
        payload_type: OPUS,
        ssrc: 501,
        sequence,
        timestamp: 960 * u32::from(sequence),
        level: Some(30),
        marker: false,
        payload: &[7; 90],
    };
    let viewer = viewers[0];
    for sequence in 1..5 {
        house.send(publisher, &sound(sequence));
    }
    let (ssrc, _) = house.people[viewer].ssrcs[&"TR_m".into()];
    let mut buffer = [0; 100];
    let mut ask = |house: &mut House, sequence: u16| {
        let mut writer = Writer::new(&mut buffer);
        assert!(writer.nack(1, ssrc, &[sequence]));
        let len = writer.len();
        say(house, viewer, &buffer[..len]);
    };
    let first = house.received(viewer, "TR_m").last().unwrap().0.sequence;
    ask(&mut house, first);
    assert!(house.received(viewer, "TR_m").is_empty(), "nothing was kept before anybody asked");
    // The next is lost on its way.
    let flow = house.people[viewer].subscriber.flow;
    house.lose_to.insert(flow);
    house.send(publisher, &sound(5));
    house.lose_to.clear();
    house.send(publisher, &sound(6));
    assert_eq!(house.received(viewer, "TR_m").len(), 1);
    ask(&mut house, first.wrapping_add(1));
    let again = house.received(viewer, "TR_m");
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].0.sequence, &again[0].1[..]), (first.wrapping_add(1), &[7; 90][..]));
    assert_eq!(house.people[viewer].subscriber.undecryptable, 0);
    assert_eq!(house.counter("resent_total"), 1);
}

#[test]
fn a_line_costs_little_memory() {
    let (mut house, publisher, viewers) = watched(1);
    let line = |house: &House| {
        let worker = &house.workers[0];
        let links = worker.links.iter().filter_map(|(_, link)| Some(link.outlet.as_ref()?.heap()));
        links.collect::<Vec<_>>()
    };
    assert!(line(&house)[0] <= 2_048, "before the first picture there is no history");
    assert!(size_of::<Outlet>() <= 2_048, "{}", size_of::<Outlet>());
    for number in 1..4_000 {
        film(&mut house, publisher, number, &[0, 1, 2]);
        house.people[viewers[0]].subscriber.rtp.clear();
    }
    let [bytes] = line(&house)[..] else { panic!() };
    assert!(bytes <= 20_000, "{bytes}");
}
