//! Random lives of a small net. At every step the world checks that nobody is told of or sent anything without a grant,
//! and nothing before it is on record; at the end, that everyone who may has it.

use super::*;
use lianxian_model::media::{Target, TransportEnd};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Join(usize),
    Resume(usize),
    Lose(usize),
    Leave(usize),
    Grant { session: usize, pairs: Vec<(usize, usize, bool, bool)> },
    Announce(usize, bool),
    Offer(usize),
    Start(usize),
    EndTrack(usize),
    Subscribe { viewer: usize, track: usize, on: bool },
    Mute { track: usize, on: bool },
    Rights { who: usize, publish: bool, subscribe: bool },
    EndLink(usize),
    Commit(usize),
    Call(usize),
    RecordDown(bool),
    Wait(u16),
    Speak(usize),
    Measure(usize),
    Transport { who: usize, target: bool, up: bool },
}

const ENDPOINTS: [&str; 5] = ["s0", "s1", "s2", "c0", "c1"];
const SESSIONS: [&str; 3] = ["x", "y", "z"];

fn step() -> impl Strategy<Value = Step> {
    let who = 0..ENDPOINTS.len();
    let track = 0..12usize;
    let pair = (0..5usize, 0..5usize, any::<bool>(), any::<bool>());
    prop_oneof![
        3 => who.clone().prop_map(Step::Join),
        2 => who.clone().prop_map(Step::Resume),
        1 => who.clone().prop_map(Step::Lose),
        1 => who.clone().prop_map(Step::Leave),
        4 => (0..SESSIONS.len(), prop::collection::vec(pair, 0..4))
            .prop_map(|(session, pairs)| Step::Grant { session, pairs }),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, video)| Step::Announce(who, video)),
        2 => who.clone().prop_map(Step::Offer),
        4 => track.clone().prop_map(Step::Start),
        1 => track.clone().prop_map(Step::EndTrack),
        2 => (who.clone(), track.clone(), any::<bool>())
            .prop_map(|(viewer, track, on)| Step::Subscribe { viewer, track, on }),
        1 => (track, any::<bool>()).prop_map(|(track, on)| Step::Mute { track, on }),
        1 => (who.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(who, publish, subscribe)| Step::Rights { who, publish, subscribe }),
        1 => who.clone().prop_map(Step::EndLink),
        12 => who.clone().prop_map(Step::Commit),
        12 => who.clone().prop_map(Step::Call),
        1 => any::<bool>().prop_map(Step::RecordDown),
        1 => (0..20_000u16).prop_map(Step::Wait),
        1 => who.clone().prop_map(Step::Speak),
        1 => who.clone().prop_map(Step::Measure),
        1 => (who, any::<bool>(), any::<bool>()).prop_map(|(who, target, up)| Step::Transport { who, target, up }),
    ]
}

fn current(world: &World, who: usize) -> Option<ParticipantSid> {
    world.state.seated(&ENDPOINTS[who].into())
}

/// Every participant that the endpoint ever was has rows; the first that has something waiting.
fn waiting<T>(world: &World, who: usize, rows: &BTreeMap<ParticipantSid, VecDeque<T>>) -> Option<ParticipantSid> {
    rows.iter()
        .find(|(sid, jobs)| !jobs.is_empty() && world.identities.get(*sid).is_some_and(|id| id == ENDPOINTS[who]))
        .map(|(sid, _)| sid.clone())
}

