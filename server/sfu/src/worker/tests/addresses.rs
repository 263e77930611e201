//! Addresses that change, connections that fall silent, and restarts of which the client never heard.

use super::harness::*;
use crate::feedback::Writer;
use crate::worker::{Carrier, Command, Flow, Reply};
use lianxian_model::media::{MediaError, MediaEvent, Target, TransportEnd};
use std::time::Duration;

const HALF: Duration = Duration::from_millis(500);
/// Clients check a connection that holds every two seconds.
const NEXT_CHECK: Duration = Duration::from_millis(2_100);

fn frame(sequence: u16, payload: &[u8]) -> Rtp<'_> {
    Rtp {
        mid: "0",
        rid: "q",
        rtx: false,
        payload_type: VP8,
        ssrc: 500,
        sequence,
        timestamp: u32::from(sequence) * 3000,
        level: None,
        marker: true,
        payload,
    }
}

/// A publisher on the first worker, watched by a viewer on the second.
fn watched() -> (House, usize, usize) {
    let mut house = House::new(2);
    let publisher = house.join(0);
    let viewer = house.join(1);
    house.publish(publisher, &[camera("TR_c")]);
    house.run(HALF);
    house.receive(viewer, &[("TR_c", publisher)]);
    house.run(HALF);
    house.send(publisher, &frame(1, &vp8(Some(320), 1)));
    assert_eq!(house.received(viewer, "TR_c").len(), 1);
    (house, publisher, viewer)
}

fn downs(house: &House) -> usize {
    house.count(|event| matches!(event, MediaEvent::TransportDown { .. }))
}

/// A receiver report without blocks: what a viewer says every moment.
fn report() -> Vec<u8> {
    let mut buffer = [0; 100];
    let mut writer = Writer::new(&mut buffer);
    writer.receiver_report(1, &[]);
    let len = writer.len();
    buffer[..len].to_vec()
}

fn other_port(flow: &mut Flow) {
    flow.remote.set_port(flow.remote.port() + 5_000);
}

fn other_host(flow: &mut Flow) {
    flow.remote.set_ip([192, 0, 2, 77].into());
}

#[test]
fn a_viewer_is_sent_to_at_its_new_address_as_soon_as_it_says_anything() {
    let (mut house, publisher, viewer) = watched();
    other_port(&mut house.people[viewer].subscriber.flow);
    house.send(publisher, &frame(2, &vp8(None, 2)));
    assert_eq!(house.received(viewer, "TR_c").len(), 0, "nobody knows the new address yet");
    house.people[viewer].subscriber.send_rtcp(&report());
    house.settle();
    house.send(publisher, &frame(3, &vp8(Some(320), 3)));
    assert_eq!(house.received(viewer, "TR_c").len(), 1);
    assert_eq!(house.counter("moved_flows_total"), 1);
    assert_eq!(downs(&house), 0);
}

#[test]
fn a_publisher_is_heard_from_its_new_address_without_a_gap() {
    let (mut house, publisher, viewer) = watched();
    other_port(&mut house.people[publisher].publisher.flow);
    house.send(publisher, &frame(2, &vp8(None, 2)));
    house.send(publisher, &frame(3, &vp8(None, 3)));
    assert_eq!(house.received(viewer, "TR_c").len(), 2);
    assert_eq!(house.counter("moved_flows_total"), 1);
    assert_eq!(house.count(|event| matches!(event, MediaEvent::TrackEnded { .. })), 0);
}

#[test]
fn from_another_host_the_next_check_tells() {
    let (mut house, publisher, viewer) = watched();
    other_host(&mut house.people[publisher].publisher.flow);
    other_host(&mut house.people[viewer].subscriber.flow);
    house.send(publisher, &frame(2, &vp8(None, 2)));
    assert_eq!(house.received(viewer, "TR_c").len(), 0, "an unknown host is nobody's");
    house.run(NEXT_CHECK);
    house.send(publisher, &frame(3, &vp8(Some(320), 3)));
    assert!(!house.received(viewer, "TR_c").is_empty());
    assert_eq!(downs(&house), 0);
    assert_eq!(house.count(|event| matches!(event, MediaEvent::TrackEnded { .. })), 0);
}

#[test]
fn media_that_reaches_another_worker_from_a_new_address_finds_its_own() {
    let (mut house, publisher, viewer) = watched();
    let mut flow = house.people[publisher].publisher.flow;
    other_port(&mut flow);
    house.people[publisher].publisher.flow = flow;
    house.queue(publisher, &frame(2, &vp8(None, 2)));
    let now = house.now;
    for bytes in house.people[publisher].publisher.poll(now) {
        house.datagram(1, flow, bytes);
    }
    house.settle();
    assert_eq!(house.received(viewer, "TR_c").len(), 1);
    assert_eq!(house.counter("moved_flows_total"), 1);
}

#[test]
fn what_was_heard_before_or_is_forged_moves_nothing() {
    let (mut house, publisher, viewer) = watched();
    let flow = house.people[publisher].publisher.flow;
    house.queue(publisher, &frame(2, &vp8(None, 2)));
    let now = house.now;
    let sealed = house.people[publisher].publisher.poll(now);
    let mut thief = flow;
    other_port(&mut thief);
    for bytes in &sealed {
        house.datagram(0, flow, bytes.clone());
        // The same again from elsewhere, and with a bit turned.
        house.datagram(0, thief, bytes.clone());
        let mut forged = bytes.clone();
        *forged.last_mut().unwrap() ^= 1;
        house.datagram(0, thief, forged);
    }
    let spray = [vec![0x80, VP8], vec![7; 60]].concat();
    for _ in 0..1_000 {
        house.datagram(0, thief, spray.clone());
    }
    house.settle();
    assert_eq!(house.counter("moved_flows_total"), 0);
    assert_eq!(house.received(viewer, "TR_c").len(), 1);
    house.send(publisher, &frame(3, &vp8(None, 3)));
    assert_eq!(house.received(viewer, "TR_c").len(), 1, "the true one goes on");
}

