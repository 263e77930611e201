//! From a publisher to viewers on the same worker and on another: numbers, layers, repairs, reports.

use super::client::Client;
use super::harness::*;
use super::simulator::remb;
use crate::feedback::{Feedback, Writer, read};
use crate::rtp::Header;
use crate::worker::limits::{MAX_HEAD_START_BYTES, MAX_HEAD_START_PACKETS};
use lianxian_model::media::{Codec, MediaEvent, Quality, Target, TrackSettings};
use std::time::Duration;

const HALF: Duration = Duration::from_millis(500);

/// A camera that is filmed: its layers' streams go on.
struct Filming {
    person: usize,
    mid: &'static str,
    frame: u16,
}

const SSRCS: [(&str, u32, u16); 3] = [("q", 1001, 320), ("h", 1002, 640), ("f", 1003, 1280)];

impl Filming {
    fn new(person: usize) -> Self {
        Self { person, mid: "0", frame: 0 }
    }

    /// One frame of each of the layers, 33 ms after the last.
    fn film(&mut self, house: &mut House, key: bool, layers: &[usize]) {
        self.frame += 1;
        for layer in layers {
            let (rid, ssrc, width) = SSRCS[*layer];
            let payload = vp8(key.then_some(width), self.frame);
            house.send(self.person, &self.packet(rid, ssrc, self.frame, &payload));
        }
        house.run(Duration::from_millis(33));
    }

    fn packet<'a>(&self, rid: &'a str, ssrc: u32, frame: u16, payload: &'a [u8]) -> Rtp<'a> {
        Rtp {
            mid: self.mid,
            rid,
            rtx: false,
            payload_type: VP8,
            ssrc,
            // Layers count and tell time from different beginnings.
            sequence: (ssrc as u16).wrapping_mul(60).wrapping_add(frame),
            timestamp: ssrc.wrapping_mul(1_000_000).wrapping_add(u32::from(frame) * 3_000),
            level: None,
            marker: true,
            payload,
        }
    }
}

/// A publisher of a camera on the first worker, and a viewer on `home`.
fn watched(workers: u16, home: usize) -> (House, usize, usize) {
    let mut house = House::new(workers);
    let publisher = house.join(0);
    let viewer = house.join(home);
    house.publish(publisher, &[camera("TR_c")]);
    house.run(HALF);
    assert!(house.is_up(publisher, Target::Publisher) && house.is_up(viewer, Target::Subscriber));
    house.receive(viewer, &[("TR_c", publisher)]);
    house.run(HALF);
    (house, publisher, viewer)
}

fn sequences(received: &[(Header, Vec<u8>)]) -> Vec<u16> {
    received.iter().map(|(header, _)| header.sequence).collect()
}

fn assert_unbroken(received: &[(Header, Vec<u8>)]) {
    for pair in received.windows(2) {
        let ((a, before), (b, after)) = (&pair[0], &pair[1]);
        assert_eq!(b.sequence, a.sequence.wrapping_add(1));
        assert_eq!(picture_of(after), picture_of(before).wrapping_add(1) & 0x7fff);
        let step = b.timestamp.wrapping_sub(a.timestamp) as i32;
        assert!((1..=9_000).contains(&step), "time goes on steadily, not by {step}");
    }
}

fn viewers_on_every_worker(test: impl Fn(House, usize, usize)) {
    for (workers, home) in [(1, 0), (2, 1)] {
        let (house, publisher, viewer) = watched(workers, home);
        test(house, publisher, viewer);
    }
}

