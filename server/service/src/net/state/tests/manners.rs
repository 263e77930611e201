//! Participants without a socket: they wait for an empty seat, and live by their media alone.

use super::super::super::limits;
use super::*;
use lianxian_model::media::{Target, TransportEnd};

fn encoder(world: &mut World, id: &str) -> u64 {
    world.rights.entry(id.into()).or_insert(station_rights());
    let ticket = world.join_as(Manner::Publishing, ClientInfo::default(), Whom::Endpoint(id.into(), None), None);
    world.run();
    ticket
}

fn up(world: &mut World, sid: &ParticipantSid) {
    world.event(MediaEvent::TransportUp { participant: sid.clone(), target: Target::Publisher });
}

fn down(world: &mut World, sid: &ParticipantSid) {
    let end = TransportEnd::ConsentExpired;
    world.event(MediaEvent::TransportDown { participant: sid.clone(), target: Target::Publisher, end });
}

fn closed(world: &World, sid: &ParticipantSid) -> Vec<LinkEnd> {
    let of = |(whose, job): (ParticipantSid, RecordJob)| match job {
        RecordJob::Closed { cause, .. } if whose == *sid => Some(cause),
        _ => None,
    };
    world.committed().into_iter().filter_map(of).collect()
}

#[test]
fn an_encoder_finds_a_seat_in_use_and_displaces_nobody() {
    let mut world = World::new();
    let station = world.station("station");
    let ticket = encoder(&mut world, "station");
    assert_eq!(world.refused[&ticket], JoinError::InUse);
    assert!(world.links.contains_key(&station));
    // Of two at the door at once one comes in.
    world.rights.insert("camera".into(), station_rights());
    let both = [0; 2]
        .map(|_| world.join_as(Manner::Publishing, ClientInfo::default(), Whom::Endpoint("camera".into(), None), None));
    world.run();
    assert!(world.admitted.contains_key(&both[0]));
    assert_eq!(world.refused[&both[1]], JoinError::InUse);
    // A page of the same endpoint takes over from it, as from any other link.
    let encoder = world.admitted[&both[0]].0.clone();
    world.station("camera");
    world.run();
    assert_eq!(closed(&world, &encoder), [LinkEnd::Duplicate]);
}

#[test]
fn a_seat_that_only_waits_to_be_given_up_is_free() {
    let mut world = World::new();
    let station = world.station("station");
    world.gone(&station, LinkEnd::Lost);
    let first = encoder(&mut world, "station");
    let first = world.admitted[&first].0.clone();
    up(&mut world, &first);
    let ticket = encoder(&mut world, "station");
    assert_eq!(world.refused[&ticket], JoinError::InUse);
    down(&mut world, &first);
    let second = encoder(&mut world, "station");
    assert!(world.admitted.contains_key(&second), "its media ended: it is on air no more");
    assert_eq!(closed(&world, &first), [LinkEnd::Duplicate]);
}

#[test]
fn media_that_does_not_come_up_in_time_or_ends_is_the_end() {
    let mut world = World::new();
    let silent = encoder(&mut world, "silent");
    let silent = world.admitted[&silent].0.clone();
    let heard = encoder(&mut world, "heard");
    let heard = world.admitted[&heard].0.clone();
    let page = world.station("page");
    up(&mut world, &heard);
    world.wait(limits::MEDIA_SETUP_MS - 1);
    world.run();
    assert!(closed(&world, &silent).is_empty());
    world.wait(1);
    world.run();
    assert_eq!(closed(&world, &silent), [LinkEnd::MediaLost]);
    assert!(closed(&world, &heard).is_empty());
    assert!(closed(&world, &page).is_empty(), "a socket of its own speaks for it");
    down(&mut world, &heard);
    world.wait(limits::MEDIA_GRACE_MS);
    world.run();
    assert_eq!(closed(&world, &heard), [LinkEnd::MediaLost]);
}

#[test]
fn an_encoder_has_no_connection_to_receive_over() {
    let mut world = World::new();
    let ticket = encoder(&mut world, "camera");
    let camera = world.admitted[&ticket].0.clone();
    let opened = world.log.iter().find_map(|happened| match happened {
        Happened::Called(sid, MediaJob::Open(open)) if *sid == camera => Some(open.may_subscribe),
        _ => None,
    });
    assert_eq!(opened, Some(false));
}
