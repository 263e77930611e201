//! Plain rooms of integration keys: everyone sees everyone within their rights.

use super::*;
use lianxian_model::link::{DataMessage, RequestOutcome, TrackPermission};
use lianxian_model::media::{Quality, TrackSettings};

#[test]
fn everyone_sees_everyone_but_the_hidden() {
    let mut world = World::new();
    let a = world.guest("a");
    let ghost = world.guest_with("ghost", LinkRights { hidden: true, ..guest_rights() });
    let b = world.guest("b");
    assert_eq!(world.believes(&a).into_keys().collect::<Vec<_>>(), vec!["b"]);
    assert_eq!(world.believes(&ghost).into_keys().collect::<Vec<_>>(), vec!["a", "b"]);
    assert_eq!(world.believes(&b).into_keys().collect::<Vec<_>>(), vec!["a"]);
    world.wish(&b, Wish::Leave);
    world.run();
    assert!(world.believes(&a).is_empty());
    assert!(leave_of(&world.told(&b)).is_some());
}

#[test]
fn rooms_and_keys_are_apart() {
    let mut world = World::new();
    let a = world.guest("a");
    let Whom::Guest(mut other) = guest("b", guest_rights()) else { panic!() };
    other.key = "another key".into();
    world.join(Whom::Guest(other), true, None);
    let Whom::Guest(mut other) = guest("c", guest_rights()) else { panic!() };
    other.room = "net".into();
    world.join(Whom::Guest(other), true, None);
    world.station("station");
    world.run();
    assert!(world.believes(&a).is_empty());
    assert_eq!(world.state.gauges().rooms, 4);
}

#[test]
fn subscribing_by_hand_and_settings() {
    let mut world = World::new();
    let a = world.guest("a");
    let ticket = world.join(guest("b", guest_rights()), false, None);
    world.run();
    let b = world.admitted[&ticket].0.clone();
    let track = world.publish(&a, CAMERA);
    assert!(world.receives(&b).is_empty(), "this client does not subscribe by itself");
    assert_eq!(world.believes(&b)["a"], BTreeSet::from([track.clone()]));
    let settings = TrackSettings { enabled: true, quality: Quality::Low, width: 320, height: 180 };
    world.wish(&b, Wish::SetTracks { tracks: vec![track.clone()], settings });
    world.wish(&b, Wish::Subscribe { tracks: vec![track.clone()], subscribe: true });
    world.run();
    assert_eq!(world.sent[&b][0].settings, settings);
    world.wish(&b, Wish::Subscribe { tracks: vec![track.clone()], subscribe: false });
    world.run();
    assert!(world.receives(&b).is_empty());
    let from = world.log.len();
    world.wish(&b, Wish::Subscribe { tracks: vec!["TR_nothing".into()], subscribe: true });
    assert_eq!(world.told_since(from, &b), vec![Notice::SubscriptionFailed { track: "TR_nothing".into() }]);
}

/// Until its element is measured the lowest layer will do: of whoever says that it will measure it.
#[test]
fn before_it_is_measured_an_adaptive_stream_takes_the_lowest() {
    let mut world = World::new();
    let a = world.guest("a");
    let join = |world: &mut World, identity, adaptive_stream| {
        let client = ClientInfo { sdk: "js".into(), auto_subscribe: true, adaptive_stream, ..ClientInfo::default() };
        let ticket = world.join_as(Manner::Socket, client, guest(identity, guest_rights()), None);
        world.run();
        world.admitted[&ticket].0.clone()
    };
    let (adaptive, plain) = (join(&mut world, "b", true), join(&mut world, "c", false));
    let track = world.publish(&a, CAMERA);
    let set = |enabled, quality, (width, height)| TrackSettings { enabled, quality, width, height };
    let sent =
        |world: &World, to: &ParticipantSid| world.sent[to].iter().find(|sent| sent.track == track).unwrap().settings;
    let tell = |world: &mut World, settings| {
        for of in [&adaptive, &plain] {
            world.wish(of, Wish::SetTracks { tracks: vec![track.clone()], settings });
            // What was told holds for all that is sent from now on.
            world.publish(&a, MICROPHONE);
        }
        [sent(world, &adaptive), sent(world, &plain)]
    };
    assert_eq!(sent(&world, &adaptive), set(true, Quality::Low, (0, 0)));
    assert_eq!(sent(&world, &plain), set(true, Quality::High, (0, 0)));
    let seen = set(true, Quality::High, (0, 0));
    assert_eq!(tell(&mut world, seen), [set(true, Quality::Low, (0, 0)), seen]);
    let measured = set(true, Quality::High, (1280, 720));
    assert_eq!(tell(&mut world, measured), [measured; 2]);
    let hidden = set(false, Quality::High, (0, 0));
    assert_eq!(tell(&mut world, hidden), [TrackSettings { enabled: false, ..measured }, hidden]);
}

