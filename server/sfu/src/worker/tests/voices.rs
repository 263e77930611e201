//! A conference of many: the loudest are heard, whoever begins to speak at once, and nobody's stream has a gap.

use super::harness::{House, OPUS, Rtp, microphone};
use crate::worker::limits::MAX_HEARD;
use lianxian_model::media::MediaEvent;
use std::time::Duration;

const MICROPHONES: usize = 12;
const SILENT: u8 = 127;

struct Conference {
    house: House,
    speakers: usize,
    listener: usize,
    sequence: u16,
    names: Vec<String>,
}

impl Conference {
    /// The microphones are on one worker, the listener on the other.
    fn new() -> Self {
        let mut house = House::new(2);
        let (speakers, listener) = (house.join(1), house.join(0));
        let names: Vec<String> = (0..MICROPHONES).map(|number| format!("TR_m{number}")).collect();
        house.publish(speakers, &names.iter().map(|name| microphone(name)).collect::<Vec<_>>());
        house.run(Duration::from_millis(500));
        let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), speakers)).collect();
        house.receive(listener, &wanted);
        house.run(Duration::from_millis(500));
        Self { house, speakers, listener, sequence: 0, names }
    }

    /// So many packets of each microphone; how many of each the listener got.
    fn speak(&mut self, packets: usize, level: impl Fn(usize) -> u8) -> Vec<usize> {
        for _ in 0..packets {
            self.sequence += 1;
            for number in 0..MICROPHONES {
                let packet = Rtp {
                    mid: &number.to_string(),
                    rid: "",
                    rtx: false,
                    payload_type: OPUS,
                    ssrc: 500 + number as u32,
                    sequence: self.sequence,
                    timestamp: u32::from(self.sequence) * 960,
                    level: Some(level(number)),
                    marker: false,
                    payload: &[0x78; 40],
                };
                self.house.send(self.speakers, &packet);
            }
            self.house.run(Duration::from_millis(20));
        }
        let names = self.names.clone();
        names.iter().map(|name| self.take(name)).collect()
    }

    fn take(&mut self, name: &str) -> usize {
        let received = self.house.received(self.listener, name);
        let gapless = received.windows(2).all(|pair| pair[1].0.sequence == pair[0].0.sequence.wrapping_add(1));
        assert!(gapless, "{name} has a gap");
        received.len()
    }
}

#[test]
fn the_loudest_are_heard_and_a_new_voice_at_once() {
    let mut conference = Conference::new();
    conference.speak(50, |_| SILENT);
    let heard = conference.speak(50, |_| SILENT);
    assert_eq!(heard.iter().filter(|count| **count > 0).count(), MAX_HEARD, "{heard:?}");
    let silent = heard.iter().rposition(|count| *count == 0).unwrap();

    let heard = conference.speak(100, |number| if number == silent { 30 } else { SILENT });
    assert_eq!(heard[silent], 100, "from its first packet on");
    assert_eq!(heard.iter().filter(|count| **count == 100).count(), MAX_HEARD, "{heard:?}");
    assert!(conference.house.counter("voices_closed_total") > 0);
}

#[test]
fn of_many_who_speak_at_once_the_loudest_are_heard() {
    let mut conference = Conference::new();
    let level = |number: usize| 20 + 2 * number as u8;
    conference.speak(150, level);
    let heard = conference.speak(100, level);
    let loudest: Vec<usize> = (0..MICROPHONES).map(|number| if number < MAX_HEARD { 100 } else { 0 }).collect();
    assert_eq!(heard, loudest);
}

#[test]
fn sound_without_levels_is_always_sent() {
    let mut conference = Conference::new();
    for sequence in 1..60 {
        for number in 0..MICROPHONES {
            let (mid, ssrc) = (number.to_string(), 500 + number as u32);
            let timestamp = u32::from(sequence) * 960;
            let payload = &[0x78; 40];
            let packet = Rtp {
                mid: &mid,
                rid: "",
                rtx: false,
                payload_type: OPUS,
                ssrc,
                sequence,
                timestamp,
                level: None,
                marker: false,
                payload,
            };
            conference.house.send(conference.speakers, &packet);
        }
        conference.house.run(Duration::from_millis(20));
    }
    let names = conference.names.clone();
    let heard: Vec<usize> = names.iter().map(|name| conference.take(name)).collect();
    assert_eq!(heard, [59; MICROPHONES]);
}

/// Eight are heard and the ninth is not; one leaves, and the ninth is heard again.
#[test]
fn whoever_was_closed_is_opened_when_there_is_room() {
    let mut conference = Conference::new();
    conference.speak(50, |_| SILENT);
    let heard = conference.speak(50, |_| SILENT);
    let closed = heard.iter().rposition(|count| *count == 0).unwrap();
    let mut few: Vec<String> = conference.names.iter().take(MAX_HEARD - 1).cloned().collect();
    if !few.contains(&conference.names[closed]) {
        few.push(conference.names[closed].clone());
    }
    let wanted: Vec<_> = few.iter().map(|name| (name.as_str(), conference.speakers)).collect();
    conference.house.receive(conference.listener, &wanted);
    conference.speak(20, |_| SILENT);
    assert_eq!(conference.speak(50, |_| SILENT)[closed], 50);
}

/// Whoever is not told of counts as silent: so all who speak are told of, however many.
#[test]
fn everyone_who_speaks_is_told_of() {
    let mut house = House::new(2);
    let (one, other) = (house.join(1), house.join(0));
    let names: Vec<String> = (0..20).map(|number| format!("TR_m{number}")).collect();
    for (speakers, names) in [(one, &names[..10]), (other, &names[10..])] {
        house.publish(speakers, &names.iter().map(|name| microphone(name)).collect::<Vec<_>>());
    }
    house.run(Duration::from_millis(500));
    house.events.clear();
    for sequence in 0..60 {
        for number in 0..20_u32 {
            let packet = Rtp {
                mid: &(number % 10).to_string(),
                rid: "",
                rtx: false,
                payload_type: OPUS,
                ssrc: 500 + number % 10,
                sequence,
                timestamp: u32::from(sequence) * 960,
                level: Some(30),
                marker: false,
                payload: &[0x78; 40],
            };
            house.send(if number < 10 { one } else { other }, &packet);
        }
        house.run(Duration::from_millis(20));
    }
    let most = house.events.iter().filter_map(|event| match event {
        MediaEvent::Speakers { levels } => Some(levels.len()),
        _ => None,
    });
    assert_eq!(most.max(), Some(20));
}
