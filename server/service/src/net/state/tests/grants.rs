//! The net: who sees whom follows the grants, at once.

use super::*;
use lianxian_model::link::ParticipantState;

#[test]
fn without_a_grant_nobody_knows_anybody() {
    let mut world = World::new();
    let station = world.station("station");
    let console = world.console("console");
    world.publish(&station, CAMERA);
    assert!(world.believes(&console).is_empty());
    assert!(world.receives(&console).is_empty());
    assert!(world.believes(&station).is_empty());
}

#[test]
fn a_grant_shows_and_sends_and_its_end_takes_both_away() {
    let mut world = World::new();
    let station = world.station("station");
    let console = world.console("console");
    let camera = world.publish(&station, CAMERA);
    let microphone = world.publish(&station, MICROPHONE);
    world.grants("s", vec![grant("s", "station", "console", true, false)]);
    world.run();
    assert_eq!(world.believes(&console)["station"], BTreeSet::from([camera.clone()]), "video alone was granted");
    assert_eq!(world.receives(&console), BTreeSet::from([camera.clone()]));
    world.grants("s", vec![grant("s", "station", "console", true, true)]);
    world.run();
    assert_eq!(world.receives(&console), BTreeSet::from([camera, microphone]));
    assert!(world.believes(&station).is_empty(), "the watched does not see the watcher on its link");
    world.grants("s", Vec::new());
    assert!(
        world.calls_waiting[&console]
            .iter()
            .any(|job| matches!(job, MediaJob::Downstreams { set, .. } if set.is_empty()))
    );
    world.run();
    assert!(world.believes(&console).is_empty());
    assert!(world.receives(&console).is_empty());
    assert!(world.recorded_subscriptions.is_empty());
}

#[test]
fn a_sound_that_may_not_be_heard_is_not_even_hinted_at() {
    let mut world = World::new();
    let station = world.station("station");
    let console = world.console("console");
    world.grants("s", vec![grant("s", "station", "console", true, false)]);
    world.publish(&station, CAMERA);
    let from = world.log.len();
    let microphone = world.publish(&station, MICROPHONE);
    world.wish(&station, Wish::Mute { track: microphone.clone(), muted: true });
    world.wish(&station, Wish::Mute { track: microphone.clone(), muted: false });
    world.event(MediaEvent::Speakers { levels: vec![(station.clone(), microphone.clone(), 0.8)] });
    world.run();
    assert_eq!(world.told_since(from, &console), Vec::new());
    assert!(world.told_since(from, &station).iter().any(|n| matches!(n, Notice::Speakers(_))));
    let from = world.log.len();
    world.wish(&console, Wish::Subscribe { tracks: vec![microphone.clone()], subscribe: true });
    world.run();
    assert_eq!(world.told_since(from, &console), vec![Notice::SubscriptionFailed { track: microphone }]);
    assert_eq!(world.refusals(), vec!["subscribe"]);
}

#[test]
fn grants_hold_for_links_that_come_later() {
    let mut world = World::new();
    world.grants("s", vec![grant("s", "station", "console", true, true)]);
    let console = world.console("console");
    let station = world.station("station");
    let camera = world.publish(&station, CAMERA);
    assert_eq!(world.receives(&console), BTreeSet::from([camera.clone()]));
    // A console that comes when everything stands is told in its first word.
    let again = world.console("console");
    let Some(Notice::Joined(joined)) = world.told(&again).first().cloned() else { panic!("not joined") };
    assert_eq!(joined.others.len(), 1);
    assert_eq!(joined.room.participants, 2);
    assert_eq!(world.receives(&again), BTreeSet::from([camera]));
}

#[test]
fn facts_are_committed_before_anyone_is_told_or_sent_anything() {
    let mut world = World::new();
    world.grants("s", vec![grant("s", "station", "console", true, true)]);
    let console = world.console("console");
    let station = world.station("station");
    let camera = world.announce(&station, CAMERA);
    world.wish(&station, Wish::PublisherOffer { id: 1, sdp: "offer".into() });
    world.run();
    world.start(&station, &camera);
    assert!(world.believes(&console)["station"].is_empty(), "the first packet alone shows nothing");
    assert!(world.commit(&station));
    assert_eq!(world.believes(&console)["station"], BTreeSet::from([camera.clone()]));
    while world.call(&console) {}
    assert!(world.receives(&console).is_empty(), "shown, but the subscription is not on record");
    assert!(world.commit(&console));
    assert!(world.call(&console));
    assert_eq!(world.receives(&console), BTreeSet::from([camera.clone()]));
    // The offer follows the news of the track.
    world.event(MediaEvent::SubscriberOffer {
        participant: console.clone(),
        id: 7,
        sdp: "sdp".into(),
        mid_to_track: vec![("1".into(), camera.clone())],
    });
    let told = world.told(&console);
    let shown = told
        .iter()
        .rposition(|n| matches!(n, Notice::Participants(views) if views.iter().any(|v| !v.tracks.is_empty())));
    let offered = told.iter().position(|n| matches!(n, Notice::SubscriberOffer { .. }));
    assert!(shown.unwrap() < offered.unwrap());
    // The publisher hears that it is taken after that is on record.
    let taken = |world: &World| world.told(&station).contains(&Notice::TrackSubscribed { track: camera.clone() });
    world.event(MediaEvent::TrackSubscribed { participant: console.clone(), track: camera.clone() });
    assert!(!taken(&world));
    world.commit(&console);
    assert!(taken(&world));
}