#[test]
fn the_first_frames_come_decrypted_under_the_offered_numbers() {
    viewers_on_every_worker(|mut house, publisher, viewer| {
        let mut filming = Filming::new(publisher);
        filming.film(&mut house, true, &[0, 1, 2]);
        for _ in 0..9 {
            filming.film(&mut house, false, &[0, 1, 2]);
        }
        let received = house.received(viewer, "TR_c");
        assert!(is_key(&received[0].1), "a viewer starts with a key frame");
        assert_unbroken(&received);
        assert!(received[0].0.sequence < 1 << 15);
        assert!(received.iter().all(|(header, _)| header.payload_type == 96 && header.marker));
        assert_eq!(house.people[viewer].subscriber.undecryptable, 0);
        assert!(house.people[viewer].subscriber.uses_gcm(), "GCM is preferred, whatever comes first");
        let started =
            |event: &MediaEvent| matches!(event, MediaEvent::TrackStarted { codec: Codec::Vp8, mid, .. } if mid == "0");
        assert_eq!(house.count(started), 1);
        assert_eq!(house.count(|event| matches!(event, MediaEvent::TrackSubscribed { .. })), 1);
    });
}

#[test]
fn the_viewer_turns_to_the_best_layer_at_its_key_frame_and_back() {
    viewers_on_every_worker(|mut house, publisher, viewer| {
        let mut filming = Filming::new(publisher);
        let mut all = Vec::new();
        // Only the lowest comes at first, as browsers begin.
        filming.film(&mut house, true, &[0]);
        for _ in 0..5 {
            filming.film(&mut house, false, &[0]);
        }
        all.extend(house.received(viewer, "TR_c"));
        let low = all.len();
        assert_eq!(low, 6);
        // The others begin without a key frame: it is asked for, and until it comes the lowest goes on.
        for _ in 0..5 {
            filming.film(&mut house, false, &[0, 1, 2]);
        }
        all.extend(house.received(viewer, "TR_c"));
        assert_eq!(all.len(), 11);
        assert!(asked_for(&house, publisher, 1003), "a key frame of the best layer");
        filming.film(&mut house, true, &[0, 1, 2]);
        for _ in 0..5 {
            filming.film(&mut house, false, &[0, 1, 2]);
        }
        all.extend(house.received(viewer, "TR_c"));
        // The lowest layer's picture of that moment came first, then the key frame of the best.
        assert_eq!(all.len(), 18);
        assert_eq!(u16::from_le_bytes([all[12].1[10], all[12].1[11]]), 1280);
        // A small tile needs the lowest alone.
        house.settings(viewer, "TR_c", TrackSettings { width: 300, height: 160, ..TrackSettings::default() });
        filming.film(&mut house, true, &[0, 1, 2]);
        for _ in 0..5 {
            filming.film(&mut house, false, &[0, 1, 2]);
        }
        all.extend(house.received(viewer, "TR_c"));
        assert_eq!(all.len(), 24);
        assert_eq!(u16::from_le_bytes([all[18].1[10], all[18].1[11]]), 320);
        assert_unbroken(&all);
        assert_eq!(house.counter("layer_switches_total"), 2);
    });
}

fn asked_for(house: &House, publisher: usize, ssrc: u32) -> bool {
    house.people[publisher]
        .publisher
        .rtcp
        .iter()
        .any(|bytes| read(bytes).any(|item| item == Feedback::KeyframeRequest { media: ssrc }))
}

