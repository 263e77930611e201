//! How devices come in: codes that are out, wrong codes, tokens.

use crate::cells::values;
use crate::org::{endpoint, endpoint_columns};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::ids::EndpointId;
use lianxian_model::org::Endpoint;
use lianxian_model::time::Millis;
use lianxian_service::ports::store::{DeviceRows, StoreResult};

#[async_trait]
impl DeviceRows for UnitOfWork {
    async fn put_code(&mut self, endpoint: &EndpointId, code_hash: &str, expires: Millis) -> StoreResult<()> {
        let sql = "INSERT INTO enrolment_codes (endpoint_id, code_hash, expires_ms) VALUES ($1, $2, $3) \
                   ON CONFLICT (endpoint_id) DO UPDATE SET code_hash = excluded.code_hash, expires_ms = excluded.expires_ms";
        self.run_one(sql, values![*endpoint, code_hash.to_owned(), expires]).await
    }

    async fn take_code(&mut self, code_hash: &str) -> StoreResult<Option<(EndpointId, Millis)>> {
        let sql = "DELETE FROM enrolment_codes WHERE code_hash = $1 RETURNING endpoint_id, expires_ms";
        let read = |row: &crate::cells::Cells<'_>| Ok((row.get("endpoint_id")?, row.get("expires_ms")?));
        self.first(sql, values![code_hash.to_owned()], read).await
    }

    async fn drop_codes(&mut self) -> StoreResult<()> {
        self.run("DELETE FROM enrolment_codes", values![]).await?;
        Ok(())
    }

    async fn put_wrong_code(&mut self, ip: &str, at: Millis) -> StoreResult<()> {
        self.run_one("INSERT INTO wrong_codes (ip, at_ms) VALUES ($1, $2)", values![ip.to_owned(), at]).await
    }

    async fn wrong_codes(&mut self, ip: &str, since: Millis) -> StoreResult<(i64, i64)> {
        let sql = "SELECT COUNT(CASE WHEN ip = $1 THEN 1 END) AS here, COUNT(*) AS everywhere \
                   FROM wrong_codes WHERE at_ms > $2";
        let read = |row: &crate::cells::Cells<'_>| Ok((row.get("here")?, row.get("everywhere")?));
        Ok(self.first(sql, values![ip.to_owned(), since], read).await?.unwrap_or((0, 0)))
    }

    async fn drop_wrong_codes(&mut self, before: Millis) -> StoreResult<()> {
        self.run("DELETE FROM wrong_codes WHERE at_ms < $1", values![before]).await?;
        Ok(())
    }

    async fn put_device_token(&mut self, endpoint: &EndpointId, token_hash: &str, at: Millis) -> StoreResult<()> {
        let sql = "UPDATE endpoints SET token_hash = $2, token_ms = $3 WHERE id = $1";
        self.run_one(sql, values![*endpoint, token_hash.to_owned(), at]).await
    }

    async fn drop_device_token(&mut self, endpoint: &EndpointId) -> StoreResult<()> {
        self.run("UPDATE endpoints SET token_hash = NULL, token_ms = NULL WHERE id = $1", values![*endpoint]).await?;
        Ok(())
    }

    async fn device_token_hash(&mut self, endpoint: &EndpointId) -> StoreResult<Option<String>> {
        let sql = "SELECT token_hash FROM endpoints WHERE id = $1";
        Ok(self.first(sql, values![*endpoint], |row| row.get("token_hash")).await?.flatten())
    }

    async fn endpoint_by_token(&mut self, token_hash: &str) -> StoreResult<Option<Endpoint>> {
        let sql = concat!("SELECT ", endpoint_columns!(), " FROM endpoints WHERE token_hash = $1");
        self.first(sql, values![token_hash.to_owned()], endpoint).await
    }
}
