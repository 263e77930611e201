//! Lost sockets, coming back, and giving up.

use super::super::super::limits;
use super::*;
use lianxian_model::link::{LeaveAction, ParticipantState};
use lianxian_model::media::{Target, TransportEnd};

#[test]
fn a_lost_link_is_awaited_and_then_ended() {
    let mut world = World::new();
    world.grants("s", vec![grant("s", "station", "console", true, true)]);
    let console = world.console("console");
    let station = world.station("station");
    let camera = world.publish(&station, CAMERA);
    world.gone(&station, LinkEnd::Lost);
    world.wait(limits::LINK_GRACE_MS - 1);
    assert_eq!(world.receives(&console), BTreeSet::from([camera.clone()]), "the picture goes on meanwhile");
    world.wait(1);
    world.event(MediaEvent::TrackEnded { participant: station.clone(), track: camera, summary: <_>::default() });
    world.run();
    assert!(world.receives(&console).is_empty());
    assert!(world.believes(&console).is_empty());
    let closed = |(sid, job): &(ParticipantSid, RecordJob)| {
        *sid == station && matches!(job, RecordJob::Closed { cause: LinkEnd::Lost, .. })
    };
    assert_eq!(world.committed().iter().filter(|fact| closed(fact)).count(), 1);
    let ticket = world.ask_resume(Whom::Endpoint("station".into()), &station);
    assert!(matches!(world.refused[&ticket], JoinError::NoResume));
}

#[test]
fn one_who_comes_back_is_told_everything_and_missed_nothing() {
    let mut world = World::new();
    let console = world.console("console");
    let stays = world.station("stays");
    let goes = world.station("goes");
    world.publish(&stays, CAMERA);
    world.publish(&goes, CAMERA);
    world.grants("s", vec![grant("s", "stays", "console", true, true), grant("s", "goes", "console", true, true)]);
    world.run();
    assert_eq!(world.receives(&console).len(), 2);
    world.gone(&console, LinkEnd::Lost);
    // While it is away: one grant goes, another comes, a third station is granted.
    let comes = world.station("comes");
    let new = world.publish(&comes, CAMERA);
    world.grants("s", vec![grant("s", "stays", "console", true, true), grant("s", "comes", "console", true, true)]);
    world.run();
    assert_eq!(world.receives(&console).len(), 1, "what was withdrawn stopped at once, what is new waits");
    let from = world.log.len();
    let ticket = world.ask_resume(Whom::Endpoint("console".into()), &console);
    world.run();
    assert_eq!(world.admitted[&ticket].0, console);
    let told = world.told_since(from, &console);
    assert_eq!(told[0], Notice::Resumed);
    let Notice::Participants(views) = &told[1] else { panic!("{told:?}") };
    let seen: BTreeMap<&str, ParticipantState> = views.iter().map(|v| (v.identity.as_str(), v.state)).collect();
    assert_eq!(
        seen,
        BTreeMap::from([
            ("comes", ParticipantState::Joined),
            ("console", ParticipantState::Joined),
            ("goes", ParticipantState::Disconnected),
            ("stays", ParticipantState::Joined),
        ])
    );
    let restarted = |h: &Happened| matches!(h, Happened::Called(sid, MediaJob::RestartSubscriber) if *sid == console);
    assert_eq!(world.log[from..].iter().filter(|h| restarted(h)).count(), 1);
    assert!(world.receives(&console).contains(&new));
    world.wait(limits::LINK_GRACE_MS);
    assert!(leave_of(&world.told(&console)).is_none());
}

#[test]
fn only_the_same_identity_may_be_a_participant_again() {
    let mut world = World::new();
    let a = world.guest("a");
    world.guest("b");
    world.gone(&a, LinkEnd::Lost);
    for whom in [guest("b", guest_rights()), Whom::Endpoint("a".into())] {
        world.rights.insert("a".into(), station_rights());
        let ticket = world.ask_resume(whom, &a);
        world.run();
        assert!(matches!(world.refused[&ticket], JoinError::NoResume));
    }
    let ticket = world.ask_resume(guest("a", guest_rights()), &"PA_unknown".into());
    assert!(matches!(world.refused[&ticket], JoinError::NoResume));
}