#[test]
fn a_lost_packet_is_repaired_from_the_ring() {
    viewers_on_every_worker(|mut house, publisher, viewer| {
        let mut filming = Filming::new(publisher);
        filming.film(&mut house, true, &[0, 1, 2]);
        for _ in 0..9 {
            filming.film(&mut house, false, &[0, 1, 2]);
        }
        let received = house.received(viewer, "TR_c");
        let (lost, payload) = (received[6].0.sequence, received[6].1.clone());
        let (ssrc, _) = house.people[viewer].ssrcs[&"TR_c".into()];
        let nack = |house: &mut House, sequences: &[u16]| {
            let mut buffer = [0; 100];
            let mut writer = Writer::new(&mut buffer);
            assert!(writer.nack(1, ssrc, sequences));
            let len = writer.len();
            house.people[viewer].subscriber.send_rtcp(&buffer[..len]);
            house.settle();
        };
        nack(&mut house, &[lost]);
        let repaired = house.repaired(viewer, "TR_c");
        assert_eq!(repaired.len(), 1);
        assert_eq!(repaired[0].0.payload_type, 97);
        assert_eq!(repaired[0].1[..2], lost.to_be_bytes());
        assert_eq!(repaired[0].1[2..], payload[..]);
        nack(&mut house, &[lost]);
        assert_eq!(house.repaired(viewer, "TR_c").len(), 0, "it is on its way");
        house.run(Duration::from_millis(50));
        nack(&mut house, &[lost]);
        assert_eq!(house.repaired(viewer, "TR_c").len(), 1, "sealed anew under a number of its own");
        // What was never sent is not invented.
        nack(&mut house, &[received[9].0.sequence.wrapping_add(5), received[0].0.sequence.wrapping_sub(9)]);
        assert_eq!(house.repaired(viewer, "TR_c").len(), 0);
        // Nor is what a newer layer's key frame made up for sent again.
        house.settings(viewer, "TR_c", TrackSettings { width: 300, height: 160, ..TrackSettings::default() });
        filming.film(&mut house, true, &[0, 1, 2]);
        filming.film(&mut house, false, &[0, 1, 2]);
        let smaller = house.received(viewer, "TR_c");
        assert_eq!(u16::from_le_bytes([smaller[0].1[10], smaller[0].1[11]]), 320);
        house.run(Duration::from_millis(50));
        let refused = house.counter("retransmissions_refused_total");
        nack(&mut house, &[lost, smaller[1].0.sequence]);
        let repaired = house.repaired(viewer, "TR_c");
        assert_eq!(repaired.len(), 1);
        assert_eq!(repaired[0].1[..2], smaller[1].0.sequence.to_be_bytes());
        assert_eq!(house.counter("retransmissions_refused_total"), refused + 1);
        assert_eq!(house.people[viewer].subscriber.undecryptable, 0);
    });
}

#[test]
fn a_hole_upstream_is_asked_for_and_its_repair_forwarded() {
    viewers_on_every_worker(|mut house, publisher, viewer| {
        let mut filming = Filming::new(publisher);
        filming.film(&mut house, true, &[2]);
        filming.frame += 1;
        let lost = vp8(None, filming.frame);
        let lost_frame = filming.frame;
        for _ in 0..3 {
            filming.film(&mut house, false, &[2]);
        }
        let nacked = house.people[publisher].publisher.rtcp.iter().any(|bytes| {
            read(bytes)
                .any(|item| matches!(item, Feedback::Nack { media: 1003, ref pairs } if pairs.clone().count() == 1))
        });
        assert!(nacked);
        let original = filming.packet("f", 1003, lost_frame, &lost);
        let payload = [&original.sequence.to_be_bytes()[..], &lost].concat();
        let repair = Rtp { rtx: true, payload_type: VP8_RTX, ssrc: 2003, sequence: 9, payload: &payload, ..original };
        house.send(publisher, &repair);
        let received = house.received(viewer, "TR_c");
        let mut pictures: Vec<u16> = received.iter().map(|(_, payload)| picture_of(payload)).collect();
        assert_eq!(pictures, [1, 3, 4, 5, 2]);
        let mut all = sequences(&received);
        all.sort_unstable();
        pictures.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[1] == pair[0] + 1), "it fills its own place");
        let asked = house.counter("nacked_upstream_total");
        house.run(HALF);
        assert_eq!(house.counter("nacked_upstream_total"), asked, "it is not asked for again");
    });
}

