//! Publishing: rights, announcing, muting, dynacast, unpublishing.

use super::*;
use lianxian_model::link::RequestOutcome;
use lianxian_model::media::{Quality, TrackSummary, VideoLayer};

#[test]
fn publishing_needs_the_right_for_the_source_and_refusals_are_on_record_once() {
    let mut world = World::new();
    let console = world.console("console");
    for _ in 0..3 {
        let about = TrackAbout::default();
        let add = AddTrack { cid: "c".into(), kind: TrackKind::Video, source: TrackSource::Camera, about };
        world.wish(&console, Wish::AddTrack(add));
    }
    world.run();
    let told = world.told(&console);
    let refusals =
        told.iter().filter(|n| matches!(n, Notice::RequestAnswer { outcome: RequestOutcome::NotAllowed, .. }));
    assert_eq!(refusals.count(), 3);
    assert!(!told.iter().any(|n| matches!(n, Notice::TrackPublished { .. })));
    assert_eq!(world.refusals(), vec!["publish"]);
}

#[test]
fn a_kind_cannot_pass_for_another() {
    let mut world = World::new();
    let rights =
        LinkRights { may_publish: PublishRights { microphone: true, ..PublishRights::NONE }, ..guest_rights() };
    let guest = world.guest_with("a", rights);
    let about = TrackAbout::default();
    let add = AddTrack { cid: "c".into(), kind: TrackKind::Video, source: TrackSource::Microphone, about };
    world.wish(&guest, Wish::AddTrack(add));
    let told = world.told(&guest);
    assert!(!told.iter().any(|n| matches!(n, Notice::TrackPublished { .. })));
    world.announce(&guest, MICROPHONE);
}

#[test]
fn one_who_asks_for_what_it_may_not_without_end_is_sent_away() {
    let mut world = World::new();
    let console = world.console("console");
    for n in 0..400 {
        let message = lianxian_model::link::DataMessage {
            reliable: true,
            destinations: Vec::new(),
            sequence: 0,
            bytes: <_>::default(),
        };
        // The same refusal is one row, however often.
        world.wish(&console, Wish::SendData(message));
        let about = TrackAbout { name: n.to_string(), ..TrackAbout::default() };
        world.wish(
            &console,
            Wish::AddTrack(AddTrack { cid: n.to_string(), kind: TrackKind::Video, source: TrackSource::Camera, about }),
        );
    }
    world.run();
    assert_eq!(world.refusals(), vec!["publish_data", "publish"]);
    assert!(leave_of(&world.told(&console)).is_none());
}

#[test]
fn a_track_that_is_told_to_be_silent_before_it_was_heard_is_heard_first() {
    let mut world = World::new();
    let station = world.station("station");
    let camera = world.announce(&station, CAMERA);
    world.wish(&station, Wish::PublisherOffer { id: 1, sdp: "offer".into() });
    world.run();
    let silence = MediaEvent::WantedQualities {
        participant: station.clone(),
        track: camera.clone(),
        codec: Some(Codec::Vp8),
        low: false,
        medium: false,
        high: false,
    };
    world.event(silence);
    let silenced = |world: &World| world.told(&station).iter().any(|n| matches!(n, Notice::WantedQualities { .. }));
    assert!(!silenced(&world));
    world.start(&station, &camera);
    assert!(!silenced(&world), "its start is not on record yet");
    world.run();
    let wanted = vec![(Quality::Low, false), (Quality::Medium, false), (Quality::High, false)];
    let notice = Notice::WantedQualities { track: camera.clone(), codec: Some(Codec::Vp8), wanted };
    assert!(world.told(&station).contains(&notice));
    // Silent and on air: one who comes to watch later gets it at once.
    world.wait(120_000);
    let console = world.console("console");
    world.grants("s", vec![grant("s", "station", "console", true, false)]);
    world.run();
    assert_eq!(world.receives(&console), BTreeSet::from([camera]));
}

