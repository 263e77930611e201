//! One unit of work: a transaction, and the few ways in which the aggregates' files use it.

use crate::cells::{Cells, Value, arguments};
use crate::dialect::Dialect;
use crate::log_sync::LogSync;
use async_trait::async_trait;
use lianxian_service::ports::store::{StoreError, StoreResult, Tx};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, SqlSafeStr, Transaction};
use std::sync::Arc;

/// Dropped without a commit, it rolls back.
pub(crate) struct UnitOfWork {
    tx: Transaction<'static, Any>,
    dialect: Dialect,
    /// The first error: PostgreSQL would answer a later COMMIT with a silent rollback, SQLite would commit the half.
    failed: Option<StoreError>,
    /// What makes a commit safe, where the commit itself does not.
    log_sync: Option<Arc<LogSync>>,
}

impl UnitOfWork {
    pub(crate) fn new(tx: Transaction<'static, Any>, dialect: Dialect, log_sync: Option<Arc<LogSync>>) -> Self {
        Self { tx, dialect, failed: None, log_sync }
    }

    /// Runs a statement; how many rows it touched.
    pub(crate) async fn run(&mut self, sql: &'static str, values: Vec<Value>) -> StoreResult<u64> {
        let query = sqlx::query_with::<Any, _>(sql, arguments(values)?);
        let done = query.execute(&mut *self.tx).await;
        self.note(done.map(|done| done.rows_affected()))
    }

    /// As [`Self::run`], for a text that was put together and holds no value.
    pub(crate) async fn run_built(&mut self, (sql, values): (String, Vec<Value>)) -> StoreResult<u64> {
        let query = sqlx::query_with::<Any, _>(AssertSqlSafe(sql), arguments(values)?);
        let done = query.execute(&mut *self.tx).await;
        self.note(done.map(|done| done.rows_affected()))
    }

    /// Runs a statement that must touch one row.
    pub(crate) async fn run_one(&mut self, sql: &'static str, values: Vec<Value>) -> StoreResult<()> {
        match self.run(sql, values).await? {
            1 => Ok(()),
            rows => {
                let error = StoreError::Corrupt(format!("{rows} rows instead of one: {sql}"));
                self.failed.get_or_insert(error.clone());
                Err(error)
            }
        }
    }

    pub(crate) async fn all<T>(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
        read: impl Fn(&Cells<'_>) -> StoreResult<T>,
    ) -> StoreResult<Vec<T>> {
        self.fetch(sql, values).await?.iter().map(|row| read(&Cells(row))).collect()
    }

    /// As [`Self::all`], for a text built by [`crate::select::Select`], which holds no value in its text.
    pub(crate) async fn selected<T>(
        &mut self,
        select: (String, Vec<Value>),
        read: impl Fn(&Cells<'_>) -> StoreResult<T>,
    ) -> StoreResult<Vec<T>> {
        self.fetch(AssertSqlSafe(select.0), select.1).await?.iter().map(|row| read(&Cells(row))).collect()
    }

    /// The first row, if there is one.
    pub(crate) async fn first<T>(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
        read: impl Fn(&Cells<'_>) -> StoreResult<T>,
    ) -> StoreResult<Option<T>> {
        self.fetch(sql, values).await?.first().map(|row| read(&Cells(row))).transpose()
    }

    async fn fetch(&mut self, sql: impl SqlSafeStr + Send, values: Vec<Value>) -> StoreResult<Vec<AnyRow>> {
        let query = sqlx::query_with::<Any, _>(sql, arguments(values)?);
        let rows = query.fetch_all(&mut *self.tx).await;
        self.note(rows)
    }

    fn note<T>(&mut self, result: Result<T, sqlx::Error>) -> StoreResult<T> {
        result.map_err(|error| {
            let error = self.dialect.error(error);
            self.failed.get_or_insert(error.clone());
            error
        })
    }
}

#[async_trait]
impl Tx for UnitOfWork {
    async fn commit(self: Box<Self>) -> StoreResult<()> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        // Before the commit, which others can see before it returns.
        let unsettled = self.log_sync.as_deref().map(LogSync::unsettled);
        self.tx.commit().await.map_err(|error| self.dialect.error(error))?;
        // The writer's turn is over: the next one writes while this one is made safe.
        match unsettled {
            Some(unsettled) => unsettled.made_safe().await,
            None => Ok(()),
        }
    }
}