#[test]
fn one_who_may_not_come_any_more_cannot_come_back() {
    let mut world = World::new();
    let station = world.station("station");
    world.gone(&station, LinkEnd::Lost);
    world.record_answer = Err(RecordError::Refused("disabled".into()));
    let ticket = world.ask_resume(Whom::Endpoint("station".into()), &station);
    world.run();
    assert!(matches!(world.refused[&ticket], JoinError::Refused(_)));
    assert_eq!(world.state.gauges().participants, 0);
}

#[test]
fn a_new_socket_takes_over_from_one_that_nobody_noticed_was_dead() {
    let mut world = World::new();
    let a = world.guest("a");
    let old = world.links[&a];
    let ticket = world.ask_resume(guest("a", guest_rights()), &a);
    world.run();
    let new = world.admitted[&ticket].1;
    assert_ne!(old, new);
    world.state.gone(&a, old, LinkEnd::Lost, world.at());
    world.state.wish(&a, old, Wish::Leave, world.at());
    world.take_effects();
    world.wait(limits::LINK_GRACE_MS);
    assert_eq!(world.state.gauges().links, 1, "the old socket has no say");
}

#[test]
fn a_publication_answered_while_the_client_was_away_is_not_lost() {
    let mut world = World::new();
    let a = world.guest("a");
    let track = world.announce(&a, CAMERA);
    world.wish(&a, Wish::PublisherOffer { id: 1, sdp: "offer".into() });
    world.gone(&a, LinkEnd::Lost);
    world.run();
    world.start(&a, &track);
    world.run();
    world.event(MediaEvent::TrackEnded { participant: a.clone(), track: track.clone(), summary: <_>::default() });
    let from = world.log.len();
    world.ask_resume(guest("a", guest_rights()), &a);
    world.run();
    assert!(world.told_since(from, &a).contains(&Notice::TrackUnpublished { track }));
}

#[test]
fn what_a_client_believes_of_its_subscriptions_holds() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let camera = world.publish(&a, CAMERA);
    let microphone = world.publish(&a, MICROPHONE);
    world.gone(&b, LinkEnd::Lost);
    world.ask_resume(guest("b", guest_rights()), &b);
    let state = Wish::SyncState {
        tracks: vec![microphone.clone(), "TR_gone".into()],
        subscribe: false,
        disabled: vec![camera.clone()],
        published: Vec::new(),
    };
    world.wish(&b, state);
    world.run();
    assert_eq!(world.receives(&b), BTreeSet::from([camera]));
    assert!(
        world
            .log
            .iter()
            .any(|h| matches!(h, Happened::Called(_, MediaJob::Settings { settings, .. }) if !settings.enabled))
    );
}

#[test]
fn both_transports_down_is_the_end_unless_one_is_mended() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let up = |world: &mut World, target, up| {
        let participant = a.clone();
        world.event(if up {
            MediaEvent::TransportUp { participant, target }
        } else {
            MediaEvent::TransportDown { participant, target, end: TransportEnd::ConsentExpired }
        });
    };
    world.wait(10 * limits::MEDIA_GRACE_MS);
    assert_eq!(world.state.gauges().links, 2, "one without media yet is left alone");
    up(&mut world, Target::Subscriber, true);
    up(&mut world, Target::Publisher, true);
    up(&mut world, Target::Publisher, false);
    world.wait(2 * limits::MEDIA_GRACE_MS);
    assert_eq!(world.state.gauges().links, 2);
    up(&mut world, Target::Subscriber, false);
    world.wait(limits::MEDIA_GRACE_MS - 1);
    up(&mut world, Target::Subscriber, true);
    world.wait(limits::MEDIA_GRACE_MS);
    assert_eq!(world.state.gauges().links, 2);
    up(&mut world, Target::Subscriber, false);
    world.wait(limits::MEDIA_GRACE_MS);
    assert_eq!(leave_of(&world.told(&a)).unwrap().1, LeaveAction::Reconnect);
    assert!(world.believes(&b).is_empty());
}