#[test]
fn a_lost_picture_is_asked_for_upstream_once_for_many() {
    let (mut house, publisher, first) = watched(2, 1);
    let second = house.join(0);
    house.run(HALF);
    house.receive(second, &[("TR_c", publisher)]);
    house.run(HALF);
    let mut filming = Filming::new(publisher);
    filming.film(&mut house, true, &[0, 1, 2]);
    for _ in 0..30 {
        filming.film(&mut house, false, &[0, 1, 2]);
    }
    let before = house.counter("keyframe_requests_sent_total");
    for person in [first, second, first, second] {
        let (ssrc, _) = house.people[person].ssrcs[&"TR_c".into()];
        let mut buffer = [0; 100];
        let mut writer = Writer::new(&mut buffer);
        assert!(writer.keyframe_request(1, ssrc));
        let len = writer.len();
        house.people[person].subscriber.send_rtcp(&buffer[..len]);
        house.run(Duration::from_millis(20));
    }
    assert_eq!(house.counter("keyframe_requests_sent_total"), before + 1);
    assert_eq!(house.counter("keyframe_requests_received_total"), 4);
}

#[test]
fn a_second_viewer_starts_at_the_last_key_frame_without_a_new_one() {
    viewers_on_every_worker(|mut house, publisher, viewer| {
        let mut filming = Filming::new(publisher);
        filming.film(&mut house, true, &[0, 1, 2]);
        for _ in 0..6 {
            filming.film(&mut house, false, &[0, 1, 2]);
        }
        house.received(viewer, "TR_c");
        let home = house.people[viewer].home;
        let second = house.join(home);
        house.run(HALF);
        filming.film(&mut house, true, &[0, 1, 2]);
        for _ in 0..6 {
            filming.film(&mut house, false, &[0, 1, 2]);
        }
        house.receive(second, &[("TR_c", publisher)]);
        house.settle();
        let received = house.received(second, "TR_c");
        assert_eq!(received.len(), 7, "all since the key frame, at once");
        assert!(is_key(&received[0].1));
        filming.film(&mut house, false, &[0, 1, 2]);
        let more = house.received(second, "TR_c");
        assert_eq!(more.len(), 1);
        assert_eq!(more[0].0.sequence, received[6].0.sequence + 1);
        assert_eq!(house.people[second].subscriber.undecryptable, 0);
    });
}

/// Someone whose transports are up, and who receives nothing yet.
fn newcomer(house: &mut House) -> usize {
    let newcomer = house.join(0);
    house.run(HALF);
    newcomer
}

/// Someone comes who is not started from the ring: a key frame is asked for, and is the first that it gets.
fn waits_for_a_key_frame(house: &mut House, filming: &mut Filming, newcomer: usize, watched: &[(&str, usize)]) {
    let publisher = filming.person;
    house.people[publisher].publisher.rtcp.clear();
    house.receive(newcomer, watched);
    house.run(Duration::from_millis(33));
    assert!(house.received(newcomer, "TR_c").is_empty(), "what begins too far back is not sent");
    house.run(HALF);
    assert!(asked_for(house, publisher, 1003), "a key frame is asked for instead");
    filming.film(house, true, &[2]);
    house.run(HALF);
    let received = house.received(newcomer, "TR_c");
    assert_eq!(received.len(), 1);
    assert!(is_key(&received[0].1));
    assert_eq!(house.counter("head_starts_total"), 0);
}

/// Someone with the picture of another camera, who has said what the line carries, in bit/s.
fn known(house: &mut House, bitrate: u64) -> usize {
    let other = house.join(0);
    let viewer = house.join(0);
    house.people[viewer].takes_arrivals = false;
    house.publish(other, &[camera("TR_d")]);
    house.run(HALF);
    house.receive(viewer, &[("TR_d", other)]);
    house.run(HALF);
    Filming::new(other).film(house, true, &[0]);
    house.people[viewer].subscriber.send_rtcp(&remb(bitrate));
    house.settle();
    viewer
}

/// A picture whose key frame was so many frames ago.
fn running(house: &mut House, publisher: usize, frames: usize) -> Filming {
    let mut filming = Filming::new(publisher);
    filming.film(house, true, &[2]);
    for _ in 1..frames {
        filming.film(house, false, &[2]);
    }
    filming
}

