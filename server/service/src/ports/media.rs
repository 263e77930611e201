//! The media plane as service sees it: who sends, who receives, offers and answers. Implemented by `lianxian-media`.

use async_trait::async_trait;
use bytes::Bytes;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::media::{
    AnnouncedTrack, Downstream, MediaError, MediaEvent, PublisherAnswer, Target, TrackSettings,
};
use tokio::sync::mpsc;

/// What the media plane needs to know of a participant before its first offer.
#[derive(Clone, Debug)]
pub struct OpenParticipant {
    pub participant: ParticipantSid,
    /// Media of a publisher without this right is refused at its offer: "watch" can never publish.
    pub may_publish: bool,
    /// Create the subscriber's data channels and send the first offer at once.
    pub may_subscribe: bool,
}

/// Calls return when the worker that owns the participant has applied them.
/// No call waits for the network. Events of one participant keep their order.
#[async_trait]
pub trait Media: Send + Sync + 'static {
    async fn open(&self, participant: OpenParticipant) -> Result<(), MediaError>;

    /// Ends both transports; `TrackEnded` follows for each published track. Idempotent.
    async fn close(&self, participant: &ParticipantSid);

    async fn set_may_publish(&self, participant: &ParticipantSid, may_publish: bool) -> Result<(), MediaError>;

    /// Answers the client's offer. `announced` holds every track announced and not yet unpublished.
    async fn publisher_offer(
        &self,
        participant: &ParticipantSid,
        sdp: String,
        announced: Vec<AnnouncedTrack>,
    ) -> Result<PublisherAnswer, MediaError>;

    async fn subscriber_answer(&self, participant: &ParticipantSid, id: u32, sdp: String) -> Result<(), MediaError>;

    /// A remote candidate (`candidate:…`). ICE-lite answers checks from anywhere that authenticates, so it is only validated.
    async fn remote_candidate(
        &self,
        participant: &ParticipantSid,
        target: Target,
        candidate: String,
    ) -> Result<(), MediaError>;

    /// Replaces the whole set of tracks that this participant receives. Offers follow as events.
    /// A track that is not in the set is not sent: this is where grants are enforced.
    async fn set_downstreams(
        &self,
        participant: &ParticipantSid,
        downstreams: Vec<Downstream>,
    ) -> Result<(), MediaError>;

    async fn set_track_settings(
        &self,
        participant: &ParticipantSid,
        track: &TrackSid,
        settings: TrackSettings,
    ) -> Result<(), MediaError>;

    /// A muted track forwards nothing, whatever its publisher sends.
    async fn set_muted(&self, publisher: &ParticipantSid, track: &TrackSid, muted: bool) -> Result<(), MediaError>;

    /// Sends a data channel message; a full queue of the lossy channel drops it, of the reliable one ends the transport.
    async fn send_data(&self, participant: &ParticipantSid, reliable: bool, bytes: Bytes) -> Result<(), MediaError>;

    /// New ICE credentials for the subscriber, in a new offer (resume).
    async fn restart_subscriber(&self, participant: &ParticipantSid) -> Result<(), MediaError>;

    /// What each worker has been busy for since its start, in microseconds; at most a quarter of a second old.
    fn busy_us(&self) -> Vec<u64>;

    /// The one stream of events. Called once, at wiring.
    fn take_events(&self) -> Option<mpsc::Receiver<MediaEvent>>;
}