fn live(world: &mut World, tracks: &mut Vec<(usize, TrackSid)>, step: Step) {
    match step {
        Step::Join(who) => {
            let rights = if who < 3 { station_rights() } else { console_rights() };
            world.ask_endpoint(ENDPOINTS[who], rights);
        }
        Step::Resume(who) => {
            if let Some(sid) = current(world, who) {
                world.ask_resume(Whom::Endpoint(ENDPOINTS[who].into(), None), &sid);
            }
        }
        Step::Lose(who) => {
            if let Some(sid) = current(world, who) {
                world.gone(&sid, LinkEnd::Lost);
            }
        }
        Step::Leave(who) => {
            if let Some(sid) = current(world, who) {
                world.wish(&sid, Wish::Leave);
            }
        }
        Step::Grant { session, pairs } => {
            let session = SESSIONS[session];
            let grants = pairs
                .into_iter()
                .filter(|(publisher, viewer, ..)| publisher != viewer)
                .map(|(p, v, video, audio)| grant(session, ENDPOINTS[p], ENDPOINTS[v], video, audio))
                .collect();
            world.grants(session, grants);
        }
        Step::Announce(who, video) => {
            let Some(sid) = current(world, who) else { return };
            let allowed = world.state.people[&sid].rights.may_publish.any();
            if world.links.contains_key(&sid) && allowed && tracks.len() < 12 {
                tracks.push((who, world.announce(&sid, if video { CAMERA } else { MICROPHONE })));
            }
        }
        Step::Offer(who) => {
            if let Some(sid) = current(world, who) {
                world.wish(&sid, Wish::PublisherOffer { id: 1, sdp: String::new() });
            }
        }
        Step::Start(track) => {
            if let Some((who, track)) = tracks.get(track).cloned()
                && let Some(sid) = current(world, who)
            {
                world.start(&sid, &track);
            }
        }
        Step::EndTrack(track) => {
            if let Some((who, track)) = tracks.get(track).cloned()
                && let Some(sid) = current(world, who)
            {
                world.event(MediaEvent::TrackEnded { participant: sid, track, summary: <_>::default() });
            }
        }
        Step::Subscribe { viewer, track, on } => {
            if let Some((_, track)) = tracks.get(track).cloned()
                && let Some(sid) = current(world, viewer)
            {
                world.wish(&sid, Wish::Subscribe { tracks: vec![track], subscribe: on });
            }
        }
        Step::Mute { track, on } => {
            if let Some((who, track)) = tracks.get(track).cloned()
                && let Some(sid) = current(world, who)
            {
                world.wish(&sid, Wish::Mute { track, muted: on });
            }
        }
        Step::Rights { who, publish, subscribe } => {
            let mut rights = if who < 3 { station_rights() } else { console_rights() };
            if !publish {
                rights.may_publish = PublishRights::NONE;
            }
            rights.may_subscribe = subscribe;
            world.rights.insert(ENDPOINTS[who].into(), rights);
            world.state.set_rights(&ENDPOINTS[who].into(), rights, world.at());
            world.take_effects();
        }
        Step::EndLink(who) => {
            world.state.end_link(&ENDPOINTS[who].into(), LinkEnd::Revoked, world.at());
            world.take_effects();
        }
        Step::Commit(who) => {
            if let Some(sid) = waiting(world, who, &world.facts_waiting) {
                world.commit(&sid);
            }
        }
        Step::Call(who) => {
            if let Some(sid) = waiting(world, who, &world.calls_waiting) {
                world.call(&sid);
            }
        }
        Step::RecordDown(down) => {
            world.record_answer = if down { Err(RecordError::Unavailable("down".into())) } else { Ok(()) };
        }
        Step::Wait(ms) => world.wait(ms.into()),
        Step::Speak(who) => {
            let heard = tracks.iter().filter(|(of, _)| *of == who);
            let levels = heard.filter_map(|(_, t)| Some((current(world, who)?, t.clone(), 0.5))).collect();
            world.event(MediaEvent::Speakers { levels });
        }
        Step::Measure(who) => {
            if let Some(participant) = current(world, who) {
                let quality = MediaEvent::Quality { participant, upstream_loss: 0.1, downstream_loss: 0.0, rtt_ms: 10 };
                world.event(quality);
            }
        }
        Step::Transport { who, target, up } => {
            let target = if target { Target::Publisher } else { Target::Subscriber };
            if let Some(participant) = current(world, who) {
                world.event(match up {
                    true => MediaEvent::TransportUp { participant, target },
                    false => {
                        let end = TransportEnd::ConsentExpired;
                        MediaEvent::TransportDown { participant, target, end }
                    }
                });
            }
        }
    }
}

/// When nothing waits, what is sent is exactly what may be and is wanted.
fn check_at_rest(world: &World) {
    for viewer in world.state.people.values() {
        if viewer.link.is_none() {
            continue;
        }
        let mut due = BTreeSet::new();
        let mut seen: BTreeMap<String, BTreeSet<TrackSid>> = BTreeMap::new();
        for publisher in world.state.people.values().filter(|p| p.sid != viewer.sid) {
            if !world.granted(&viewer.seat.identity, &publisher.seat.identity, None) {
                continue;
            }
            let tracks = seen.entry(publisher.seat.identity.clone()).or_default();
            for (track, published) in &publisher.tracks {
                let granted = world.granted(&viewer.seat.identity, &publisher.seat.identity, Some(published.view.kind));
                if !granted || !world.recorded_tracks.contains(track) {
                    continue;
                }
                tracks.insert(track.clone());
                if viewer.rights.may_subscribe && viewer.choice.get(track).copied().unwrap_or(true) {
                    due.insert(track.clone());
                }
            }
        }
        assert_eq!(world.receives(&viewer.sid), due, "what {} receives", viewer.seat.identity);
        assert_eq!(world.believes(&viewer.sid), seen, "what {} believes", viewer.seat.identity);
        let of_viewer = world.recorded_subscriptions.iter().filter(|(sid, _)| *sid == viewer.sid);
        assert_eq!(of_viewer.map(|(_, t)| t.clone()).collect::<BTreeSet<_>>(), due, "what is on record as received");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_told_of_or_sent_anything_without_a_grant(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        let mut tracks = Vec::new();
        for step in steps {
            live(&mut world, &mut tracks, step);
        }
        world.record_answer = Ok(());
        world.run();
        check_at_rest(&world);
        // And it can always be stopped.
        world.state.stop(world.at());
        world.take_effects();
        world.run();
        world.wait(super::super::super::limits::SUMMARIES_MS);
        world.run();
        prop_assert!(world.state.is_empty());
    }
}
