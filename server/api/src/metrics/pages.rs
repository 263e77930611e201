//! The pages that monitors read.

use super::Metrics;
use crate::state::App;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use std::borrow::Cow;
use std::fmt::Write as _;

/// What another room counted, by the end of each metric's name, labels and all.
type Counted = Vec<(Cow<'static, str>, u64)>;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// Whether the server can do its work: the store answers and every media worker runs.
async fn ready(State(app): State<App>) -> Response {
    let store = app.service.events.latest().await.is_ok();
    let media = app.media.healthy();
    let status = if store && media { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(serde_json::json!({ "store": store, "media": media }))).into_response()
}

async fn metrics(State(app): State<App>) -> Response {
    let over_http = vec![("sessions", u64::try_from(app.sessions_over_http.count()).unwrap_or(u64::MAX))];
    let plain =
        |metrics: Vec<(&'static str, u64)>| metrics.into_iter().map(|(name, value)| (name.into(), value)).collect();
    let rooms = [("net", plain(app.net.metrics())), ("media", app.media.metrics()), ("whip", plain(over_http))];
    match app.metrics.text(&rooms) {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
            (headers, text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

impl Metrics {
    /// OpenMetrics text: our own, then those that other rooms counted.
    fn text(&self, others: &[(&str, Counted)]) -> Result<String, std::fmt::Error> {
        const END: &str = "# EOF\n";
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        text.truncate(text.strip_suffix(END).map_or(text.len(), str::len));
        for (room, metrics) in others {
            let mut last = "";
            for (name, value) in metrics {
                // Those that differ in their labels alone follow each other, and are described once.
                let plain = name.split('{').next().unwrap_or_default();
                if plain != last {
                    match plain.strip_suffix("_total") {
                        Some(base) => writeln!(text, "# TYPE lianxian_{room}_{base} counter")?,
                        None => writeln!(text, "# TYPE lianxian_{room}_{plain} gauge")?,
                    }
                    last = plain;
                }
                writeln!(text, "lianxian_{room}_{name} {value}")?;
            }
        }
        text.push_str(END);
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_of_all_rooms_stand_in_one_text_with_one_end() {
        let metrics = Metrics::new();
        metrics.links_opened.inc();
        let media = ["packets_total", "busy_total{worker=\"0\"}", "busy_total{worker=\"1\"}"];
        let media = media.into_iter().map(|name| (name.into(), 7)).collect();
        let text = metrics.text(&[("net", vec![("links".into(), 3)]), ("media", media)]).unwrap();
        let busy = "# TYPE lianxian_media_busy counter\nlianxian_media_busy_total{worker=\"0\"} 7\n";
        assert!(text.contains(busy) && text.matches("# TYPE lianxian_media_busy").count() == 1, "{text}");
        assert!(text.contains("lianxian_link_opened_total 1\n"));
        assert!(text.contains("# TYPE lianxian_net_links gauge\nlianxian_net_links 3\n"));
        assert!(text.contains("# TYPE lianxian_media_packets counter\nlianxian_media_packets_total 7\n"));
        assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1);
    }
}