#[test]
fn a_newcomer_starts_from_a_key_frame_of_the_last_second_or_two_where_the_line_is_known() {
    for (line, frames) in [(None, 25), (Some(5_000_000), 55)] {
        let (mut house, publisher, _) = watched(1, 0);
        let newcomer = match line {
            None => newcomer(&mut house),
            Some(bitrate) => known(&mut house, bitrate),
        };
        let mut filming = running(&mut house, publisher, frames);
        let before = house.counter("head_starts_total");
        let watched = if line.is_some() { vec![("TR_d", 2), ("TR_c", publisher)] } else { vec![("TR_c", publisher)] };
        house.receive(newcomer, &watched);
        house.settle();
        let received = house.received(newcomer, "TR_c");
        assert_eq!(received.len(), frames, "all since the key frame");
        assert!(is_key(&received[0].1));
        assert_unbroken(&received);
        assert_eq!(house.counter("head_starts_total"), before + 1);
        filming.film(&mut house, false, &[2]);
        assert_eq!(house.received(newcomer, "TR_c").len(), 1, "and it goes on");
    }
}

#[test]
fn a_newcomer_whose_line_is_unknown_waits_for_the_next_key_frame() {
    let (mut house, publisher, _) = watched(1, 0);
    let newcomer = newcomer(&mut house);
    let mut filming = running(&mut house, publisher, 40);
    waits_for_a_key_frame(&mut house, &mut filming, newcomer, &[("TR_c", publisher)]);
}

#[test]
fn a_newcomer_is_not_started_from_an_older_key_frame() {
    let (mut house, publisher, _) = watched(1, 0);
    let newcomer = known(&mut house, 5_000_000);
    let mut filming = running(&mut house, publisher, 63);
    waits_for_a_key_frame(&mut house, &mut filming, newcomer, &[("TR_d", 2), ("TR_c", publisher)]);
}

#[test]
fn a_newcomer_is_not_started_from_more_than_its_pacer_holds() {
    let (mut house, publisher, _) = watched(1, 0);
    let newcomer = newcomer(&mut house);
    let mut filming = Filming::new(publisher);
    filming.film(&mut house, true, &[2]);
    let packets = MAX_HEAD_START_BYTES / 1_100 + 1;
    assert!((packets as u64) < MAX_HEAD_START_PACKETS, "their bytes are too many, not their number");
    for _ in 0..packets {
        filming.frame += 1;
        let mut payload = vp8(None, filming.frame);
        payload.resize(1_100, 0);
        house.send(publisher, &filming.packet("f", 1003, filming.frame, &payload));
    }
    house.run(Duration::from_millis(33));
    waits_for_a_key_frame(&mut house, &mut filming, newcomer, &[("TR_c", publisher)]);
}

#[test]
fn a_track_that_nobody_asked_for_is_never_sent() {
    let (mut house, publisher, viewer) = watched(2, 1);
    let stranger = house.join(1);
    house.run(HALF);
    let mut filming = Filming::new(publisher);
    filming.film(&mut house, true, &[0, 1, 2]);
    filming.film(&mut house, false, &[0, 1, 2]);
    // The key frame of each layer as it comes, best last, and then of the best alone.
    assert_eq!(house.received(viewer, "TR_c").len(), 4);
    assert!(house.people[stranger].subscriber.rtp.is_empty());
    assert!(house.people[stranger].ssrcs.is_empty(), "its offer says nothing of it");
    // And from the moment it is taken away nothing comes any more, whatever the client answers.
    house.people[viewer].answers = false;
    house.receive(viewer, &[]);
    for _ in 0..5 {
        filming.film(&mut house, true, &[0, 1, 2]);
    }
    assert!(house.people[viewer].subscriber.rtp.is_empty());
    assert_eq!(house.counter("viewers"), 0);
    let relayed = house.relayed_packets;
    filming.film(&mut house, true, &[0, 1, 2]);
    assert_eq!(house.relayed_packets, relayed, "the other worker gets nothing either");
}

