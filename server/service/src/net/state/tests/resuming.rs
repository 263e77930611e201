//! Lost sockets, coming back, and giving up.

use super::super::super::limits;
use super::*;
use crate::ports::record::Enrolment;
use lianxian_model::link::{ConnectionQuality, LeaveAction, ParticipantState};
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
    let ticket = world.ask_resume(Whom::Endpoint("station".into(), None), &station);
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
    let ticket = world.ask_resume(Whom::Endpoint("console".into(), None), &console);
    world.run();
    assert_eq!(world.admitted[&ticket].0, console);
    let told = world.told_since(from, &console);
    assert_eq!(told[0], Notice::Resumed { last_data_sequence: 0 });
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
    for whom in [guest("b", guest_rights()), Whom::Endpoint("a".into(), None)] {
        world.rights.insert("a".into(), station_rights());
        let ticket = world.ask_resume(whom, &a);
        world.run();
        assert!(matches!(world.refused[&ticket], JoinError::NoResume));
    }
    let ticket = world.ask_resume(guest("a", guest_rights()), &"PA_unknown".into());
    assert!(matches!(world.refused[&ticket], JoinError::NoResume));
}

#[test]
fn a_replaced_device_neither_takes_the_new_one_over_nor_ends_it() {
    let mut world = World::new();
    world.rights.insert("station".into(), station_rights());
    let as_of = |enrolment: &str| Whom::Endpoint("station".into(), Some(Enrolment(enrolment.into())));
    let ticket = world.join_as(Manner::Socket, ClientInfo::default(), as_of("new"), None);
    world.run();
    let station = world.admitted[&ticket].0.clone();
    for stale in [as_of("former"), Whom::Endpoint("station".into(), None)] {
        let ticket = world.ask_resume(stale, &station);
        world.run();
        assert!(matches!(world.refused[&ticket], JoinError::NoResume));
        assert!(leave_of(&world.told(&station)).is_none());
    }
    let ticket = world.ask_resume(as_of("new"), &station);
    world.run();
    assert_eq!(world.admitted[&ticket].0, station);
}

#[test]
fn one_who_may_not_come_any_more_cannot_come_back() {
    let mut world = World::new();
    let station = world.station("station");
    world.gone(&station, LinkEnd::Lost);
    world.record_answer = Err(RecordError::Refused("disabled".into()));
    let ticket = world.ask_resume(Whom::Endpoint("station".into(), None), &station);
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

fn up(world: &mut World, sid: &ParticipantSid, target: Target) {
    world.event(MediaEvent::TransportUp { participant: sid.clone(), target });
}

fn down(world: &mut World, sid: &ParticipantSid, target: Target) {
    let end = TransportEnd::ConsentExpired;
    world.event(MediaEvent::TransportDown { participant: sid.clone(), target, end });
}

#[test]
fn one_whose_media_lives_is_awaited_for_as_long_as_clients_try() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    up(&mut world, &a, Target::Publisher);
    let camera = world.publish(&a, CAMERA);
    let from = world.log.len();
    world.gone(&a, LinkEnd::Lost);
    world.wait(limits::LINK_GRACE_WITH_MEDIA_MS - 1);
    assert_eq!(world.receives(&b), BTreeSet::from([camera]), "the picture goes on");
    let ticket = world.ask_resume(guest("a", guest_rights()), &a);
    world.run();
    assert_eq!(world.admitted[&ticket].0, a);
    let news = |notice: &Notice| matches!(notice, Notice::Participants(_));
    assert!(!world.told_since(from, &b).iter().any(news), "nobody left and nobody came");
    assert!(
        !world.log[from..].iter().any(|h| matches!(h, Happened::Committed(..))),
        "coming back is no new attendance, and nothing else that is on record"
    );
    world.gone(&a, LinkEnd::Lost);
    world.wait(limits::LINK_GRACE_WITH_MEDIA_MS);
    assert!(world.believes(&b).is_empty(), "but not for ever");
}

