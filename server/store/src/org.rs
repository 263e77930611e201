//! The org tree: units with their paths, sites, endpoints.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::ids::{EndpointId, LoginId, SiteId, UnitId};
use lianxian_model::org::{Endpoint, EndpointKind, PrivacySwitch, Site, Unit};
use lianxian_service::ports::store::{OrgRows, StoreResult};

macro_rules! unit_columns {
    () => {
        "id, parent_id, name, level, code, sort, disabled, version"
    };
}

macro_rules! site_columns {
    () => {
        "id, unit_id, name, kind, privacy_class, code, disabled, privacy_on, privacy_reason, privacy_since_ms, version"
    };
}

macro_rules! endpoint_columns {
    () => {
        "id, site_id, name, kind, enrolled, disabled, login_id, tab, version"
    };
}
pub(crate) use endpoint_columns;

fn unit(row: &Cells<'_>) -> StoreResult<Unit> {
    Ok(Unit {
        id: row.get("id")?,
        parent_id: row.get("parent_id")?,
        name: row.get("name")?,
        level: row.get("level")?,
        code: row.get("code")?,
        sort: row.get("sort")?,
        disabled: row.get("disabled")?,
        version: row.get("version")?,
    })
}

fn site(row: &Cells<'_>) -> StoreResult<Site> {
    Ok(Site {
        id: row.get("id")?,
        unit_id: row.get("unit_id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        privacy_class: row.get("privacy_class")?,
        code: row.get("code")?,
        disabled: row.get("disabled")?,
        privacy: PrivacySwitch {
            on: row.get("privacy_on")?,
            reason: row.get("privacy_reason")?,
            since_ms: row.get("privacy_since_ms")?,
        },
        version: row.get("version")?,
    })
}

pub(crate) fn endpoint(row: &Cells<'_>) -> StoreResult<Endpoint> {
    Ok(Endpoint {
        id: row.get("id")?,
        site_id: row.get("site_id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        enrolled: row.get("enrolled")?,
        disabled: row.get("disabled")?,
        login_id: row.get("login_id")?,
        tab: row.get("tab")?,
        version: row.get("version")?,
    })
}

#[async_trait]
impl OrgRows for UnitOfWork {
    async fn units(&mut self) -> StoreResult<Vec<Unit>> {
        self.all(concat!("SELECT ", unit_columns!(), " FROM units ORDER BY sort, code"), values![], unit).await
    }

    async fn unit(&mut self, id: &UnitId) -> StoreResult<Option<Unit>> {
        self.first(concat!("SELECT ", unit_columns!(), " FROM units WHERE id = $1"), values![*id], unit).await
    }

    async fn path_of(&mut self, id: &UnitId) -> StoreResult<Vec<UnitId>> {
        let sql = "SELECT ancestor_id FROM unit_paths p WHERE unit_id = $1 \
                   ORDER BY (SELECT COUNT(*) FROM unit_paths above WHERE above.unit_id = p.ancestor_id) DESC";
        self.all(sql, values![*id], |row| row.get("ancestor_id")).await
    }

    async fn insert_unit(&mut self, unit: &Unit) -> StoreResult<()> {
        let sql = concat!("INSERT INTO units (", unit_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
        let row =
            values![unit.id, unit.parent_id, unit.name, unit.level, unit.code, unit.sort, unit.disabled, unit.version];
        self.run_one(sql, row).await?;
        let sql = "INSERT INTO unit_paths (unit_id, ancestor_id) VALUES ($1, $1)";
        self.run_one(sql, values![unit.id]).await?;
        self.hang_subtree(unit).await
    }

    async fn update_unit(&mut self, unit: &Unit) -> StoreResult<bool> {
        let sql = "SELECT parent_id FROM units WHERE id = $1";
        let former = self.first(sql, values![unit.id], |row| row.get::<Option<UnitId>>("parent_id")).await?;
        let sql = "UPDATE units SET parent_id = $3, name = $4, level = $5, code = $6, sort = $7, disabled = $8, \
                   version = version + 1 WHERE id = $1 AND version = $2";
        let row =
            values![unit.id, unit.version, unit.parent_id, unit.name, unit.level, unit.code, unit.sort, unit.disabled];
        let updated = self.run(sql, row).await? == 1;
        if updated && former != Some(unit.parent_id.clone()) {
            // The subtree keeps its paths within itself and loses those that lead out of it.
            let sql = "DELETE FROM unit_paths \
                       WHERE unit_id IN (SELECT unit_id FROM unit_paths WHERE ancestor_id = $1) \
                       AND ancestor_id NOT IN (SELECT unit_id FROM unit_paths WHERE ancestor_id = $1)";
            self.run(sql, values![unit.id]).await?;
            self.hang_subtree(unit).await?;
        }
        Ok(updated)
    }

    async fn sites(&mut self) -> StoreResult<Vec<Site>> {
        self.all(concat!("SELECT ", site_columns!(), " FROM sites ORDER BY code"), values![], site).await
    }

    async fn site(&mut self, id: &SiteId) -> StoreResult<Option<Site>> {
        self.first(concat!("SELECT ", site_columns!(), " FROM sites WHERE id = $1"), values![*id], site).await
    }

    async fn insert_site(&mut self, site: &Site) -> StoreResult<()> {
        let sql =
            concat!("INSERT INTO sites (", site_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
        let row = values![
            site.id,
            site.unit_id,
            site.name,
            site.kind,
            site.privacy_class,
            site.code,
            site.disabled,
            site.privacy.on,
            site.privacy.reason,
            site.privacy.since_ms,
            site.version,
        ];
        self.run_one(sql, row).await
    }

    async fn update_site(&mut self, site: &Site) -> StoreResult<bool> {
        let sql = "UPDATE sites SET unit_id = $3, name = $4, kind = $5, privacy_class = $6, code = $7, disabled = $8, \
                   privacy_on = $9, privacy_reason = $10, privacy_since_ms = $11, version = version + 1 \
                   WHERE id = $1 AND version = $2";
        let row = values![
            site.id,
            site.version,
            site.unit_id,
            site.name,
            site.kind,
            site.privacy_class,
            site.code,
            site.disabled,
            site.privacy.on,
            site.privacy.reason,
            site.privacy.since_ms,
        ];
        Ok(self.run(sql, row).await? == 1)
    }

    async fn endpoints(&mut self) -> StoreResult<Vec<Endpoint>> {
        let sql =
            concat!("SELECT ", endpoint_columns!(), " FROM endpoints WHERE kind <> $1 AND kind <> $2 ORDER BY id");
        self.all(sql, values![EndpointKind::Console, EndpointKind::Guest], endpoint).await
    }

    async fn endpoints_of_site(&mut self, site: &SiteId) -> StoreResult<Vec<Endpoint>> {
        let sql = concat!("SELECT ", endpoint_columns!(), " FROM endpoints WHERE site_id = $1 ORDER BY id");
        self.all(sql, values![*site], endpoint).await
    }

    async fn endpoint(&mut self, id: &EndpointId) -> StoreResult<Option<Endpoint>> {
        let sql = concat!("SELECT ", endpoint_columns!(), " FROM endpoints WHERE id = $1");
        self.first(sql, values![*id], endpoint).await
    }

    async fn console_of(&mut self, login: &LoginId, tab: &str) -> StoreResult<Option<Endpoint>> {
        let sql = concat!("SELECT ", endpoint_columns!(), " FROM endpoints WHERE login_id = $1 AND tab = $2");
        self.first(sql, values![*login, tab.to_owned()], endpoint).await
    }

    async fn consoles_of(&mut self, login: &LoginId) -> StoreResult<Vec<Endpoint>> {
        let sql = concat!("SELECT ", endpoint_columns!(), " FROM endpoints WHERE login_id = $1 ORDER BY id");
        self.all(sql, values![*login], endpoint).await
    }

    async fn insert_endpoint(&mut self, endpoint: &Endpoint) -> StoreResult<()> {
        let sql =
            concat!("INSERT INTO endpoints (", endpoint_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        let row = values![
            endpoint.id,
            endpoint.site_id,
            endpoint.name,
            endpoint.kind,
            endpoint.enrolled,
            endpoint.disabled,
            endpoint.login_id,
            endpoint.tab,
            endpoint.version,
        ];
        self.run_one(sql, row).await
    }

    async fn update_endpoint(&mut self, endpoint: &Endpoint) -> StoreResult<bool> {
        let sql = "UPDATE endpoints SET site_id = $3, name = $4, kind = $5, enrolled = $6, disabled = $7, \
                   login_id = $8, tab = $9, version = version + 1 WHERE id = $1 AND version = $2";
        let row = values![
            endpoint.id,
            endpoint.version,
            endpoint.site_id,
            endpoint.name,
            endpoint.kind,
            endpoint.enrolled,
            endpoint.disabled,
            endpoint.login_id,
            endpoint.tab,
        ];
        Ok(self.run(sql, row).await? == 1)
    }
}

impl UnitOfWork {
    /// Gives the unit and everything under it the paths of its parent.
    async fn hang_subtree(&mut self, unit: &Unit) -> StoreResult<()> {
        let Some(parent) = &unit.parent_id else { return Ok(()) };
        let sql = "INSERT INTO unit_paths (unit_id, ancestor_id) \
                   SELECT below.unit_id, above.ancestor_id FROM unit_paths below, unit_paths above \
                   WHERE below.ancestor_id = $1 AND above.unit_id = $2";
        self.run(sql, values![unit.id, *parent]).await?;
        Ok(())
    }
}
