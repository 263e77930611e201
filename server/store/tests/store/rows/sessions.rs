use super::district::{after, first, put_district, session, units};
use crate::harness::on_both;
use lianxian_model::case::{CaseKind, CaseLink};
use lianxian_model::session::{Attendance, LeaveReason, Mode, Session, SessionEnd, SessionKind, SessionState};
use lianxian_model::time::Millis;
use lianxian_service::page::Keyset;
use lianxian_service::ports::store::{SessionQuery, StoreError, TimelineRow, Tx};

fn attendance(id: &str, session: &str, at: i64) -> Attendance {
    Attendance {
        id: id.into(),
        session_id: session.into(),
        endpoint_id: Some("c1".into()),
        person_id: Some("p1".into()),
        name: "陈志远".into(),
        unit_id: Some("root".into()),
        mode: Mode::Watch,
        participant: None,
        joined_ms: Millis(at),
        left_ms: None,
        leave_reason: None,
    }
}

async fn ids(tx: &mut Box<dyn Tx>, query: SessionQuery, page: &Keyset) -> Vec<String> {
    tx.sessions(&query, page).await.unwrap().into_iter().map(|s| s.id.0).collect()
}

on_both! {
    async fn a_session_comes_back_with_its_attendances(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        let mut s1 = session("s1", "sa", "a", 100);
        tx.insert_session(&s1).await.unwrap();
        tx.insert_session(&session("s2", "sb", "b", 200)).await.unwrap();
        let mut left = attendance("at1", "s1", 100);
        tx.insert_attendance(&left).await.unwrap();
        left.close(Millis(150), LeaveReason::LinkLost);
        tx.close_attendance(&left).await.unwrap();
        tx.insert_attendance(&attendance("at2", "s1", 160)).await.unwrap();
        s1.observer_lost_ms = Some(Millis(150));
        assert!(tx.update_session(&s1).await.unwrap());
        assert!(!tx.update_session(&s1).await.unwrap(), "the version is old");
        s1.version = 2;
        s1.attendances = vec![left.clone(), attendance("at2", "s1", 160)];
        assert_eq!(tx.session(&"s1".into()).await.unwrap(), Some(s1.clone()));
        assert_eq!(tx.session(&"s9".into()).await.unwrap(), None);
        let s2 = session("s2", "sb", "b", 200);
        assert_eq!(tx.open_sessions().await.unwrap(), [s1.clone(), s2.clone()]);
        assert_eq!(tx.open_sessions_of_site(&"sb".into()).await.unwrap(), std::slice::from_ref(&s2));
        assert_eq!(tx.open_sessions_of_observer(&"c1".into()).await.unwrap(), [s1.clone(), s2]);
        assert_eq!(tx.open_sessions_of_watch(&"w".into()).await.unwrap(), []);
        s1.state = SessionState::Ended;
        s1.ended_ms = Some(Millis(300));
        s1.end_cause = Some(SessionEnd::WatchEnded);
        s1.end_note = "看完".into();
        s1.observer_lost_ms = None;
        assert!(tx.update_session(&s1).await.unwrap());
        assert_eq!(tx.open_sessions_of_site(&"sa".into()).await.unwrap(), []);
        tx.commit().await.unwrap();

        let mut tx = db.write().await;
        let again = tx.close_attendance(&left).await.unwrap_err();
        assert!(matches!(again, StoreError::Corrupt(_)), "an interval is closed once: {again}");
    }

    async fn a_conference_is_found_by_its_room_while_it_is_open(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        let conference = Session {
            kind: SessionKind::Conference,
            site_id: None,
            observer_endpoint: None,
            observer_account: None,
            observer_person: None,
            observer_unit: None,
            room: Some("key/room".into()),
            ..session("s1", "", "root", 100)
        };
        tx.insert_session(&conference).await.unwrap();
        assert_eq!(tx.open_conference("key/room").await.unwrap(), Some(conference.clone()));
        assert_eq!(tx.open_conference("other").await.unwrap(), None);
        let ended = Session { state: SessionState::Ended, ended_ms: Some(Millis(100)), ..conference };
        assert!(tx.update_session(&ended).await.unwrap());
        assert_eq!(tx.open_conference("key/room").await.unwrap(), None);
    }

    async fn a_series_counts_from_one_and_a_story_is_numbered(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        for wanted in 1..=3 {
            assert_eq!(tx.next_in_series("HH1").await.unwrap(), wanted);
        }
        assert_eq!(tx.next_in_series("HH2").await.unwrap(), 1);
        tx.insert_session(&session("s1", "sa", "a", 100)).await.unwrap();
        tx.append_timeline(&"s1".into(), Millis(5), "session.opened", "{\"a\":1}").await.unwrap();
        tx.append_timeline(&"s1".into(), Millis(4), "picture.first", "{}").await.unwrap();
        let line = |seq, at, kind: &str, detail: &str| TimelineRow {
            seq,
            at_ms: Millis(at),
            kind: kind.into(),
            detail: detail.into(),
        };
        let story = [line(1, 5, "session.opened", "{\"a\":1}"), line(2, 4, "picture.first", "{}")];
        assert_eq!(tx.timeline(&"s1".into()).await.unwrap(), story);
    }

    async fn sessions_are_found_by_what_is_asked_for(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        tx.insert_session(&session("s1", "sa", "a", 100)).await.unwrap();
        tx.insert_session(&session("s2", "sa1", "a1", 200)).await.unwrap();
        let ended = Session {
            state: SessionState::Ended,
            ended_ms: Some(Millis(350)),
            purpose: "Spot CHECK 100%".into(),
            ..session("s3", "sb", "b", 300)
        };
        tx.insert_session(&ended).await.unwrap();
        let link = CaseLink {
            id: "k1".into(),
            session_id: "s2".into(),
            kind: CaseKind::Mediation,
            raw: "晋医人调字[2019]011号".into(),
            normalised: "晋医人调字(2019)11号".into(),
            linked_by: "acc1".into(),
            linked_by_name: "陈志远".into(),
            linked_ms: Millis(210),
            withdrawn_ms: None,
            withdrawn_by: None,
            withdraw_reason: None,
        };
        tx.insert_case_link(&link).await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = db.read().await;
        let all = &first(10);
        let any = SessionQuery::default;
        assert_eq!(ids(&mut tx, any(), all).await, ["s3", "s2", "s1"]);
        assert_eq!(ids(&mut tx, SessionQuery { roots: Some(units(&["a"])), ..any() }, all).await, ["s2", "s1"]);
        assert_eq!(ids(&mut tx, SessionQuery { roots: Some(units(&["a1", "b"])), ..any() }, all).await, ["s3", "s2"]);
        assert!(ids(&mut tx, SessionQuery { roots: Some(units(&[])), ..any() }, all).await.is_empty());
        let within = SessionQuery { roots: Some(units(&["root"])), unit_id: Some("a1".into()), ..any() };
        assert_eq!(ids(&mut tx, within, all).await, ["s2"]);
        assert_eq!(ids(&mut tx, SessionQuery { site_id: Some("sb".into()), ..any() }, all).await, ["s3"]);
        assert!(ids(&mut tx, SessionQuery { person_id: Some("p9".into()), ..any() }, all).await.is_empty());
        assert!(ids(&mut tx, SessionQuery { kind: Some(SessionKind::Drill), ..any() }, all).await.is_empty());
        assert_eq!(ids(&mut tx, SessionQuery { open: Some(true), ..any() }, all).await, ["s2", "s1"]);
        assert_eq!(ids(&mut tx, SessionQuery { open: Some(false), ..any() }, all).await, ["s3"]);
        let running = SessionQuery { from_ms: Some(Millis(351)), ..any() };
        assert_eq!(ids(&mut tx, running, all).await, ["s2", "s1"], "s3 was over by then");
        assert_eq!(ids(&mut tx, SessionQuery { to_ms: Some(Millis(200)), ..any() }, all).await, ["s1"]);
        let case = |number: &str| SessionQuery { case_normalised: Some(number.into()), ..any() };
        assert_eq!(ids(&mut tx, case("晋医人调字(2019)11号"), all).await, ["s2"]);
        assert!(ids(&mut tx, case("晋医人调字(2019)110号"), all).await.is_empty());
        let q = |text: &str| SessionQuery { q: Some(text.into()), ..any() };
        assert_eq!(ids(&mut tx, q("spot check"), all).await, ["s3"]);
        assert_eq!(ids(&mut tx, q("0%"), all).await, ["s3"], "a percent sign is a percent sign");
        assert_eq!(ids(&mut tx, q("司法所sa"), all).await, ["s2", "s1"]);
        assert_eq!(ids(&mut tx, q("志远"), all).await, ["s3", "s2", "s1"]);
        assert_eq!(ids(&mut tx, q("hh20261125s1"), all).await, ["s1"]);
        assert!(ids(&mut tx, q("_"), all).await.is_empty());
        drop(tx);

        let mut tx = db.write().await;
        let withdrawn = CaseLink { withdrawn_ms: Some(Millis(220)), withdrawn_by: Some("acc1".into()), ..link };
        assert!(tx.withdraw_case_link(&withdrawn).await.unwrap());
        assert!(ids(&mut tx, case("晋医人调字(2019)11号"), all).await.is_empty(), "a withdrawn link finds nothing");
    }

    async fn pages_stay_where_they_were_while_rows_arrive(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        for n in 0..9 {
            // Three at a time share a moment: the id decides.
            tx.insert_session(&session(&format!("s{n}"), "sa", "a", 100 + n / 3)).await.unwrap();
        }
        let any = SessionQuery::default;
        assert_eq!(ids(&mut tx, any(), &first(4)).await, ["s8", "s7", "s6", "s5"]);
        tx.insert_session(&session("s9", "sa", "a", 500)).await.unwrap();
        assert_eq!(ids(&mut tx, any(), &after(101, "s5", 4)).await, ["s4", "s3", "s2", "s1"]);
        assert_eq!(ids(&mut tx, any(), &after(100, "s1", 4)).await, ["s0"]);
        assert!(ids(&mut tx, any(), &after(100, "s0", 4)).await.is_empty());
        let narrowed = SessionQuery { open: Some(true), q: Some("巡查".into()), ..any() };
        assert_eq!(ids(&mut tx, narrowed, &after(101, "s4", 2)).await, ["s3", "s2"]);
    }
}
