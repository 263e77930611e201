//! Who is on the net now, and every link's life.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::ids::{EndpointId, ParticipantSid};
use lianxian_model::org::EndpointKind;
use lianxian_model::register::{OfflineCause, Presence};
use lianxian_model::time::Millis;
use lianxian_service::ports::store::{LinkInterval, PresenceRows, StoreResult};

macro_rules! link_columns {
    () => {
        "participant, endpoint_id, opened_ms, closed_ms, cause, ip, client"
    };
}

fn presence(row: &Cells<'_>) -> StoreResult<Presence> {
    Ok(Presence {
        endpoint_id: row.get("endpoint_id")?,
        online: row.get("online")?,
        on_air: row.get("on_air")?,
        since_ms: row.get("since_ms")?,
        cause: row.get("cause")?,
    })
}

fn link(row: &Cells<'_>) -> StoreResult<LinkInterval> {
    Ok(LinkInterval {
        participant: row.get("participant")?,
        endpoint_id: row.get("endpoint_id")?,
        opened_ms: row.get("opened_ms")?,
        closed_ms: row.get("closed_ms")?,
        cause: row.get("cause")?,
        ip: row.get("ip")?,
        client: row.get("client")?,
    })
}

#[async_trait]
impl PresenceRows for UnitOfWork {
    async fn presences(&mut self) -> StoreResult<Vec<Presence>> {
        let sql = "SELECT p.endpoint_id, p.online, p.on_air, p.since_ms, p.cause \
                   FROM presences p JOIN endpoints e ON e.id = p.endpoint_id WHERE e.kind <> $1 AND e.kind <> $2 \
                   ORDER BY p.endpoint_id";
        self.all(sql, values![EndpointKind::Console, EndpointKind::Guest], presence).await
    }

    async fn presence(&mut self, endpoint: &EndpointId) -> StoreResult<Option<Presence>> {
        let sql = "SELECT endpoint_id, online, on_air, since_ms, cause FROM presences WHERE endpoint_id = $1";
        self.first(sql, values![*endpoint], presence).await
    }

    async fn put_presence(&mut self, presence: &Presence) -> StoreResult<()> {
        let sql = "INSERT INTO presences (endpoint_id, online, on_air, since_ms, cause) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (endpoint_id) DO UPDATE SET online = excluded.online, on_air = excluded.on_air, \
                   since_ms = excluded.since_ms, cause = excluded.cause";
        let row = values![presence.endpoint_id, presence.online, presence.on_air, presence.since_ms, presence.cause];
        self.run_one(sql, row).await
    }

    async fn all_offline(&mut self, at: Millis, cause: OfflineCause) -> StoreResult<Vec<EndpointId>> {
        let sql = "UPDATE presences SET online = 0, on_air = 0, \
                   since_ms = CASE WHEN since_ms > $1 THEN since_ms ELSE $1 END, cause = $2 \
                   WHERE online = 1 RETURNING endpoint_id";
        self.all(sql, values![at, cause], |row| row.get("endpoint_id")).await
    }

    async fn insert_link(&mut self, link: &LinkInterval) -> StoreResult<()> {
        let sql = concat!("INSERT INTO links (", link_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7)");
        let row = values![
            link.participant,
            link.endpoint_id,
            link.opened_ms,
            link.closed_ms,
            link.cause,
            link.ip,
            link.client
        ];
        self.run_one(sql, row).await
    }

    async fn close_link(&mut self, participant: &ParticipantSid, at: Millis, cause: &str) -> StoreResult<bool> {
        let sql = "UPDATE links SET closed_ms = CASE WHEN opened_ms > $2 THEN opened_ms ELSE $2 END, cause = $3 \
                   WHERE participant = $1 AND closed_ms IS NULL";
        Ok(self.run(sql, values![*participant, at, cause.to_owned()]).await? == 1)
    }

    async fn open_link_of(&mut self, endpoint: &EndpointId) -> StoreResult<Option<LinkInterval>> {
        let sql = concat!(
            "SELECT ",
            link_columns!(),
            " FROM links WHERE endpoint_id = $1 AND closed_ms IS NULL ORDER BY opened_ms DESC, participant DESC LIMIT 1"
        );
        self.first(sql, values![*endpoint], link).await
    }

    async fn close_links(&mut self, at: Millis, cause: &str) -> StoreResult<u64> {
        let sql = "UPDATE links SET closed_ms = CASE WHEN opened_ms > $1 THEN opened_ms ELSE $1 END, cause = $2 \
                   WHERE closed_ms IS NULL";
        self.run(sql, values![at, cause.to_owned()]).await
    }
}
