//! What must hold on poor lines.

use super::camera::FRAME;
use super::pipe::Weather;
use super::receiver::Tells;
use super::stage::Stage;
use std::time::Duration;

const RATES: [u64; 3] = [150_000, 500_000, 1_700_000];
const SECOND: Duration = Duration::from_secs(1);

fn line(rate: u64) -> Weather {
    Weather { rate: Some(rate), ..Weather::default() }
}

/// A viewer of one camera and its sound over a line of its own.
fn one_viewer(weather: Weather) -> (Stage, usize, usize, usize) {
    one_viewer_of(RATES, weather)
}

/// The same of a camera with these rates, in bit/s.
fn one_viewer_of(rates: [u64; 3], weather: Weather) -> (Stage, usize, usize, usize) {
    let mut stage = Stage::new(1, rates);
    let (down, up) = (stage.pipe(weather), stage.pipe(Weather::default()));
    let viewer = stage.view(down, up, Tells::Arrivals);
    (stage, viewer, down, up)
}

fn expected_frames(time: Duration) -> usize {
    (time.as_millis() / FRAME.as_millis()) as usize
}

/// What came of a line that was narrow for a while.
struct Fall {
    /// The layer at the end of the narrow time.
    narrow_layer: u8,
    /// The queueing delay that 95 of 100 packets did not exceed, over all.
    p95: Duration,
    /// The longest time without a picture.
    stop: Duration,
    /// From the line's return to the top layer's.
    back: Option<Duration>,
    /// Frames of the top layer of those sent, from six seconds after the return.
    top: f64,
}

/// 3 Mbit/s, `narrow` for 20 s, and 3 Mbit/s again, with this much room before the line, for a camera of so many percent of [`RATES`]
/// whose frames sway by so many.
fn fall(narrow: u64, queue: u64, percent: u64, sway: u64) -> Fall {
    let weather = Weather { queue: Duration::from_millis(queue), ..line(3_000_000) };
    let (mut stage, viewer, down, _) = one_viewer_of(RATES.map(|rate| rate * percent / 100), weather);
    stage.cameras[0].sway = sway;
    let start = stage.now();
    stage.run(SECOND * 20);
    assert_eq!(stage.stream(viewer, "TR_c0").moments.last().unwrap().1, 2, "the top layer is shown");
    let fell = stage.now();
    stage.weather(down).rate = Some(narrow);
    stage.run(SECOND * 20);
    let narrow_layer = stage.stream(viewer, "TR_c0").moments.last().unwrap().1;
    assert!(narrow_layer < 2, "what fits is shown");
    let returned = stage.now();
    stage.weather(down).rate = Some(3_000_000);
    stage.run(SECOND * 20);
    assert!(!stage.is_paused(viewer, "TR_c0"));
    let stream = stage.stream(viewer, "TR_c0");
    let top = stream.moments.iter().filter(|(at, layer)| *at > returned + SECOND * 6 && *layer == 2).count();
    Fall {
        narrow_layer,
        p95: stage.house.pipes[down].wait_p95(start, stage.now()),
        stop: stream.longest_stop(fell - SECOND * 10, stage.now()),
        back: stream.first_of(2, returned).map(|at| at - returned),
        top: top as f64 / expected_frames(SECOND * 14) as f64,
    }
}

#[test]
fn capacity_falls_and_returns() {
    for queue in [1_000, 300, 100] {
        for percent in [40, 50, 60, 70, 80, 90, 100] {
            for sway in [0, 50] {
                let Fall { narrow_layer, p95, stop, back, top } = fall(500_000, queue, percent, sway);
                let case = format!("queue {queue} ms, camera {percent} %, sway {sway} %");
                assert!(percent < 100 || narrow_layer == 0, "{case}: what fits is shown");
                assert!(p95 <= Duration::from_millis(200), "{case}: queueing delay p95 {p95:?}");
                let most = if sway == 0 { SECOND } else { SECOND * 11 / 10 };
                assert!(stop <= most, "{case}: stood still for {stop:?}");
                assert!(back.is_some_and(|back| back <= SECOND * 5), "{case}: the top layer back after {back:?}");
                assert!(top >= 0.95, "{case}: and stays: {top}");
            }
        }
    }
}

