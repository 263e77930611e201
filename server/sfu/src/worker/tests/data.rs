//! Data both ways: the client's channels on its publisher connection, ours on the subscriber's.

use super::client::Client;
use super::harness::*;
use super::simulator::{Pipe, Weather};
use crate::worker::{Command, Reply};
use bytes::Bytes;
use lianxian_model::media::{MediaEvent, Target};
use std::time::Duration;

const HALF: Duration = Duration::from_millis(500);

#[test]
fn messages_go_up_and_down_over_both_channels() {
    let mut house = House::new(2);
    let speaker = house.join(0);
    let listener = house.join(1);
    house.people[speaker].publisher.open_channels();
    house.publish(speaker, &[]);
    house.run(HALF);
    let now = house.now;
    for (label, text) in [("_reliable", "one"), ("_lossy", "two")] {
        house.people[speaker].publisher.send_message(label, text.as_bytes(), now);
    }
    house.run(HALF);
    let told: Vec<_> = house
        .events
        .iter()
        .filter_map(|event| match event {
            MediaEvent::Data { participant, reliable, bytes } => Some((participant.clone(), *reliable, bytes.clone())),
            _ => None,
        })
        .collect();
    let sid = house.sid(speaker);
    assert_eq!(told, [(sid.clone(), true, Bytes::from("one")), (sid, false, Bytes::from("two"))]);
    for (reliable, text) in [(true, "three"), (false, "four")] {
        let command = Command::SendData { participant: house.sid(listener), reliable, bytes: Bytes::from(text) };
        assert!(matches!(house.command(1, command), Reply::Done));
    }
    house.run(HALF);
    let messages = &house.people[listener].subscriber.messages;
    assert_eq!(*messages, [("_reliable".to_owned(), b"three".to_vec()), ("_lossy".to_owned(), b"four".to_vec())]);
    assert!(house.people[speaker].subscriber.messages.is_empty());
}

#[test]
fn what_is_sent_before_the_channel_is_up_waits_for_it() {
    let mut house = House::new(1);
    let listener = house.join(0);
    for number in 0..20_u8 {
        let bytes = Bytes::from(vec![number; 1_000 + usize::from(number) * 2_000]);
        house.command(0, Command::SendData { participant: house.sid(listener), reliable: true, bytes });
    }
    house.run(HALF);
    house.run(HALF);
    let messages = &house.people[listener].subscriber.messages;
    let sizes: Vec<(u8, usize)> = messages.iter().map(|(_, bytes)| (bytes[0], bytes.len())).collect();
    assert_eq!(sizes, (0..20).map(|number| (number, 1_000 + usize::from(number) * 2_000)).collect::<Vec<_>>());
}

/// What keeps hostile data away lets a long stream through, of messages of two packets and of the largest, over a line that loses some.
#[test]
fn a_long_stream_passes_whole() {
    let mut house = House::new(1);
    let speaker = house.join(0);
    house.people[speaker].publisher.open_channels();
    house.publish(speaker, &[]);
    house.run(HALF);
    let lossy = Weather { loss: 0.01, delay: Duration::from_millis(5), ..Weather::default() };
    house.pipes = vec![Pipe::new(lossy, 1), Pipe::new(lossy, 2)];
    let flow = house.people[speaker].publisher.flow;
    house.ways.insert(flow, Way { down: 0, up: 1 });
    let heard = |house: &House| house.count(|event| matches!(event, MediaEvent::Data { .. }));
    for (size, messages) in [(2_000, 3_000), (60_000, 150)] {
        let before = heard(&house);
        for number in 0..messages {
            let now = house.now;
            house.people[speaker].publisher.send_message("_reliable", &vec![number as u8; size], now);
            house.run(Duration::from_millis(if size < 10_000 { 20 } else { 200 }));
        }
        house.run(Duration::from_secs(20));
        assert_eq!(heard(&house) - before, messages, "of {size} bytes");
    }
}

/// A peer that may neither publish nor subscribe proves that the way is open, and no more.
#[test]
fn one_who_may_do_nothing_has_no_channels() {
    let mut house = House::new(1);
    let checker = house.join_with(0, false, Client::new, true);
    house.command(0, Command::Close { participant: house.sid(checker) });
    let open = Command::Open { participant: house.sid(checker), may_publish: false, may_subscribe: false };
    house.command(0, open);
    house.people[checker].publisher.open_channels();
    house.publish(checker, &[]);
    house.run(HALF);
    assert!(house.is_up(checker, Target::Publisher));
    assert!(!house.people[checker].publisher.has_association(), "nobody answers");
    let may = Command::SetMayPublish { participant: house.sid(checker), may_publish: true };
    house.command(0, may);
    house.run(Duration::from_secs(5));
    assert!(house.people[checker].publisher.has_association());
}