#[test]
fn without_the_right_nothing_is_received_and_asking_is_on_record() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest_with("b", LinkRights { may_subscribe: false, ..guest_rights() });
    let track = world.publish(&a, CAMERA);
    assert!(world.receives(&b).is_empty());
    world.wish(&b, Wish::Subscribe { tracks: vec![track], subscribe: true });
    world.run();
    assert!(world.receives(&b).is_empty());
    assert_eq!(world.refusals(), vec!["subscribe"]);
}

#[test]
fn a_publisher_may_choose_who_takes_its_tracks() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let c = world.guest("c");
    let track = world.publish(&a, CAMERA);
    let named = TrackPermission { participant: "".into(), identity: "b".into(), all_tracks: true, tracks: Vec::new() };
    world.wish(&a, Wish::Permit { everyone: false, permissions: vec![named] });
    world.run();
    assert_eq!(world.receives(&b), BTreeSet::from([track.clone()]));
    assert!(world.receives(&c).is_empty());
    let told = |allowed| Notice::Permission { participant: a.clone(), track: track.clone(), allowed };
    assert!(world.told(&c).contains(&told(false)));
    world.wish(&a, Wish::Permit { everyone: true, permissions: Vec::new() });
    world.run();
    assert_eq!(world.receives(&c), BTreeSet::from([track.clone()]));
    assert!(world.told(&c).contains(&told(true)));
    assert!(!world.told(&b).iter().any(|n| matches!(n, Notice::Permission { .. })));
}

#[test]
fn data_goes_to_all_others_or_to_those_named_and_needs_the_right() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let c = world.guest("c");
    let mute = world.guest_with("mute", LinkRights { may_publish_data: false, ..guest_rights() });
    // It has no data channel: what waited for one would end it.
    let player = world.join_as(Manner::Playing, ClientInfo::default(), guest("player", guest_rights()), None);
    world.run();
    assert!(world.admitted.contains_key(&player));
    let send = |world: &mut World, from: &ParticipantSid, to: &[&str]| -> BTreeSet<ParticipantSid> {
        let destinations = to.iter().map(|to| (*to).to_owned()).collect();
        let start = world.log.len();
        let bytes = bytes::Bytes::from_static(b"x");
        world.wish(from, Wish::SendData(DataMessage { reliable: true, destinations, sequence: 0, bytes }));
        world.run();
        world.log[start..]
            .iter()
            .filter_map(|h| match h {
                Happened::Called(sid, MediaJob::Data { .. }) => Some(sid.clone()),
                _ => None,
            })
            .collect()
    };
    assert_eq!(send(&mut world, &a, &[]), BTreeSet::from([b.clone(), c.clone(), mute.clone()]));
    assert_eq!(send(&mut world, &a, &["b"]), BTreeSet::from([b.clone()]));
    assert_eq!(send(&mut world, &a, &[c.as_str()]), BTreeSet::from([c]));
    assert_eq!(send(&mut world, &mute, &[]), BTreeSet::new());
    assert_eq!(world.refusals(), vec!["publish_data"]);
}