/// To a tenth or a fifth of what it was in one moment, with little room before the line: most of what is under way is lost.
#[test]
fn a_deep_fall_passes() {
    for (narrow, percent) in [(300_000, 50), (300_000, 70), (300_000, 90), (600_000, 100)] {
        for queue in [1_000, 300, 100] {
            for sway in [0, 50] {
                let Fall { stop, back, top, .. } = fall(narrow, queue, percent, sway);
                let case = format!("{narrow} bit/s, queue {queue} ms, camera {percent} %, sway {sway} %");
                assert!(stop <= SECOND * 4, "{case}: stood still for {stop:?}");
                assert!(back.is_some_and(|back| back <= SECOND * 5), "{case}: the top layer back after {back:?}");
                assert!(top >= 0.95, "{case}: and stays: {top}");
            }
        }
    }
}

/// The estimate is no further ahead of the picture than was looked for: a picture that grows does not show that the line is narrow.
#[test]
fn a_scene_that_gets_livelier_keeps_its_layer_while_the_line_has_room() {
    for percent in [40, 50, 60, 70, 80, 90] {
        let still = RATES.map(|rate| rate * percent / 100);
        let (mut stage, viewer, down, _) = one_viewer_of(still, line(500_000));
        stage.run(SECOND * 20);
        stage.weather(down).rate = Some(4_000_000);
        let returned = stage.now();
        while stage.stream(viewer, "TR_c0").first_of(2, returned).is_none() {
            stage.run(SECOND / 10);
            assert!(stage.now() - returned < SECOND * 5, "{percent} %: the top layer comes back");
        }
        stage.run(SECOND);
        let from = stage.now();
        stage.cameras[0].change(still.map(|rate| rate * 8 / 5));
        stage.run(SECOND * 20);
        let stream = stage.stream(viewer, "TR_c0");
        let frames = stream.frames_between(from, stage.now());
        let below = stream.moments.iter().filter(|(at, layer)| *at >= from && *layer < 2).count();
        assert_eq!(below, 0, "{percent} %: of {frames} frames");
        assert!(frames >= expected_frames(SECOND * 20) * 95 / 100, "{percent} %: {frames} frames");
        let p95 = stage.house.pipes[down].wait_p95(from, stage.now());
        assert!(p95 <= Duration::from_millis(100), "{percent} %: queueing delay p95 {p95:?}");
    }
}

#[test]
fn a_scene_that_gets_too_lively_for_the_line_gives_way_without_a_stop() {
    let still = RATES.map(|rate| rate / 2);
    let (mut stage, viewer, down, _) = one_viewer_of(still, line(1_500_000));
    stage.run(SECOND * 10);
    let from = stage.now();
    assert_eq!(stage.stream(viewer, "TR_c0").moments.last().unwrap().1, 2);
    stage.cameras[0].change(RATES);
    stage.run(SECOND * 30);
    let stream = stage.stream(viewer, "TR_c0");
    let gave_way = stream.first_of(1, from).expect("a smaller layer is shown") - from;
    assert!(gave_way <= SECOND * 2, "after {gave_way:?}");
    let stop = stream.longest_stop(from, stage.now());
    assert!(stop <= SECOND, "stood still for {stop:?}");
    let p95 = stage.house.pipes[down].wait_p95(from, stage.now());
    assert!(p95 <= Duration::from_millis(200), "queueing delay p95 {p95:?}");
}

#[test]
fn a_still_scene_with_large_key_frames_does_not_stop_a_narrow_line() {
    let mut stage = Stage::new(1, [40_000, 100_000, 250_000]);
    // 17, 44 and 110 kB: the largest takes almost two seconds of the line.
    stage.cameras[0].key_factor = 88;
    let (down, up) = (stage.pipe(line(500_000)), stage.pipe(Weather::default()));
    let viewer = stage.view(down, up, Tells::Arrivals);
    stage.run(SECOND * 10);
    let from = stage.now();
    stage.run(SECOND * 30);
    let stream = stage.stream(viewer, "TR_c0");
    let stop = stream.longest_stop(from, stage.now());
    assert!(stop <= SECOND, "stood still for {stop:?}");
    let frames = stream.frames_between(from, stage.now());
    assert!(frames >= expected_frames(SECOND * 30) * 95 / 100, "{frames} frames");
    assert!(!stage.is_paused(viewer, "TR_c0"));
}

#[test]
fn a_tenth_lost_at_random_is_repaired() {
    let (mut stage, viewer, ..) = one_viewer(Weather { loss: 0.1, ..line(3_000_000) });
    stage.run(SECOND * 5);
    let from = stage.now();
    stage.run(SECOND * 30);
    let frames = stage.stream(viewer, "TR_c0").frames_between(from, stage.now());
    assert!(frames >= expected_frames(SECOND * 30) * 95 / 100, "{frames} frames");
    assert!(!stage.is_paused(viewer, "TR_c0"));
}