#[test]
fn one_who_fell_silent_altogether_is_not_awaited_longer() {
    let mut world = World::new();
    let a = world.guest("a");
    up(&mut world, &a, Target::Subscriber);
    world.gone(&a, LinkEnd::Lost);
    world.wait(limits::LINK_GRACE_MS);
    assert_eq!(world.state.gauges().participants, 1);
    down(&mut world, &a, Target::Subscriber);
    world.wait(0);
    world.run();
    assert_eq!(world.state.gauges().participants, 0);
    let closed = |(_, job): &(ParticipantSid, RecordJob)| matches!(job, RecordJob::Closed { cause: LinkEnd::Lost, .. });
    assert_eq!(world.committed().iter().filter(|fact| closed(fact)).count(), 1);
}

#[test]
fn a_transport_that_ended_is_the_end_for_its_participant_comes_anew() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    world.wait(60_000);
    assert_eq!(world.state.gauges().links, 2, "one without media yet is left alone");
    up(&mut world, &a, Target::Subscriber);
    up(&mut world, &a, Target::Publisher);
    down(&mut world, &a, Target::Publisher);
    world.wait(limits::MEDIA_GRACE_MS - 1);
    assert_eq!(world.state.gauges().links, 2, "a client that is leaving may still say so");
    world.wait(1);
    assert_eq!(leave_of(&world.told(&a)).unwrap().1, LeaveAction::Reconnect);
    assert!(world.believes(&b).is_empty());
}

#[test]
fn one_whose_transport_ended_cannot_be_the_same_again() {
    let mut world = World::new();
    let a = world.guest("a");
    up(&mut world, &a, Target::Subscriber);
    down(&mut world, &a, Target::Subscriber);
    world.gone(&a, LinkEnd::Lost);
    let ticket = world.ask_resume(guest("a", guest_rights()), &a);
    world.run();
    assert!(matches!(world.refused[&ticket], JoinError::NoResume));
    assert_eq!(world.state.gauges().participants, 0, "it comes as someone new, at once");
}

#[test]
fn data_goes_on_where_it_stopped() {
    let mut world = World::new();
    let a = world.guest("a");
    let message = |reliable, sequence| {
        let (destinations, bytes) = (Vec::new(), <_>::default());
        Wish::SendData(lianxian_model::link::DataMessage { reliable, destinations, sequence, bytes })
    };
    for (reliable, sequence) in [(true, 1), (true, 7), (false, 9)] {
        world.wish(&a, message(reliable, sequence));
    }
    world.gone(&a, LinkEnd::Lost);
    let packet = |n: u8| MediaEvent::Data { participant: a.clone(), reliable: true, bytes: vec![n].into() };
    world.event(packet(8));
    let from = world.log.len();
    world.ask_resume(guest("a", guest_rights()), &a);
    let told = world.told_since(from, &a);
    assert_eq!(told[0], Notice::Resumed { last_data_sequence: 7 });
    assert!(told.contains(&Notice::DataReceived { reliable: true, bytes: vec![8].into() }));
}

#[test]
fn a_publisher_that_comes_back_is_told_what_is_wanted_of_it_now() {
    let mut world = World::new();
    let a = world.guest("a");
    let track = world.publish(&a, CAMERA);
    let wanted = |low, medium, high| MediaEvent::WantedQualities {
        participant: a.clone(),
        track: track.clone(),
        codec: None,
        low,
        medium,
        high,
    };
    // The first is told, to a socket that may be dead already; the second while nobody is there to be told.
    for changes in [vec![wanted(true, true, false)], vec![wanted(false, false, false), wanted(true, false, false)]] {
        let last = changes.last().cloned();
        for change in changes {
            world.event(change);
        }
        world.gone(&a, LinkEnd::Lost);
        let from = world.log.len();
        world.ask_resume(guest("a", guest_rights()), &a);
        let told = world.told_since(from, &a);
        let wanted: Vec<_> = told.iter().filter(|n| matches!(n, Notice::WantedQualities { .. })).collect();
        let Some(MediaEvent::WantedQualities { medium: due, .. }) = last else { panic!() };
        let [Notice::WantedQualities { wanted, .. }] = wanted[..] else { panic!("{told:?}") };
        assert_eq!(wanted[1], (lianxian_model::media::Quality::Medium, due));
        world.gone(&a, LinkEnd::Lost);
        world.ask_resume(guest("a", guest_rights()), &a);
    }
}