#[test]
fn a_grant_withdrawn_while_it_is_being_recorded_sends_nothing() {
    let mut world = World::new();
    let console = world.console("console");
    let station = world.station("station");
    let camera = world.publish(&station, CAMERA);
    world.grants("s", vec![grant("s", "station", "console", true, true)]);
    world.grants("s", Vec::new());
    world.run();
    assert!(
        !world
            .log
            .iter()
            .any(|h| matches!(h, Happened::Called(_, MediaJob::Downstreams { set, .. }) if !set.is_empty()))
    );
    assert!(world.recorded_subscriptions.is_empty());
    // Withdrawn and given again before the first commit: the old commit does not pass for the new one.
    world.grants("s", vec![grant("s", "station", "console", true, true)]);
    world.grants("s", Vec::new());
    world.grants("t", vec![grant("t", "station", "console", true, true)]);
    world.commit(&console);
    assert!(world.calls_waiting[&console].is_empty(), "only the record of session s is there");
    world.run();
    assert_eq!(world.receives(&console), BTreeSet::from([camera]));
}

#[test]
fn a_second_session_is_recorded_of_a_track_that_flows_already() {
    let mut world = World::new();
    let console = world.console("console");
    let station = world.station("station");
    let camera = world.publish(&station, CAMERA);
    world.grants("s", vec![grant("s", "station", "console", true, true)]);
    world.run();
    world.event(MediaEvent::TrackSubscribed { participant: console.clone(), track: camera.clone() });
    world.run();
    let from = world.log.len();
    world.grants("t", vec![grant("t", "station", "console", true, true)]);
    world.run();
    let committed: Vec<_> = world.log[from..].iter().filter(|h| matches!(h, Happened::Committed(..))).collect();
    assert!(matches!(
        committed[..],
        [
            Happened::Committed(_, RecordJob::SubscriptionsStarted { started, .. }),
            Happened::Committed(_, RecordJob::FirstPacket(_))
        ] if started[0].sessions == vec![SessionId::from("t")]
    ));
    let from = world.log.len();
    world.grants("s", Vec::new());
    world.run();
    assert!(
        !world.log[from..].iter().any(|h| matches!(h, Happened::Called(_, MediaJob::Downstreams { .. }))),
        "the picture does not blink"
    );
    assert_eq!(world.receives(&console), BTreeSet::from([camera.clone()]));
    assert!(world.recorded_subscriptions.contains(&(console, camera)));
}

#[test]
fn what_cannot_be_recorded_does_not_happen_and_the_link_comes_again() {
    let mut world = World::new();
    let console = world.console("console");
    let station = world.station("station");
    world.publish(&station, CAMERA);
    world.record_answer = Err(RecordError::Unavailable("disk".into()));
    world.grants("s", vec![grant("s", "station", "console", true, true)]);
    world.run();
    assert!(world.receives(&console).is_empty());
    let leave = leave_of(&world.told(&console)).unwrap();
    assert_eq!(leave.1, lianxian_model::link::LeaveAction::Reconnect);
    assert!(leave_of(&world.told(&station)).is_none(), "the other goes on");
    let ticket = world.ask_endpoint("console", console_rights());
    world.run();
    assert!(matches!(world.refused[&ticket], JoinError::Unavailable(_)));
    world.record_answer = Err(RecordError::Refused("disabled".into()));
    let ticket = world.ask_endpoint("console", console_rights());
    world.run();
    assert!(matches!(world.refused[&ticket], JoinError::Refused(_)));
}

