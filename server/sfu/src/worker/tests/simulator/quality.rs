//! What goes on record of each interval is what really happened on the lines.

use super::pipe::Weather;
use super::receiver::Tells;
use super::stage::Stage;
use lianxian_model::media::MediaEvent;
use lianxian_model::quality::{UpstreamSample, ViewerSample};
use std::time::Duration;

const RATES: [u64; 3] = [150_000, 500_000, 1_700_000];
const SECOND: Duration = Duration::from_secs(1);

fn sent(stage: &Stage, track: &str) -> Vec<UpstreamSample> {
    let of = |event: &MediaEvent| match event {
        MediaEvent::Sent { samples, .. } => samples.clone(),
        _ => Vec::new(),
    };
    stage.house.events.iter().flat_map(of).filter(|(sid, _)| sid.as_str() == track).map(|(_, s)| s).collect()
}

fn received(stage: &Stage, viewer: usize, track: &str) -> Vec<ViewerSample> {
    let who = stage.house.sid(stage.viewers[viewer].person);
    let of = |event: &MediaEvent| match event {
        MediaEvent::Received { participant, samples } if *participant == who => samples.clone(),
        _ => Vec::new(),
    };
    stage.house.events.iter().flat_map(of).filter(|(sid, _)| sid.as_str() == track).map(|(_, s)| s).collect()
}

fn viewed(weather: Weather) -> (Stage, usize, usize) {
    let mut stage = Stage::new(1, RATES);
    let (down, up) = (stage.pipe(weather), stage.pipe(Weather::default()));
    let viewer = stage.view(down, up, Tells::Arrivals);
    (stage, viewer, down)
}

#[test]
fn an_interval_tells_rate_size_loss_and_round_trip_of_the_publisher() {
    let (mut stage, viewer, _) = viewed(Weather::default());
    let far = Weather { delay: Duration::from_millis(30), ..Weather::default() };
    let (down, up) = (stage.pipe(far), stage.pipe(Weather { loss: 0.1, ..far }));
    stage.publish_over(down, up);
    stage.run(SECOND * 45);
    let samples = sent(&stage, "TR_c0");
    assert!(samples.len() >= 4, "{samples:?}");
    for sample in &samples[1..4] {
        assert!((10_000..11_100).contains(&sample.span_ms), "{sample:?}");
        assert_eq!((sample.width, sample.height), (1280, 720));
        let loss = sample.loss().unwrap();
        assert!((0.07..0.13).contains(&loss), "a tenth is lost: {loss}");
        assert!(sample.rtt_ms.is_some_and(|trip| (60..=62).contains(&trip)), "{sample:?}");
    }
    // Layers below the top are not taken, so they are not encoded; a tenth is lost, and key frames come on top.
    let top = samples[2].bitrate() as f64 / RATES[2] as f64;
    assert!((0.8..1.4).contains(&top), "{top}");
    let sound = sent(&stage, "TR_m");
    let rate = sound[1].bitrate() as f64 / (50.0 * 80.0 * 8.0 * 0.9);
    assert!((0.9..1.1).contains(&rate), "{rate}");
    assert_eq!((sound[1].width, sound[1].lost), (0, sound[1].missed));
    assert!(received(&stage, viewer, "TR_m")[1].bytes > 0);
}

#[test]
fn an_interval_tells_what_a_viewer_was_sent_and_what_it_lost() {
    let weather = Weather { rate: Some(4_000_000), loss: 0.1, ..Weather::default() };
    let (mut stage, viewer, _) = viewed(weather);
    stage.run(SECOND * 45);
    let samples = received(&stage, viewer, "TR_c0");
    assert!(samples.len() >= 4, "{samples:?}");
    for sample in &samples[1..4] {
        let loss = sample.loss().unwrap();
        assert!((0.07..0.13).contains(&loss), "{loss}");
        assert_eq!((sample.freezes, sample.pauses), (0, 0), "what is repaired does not stand still");
        assert!(sample.estimate_bps.is_some_and(|estimate| (300_000..8_000_000).contains(&estimate)), "{sample:?}");
    }
    assert!(samples[2].bitrate() > RATES[0] * 9 / 10 && samples[2].width >= 320, "{:?}", samples[2]);
}