#[test]
fn given_again_it_comes_under_another_stream() {
    let (mut house, publisher, viewer) = watched(1, 0);
    let mut filming = Filming::new(publisher);
    filming.film(&mut house, true, &[0, 1, 2]);
    let (before, _) = house.people[viewer].ssrcs[&"TR_c".into()];
    house.people[viewer].answers = false;
    // Taken away and given again while an offer waits for its answer.
    house.receive(viewer, &[]);
    house.receive(viewer, &[("TR_c", publisher)]);
    house.answer(viewer);
    house.people[viewer].answers = true;
    house.settle();
    if house.people[viewer].offer.is_some() {
        house.answer(viewer);
    }
    house.run(HALF);
    let (after, _) = house.people[viewer].ssrcs[&"TR_c".into()];
    assert_ne!(before, after);
    house.people[viewer].subscriber.rtp.clear();
    filming.film(&mut house, true, &[0, 1, 2]);
    assert_eq!(house.received(viewer, "TR_c").len(), 1);
    assert_eq!(house.counter("rtp_unsealed_total"), 0);
}

#[test]
fn a_switched_off_tile_gets_nothing_and_starts_again_without_a_gap() {
    viewers_on_every_worker(|mut house, publisher, viewer| {
        let mut filming = Filming::new(publisher);
        filming.film(&mut house, true, &[0, 1, 2]);
        filming.film(&mut house, false, &[0, 1, 2]);
        let before = house.received(viewer, "TR_c");
        house.settings(viewer, "TR_c", TrackSettings { enabled: false, ..TrackSettings::default() });
        for _ in 0..50 {
            filming.film(&mut house, true, &[0, 1, 2]);
        }
        assert!(house.received(viewer, "TR_c").is_empty());
        house.settings(viewer, "TR_c", TrackSettings { quality: Quality::High, ..TrackSettings::default() });
        filming.film(&mut house, true, &[0, 1, 2]);
        let after = house.received(viewer, "TR_c");
        assert!(is_key(&after[0].1));
        assert_eq!(after[0].0.sequence, before[before.len() - 1].0.sequence + 1);
    });
}

#[test]
fn an_older_client_gets_the_older_profile() {
    let mut house = House::new(1);
    let publisher = house.join(0);
    let viewer = house.join_with(0, true, |port| Client::new(port).old(), true);
    house.publish(publisher, &[camera("TR_c")]);
    house.run(HALF);
    house.receive(viewer, &[("TR_c", publisher)]);
    house.run(HALF);
    let mut filming = Filming::new(publisher);
    filming.film(&mut house, true, &[0, 1, 2]);
    assert_eq!(house.received(viewer, "TR_c").len(), 3, "a key frame of each layer, best last");
    assert!(!house.people[viewer].subscriber.uses_gcm());
}

