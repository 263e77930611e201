//! How good tracks were, interval by interval.

use crate::cells::{Cell, Cells, Value, values};
use crate::select::Select;
use crate::unit_of_work::UnitOfWork;
use lianxian_model::ids::TrackSid;
use lianxian_model::quality::{QualityRow, UpstreamSample};
use lianxian_model::time::Millis;
use lianxian_service::ports::store::{StoreError, StoreResult};

macro_rules! quality_columns {
    () => {
        "track, from_ms, to_ms, span_ms, bytes, expected, missed, lost, jitter_ms, rtt_ms, width, height, viewers"
    };
}

const COLUMNS: usize = 13;

/// Rows that one statement inserts: statements of a few lengths are prepared again and again, and kept.
const ROWS_AT_ONCE: usize = 32;

fn cells(row: &QualityRow) -> StoreResult<Vec<Value>> {
    let QualityRow { track, from_ms, to_ms, upstream, viewers } = row;
    let viewers = serde_json::to_string(viewers).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let big = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(values![
        *track,
        *from_ms,
        *to_ms,
        i64::from(upstream.span_ms),
        big(upstream.bytes),
        big(upstream.expected),
        big(upstream.missed),
        big(upstream.lost),
        i64::from(upstream.jitter_ms),
        upstream.rtt_ms.map(i64::from),
        i64::from(upstream.width),
        i64::from(upstream.height),
        viewers,
    ])
}

fn read(row: &Cells<'_>) -> StoreResult<QualityRow> {
    let big = |column: &str| {
        let number: i64 = row.get(column)?;
        u64::try_from(number).map_err(|_| StoreError::Corrupt(format!("column {column}: {number} is below zero")))
    };
    let small = |column: &str| Ok::<u32, StoreError>(u32::try_from(big(column)?).unwrap_or(u32::MAX));
    let viewers: String = row.get("viewers")?;
    let rtt: Option<i64> = row.get("rtt_ms")?;
    Ok(QualityRow {
        track: row.get("track")?,
        from_ms: row.get("from_ms")?,
        to_ms: row.get("to_ms")?,
        upstream: UpstreamSample {
            span_ms: small("span_ms")?,
            bytes: big("bytes")?,
            expected: big("expected")?,
            missed: big("missed")?,
            lost: big("lost")?,
            jitter_ms: small("jitter_ms")?,
            rtt_ms: rtt.and_then(|rtt| u32::try_from(rtt).ok()),
            width: small("width")?,
            height: small("height")?,
        },
        viewers: serde_json::from_str(&viewers)
            .map_err(|error| StoreError::Corrupt(format!("column viewers: {error}")))?,
    })
}

impl UnitOfWork {
    pub(crate) async fn put_quality(&mut self, rows: &[QualityRow]) -> StoreResult<()> {
        for chunk in rows.chunks(ROWS_AT_ONCE) {
            let mut all = Vec::with_capacity(chunk.len() * COLUMNS);
            for row in chunk {
                all.extend(cells(row)?);
            }
            let place = |row: usize| {
                let numbers: Vec<String> = (1..=COLUMNS).map(|n| format!("${}", row * COLUMNS + n)).collect();
                format!("({})", numbers.join(", "))
            };
            let places: Vec<String> = (0..chunk.len()).map(place).collect();
            // Two intervals of a track can only begin at once if the clock was set back: the one on record stays.
            let sql = format!(
                concat!(
                    "INSERT INTO track_quality (",
                    quality_columns!(),
                    ") VALUES {} ON CONFLICT (track, from_ms) DO NOTHING"
                ),
                places.join(", ")
            );
            self.run_built((sql, all)).await?;
        }
        Ok(())
    }

    pub(crate) async fn find_quality(
        &mut self,
        tracks: &[TrackSid],
        from: Millis,
        to: Option<Millis>,
        limit: i64,
    ) -> StoreResult<Vec<QualityRow>> {
        if tracks.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = Select::new(concat!("SELECT ", quality_columns!(), " FROM track_quality"));
        let places: Vec<String> = (1..=tracks.len()).map(|n| format!("?{n}")).collect();
        let named = tracks.iter().map(Cell::to_value).collect();
        select.and(&format!("track IN ({})", places.join(", ")), named);
        select.and("to_ms > ?1", values![from]);
        select.and_if("from_ms < ?1", &to);
        self.selected(select.ordered("from_ms, track", limit), read).await
    }

    pub(crate) async fn forget_quality(&mut self, before: Millis, limit: i64) -> StoreResult<u64> {
        // As long as the session that it belongs to is kept for a case, so is this.
        let sql = "DELETE FROM track_quality WHERE (track, from_ms) IN (\
                   SELECT q.track, q.from_ms FROM track_quality q WHERE q.to_ms < $1 AND NOT EXISTS (\
                   SELECT 1 FROM subscriptions u JOIN case_links c ON c.session_id = u.session_id \
                   WHERE u.track = q.track AND c.withdrawn_ms IS NULL AND u.started_ms <= q.to_ms \
                   AND (u.ended_ms IS NULL OR u.ended_ms >= q.from_ms)) LIMIT $2)";
        self.run(sql, values![before, limit]).await
    }
}
