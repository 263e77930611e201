use super::district::{put_district, session, station};
use crate::harness::on_both;
use lianxian_model::duty::Skill;
use lianxian_model::guest::{Consent, ConsentText, GuestLink, Rating, Visit};
use lianxian_model::org::{Endpoint, EndpointKind};
use lianxian_model::request::clocks::{Clocks, Limits};
use lianxian_model::request::ring::Ladder;
use lianxian_model::request::{Channel, Evaluation, Grade, HelpRequest, RequestState, Urgency};
use lianxian_model::time::Millis;
use lianxian_service::page::Keyset;
use lianxian_service::ports::store::{RequestQuery, StoreError, Tx};

fn request(id: &str, state: RequestState, call_back: Option<i64>) -> HelpRequest {
    let evaluation = Evaluation {
        grade: Grade::Dissatisfied,
        text: String::new(),
        by: "张三".into(),
        at_ms: Millis(8),
        call_back_by_ms: call_back.map(Millis),
        call_back_reminded: false,
    };
    HelpRequest {
        id: id.into(),
        number: format!("QZ20261125{id}"),
        site_id: "sa".into(),
        unit_id: "a".into(),
        endpoint_id: Some("e-sa".into()),
        channel: Channel::Station,
        need: Skill::General,
        urgency: Urgency::Ordinary,
        sentence: String::new(),
        case_kind: None,
        case_raw: String::new(),
        case_normalised: String::new(),
        asker_name: "杨静".into(),
        asker_account: None,
        state,
        owner: None,
        assignee: None,
        session_id: None,
        ring: None,
        clocks: Clocks::new(Limits::of(Urgency::Ordinary)),
        ladder: Ladder::default(),
        plea: None,
        suspended_until_ms: None,
        result: String::new(),
        finished_ms: None,
        evaluation: Some(evaluation),
        merged_into: None,
        photos: Vec::new(),
        raised_ms: Millis(1),
        closed_ms: None,
        version: 1,
    }
}

fn link() -> GuestLink {
    GuestLink {
        id: "l1".into(),
        request_id: "r1".into(),
        site_id: "sa".into(),
        unit_id: "a".into(),
        made_by: "司法所sa · 工作站".into(),
        made_by_account: Some("acc1".into()),
        made_ms: Millis(10),
        expires_ms: Millis(1_000),
        max_uses: 1,
        uses: 0,
        revoked_ms: None,
        revoked_by: String::new(),
        revoke_reason: String::new(),
    }
}

fn visit() -> Visit {
    Visit {
        id: "v1".into(),
        link_id: "l1".into(),
        request_id: "r1".into(),
        endpoint_id: "g1".into(),
        name: String::new(),
        opened_ms: Millis(20),
        ip: "10.9.9.9".into(),
        removed_ms: None,
        removed_by: String::new(),
        remove_reason: String::new(),
    }
}

fn consent(id: &str, session: Option<&str>, at: i64) -> Consent {
    Consent {
        id: id.into(),
        unit_id: "a".into(),
        request_id: Some("r1".into()),
        session_id: session.map(Into::into),
        visit_id: Some("v1".into()),
        name: "张三".into(),
        text_unit: "root".into(),
        text_version: 1,
        text_sha256: "ab".repeat(32),
        picture: true,
        sound: false,
        given_ms: Millis(at),
        witness: String::new(),
        withdrawn_ms: None,
        withdraw_reason: String::new(),
    }
}

fn text(unit: &str, version: i64) -> ConsentText {
    ConsentText {
        unit_id: unit.into(),
        version,
        title: "同意书".into(),
        body: format!("{unit} {version}"),
        sha256: "ab".repeat(32),
        made_ms: Millis(5),
        made_by: "系统".into(),
    }
}

fn rating(seq: i64, grade: Grade) -> Rating {
    Rating {
        request_id: "r1".into(),
        seq,
        session_id: None,
        visit_id: Some("v1".into()),
        channel: Channel::Guest,
        grade,
        text: "等得久".into(),
        by: "张三（来访）".into(),
        at_ms: Millis(90),
    }
}

