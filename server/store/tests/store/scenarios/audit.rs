//! The audit chain names the row that somebody changed behind the server's back.

use crate::harness::TestDatabase;
use crate::harness::town::{SECOND, Town, all, in_both_towns};
use lianxian_model::audit::AuditResult;
use lianxian_service::Actor;
use lianxian_service::audit::{AuditFilter, ChainReport};
use lianxian_service::page::PageRequest;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection};

/// What someone does who owns the database: the guards are taken away, the row is changed, the guards come back.
async fn tamper(db: &TestDatabase, sql: &str) {
    let mut client = db.client().await;
    let guards = ["audit_events_unchanged", "audit_events_stay"];
    let mut put_back = Vec::new();
    for guard in guards {
        if db.is_sqlite {
            let kept: String = sqlx::query_scalar("SELECT sql FROM sqlite_master WHERE name = $1")
                .bind(guard)
                .fetch_one(&mut client)
                .await
                .unwrap();
            put_back.push(kept);
            sqlx::raw_sql(AssertSqlSafe(format!("DROP TRIGGER {guard}"))).execute(&mut client).await.unwrap();
        } else {
            let alter = |verb: &str| AssertSqlSafe(format!("ALTER TABLE audit_events {verb} TRIGGER {guard}"));
            sqlx::raw_sql(alter("DISABLE")).execute(&mut client).await.unwrap();
            put_back.push(format!("ALTER TABLE audit_events ENABLE TRIGGER {guard}"));
        }
    }
    let done = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut client).await.unwrap();
    assert!(done.rows_affected() > 0, "{sql}");
    for sql in put_back {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut client).await.unwrap();
    }
    client.close().await.unwrap();
}

/// A town with some rows of audit; how many.
async fn busy(town: &Town) -> i64 {
    for account in ["zhihuizhang", "auditor", "nobody"] {
        town.clock.pass(SECOND);
        town.login_with(account, lianxian_service::demo::DEMO_PASSWORD).await.ok();
        town.service.watches.open(&Actor::System, account, None).await.ok();
    }
    let rows = town.audit().await.len() as i64;
    assert!(rows >= 4);
    rows
}

async fn report(town: &Town) -> ChainReport {
    town.service.audit.verify(&Actor::System).await.unwrap()
}

in_both_towns! {
    async fn a_changed_row_is_named(town: Town) {
        let rows = busy(&town).await;
        assert_eq!(report(&town).await, ChainReport { rows, broken_at: None });
        tamper(&town.db, "UPDATE audit_events SET actor = '别人' WHERE seq = 3").await;
        assert_eq!(report(&town).await, ChainReport { rows: 2, broken_at: Some(3) });
    }

    /// Whoever also writes a fitting hash breaks the row after it.
    async fn a_changed_row_with_a_hash_of_its_own_is_named_by_the_next(town: Town) {
        busy(&town).await;
        let mut row = town.audit().await.remove(1);
        row.actor = "别人".into();
        let hash = hex::encode(Sha256::digest(row.chained_text()));
        tamper(&town.db, &format!("UPDATE audit_events SET actor = '别人', hash = '{hash}' WHERE seq = 2")).await;
        assert_eq!(report(&town).await, ChainReport { rows: 2, broken_at: Some(3) });
    }

    async fn a_missing_row_is_named_also_at_the_end(town: Town) {
        let rows = busy(&town).await;
        tamper(&town.db, &format!("DELETE FROM audit_events WHERE seq = {rows}")).await;
        assert_eq!(report(&town).await, ChainReport { rows: rows - 1, broken_at: Some(rows) });
        tamper(&town.db, "DELETE FROM audit_events WHERE seq = 2").await;
        assert_eq!(report(&town).await, ChainReport { rows: 1, broken_at: Some(2) });
    }

    async fn the_auditor_reads_by_actor_action_result_and_time(town: Town) {
        let rows = busy(&town).await;
        let auditor = town.login("auditor").await;
        let list = async |filter: AuditFilter| {
            town.service.audit.list(&auditor, &filter, &all()).await.unwrap().items
        };
        let any = AuditFilter::default;
        let newest = list(any()).await;
        assert_eq!(newest.len() as i64, rows + 1, "the auditor's own login is on record too");
        assert!(newest.is_sorted_by(|a, b| a.seq > b.seq));
        let logins = list(AuditFilter { action: Some("login".into()), ..any() }).await;
        assert_eq!(logins.len(), 4);
        let refused = list(AuditFilter { result: Some(AuditResult::Refused), ..any() }).await;
        assert_eq!(refused.iter().filter(|row| row.action == "login.open").count(), 1);
        let by_name = list(AuditFilter { actor: Some("陈志".into()), ..any() }).await;
        assert_eq!(by_name.len(), 1);
        assert_eq!(by_name[0].roles, "commander");
        let from = list(AuditFilter { from_ms: Some(logins[0].at_ms), ..any() }).await;
        assert!(from.iter().all(|row| row.at_ms >= logins[0].at_ms) && !from.is_empty());
        let page = PageRequest { cursor: None, limit: Some(2) };
        let first = town.service.audit.list(&auditor, &any(), &page).await.unwrap();
        let next = PageRequest { cursor: first.next, limit: Some(2) };
        let second = town.service.audit.list(&auditor, &any(), &next).await.unwrap();
        assert_eq!([first.items, second.items].concat(), newest[..4]);
    }
}