#[test]
fn one_endpoint_has_one_link_and_the_newer_wins() {
    let mut world = World::new();
    let console = world.console("console");
    world.grants("s", vec![grant("s", "station", "console", true, true)]);
    let first = world.station("station");
    let second = world.station("station");
    assert_eq!(
        leave_of(&world.told(&first)),
        Some((lianxian_model::link::LeaveReason::DuplicateIdentity, lianxian_model::link::LeaveAction::Disconnect))
    );
    assert!(
        world
            .committed()
            .iter()
            .any(|(sid, job)| *sid == first && matches!(job, RecordJob::Closed { cause: LinkEnd::Duplicate, .. }))
    );
    // The viewer hears of the end before the beginning, or it would take the one for the other.
    let states: Vec<(ParticipantSid, ParticipantState)> = world
        .told(&console)
        .into_iter()
        .filter_map(|n| match n {
            Notice::Participants(views) => Some(views),
            _ => None,
        })
        .flatten()
        .filter(|view| view.identity == "station")
        .map(|view| (view.sid, view.state))
        .collect();
    assert_eq!(
        states,
        vec![
            (first.clone(), ParticipantState::Joined),
            (first, ParticipantState::Disconnected),
            (second, ParticipantState::Joined)
        ]
    );
    // Two at the door at once: one after the other.
    let (a, b) = (world.ask_endpoint("station", station_rights()), world.ask_endpoint("station", station_rights()));
    assert_eq!(world.facts_waiting.values().map(VecDeque::len).sum::<usize>(), 1);
    world.run();
    assert!(leave_of(&world.told(&world.admitted[&a].0)).is_some());
    assert!(leave_of(&world.told(&world.admitted[&b].0)).is_none());
}

#[test]
fn a_link_that_is_ended_while_it_comes_in_does_not_get_in() {
    let mut world = World::new();
    let ticket = world.ask_endpoint("station", station_rights());
    world.state.end_link(&"station".into(), LinkEnd::Revoked, world.at());
    world.run();
    assert!(matches!(world.refused[&ticket], JoinError::Refused(_)));
    assert!(world.committed().iter().any(|(_, job)| matches!(job, RecordJob::Closed { cause: LinkEnd::Revoked, .. })));
    assert_eq!(world.state.gauges().participants, 0);
}

#[test]
fn rights_taken_away_end_what_they_allowed() {
    let mut world = World::new();
    world.grants("s", vec![grant("s", "station", "console", true, true)]);
    let console = world.console("console");
    let station = world.station("station");
    let camera = world.publish(&station, CAMERA);
    let microphone = world.publish(&station, MICROPHONE);
    let mut rights = station_rights();
    rights.may_publish.microphone = false;
    world.state.set_rights(&"station".into(), rights, world.at());
    world.take_effects();
    world.run();
    assert_eq!(world.receives(&console), BTreeSet::from([camera]));
    let told = world.told(&station);
    assert!(told.contains(&Notice::TrackUnpublished { track: microphone }));
    assert!(told.iter().any(|n| matches!(n, Notice::RefreshToken { rights: r, .. } if *r == rights)));
    world.state.set_rights(&"console".into(), LinkRights { may_subscribe: false, ..console_rights() }, world.at());
    world.take_effects();
    world.run();
    assert!(world.receives(&console).is_empty());
}

#[test]
fn shutdown_sends_everyone_away_to_come_again_and_records_it() {
    let mut world = World::new();
    let station = world.station("station");
    let track = world.publish(&station, CAMERA);
    let console = world.console("console");
    let door = world.ask_endpoint("late", station_rights());
    world.state.stop(world.at());
    world.take_effects();
    world.run();
    for sid in [&station, &console] {
        let (reason, action) = leave_of(&world.told(sid)).unwrap();
        assert_eq!(reason, lianxian_model::link::LeaveReason::ServerShutdown);
        assert_eq!(action, lianxian_model::link::LeaveAction::Reconnect);
    }
    assert!(matches!(world.refused[&door], JoinError::Unavailable(_)));
    assert!(!world.state.is_empty(), "the summary of the station's track is awaited");
    world.event(MediaEvent::TrackEnded { participant: station.clone(), track, summary: <_>::default() });
    world.run();
    assert!(world.state.is_empty());
    let of_station: Vec<_> =
        world.committed().into_iter().filter(|(sid, _)| *sid == station).map(|(_, job)| job).collect();
    assert!(matches!(
        of_station[of_station.len() - 2..],
        [RecordJob::TrackEnded(..), RecordJob::Closed { cause: LinkEnd::Shutdown, .. }]
    ));
    let ticket = world.ask_endpoint("station", station_rights());
    assert!(matches!(world.refused[&ticket], JoinError::Unavailable(_)));
}