#[test]
fn name_metadata_and_attributes() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let plain = world.guest_with("plain", LinkRights { may_update_metadata: false, ..guest_rights() });
    let update = |attributes: &[(&str, &str)]| Wish::UpdateMetadata {
        request_id: 5,
        name: "new".into(),
        metadata: String::new(),
        attributes: attributes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
    };
    world.wish(&a, update(&[("seat", "3"), ("x", "1")]));
    world.wish(&a, update(&[("x", "")]));
    world.run();
    let seen = |world: &World, viewer: &ParticipantSid| {
        world.told(viewer).into_iter().rev().find_map(|n| match n {
            Notice::Participants(views) => views.into_iter().find(|v| v.sid == a),
            _ => None,
        })
    };
    for viewer in [&a, &b] {
        let view = seen(&world, viewer).unwrap();
        assert_eq!((view.name.as_str(), view.attributes.len()), ("new", 1));
    }
    let outcome = |world: &World, sid: &ParticipantSid| {
        world.told(sid).into_iter().rev().find_map(|n| match n {
            Notice::RequestAnswer { request_id: 5, outcome, .. } => Some(outcome),
            _ => None,
        })
    };
    assert_eq!(outcome(&world, &a), Some(RequestOutcome::Ok));
    world.wish(&plain, update(&[]));
    world.run();
    assert_eq!(outcome(&world, &plain), Some(RequestOutcome::NotAllowed));
    assert_eq!(world.refusals(), vec!["update_metadata"]);
    let large = "x".repeat(super::super::super::limits::METADATA_BYTES + 1);
    let too_large =
        Wish::UpdateMetadata { request_id: 5, name: String::new(), metadata: large, attributes: BTreeMap::new() };
    world.wish(&a, too_large);
    assert_eq!(outcome(&world, &a), Some(RequestOutcome::LimitExceeded));
}

#[test]
fn speakers_are_told_when_that_changes_and_then_all_of_them() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let listener = world.guest("listener");
    let voice = world.publish(&a, MICROPHONE);
    let other = world.publish(&b, MICROPHONE);
    let levels = |of: &[(&ParticipantSid, &TrackSid, f32)]| MediaEvent::Speakers {
        levels: of.iter().map(|(sid, track, level)| ((*sid).clone(), (*track).clone(), *level)).collect(),
    };
    let from = world.log.len();
    let alone = levels(&[(&a, &voice, 0.5)]);
    let both = levels(&[(&a, &voice, 0.5), (&b, &other, 1.0)]);
    let silence = levels(&[]);
    for event in [&alone, &alone, &both, &both, &alone, &silence, &silence] {
        world.event(event.clone());
    }
    let heard: Vec<Vec<(String, f32)>> = world
        .told_since(from, &listener)
        .into_iter()
        .filter_map(|n| match n {
            Notice::Speakers(views) => Some(views),
            _ => None,
        })
        .map(|views| {
            assert!(views.iter().all(|view| view.active == (view.level > 0.0)));
            views.iter().map(|view| (world.identities[&view.participant].clone(), view.level)).collect()
        })
        .collect();
    let told = |of: &[(&str, f32)]| of.iter().map(|(who, level)| ((*who).to_owned(), *level)).collect::<Vec<_>>();
    let due =
        [told(&[("a", 0.5)]), told(&[("a", 0.5), ("b", 1.0)]), told(&[("a", 0.5), ("b", 0.0)]), told(&[("a", 0.0)])];
    assert_eq!(heard, due);
    world.wish(&a, Wish::Mute { track: voice, muted: true });
    let from = world.log.len();
    world.event(alone);
    let told = world.told_since(from, &listener);
    assert!(!told.iter().any(|n| matches!(n, Notice::Speakers(_))), "who is muted is silent");
}