#[test]
fn without_nomination_or_the_password_nothing_moves() {
    let (mut house, publisher, viewer) = watched();
    let mut elsewhere = house.people[viewer].subscriber.flow;
    elsewhere.remote.set_port(33_000);
    let client = &mut house.people[viewer].subscriber;
    let (_, pwd) = client.remote.clone().unwrap();
    client.nominates = false;
    let tried = client.check(&pwd);
    client.nominates = true;
    let forged = client.check("not the password, but as long");
    for check in [tried, forged] {
        house.datagram(1, elsewhere, check);
    }
    house.settle();
    house.send(publisher, &frame(2, &vp8(None, 2)));
    assert_eq!(house.received(viewer, "TR_c").len(), 1, "still where it was");
}

#[test]
fn a_viewer_whose_consent_ran_out_is_told_of_and_does_not_come_back() {
    let (mut house, _, viewer) = watched();
    house.people[viewer].subscriber.remote = None;
    house.people[viewer].answers = false;
    house.events.clear();
    house.run(Duration::from_secs(32));
    let participant = house.sid(viewer);
    let down = MediaEvent::TransportDown {
        participant: participant.clone(),
        target: Target::Subscriber,
        end: TransportEnd::ConsentExpired,
    };
    assert_eq!(house.count(|event| *event == down), 1);
    assert_eq!(downs(&house), 1);
    let reply = house.command(1, Command::RestartSubscriber { participant });
    assert!(matches!(reply, Reply::Refused(MediaError::UnknownParticipant(_))), "{reply:?}");
}

#[test]
fn a_publisher_whose_consent_ran_out_cannot_offer_again() {
    let (mut house, publisher, _) = watched();
    house.people[publisher].publisher.remote = None;
    house.run(Duration::from_secs(32));
    assert_eq!(downs(&house), 1);
    house.people[publisher].publisher.ufrag = "restarted".to_owned();
    let sdp = offer(&house.people[publisher].publisher, &[camera("TR_c")], &[]);
    let command = Command::PublisherOffer { participant: house.sid(publisher), sdp, announced: vec![camera("TR_c")] };
    let reply = house.command(0, command);
    assert!(matches!(reply, Reply::Refused(MediaError::UnknownParticipant(_))), "{reply:?}");
}

#[test]
fn one_from_whom_nothing_comes_has_lost_everything() {
    let (mut house, publisher, _) = watched();
    let sid = house.sid(publisher);
    let last_loss = |house: &House| {
        let of = |event: &MediaEvent| match event {
            MediaEvent::Quality { participant, upstream_loss, .. } if *participant == sid => Some(*upstream_loss),
            _ => None,
        };
        house.events.iter().filter_map(of).next_back()
    };
    house.run(Duration::from_secs(6));
    assert_eq!(last_loss(&house), Some(0.0));
    let person = &mut house.people[publisher];
    let kept = (person.publisher.remote.take(), person.subscriber.remote.take());
    house.run(Duration::from_secs(14));
    assert_eq!(last_loss(&house), Some(1.0));
    let person = &mut house.people[publisher];
    (person.publisher.remote, person.subscriber.remote) = kept;
    house.run(Duration::from_secs(6));
    assert_eq!(last_loss(&house), Some(0.0), "a short outage is over when it is over");
    assert_eq!(downs(&house), 0);
}

#[test]
fn restarts_of_which_the_client_never_heard_cost_it_nothing() {
    let (mut house, publisher, viewer) = watched();
    house.people[viewer].answers = false;
    let known = house.workers[1].ufrags.len();
    for _ in 0..5 {
        let reply = house.command(1, Command::RestartSubscriber { participant: house.sid(viewer) });
        assert!(matches!(reply, Reply::Done));
    }
    assert!(house.workers[1].ufrags.len() <= known + 2, "however often");
    // It checks under the names that it knows, for longer than consent lasts.
    house.run(Duration::from_secs(35));
    assert_eq!(downs(&house), 0);
    house.send(publisher, &frame(2, &vp8(Some(320), 2)));
    assert!(!house.received(viewer, "TR_c").is_empty());
    // The last offer reaches it at last.
    house.answer(viewer);
    house.people[viewer].subscriber.flow.remote.set_port(34_000);
    house.run(Duration::from_secs(3));
    house.received(viewer, "TR_c");
    house.send(publisher, &frame(3, &vp8(Some(320), 3)));
    assert_eq!(house.received(viewer, "TR_c").len(), 1);
}

/// A connection with the two ends of one that is gone: its checks prove it, though the flow is the peer's already.
#[test]
fn each_check_over_tcp_proves_its_connection() {
    let mut house = House::new(2);
    let person = house.join(0);
    let flow = &mut house.people[person].publisher.flow;
    *flow = Flow::tcp(flow.remote, flow.local);
    let flow = *flow;
    house.publish(person, &[]);
    house.run(Duration::from_millis(500));
    assert!(house.is_up(person, Target::Publisher));
    house.proven.clear();
    house.run(Duration::from_secs(6));
    assert!(house.proven.contains(&flow));
    assert!(house.proven.iter().all(|flow| flow.carrier == Carrier::Tcp), "over UDP there is nothing to prove");
}