/// A request, a link to it, a visit, a consent before its session and one in it, two ratings.
async fn put_guest(tx: &mut Box<dyn Tx>) {
    put_district(tx).await;
    tx.insert_request(&request("r1", RequestState::Waiting, None)).await.unwrap();
    tx.insert_guest_link(&link(), "hash-l").await.unwrap();
    let guest = Endpoint { site_id: None, kind: EndpointKind::Guest, enrolled: false, ..station("g1", "sa") };
    tx.insert_endpoint(&guest).await.unwrap();
    assert!(tx.use_guest_link(&"l1".into()).await.unwrap());
    tx.insert_visit(&visit(), "hash-v").await.unwrap();
    tx.insert_session(&session("s1", "sa", "a", 50)).await.unwrap();
    let assist = lianxian_model::assist::Assist {
        session_id: "s1".into(),
        station: "e-sa".into(),
        request_id: Some("r1".into()),
        request_number: None,
        answered_ms: Some(Millis(50)),
        earphones: false,
    };
    tx.insert_assist(&assist).await.unwrap();
    tx.insert_earphones(&"s1".into(), true, Millis(55)).await.unwrap();
    tx.insert_consent_text(&text("root", 1)).await.unwrap();
    tx.insert_consent(&consent("c1", None, 30)).await.unwrap();
    tx.insert_consent(&consent("c2", Some("s1"), 60)).await.unwrap();
    tx.insert_rating(&rating(1, Grade::Dissatisfied)).await.unwrap();
    tx.insert_rating(&rating(2, Grade::Fair)).await.unwrap();
}