#[test]
fn what_the_publishers_line_lost_is_not_held_against_the_viewers_line() {
    let (mut stage, viewer, viewer_down) = viewed(Weather { rate: Some(8_000_000), ..Weather::default() });
    let (down, up) = (stage.pipe(Weather::default()), stage.pipe(Weather { loss: 0.2, ..Weather::default() }));
    stage.publish_over(down, up);
    stage.run(SECOND * 45);
    assert!(sent(&stage, "TR_m")[1].loss().unwrap() > 0.15);
    for track in ["TR_m", "TR_c0"] {
        let samples = received(&stage, viewer, track);
        assert!(samples.len() >= 4, "{samples:?}");
        let (missed, reported) = samples.iter().fold((0, 0), |(m, r), s| (m + s.missed, r + s.reported));
        assert!(missed * 100 <= reported, "{track}: {missed} of {reported}");
    }
    assert_eq!(stage.house.counter("copies_total"), 0, "copies of what never came help nobody");
    let who = stage.house.sid(stage.viewers[viewer].person);
    let lost = stage.house.events.iter().filter_map(|event| match event {
        MediaEvent::Quality { participant, downstream_loss, .. } if *participant == who => Some(*downstream_loss),
        _ => None,
    });
    assert!(lost.fold(0.0, f32::max) < 0.02);

    // Both lines lose: each what it is.
    stage.weather(viewer_down).loss = 0.1;
    let before = received(&stage, viewer, "TR_c0").len();
    stage.run(SECOND * 45);
    for sample in &received(&stage, viewer, "TR_c0")[before + 1..] {
        let loss = sample.loss().unwrap();
        assert!((0.07..0.13).contains(&loss), "{loss}");
    }
}

#[test]
fn a_camera_that_stands_still_freezes_its_viewers_and_a_line_that_is_too_slow_pauses_them() {
    let (mut stage, viewer, down) = viewed(Weather::default());
    let up = stage.pipe(Weather::default());
    stage.publish_over(up, up);
    stage.run(SECOND * 15);
    stage.weather(up).outage = true;
    stage.run(SECOND * 4);
    stage.weather(up).outage = false;
    stage.run(SECOND * 15);
    let samples = received(&stage, viewer, "TR_c0");
    let (freezes, frozen) = samples.iter().fold((0, 0), |(n, ms), s| (n + s.freezes, ms + s.frozen_ms));
    assert_eq!(freezes, 1, "{samples:?}");
    assert!((3_300..5_500).contains(&frozen), "{frozen}");
    assert!(samples.iter().all(|sample| sample.pauses == 0));

    *stage.weather(down) = Weather { rate: Some(40_000), ..Weather::default() };
    stage.run(SECOND * 30);
    assert!(stage.is_paused(viewer, "TR_c0"));
    let samples = received(&stage, viewer, "TR_c0");
    let paused: u32 = samples.iter().map(|sample| sample.paused_ms).sum();
    assert!(paused > 5_000 && samples.iter().any(|sample| sample.pauses == 1), "{samples:?}");
}

#[test]
fn the_last_interval_is_told_when_the_viewer_or_the_track_goes() {
    let (mut stage, viewer, _) = viewed(Weather::default());
    stage.run(SECOND * 4);
    assert!(received(&stage, viewer, "TR_c0").is_empty() && sent(&stage, "TR_c0").is_empty());
    let person = stage.viewers[viewer].person;
    stage.house.receive(person, &[]);
    let samples = received(&stage, viewer, "TR_c0");
    assert!(samples.len() == 1 && (2_000..5_000).contains(&samples[0].span_ms), "{samples:?}");
    // Nobody takes it any more: it is told what came meanwhile, and nothing after that.
    stage.run(SECOND * 20);
    let told = sent(&stage, "TR_c0");
    assert!(told.len() == 1 && (3_000..9_000).contains(&told[0].span_ms), "{told:?}");
}