#[test]
fn viewers_hear_the_publishers_clock_and_their_round_trip_is_measured() {
    viewers_on_every_worker(|mut house, publisher, viewer| {
        let mut filming = Filming::new(publisher);
        filming.film(&mut house, true, &[2]);
        let frame_time = filming.packet("f", 1003, filming.frame, &[]).timestamp;
        let mut buffer = [0; 100];
        let mut writer = Writer::new(&mut buffer);
        let ntp = 0x1234_5678_8000_0000;
        assert!(writer.sender_report(1003, ntp, frame_time, 1, 1));
        let len = writer.len();
        house.people[publisher].publisher.send_rtcp(&buffer[..len]);
        house.settle();
        let mut last = 0;
        for _ in 0..40 {
            filming.film(&mut house, false, &[2]);
        }
        let received = house.received(viewer, "TR_c");
        let reports: Vec<(u64, u32)> = house.people[viewer]
            .subscriber
            .rtcp
            .iter()
            .flat_map(|bytes| read(bytes).collect::<Vec<_>>())
            .filter_map(|item| match item {
                Feedback::SenderReport { ntp, rtp, .. } => Some((ntp, rtp)),
                _ => None,
            })
            .collect();
        assert!(!reports.is_empty());
        for (told, rtp) in &reports {
            // The same moment on both clocks, as the publisher said.
            let passed = (told - ntp) as f64 / f64::from(u32::MAX);
            let expected = f64::from(received[0].0.timestamp) + passed * 90_000.0;
            assert!((f64::from(*rtp) - expected).abs() < 10.0, "{rtp} {expected}");
            last = (told >> 16) as u32;
        }
        house.run(Duration::from_millis(40));
        let (ssrc, _) = house.people[viewer].ssrcs[&"TR_c".into()];
        let report = crate::feedback::ReceptionReport {
            about: ssrc,
            fraction_lost: 64,
            last_report: last,
            delay: 0,
            ..Default::default()
        };
        let mut writer = Writer::new(&mut buffer);
        assert!(writer.receiver_report(1, &[report]));
        let len = writer.len();
        house.people[viewer].subscriber.send_rtcp(&buffer[..len]);
        house.events.clear();
        house.run(Duration::from_secs(5));
        let sid = house.sid(viewer);
        let quality = house.events.iter().find_map(|event| match event {
            MediaEvent::Quality { participant, downstream_loss, rtt_ms, .. } if *participant == sid => {
                Some((*downstream_loss, *rtt_ms))
            }
            _ => None,
        });
        let (loss, round_trip) = quality.expect("quality is told");
        assert_eq!(loss, 0.25);
        assert!((40..1_400).contains(&round_trip), "{round_trip}");
    });
}

#[test]
fn padding_leaves_no_gap_but_is_told_to_the_sender() {
    let (mut house, publisher, viewer) = watched(1, 0);
    let mut filming = Filming::new(publisher);
    filming.film(&mut house, true, &[2]);
    filming.frame += 1;
    house.send(publisher, &filming.packet("f", 1003, filming.frame, &[]));
    filming.film(&mut house, false, &[2]);
    let received = house.received(viewer, "TR_c");
    assert_eq!(received.len(), 2);
    assert_eq!(received[1].0.sequence, received[0].0.sequence + 1);
    house.run(Duration::from_millis(100));
    let told: usize = house.people[publisher]
        .publisher
        .rtcp
        .iter()
        .flat_map(|bytes| rtc_rtcp::packet::unmarshal(&mut &bytes[..]).unwrap())
        .filter_map(|packet| {
            let feedback = packet
                .as_any()
                .downcast_ref::<rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc>()?;
            Some(feedback.recv_deltas.len())
        })
        .sum();
    assert_eq!(told, 3, "all three packets, the padding too");
}

/// An encoder over WHIP announces no sizes: its key frames tell them, on every worker.
#[test]
fn a_small_tile_gets_a_small_layer_though_nothing_was_announced() {
    for home in 0..2 {
        let mut house = House::new(2);
        let (publisher, viewer) = (house.join(0), house.join(home));
        let mut unannounced = camera("TR_c");
        for layer in &mut unannounced.layers {
            (layer.width, layer.height, layer.bitrate_bps) = (0, 0, 0);
        }
        house.publish(publisher, &[unannounced]);
        house.run(HALF);
        house.receive(viewer, &[("TR_c", publisher)]);
        house.settings(viewer, "TR_c", TrackSettings { width: 300, height: 160, ..TrackSettings::default() });
        house.run(HALF);
        let mut filming = Filming::new(publisher);
        for key in [true, false, false, true, false, false] {
            filming.film(&mut house, key, &[0, 1, 2]);
        }
        let received = house.received(viewer, "TR_c");
        let (_, last) = received.iter().rev().find(|(_, payload)| is_key(payload)).unwrap();
        assert_eq!(u16::from_le_bytes([last[10], last[11]]), 320);
        assert_unbroken(&received);
    }
}