on_both! {
    async fn what_was_written_is_read_and_found_by_request_and_session(db: TestDatabase) {
        let mut tx = db.write().await;
        put_guest(&mut tx).await;
        let used = GuestLink { uses: 1, ..link() };
        assert_eq!(tx.guest_link(&"l1".into()).await.unwrap(), Some(used.clone()));
        assert_eq!(tx.guest_link_by_token("hash-l").await.unwrap(), Some(used.clone()));
        assert_eq!(tx.guest_link_by_token("hash-v").await.unwrap(), None);
        assert_eq!(tx.guest_links_of(&"r1".into()).await.unwrap(), [used]);
        assert!(!tx.use_guest_link(&"l1".into()).await.unwrap(), "there was one use");
        tx.name_visit(&"v1".into(), "张三").await.unwrap();
        let named = Visit { name: "张三".into(), ..visit() };
        assert_eq!(tx.visit_by_token("hash-v").await.unwrap(), Some(named.clone()));
        assert_eq!(tx.visit_of_endpoint(&"g1".into()).await.unwrap(), Some(named.clone()));
        assert_eq!(tx.visits_of(&"r1".into()).await.unwrap(), std::slice::from_ref(&named));
        let ids = |consents: Vec<Consent>| consents.into_iter().map(|one| one.id.0).collect::<Vec<_>>();
        assert_eq!(ids(tx.consents_of_request(&"r1".into()).await.unwrap()), ["c1", "c2"]);
        assert_eq!(ids(tx.consents_of_session(&"s1".into()).await.unwrap()), ["c1", "c2"]);
        assert_eq!(tx.consents_of_visit(&"v1".into()).await.unwrap()[1], consent("c2", Some("s1"), 60));
        assert_eq!(tx.consent(&"c1".into()).await.unwrap(), Some(consent("c1", None, 30)));
        let grades: Vec<_> = tx.ratings_of_request(&"r1".into()).await.unwrap();
        assert_eq!(grades, [rating(1, Grade::Dissatisfied), rating(2, Grade::Fair)]);
        tx.insert_consent_text(&text("a", 1)).await.unwrap();
        tx.insert_consent_text(&text("a", 2)).await.unwrap();
        assert_eq!(tx.consent_text(&"a".into()).await.unwrap(), Some(text("a", 2)));
        assert_eq!(tx.consent_texts_of(&"a".into()).await.unwrap().len(), 2);
        assert_eq!(tx.consent_text(&"a1".into()).await.unwrap(), None);
        // A guest is none of the district's endpoints.
        assert!(tx.endpoints().await.unwrap().iter().all(|endpoint| endpoint.kind == EndpointKind::Station));

        // Once, and not again.
        let gone = Consent { withdrawn_ms: Some(Millis(70)), withdraw_reason: "不便".into(), ..consent("c2", Some("s1"), 60) };
        assert!(tx.withdraw_consent(&gone).await.unwrap() && !tx.withdraw_consent(&gone).await.unwrap());
        let removed = Visit { removed_ms: Some(Millis(80)), removed_by: "李明".into(), remove_reason: "无关".into(), ..named };
        assert!(tx.remove_visit(&removed).await.unwrap() && !tx.remove_visit(&removed).await.unwrap());
        assert_eq!(tx.visit(&"v1".into()).await.unwrap(), Some(removed));
        tx.commit().await.unwrap();
    }

    async fn the_same_correction_twice_is_one(db: TestDatabase) {
        let mut tx = db.write().await;
        put_guest(&mut tx).await;
        tx.commit().await.unwrap();
        let mut tx = db.write().await;
        let again = tx.insert_rating(&rating(2, Grade::VerySatisfied)).await;
        assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
    }

    /// Whoever has the database open, with the server's own account: the triggers refuse.
    async fn what_was_agreed_to_and_judged_stays(db: TestDatabase) {
        let mut tx = db.write().await;
        put_guest(&mut tx).await;
        let gone = Consent { withdrawn_ms: Some(Millis(70)), ..consent("c2", Some("s1"), 60) };
        assert!(tx.withdraw_consent(&gone).await.unwrap());
        tx.commit().await.unwrap();
        let mut client = db.client().await;
        for sql in [
            "DELETE FROM consents",
            "UPDATE consents SET sound = 1 WHERE id = 'c1'",
            "UPDATE consents SET name = 'x' WHERE id = 'c1'",
            "UPDATE consents SET given_ms = 0 WHERE id = 'c1'",
            "UPDATE consents SET text_sha256 = 'x', withdrawn_ms = 99 WHERE id = 'c1'",
            "UPDATE consents SET withdrawn_ms = 1 WHERE id = 'c1'",
            "UPDATE consents SET withdrawn_ms = NULL WHERE id = 'c2'",
            "UPDATE consents SET withdraw_reason = 'x' WHERE id = 'c2'",
            "UPDATE request_ratings SET grade = 'satisfied'",
            "DELETE FROM request_ratings",
            "UPDATE consent_texts SET body = 'x'",
            "DELETE FROM consent_texts",
            "UPDATE guest_links SET expires_ms = 999999",
            "UPDATE guest_links SET uses = 0",
            "UPDATE guest_links SET uses = 2",
            "DELETE FROM guest_links",
            "UPDATE guest_visits SET opened_ms = 1",
            "DELETE FROM guest_visits",
            "UPDATE assist_earphones SET worn = 0",
            "DELETE FROM assist_earphones",
        ] {
            let error = sqlx::query(sql).execute(&mut client).await.expect_err(sql);
            assert!(error.to_string().contains("is evidence"), "{sql}: {error}");
        }
        if !db.is_sqlite {
            let error = sqlx::query("TRUNCATE consents").execute(&mut client).await.expect_err("truncated");
            assert!(error.to_string().contains("is evidence"), "{error}");
        }
    }

    async fn a_call_back_that_is_due_is_open_work(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        for (id, state, due) in [
            ("r1", RequestState::Closed, Some(9)),
            ("r2", RequestState::Closed, None),
            ("r3", RequestState::Reviewed, None),
            ("r4", RequestState::Handling, None),
        ] {
            tx.insert_request(&request(id, state, due)).await.unwrap();
        }
        let open = RequestQuery { open: Some(true), ..RequestQuery::default() };
        let found = tx.requests(&open, &Keyset { before: None, limit: 9 }).await.unwrap();
        assert_eq!(found.into_iter().map(|one| one.id.0).collect::<Vec<_>>(), ["r4", "r1"]);
        tx.commit().await.unwrap();
    }
}