#[test]
fn a_third_lost_pauses_the_picture_and_the_sound_goes_on() {
    let (mut stage, viewer, down, _) = one_viewer(line(3_000_000));
    stage.run(SECOND * 5);
    stage.weather(down).loss = 0.3;
    stage.run(SECOND * 10);
    assert!(stage.is_paused(viewer, "TR_c0"), "paused, and told so");
    let (frames, sent) = (stage.stream(viewer, "TR_c0").moments.len(), stage.microphone.sent);
    let heard = stage.stream(viewer, "TR_m").packets.len();
    stage.run(SECOND * 20);
    let frames = stage.stream(viewer, "TR_c0").moments.len() - frames;
    assert!(frames <= 5, "nothing half: {frames}");
    let sent = stage.microphone.sent - sent;
    let heard = stage.stream(viewer, "TR_m").packets.len() - heard;
    assert!(heard * 100 >= sent * 95, "{heard} of {sent}");
    // And it comes back by itself.
    stage.weather(down).loss = 0.0;
    stage.run(SECOND * 15);
    assert!(!stage.is_paused(viewer, "TR_c0"));
    let stop = stage.stream(viewer, "TR_c0").longest_stop(stage.now() - SECOND * 2, stage.now());
    assert!(stop < SECOND, "{stop:?}");
}

/// Where feedback is lost as well, and pictures of the lowest layer are few packets, verdicts are rare.
#[test]
fn a_third_lost_each_way_pauses_the_picture_soon() {
    for seed in 0..20 {
        let mut stage = Stage::new(1, RATES);
        stage.seed = seed * 100;
        let (down, up) = (stage.pipe(line(3_000_000)), stage.pipe(Weather::default()));
        let viewer = stage.view(down, up, Tells::Arrivals);
        stage.run(SECOND * 5);
        stage.weather(down).loss = 0.1;
        let from = stage.now();
        stage.run(SECOND * 60);
        assert_eq!(stage.turns(), 0, "seed {seed}: not at a tenth");
        let stop = stage.stream(viewer, "TR_c0").longest_stop(from, stage.now());
        assert!(stop <= SECOND, "seed {seed}: stood still for {stop:?}");
        stage.weather(down).loss = 0.3;
        stage.weather(up).loss = 0.3;
        let from = stage.now();
        while !stage.is_paused(viewer, "TR_c0") {
            stage.run(SECOND / 10);
            assert!(stage.now() - from <= SECOND * 10, "seed {seed}: paused within ten seconds");
        }
    }
}

#[test]
fn rare_words_come_over_a_line_that_loses_a_third_each_way() {
    let (mut stage, viewer, down, up) = one_viewer(line(3_000_000));
    // The end of a word is missed only when the next begins, a second later.
    stage.microphone.word = Some(7);
    stage.run(SECOND * 5);
    stage.weather(down).loss = 0.3;
    stage.weather(up).loss = 0.3;
    stage.run(SECOND * 10);
    let (sent, heard) = (stage.microphone.sent, stage.stream(viewer, "TR_m").packets.len());
    stage.run(SECOND * 60);
    let sent = stage.microphone.sent - sent;
    let heard = stage.stream(viewer, "TR_m").packets.len() - heard;
    assert!(heard * 100 >= sent * 95, "{heard} of {sent}");
    assert!(stage.house.counter("copies_total") as usize > sent);
    assert_eq!(stage.house.counter("copies_refused_total"), 0);
    // On a good line nothing is sent twice for long.
    stage.weather(down).loss = 0.0;
    stage.weather(up).loss = 0.0;
    stage.run(SECOND * 60);
    let copies = stage.house.counter("copies_total");
    stage.run(SECOND * 20);
    assert_eq!(stage.house.counter("copies_total"), copies);
}

#[test]
fn two_viewers_share_one_bottleneck() {
    for percent in [60, 80, 100, 120, 140] {
        let mut stage = Stage::new(6, [100_000, 250_000, 600_000].map(|rate| rate * percent / 100));
        let (down, up) = (stage.pipe(line(2_000_000)), stage.pipe(Weather::default()));
        let one = stage.view(down, up, Tells::Arrivals);
        stage.run(SECOND * 8);
        let other = stage.view(down, up, Tells::Arrivals);
        stage.run(SECOND * 15);
        let from = stage.now();
        stage.run(SECOND * 120);
        let pipe = &stage.house.pipes[down];
        let (a, b) = (pipe.bytes_of(stage.flow(one), from), pipe.bytes_of(stage.flow(other), from));
        let share = a as f64 / (a + b) as f64;
        assert!((0.4..=0.6).contains(&share), "cameras {percent} %: {share}: {a} and {b} bytes");
        let used = (a + b) as f64 * 8.0 / 120.0;
        assert!(used > 1_400_000.0, "cameras {percent} %: the line is used: {used}");
        let p95 = pipe.wait_p95(from, stage.now());
        assert!(p95 <= Duration::from_millis(150), "cameras {percent} %: queueing delay p95 {p95:?}");
    }
}