#[test]
fn a_room_ends_with_its_last_and_begins_anew() {
    let mut world = World::new();
    let room_of = |world: &World, sid: &ParticipantSid| match world.told(sid).first() {
        Some(Notice::Joined(joined)) => joined.room.sid.clone(),
        other => panic!("not joined: {other:?}"),
    };
    let a = world.guest("a");
    let b = world.guest("b");
    assert_eq!(room_of(&world, &a), room_of(&world, &b));
    let former = room_of(&world, &a);
    world.gone(&a, LinkEnd::Left);
    world.gone(&b, LinkEnd::Left);
    world.run();
    let again = world.guest("a");
    assert_ne!(room_of(&world, &again), former);
}

#[test]
fn a_pause_for_the_line_is_told_to_who_receives_the_track() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let track = world.publish(&a, CAMERA);
    world.run();
    let state =
        |track: &TrackSid, paused| MediaEvent::StreamState { participant: b.clone(), track: track.clone(), paused };
    let from = world.log.len();
    world.event(state(&track, true));
    world.event(state(&"TR_other".into(), true));
    world.event(state(&track, false));
    let told = world.told_since(from, &b);
    let expected = [false, true].map(|flowing| Notice::StreamStates(vec![(a.clone(), track.clone(), flowing)]));
    assert_eq!(told, expected, "and of what it does not receive it is told nothing");
    assert!(world.told_since(from, &a).is_empty());
}

/// More than one link may receive is not sent, and is sent once there is room; the link goes on.
#[test]
fn what_is_over_the_limit_waits_for_room() {
    use super::super::super::limits::{SUBSCRIPTIONS_PER_LINK, TRACKS_PER_LINK};
    let mut world = World::new();
    let viewer = world.guest("viewer");
    let publishers: Vec<ParticipantSid> = (0..6).map(|number| world.guest(&format!("p{number}"))).collect();
    for publisher in &publishers {
        for _ in 0..TRACKS_PER_LINK {
            world.publish(publisher, CAMERA);
        }
    }
    assert_eq!(world.receives(&viewer).len(), SUBSCRIPTIONS_PER_LINK);
    assert!(world.state.counters.subscriptions_over_limit >= (6 * TRACKS_PER_LINK - SUBSCRIPTIONS_PER_LINK) as u64);
    world.wish(&publishers[0], Wish::Leave);
    world.run();
    assert_eq!(world.receives(&viewer).len(), 5 * TRACKS_PER_LINK);
    assert!(world.links.contains_key(&viewer));
}

/// A viewer is shown the loudest of those whom it hears; others, however loud and many, take no place from them.
#[test]
fn of_many_speakers_each_viewer_is_told_the_loudest_of_its_own() {
    use super::super::speakers::SPEAKERS_SHOWN;
    let mut world = World::new();
    let mut levels = Vec::new();
    for number in 0..SPEAKERS_SHOWN + 4 {
        let speaker = world.guest(&format!("s{number}"));
        let track = world.publish(&speaker, MICROPHONE);
        levels.push((speaker, track, if number < 4 { 0.2 } else { 0.9 }));
    }
    let viewer = world.guest("viewer");
    let station = world.station("station");
    let sound = world.publish(&station, MICROPHONE);
    world.console("console");
    world.grants("s1", vec![grant("s1", "station", "console", true, true)]);
    world.run();
    // In another room, and the quietest of all.
    let quiet = (station.clone(), sound, 0.1);
    world.event(MediaEvent::Speakers { levels: levels.iter().cloned().chain([quiet]).collect() });
    let shown = |sid: &ParticipantSid| {
        let last = world.told(sid).into_iter().rev().find_map(|notice| match notice {
            Notice::Speakers(views) => Some(views),
            _ => None,
        });
        last.unwrap_or_default().into_iter().map(|view| view.participant).collect::<BTreeSet<_>>()
    };
    let loudest: BTreeSet<ParticipantSid> = levels[4..].iter().map(|(sid, ..)| sid.clone()).collect();
    assert_eq!(shown(&viewer), loudest);
    let console = world.identities.iter().find(|(_, identity)| *identity == "console").unwrap().0;
    assert_eq!(shown(console), BTreeSet::from([station]));
}
