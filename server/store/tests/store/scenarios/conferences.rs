//! Plain rooms of integration keys: on record as conferences, from the first who joins to the last who leaves.

use crate::harness::town::{SECOND, Town, in_both_towns};
use lianxian_model::ids::{ParticipantSid, SessionId, TrackSid};
use lianxian_model::link::ClientInfo;
use lianxian_model::media::TrackKind;
use lianxian_model::session::{SessionEnd, SessionKind};
use lianxian_service::ports::live::LinkEnd;
use lianxian_service::ports::record::{ConferenceJoined, LinkOwner, SubscriptionStarted};

async fn join(town: &Town, key: &str, who: &str) -> SessionId {
    let joined = ConferenceJoined {
        key: key.into(),
        purpose: "联席会商".into(),
        room: "room-1".into(),
        identity: who.into(),
        name: String::new(),
        participant: ParticipantSid(format!("PA_{who}")),
        client: ClientInfo::default(),
        ip: "10.4.4.4".into(),
    };
    town.service.net_record().conference_joined(joined).await.unwrap()
}

async fn leave(town: &Town, session: &SessionId, who: &str) {
    let participant = ParticipantSid(format!("PA_{who}"));
    town.service.net_record().conference_left(session, &participant, LinkEnd::Left).await.unwrap();
}

in_both_towns! {
    async fn a_room_is_one_session_until_it_is_empty(town: Town) {
        let first = join(&town, "platform", "anna").await;
        assert_eq!(join(&town, "platform", "bob").await, first);
        let other = join(&town, "court", "carl").await;
        assert_ne!(other, first, "another key's room of the same name is another room");
        leave(&town, &first, "anna").await;
        leave(&town, &first, "anna").await;
        let ended = town.clock.pass(SECOND);
        leave(&town, &first, "bob").await;
        let session = town.db.read().await.session(&first).await.unwrap().unwrap();
        assert_eq!((session.kind, session.purpose.as_str()), (SessionKind::Conference, "联席会商"));
        assert_eq!((session.end_cause, session.ended_ms), (Some(SessionEnd::Emptied), Some(ended)));
        assert_eq!(session.number, "HH20261125HY001");
        let names: Vec<_> = session.attendances.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["anna", "bob"]);
        assert!(town.db.read().await.session(&other).await.unwrap().unwrap().is_open());
        assert_ne!(join(&town, "platform", "anna2").await, first, "a new meeting is a new session");
        // It is no patrol: it grants nothing, and the district's readers find it.
        assert!(town.service.net_record().grants().await.unwrap().is_empty());
        let commander = town.login("zhihuizhang").await;
        let detail = town.service.sessions.get(&commander, &first).await.unwrap();
        assert_eq!(detail.timeline[0].kind, "conference.opened");
        let head = town.login("suozhang").await;
        town.refused(&head, "session.read", town.service.sessions.get(&head, &first)).await;
    }

    async fn who_received_what_is_in_the_subscriptions_not_in_the_story(town: Town) {
        let session = join(&town, "platform", "anna").await;
        join(&town, "platform", "bob").await;
        let record = town.service.net_record();
        let (bob, track) = (ParticipantSid("PA_bob".into()), TrackSid("TR_anna".into()));
        let owner = |who: &str| LinkOwner::Conference { session: session.clone(), identity: who.into() };
        let started = SubscriptionStarted {
            sessions: vec![session.clone()],
            subscriber: owner("bob"),
            publisher: owner("anna"),
            track: track.clone(),
            subscriber_participant: bob.clone(),
            kind: TrackKind::Video,
        };
        record.subscriptions_started(vec![started]).await.unwrap();
        record.first_packet(&bob, &track).await.unwrap();
        let mut tx = town.db.read().await;
        assert_eq!(tx.subscriptions_of(&session).await.unwrap(), [(track, bob)]);
        let story = tx.timeline(&session).await.unwrap();
        let kinds: Vec<_> = story.iter().map(|line| line.kind.as_str()).collect();
        assert_eq!(kinds, ["conference.opened", "attendance.joined", "attendance.joined"]);
    }
}