#[test]
fn muting_is_told_and_enforced() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let track = world.publish(&a, MICROPHONE);
    let muted = |world: &World| {
        world.told(&b).into_iter().rev().find_map(|n| match n {
            Notice::Participants(views) => views.into_iter().find_map(|v| v.tracks.first().map(|t| t.about.muted)),
            _ => None,
        })
    };
    assert_eq!(muted(&world), Some(false));
    world.wish(&a, Wish::Mute { track: track.clone(), muted: true });
    world.run();
    assert_eq!(muted(&world), Some(true));
    assert!(world.log.iter().any(|h| matches!(h, Happened::Called(_, MediaJob::Muted { muted: true, .. }))));
    let from = world.log.len();
    world.wish(&b, Wish::Mute { track, muted: false });
    world.run();
    assert!(
        matches!(world.told_since(from, &b)[..], [Notice::RequestAnswer { outcome: RequestOutcome::NotFound, .. }]),
        "another's track is not one's own"
    );
}

#[test]
fn unpublishing_is_read_from_the_offer_and_its_end_recorded_with_the_summary() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let track = world.publish(&a, CAMERA);
    assert_eq!(world.receives(&b), BTreeSet::from([track.clone()]));
    let answer = PublisherAnswer { sdp: "answer".into(), bound: Vec::new(), removed: vec![track.clone()] };
    world.state.called(&a, MediaOutcome::Answer { id: 2, answer: Ok(answer) }, Millis(1));
    world.take_effects();
    world.run();
    assert!(world.receives(&b).is_empty());
    assert!(world.believes(&b)["a"].is_empty());
    assert!(world.told(&a).contains(&Notice::TrackUnpublished { track: track.clone() }));
    let summary = TrackSummary { packets: 9, ..TrackSummary::default() };
    world.event(MediaEvent::TrackEnded { participant: a.clone(), track, summary: summary.clone() });
    world.run();
    assert!(world.committed().iter().any(|(_, job)| matches!(job, RecordJob::TrackEnded(_, s) if *s == summary)));
    let told = world.told(&a).into_iter().filter(|n| matches!(n, Notice::TrackUnpublished { .. }));
    assert_eq!(told.count(), 1);
}

#[test]
fn a_track_announced_and_never_offered_is_forgotten() {
    let mut world = World::new();
    let a = world.guest("a");
    for _ in 0..super::super::super::limits::TRACKS_PER_LINK {
        world.announce(&a, CAMERA);
    }
    let add = AddTrack {
        cid: "more".into(),
        kind: TrackKind::Video,
        source: TrackSource::Camera,
        about: TrackAbout::default(),
    };
    world.wish(&a, Wish::AddTrack(add));
    assert!(
        world
            .told(&a)
            .iter()
            .any(|n| matches!(n, Notice::RequestAnswer { outcome: RequestOutcome::LimitExceeded, .. }))
    );
    world.wait(super::super::super::limits::ANNOUNCED_MS);
    world.announce(&a, CAMERA);
}

#[test]
fn a_bad_offer_ends_the_link_and_no_other() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let answer = Err(MediaError::BadSdp("no".into()));
    world.state.called(&a, MediaOutcome::Answer { id: 1, answer }, Millis(1));
    world.take_effects();
    world.run();
    assert!(leave_of(&world.told(&a)).is_some());
    assert!(world.believes(&b).is_empty());
}

#[test]
fn a_track_is_announced_in_few_words() {
    let mut world = World::new();
    let a = world.guest("a");
    let layer =
        |rid: &str| VideoLayer { quality: Quality::Low, width: 320, height: 180, bitrate_bps: 1, rid: rid.into() };
    let (long, longer) = ("x".repeat(17), "x".repeat(513));
    for about in [
        TrackAbout { layers: vec![layer("q"), layer(&long)], ..TrackAbout::default() },
        TrackAbout { codecs: vec![(longer.clone(), "c".into())], ..TrackAbout::default() },
        TrackAbout { codecs: vec![("vp8".into(), longer.clone())], ..TrackAbout::default() },
    ] {
        let (kind, source) = CAMERA;
        world.wish(&a, Wish::AddTrack(AddTrack { cid: "cid".into(), kind, source, about }));
    }
    world.run();
    let senseless =
        |notice: &Notice| matches!(notice, Notice::RequestAnswer { outcome: RequestOutcome::InvalidRequest, .. });
    assert_eq!(world.told(&a).iter().filter(|notice| senseless(notice)).count(), 3);
}
