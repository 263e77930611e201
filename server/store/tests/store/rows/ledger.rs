use super::district::{after, first, put_district, session};
use crate::harness::on_both;
use lianxian_model::audit::{AuditEvent, AuditResult};
use lianxian_model::event::{EventKind, OutboxEvent};
use lianxian_model::time::Millis;
use lianxian_service::audit::{AuditFilter, GENESIS};
use lianxian_service::page::Keyset;
use lianxian_service::ports::store::{LedgerHead, Tx};

fn audit(seq: i64, action: &str, actor: &str) -> AuditEvent {
    AuditEvent {
        id: format!("audit-{seq}").as_str().into(),
        seq,
        at_ms: Millis(seq * 10),
        account_id: (seq % 2 == 0).then(|| "acc1".into()),
        endpoint_id: None,
        actor: actor.into(),
        roles: "commander".into(),
        ip: "10.0.0.1".into(),
        action: action.into(),
        object_kind: "session".into(),
        object_id: "s1".into(),
        result: if seq == 3 { AuditResult::Refused } else { AuditResult::Success },
        reason: String::new(),
        detail: "{\"中\":\"文\"}".into(),
        previous_hash: format!("h{}", seq - 1),
        hash: format!("h{seq}"),
    }
}

fn event(seq: i64) -> OutboxEvent {
    OutboxEvent {
        seq,
        at_ms: Millis(seq),
        kind: EventKind::SessionOpened,
        unit_id: Some("a".into()),
        site_id: None,
        session_id: Some("s1".into()),
        endpoint_id: None,
        payload: serde_json::json!({ "中": ["文", 1.5, null] }),
    }
}

async fn seqs(tx: &mut Box<dyn Tx>, filter: AuditFilter, page: &Keyset) -> Vec<i64> {
    tx.audit(&filter, page).await.unwrap().into_iter().map(|event| event.seq).collect()
}

on_both! {
    async fn the_ledgers_are_read_in_order(db: TestDatabase) {
        let mut tx = db.write().await;
        let start = LedgerHead { audit_seq: 0, audit_hash: GENESIS.into(), outbox_seq: 0 };
        assert_eq!(tx.ledger_head().await.unwrap(), start);
        let actions = ["session.open", "session.end", "sessions.list", "login.open", "session_x"];
        for (seq, action) in (1..).zip(actions) {
            tx.append_audit(&audit(seq, action, if seq < 3 { "Chen志远" } else { "系统" })).await.unwrap();
            tx.append_event(&event(seq)).await.unwrap();
        }
        let head = LedgerHead { audit_seq: 5, audit_hash: "h5".into(), outbox_seq: 5 };
        tx.put_ledger_head(&head).await.unwrap();
        assert_eq!(tx.ledger_head().await.unwrap(), head);
        assert_eq!(tx.audit_after(3, 1).await.unwrap(), [audit(4, "login.open", "系统")]);
        assert_eq!(tx.events_after(3, 10).await.unwrap(), [event(4), event(5)]);
        assert_eq!(tx.events_after(5, 10).await.unwrap(), []);

        let all = &first(10);
        let any = AuditFilter::default;
        assert_eq!(seqs(&mut tx, any(), &first(2)).await, [5, 4]);
        assert_eq!(seqs(&mut tx, any(), &after(4, "audit-4", 2)).await, [3, 2]);
        let action = |text: &str| AuditFilter { action: Some(text.into()), ..any() };
        assert_eq!(seqs(&mut tx, action("session"), all).await, [2, 1]);
        assert_eq!(seqs(&mut tx, action("session.end"), all).await, [2]);
        let actor = |text: &str| AuditFilter { actor: Some(text.into()), ..any() };
        assert_eq!(seqs(&mut tx, actor("chen"), all).await, [2, 1]);
        assert_eq!(seqs(&mut tx, actor("acc1"), all).await, [4, 2]);
        let refused = AuditFilter { result: Some(AuditResult::Refused), ..any() };
        assert_eq!(seqs(&mut tx, refused, all).await, [3]);
        let time = AuditFilter { from_ms: Some(Millis(20)), to_ms: Some(Millis(40)), ..any() };
        assert_eq!(seqs(&mut tx, time, all).await, [3, 2]);
    }

    /// Whoever has the database open, with the server's own account: the triggers refuse.
    async fn evidence_is_neither_changed_nor_deleted(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        let mut s1 = session("s1", "sa", "a", 100);
        tx.insert_session(&s1).await.unwrap();
        tx.append_audit(&audit(1, "session.open", "系统")).await.unwrap();
        tx.append_event(&event(1)).await.unwrap();
        tx.append_timeline(&"s1".into(), Millis(1), "session.opened", "{}").await.unwrap();
        tx.commit().await.unwrap();

        let mut client = db.client().await;
        let mut refused = async |sql: &'static str| {
            let error = sqlx::query(sql).execute(&mut client).await.expect_err(sql);
            assert!(error.to_string().contains("is evidence"), "{sql}: {error}");
        };
        for sql in [
            "UPDATE audit_events SET actor = 'x'",
            "DELETE FROM audit_events",
            "UPDATE outbox_events SET payload = '{}'",
            "DELETE FROM outbox_events",
            "UPDATE session_lines SET detail = '{}'",
            "DELETE FROM session_lines",
            "DELETE FROM sessions",
            "UPDATE sessions SET started_ms = 1",
        ] {
            refused(sql).await;
        }
        if !db.is_sqlite {
            refused("TRUNCATE audit_events").await;
        }
        let mut tx = db.write().await;
        s1.state = lianxian_model::session::SessionState::Ended;
        assert!(tx.update_session(&s1).await.unwrap());
        tx.commit().await.unwrap();
        refused("UPDATE sessions SET state = 'open', ended_ms = NULL").await;
        refused("UPDATE sessions SET end_note = 'later'").await;
    }
}