#[test]
fn permissions_that_changed_meanwhile_are_told() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let track = world.publish(&a, CAMERA);
    let allowed = |world: &World, from| {
        let told = world.told_since(from, &b);
        told.iter()
            .filter_map(|n| if let Notice::Permission { allowed, .. } = n { Some(*allowed) } else { None })
            .next_back()
    };
    let permit = |everyone| Wish::Permit { everyone, permissions: Vec::new() };
    world.wish(&a, permit(false));
    world.run();
    assert_eq!(allowed(&world, 0), Some(false));
    let from = world.log.len();
    world.gone(&b, LinkEnd::Lost);
    world.wish(&a, permit(true));
    world.ask_resume(guest("b", guest_rights()), &b);
    world.run();
    assert_eq!(allowed(&world, from), Some(true));
    assert_eq!(world.receives(&b), BTreeSet::from([track]));
    let from = world.log.len();
    world.gone(&b, LinkEnd::Lost);
    world.wish(&a, permit(false));
    world.run();
    assert!(world.receives(&b).is_empty(), "what is withdrawn stops though nobody is there to be told");
    world.ask_resume(guest("b", guest_rights()), &b);
    world.run();
    assert_eq!(allowed(&world, from), Some(false));
}

#[test]
fn one_who_stopped_speaking_meanwhile_does_not_speak_for_ever() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let microphone = world.publish(&a, MICROPHONE);
    world.event(MediaEvent::Speakers { levels: vec![(a.clone(), microphone, 0.5)] });
    world.gone(&b, LinkEnd::Lost);
    world.event(MediaEvent::Speakers { levels: Vec::new() });
    let from = world.log.len();
    world.ask_resume(guest("b", guest_rights()), &b);
    let told = world.told_since(from, &b);
    let silent = |notice: &Notice| match notice {
        Notice::Speakers(views) => views.iter().any(|view| view.participant == a && !view.active),
        _ => false,
    };
    assert!(told.iter().any(silent), "{told:?}");
}

#[test]
fn only_who_lost_more_than_a_socket_is_told_of_as_lost() {
    let mut world = World::new();
    let a = world.guest("a");
    let b = world.guest("b");
    let quality = |world: &World| {
        let told = world.told(&b);
        let mut of_a = told.iter().filter_map(|notice| match notice {
            Notice::Quality(all) => all.iter().find(|(sid, ..)| *sid == a).map(|(_, quality, _)| *quality),
            _ => None,
        });
        of_a.next_back()
    };
    let measure = |world: &mut World, loss: f32| {
        let participant = a.clone();
        world.event(MediaEvent::Quality { participant, upstream_loss: loss, downstream_loss: 0.0, rtt_ms: 10 });
        world.wait(limits::QUALITY_EVERY_MS);
    };
    up(&mut world, &a, Target::Publisher);
    measure(&mut world, 0.0);
    assert_eq!(quality(&world), Some(ConnectionQuality::Excellent));
    world.gone(&a, LinkEnd::Lost);
    measure(&mut world, 0.0);
    assert_eq!(quality(&world), Some(ConnectionQuality::Excellent), "its picture comes as before");
    measure(&mut world, 1.0);
    assert_eq!(quality(&world), Some(ConnectionQuality::Lost));
}
