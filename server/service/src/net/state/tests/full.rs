//! A media plane at its limit: new viewers wait outside, those that are here and those that bring something go on.

use super::super::super::limits;
use super::*;
use crate::ports::live::MediaFull;

const FULL: MediaFull = MediaFull { limit: 85, value: 91 };

fn publisher_rights() -> LinkRights {
    LinkRights { may_subscribe: false, ..guest_rights() }
}

fn refused(world: &World, ticket: u64) -> bool {
    world.refused.get(&ticket) == Some(&JoinError::MediaFull(FULL))
}

#[test]
fn new_viewers_are_refused_and_those_that_are_here_go_on() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let track = world.publish(&a, CAMERA);
    assert_eq!(world.receives(&b), BTreeSet::from([track.clone()]));
    world.state.set_full(Some(FULL));
    world.wait(250);

    let ticket = world.ask_guest("c", guest_rights());
    assert!(refused(&world, ticket));
    assert_eq!(world.state.counters.media_full_refusals, 1);
    assert_eq!(world.receives(&b), BTreeSet::from([track]), "who watches goes on");
    // What is new in a room that goes on is part of it.
    let sound = world.publish(&a, MICROPHONE);
    assert!(world.receives(&b).contains(&sound));

    world.state.set_full(None);
    let ticket = world.ask_guest("c", guest_rights());
    world.run();
    assert!(world.admitted.contains_key(&ticket));
}

#[test]
fn publishers_and_stations_come_in() {
    let mut world = World::new();
    world.state.set_full(Some(FULL));
    let publisher = world.ask_guest("camera", publisher_rights());
    let encoder = world.join_as(Manner::Publishing, ClientInfo::default(), guest("encoder", guest_rights()), None);
    let station = world.ask_endpoint("station", station_rights());
    let console = world.ask_endpoint("console", console_rights());
    world.run();
    for ticket in [publisher, encoder, station, console] {
        assert!(world.admitted.contains_key(&ticket), "{:?}", world.refused);
    }
    let player = world.join_as(Manner::Playing, ClientInfo::default(), Whom::Endpoint("player".into(), None), None);
    assert!(refused(&world, player), "a player only receives");
}

#[test]
fn whoever_was_here_comes_back() {
    let mut world = World::new();
    let a = world.guest("a");
    let track = world.publish(&a, CAMERA);
    let b = world.guest("b");
    world.gone(&b, LinkEnd::Lost);
    world.state.set_full(Some(FULL));
    let ticket = world.ask_resume(guest("b", guest_rights()), &b);
    world.run();
    assert_eq!(world.admitted[&ticket].0, b, "resumed as the same participant");
    assert_eq!(world.receives(&b), BTreeSet::from([track.clone()]));
    // One that forgot who it was takes its own seat again.
    let ticket = world.ask_guest("b", guest_rights());
    world.run();
    let anew = world.admitted[&ticket].0.clone();
    assert_eq!(world.receives(&anew), BTreeSet::from([track]));
}

#[test]
fn a_subscription_by_hand_is_refused_in_a_plain_room_and_granted_in_the_net() {
    let mut world = World::new();
    let a = world.guest("a");
    let ticket = world.join(guest("b", guest_rights()), false, None);
    world.run();
    let b = world.admitted[&ticket].0.clone();
    let (camera, sound) = (world.publish(&a, CAMERA), world.publish(&a, MICROPHONE));
    let subscribe = |track: &TrackSid| Wish::Subscribe { tracks: vec![track.clone()], subscribe: true };
    world.wish(&b, subscribe(&camera));
    world.run();

    let station = world.station("station");
    let console = world.console("console");
    let watched = world.publish(&station, CAMERA);
    world.grants("session", vec![grant("session", "station", "console", true, false)]);
    world.run();
    world.wish(&console, Wish::Subscribe { tracks: vec![watched.clone()], subscribe: false });
    world.run();
    assert!(world.receives(&console).is_empty());

    world.state.set_full(Some(FULL));
    let from = world.log.len();
    world.wish(&b, subscribe(&sound));
    world.wish(&b, subscribe(&camera));
    world.wish(&console, subscribe(&watched));
    world.run();
    assert_eq!(world.told_since(from, &b), [Notice::SubscriptionFailed { track: sound }]);
    assert_eq!(world.receives(&b), BTreeSet::from([camera]), "what it has it keeps");
    assert_eq!(world.receives(&console), BTreeSet::from([watched]), "its session was let in when it was opened");
    assert_eq!(world.state.counters.media_full_refusals, 1);
}

/// Whoever is told to come again is let in again, for as long as it is expected; who left of its own will has left.
#[test]
fn whoever_was_sent_away_to_come_again_is_let_in() {
    let mut world = World::new();
    world.guest("a");
    let (b, c) = (world.guest("b"), world.guest("c"));
    world.state.set_full(Some(FULL));
    world.state.end(&b, LinkEnd::MediaLost);
    world.wish(&c, Wish::Leave);
    world.run();
    let ticket = world.ask_guest("b", guest_rights());
    world.run();
    let again = world.admitted.get(&ticket).expect("it was here").0.clone();
    let ticket = world.ask_guest("c", guest_rights());
    assert!(refused(&world, ticket));
    world.state.end(&again, LinkEnd::MediaLost);
    world.wait(limits::LINK_GRACE_WITH_MEDIA_MS);
    let ticket = world.ask_guest("b", guest_rights());
    assert!(refused(&world, ticket), "too late");
}
