//! What the door counts, and the pages on which it is read: `/metrics`, `/healthz`, `/readyz`.

mod pages;
mod requests;

pub(crate) use pages::routes;
pub(crate) use requests::observe;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Request {
    /// The route as it is declared, never the path as it was asked for: paths are endless.
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Route {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Cause {
    pub(crate) cause: &'static str,
}

#[derive(Clone)]
pub(crate) struct Metrics {
    registry: std::sync::Arc<Registry>,
    pub(crate) requests: Family<Request, Counter>,
    pub(crate) request_seconds: Family<Route, Histogram>,
    pub(crate) connections: Gauge,
    pub(crate) event_streams: Gauge,
    pub(crate) links: Gauge,
    pub(crate) links_opened: Counter,
    pub(crate) links_refused: Family<Cause, Counter>,
    pub(crate) links_ended: Family<Cause, Counter>,
    pub(crate) data_refused: Family<Cause, Counter>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let buckets = || Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]);
        let mut registry = Registry::with_prefix("lianxian");
        let mut made = Self {
            registry: Default::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(buckets),
            connections: Gauge::default(),
            event_streams: Gauge::default(),
            links: Gauge::default(),
            links_opened: Counter::default(),
            links_refused: Family::default(),
            links_ended: Family::default(),
            data_refused: Family::default(),
        };
        registry.register("http_requests", "Requests answered", made.requests.clone());
        let seconds = "Time until the head of the answer";
        registry.register("http_request_seconds", seconds, made.request_seconds.clone());
        registry.register("http_connections", "Connections open", made.connections.clone());
        registry.register("event_streams", "Event streams open", made.event_streams.clone());
        registry.register("link_open", "Real-time links open", made.links.clone());
        registry.register("link_opened", "Real-time links accepted", made.links_opened.clone());
        registry.register("link_refused", "Real-time links refused at the door", made.links_refused.clone());
        registry.register("link_ended", "Real-time links ended", made.links_ended.clone());
        registry.register("link_data_refused", "Data packets that went nowhere", made.data_refused.clone());
        made.registry = std::sync::Arc::new(registry);
        made
    }
}