#[test]
fn jitter_reordering_and_bursts_of_loss_are_no_congestion() {
    let weather =
        Weather { jitter: Duration::from_millis(30), reordering: 0.02, bursts: Some((0.004, 0.3)), ..line(4_000_000) };
    let (mut stage, viewer, ..) = one_viewer(weather);
    stage.run(SECOND * 8);
    let from = stage.now();
    stage.run(SECOND * 30);
    let stream = stage.stream(viewer, "TR_c0");
    let frames = stream.frames_between(from, stage.now());
    assert!(frames >= expected_frames(SECOND * 30) * 95 / 100, "{frames} frames");
    let top = stream.moments.iter().filter(|(at, layer)| *at > from && *layer == 2).count();
    assert!(top * 10 >= frames * 8, "{top} of {frames} in the top layer");
    assert!(!stage.is_paused(viewer, "TR_c0"));
}

#[test]
fn an_outage_passes() {
    let (mut stage, viewer, down, up) = one_viewer(line(3_000_000));
    stage.run(SECOND * 8);
    stage.weather(down).outage = true;
    stage.weather(up).outage = true;
    stage.run(SECOND * 4);
    stage.weather(down).outage = false;
    stage.weather(up).outage = false;
    let back = stage.now();
    stage.run(SECOND * 12);
    let stream = stage.stream(viewer, "TR_c0");
    let first = stream.moments.iter().find(|(at, _)| *at >= back).expect("it moves again").0 - back;
    assert!(first <= SECOND * 4, "moves after {first:?}");
    let top = stream.first_of(2, back).expect("the top layer comes back") - back;
    assert!(top <= SECOND * 10, "top layer after {top:?}");
}

#[test]
fn the_spotlight_goes_before_the_tiles_on_a_narrow_line() {
    let mut stage = Stage::new(4, RATES);
    let (down, up) = (stage.pipe(line(1_500_000)), stage.pipe(Weather::default()));
    let viewer = stage.view(down, up, Tells::Arrivals);
    for (track, width, height) in [("TR_c0", 300, 160), ("TR_c1", 1280, 720), ("TR_c2", 300, 160), ("TR_c3", 300, 160)]
    {
        stage.settings(viewer, track, width, height);
    }
    stage.run(SECOND * 20);
    let layer = |stage: &Stage, track: &str| stage.stream(viewer, track).moments.last().unwrap().1;
    assert_eq!(layer(&stage, "TR_c1"), 1);
    for track in ["TR_c0", "TR_c2", "TR_c3"] {
        assert_eq!(layer(&stage, track), 0);
        assert!(!stage.is_paused(viewer, track));
    }
    // Narrower: tiles are paused one by one, the spotlight last.
    stage.weather(down).rate = Some(450_000);
    stage.run(SECOND * 20);
    assert!(!stage.is_paused(viewer, "TR_c1"));
    let paused = ["TR_c0", "TR_c2", "TR_c3"].into_iter().filter(|track| stage.is_paused(viewer, track)).count();
    assert!((1..=3).contains(&paused), "{paused}");
    let stop = stage.stream(viewer, "TR_c1").longest_stop(stage.now() - SECOND * 10, stage.now());
    assert!(stop <= SECOND, "the spotlight moves: {stop:?}");
    let turns = stage.turns();
    assert!(turns <= 24, "they do not flap: {turns} turns");
}

#[test]
fn a_viewer_without_transport_wide_feedback_is_bounded_by_its_remb() {
    let mut stage = Stage::new(1, RATES);
    let (down, up) = (stage.pipe(line(3_000_000)), stage.pipe(Weather::default()));
    let viewer = stage.view(down, up, Tells::Remb(800_000));
    stage.run(SECOND * 6);
    assert_eq!(stage.stream(viewer, "TR_c0").moments.last().unwrap().1, 1);
    stage.viewers[viewer].receiver.tells = Tells::Remb(3_000_000);
    stage.run(SECOND * 8);
    assert_eq!(stage.stream(viewer, "TR_c0").moments.last().unwrap().1, 2);
    stage.viewers[viewer].receiver.tells = Tells::Remb(50_000);
    stage.run(SECOND * 3);
    assert!(stage.is_paused(viewer, "TR_c0"));
}
