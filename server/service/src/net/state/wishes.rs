//! What clients ask, each sent to the part that knows.

use super::super::jobs::MediaJob;
use super::State;
use lianxian_model::ids::ParticipantSid;
use lianxian_model::link::{LinkEnd, Wish};
use lianxian_model::time::Millis;

/// Features that a sound track may name; more are not told on.
const MAX_FEATURES: usize = 16;

impl State {
    /// A wish of the link that speaks for the participant; one of an earlier link comes too late.
    pub(in super::super) fn wish(&mut self, sid: &ParticipantSid, link: u64, wish: Wish, now: Millis) {
        self.now = now;
        if self.people.get(sid).is_none_or(|person| person.link != Some(link)) {
            return;
        }
        match wish {
            Wish::AddTrack(add) => self.add_track(sid, add),
            Wish::PublisherOffer { id, sdp } => self.publisher_offer(sid, id, sdp),
            Wish::SubscriberAnswer { id, sdp } => self.media(sid, MediaJob::SubscriberAnswer { id, sdp }),
            Wish::Candidate { target, candidate } => self.media(sid, MediaJob::Candidate { target, candidate }),
            Wish::Mute { track, muted } => self.mute(sid, track, muted),
            Wish::Subscribe { tracks, subscribe } => self.subscribe(sid, tracks, subscribe),
            Wish::SetTracks { tracks, settings } => self.set_tracks(sid, tracks, settings),
            Wish::Permit { everyone, permissions } => self.permit(sid, everyone, permissions),
            Wish::UpdateMetadata { request_id, name, metadata, attributes } => {
                self.update_metadata(sid, request_id, name, metadata, attributes);
            }
            Wish::UpdateAudioTrack { track, mut features } => {
                features.truncate(MAX_FEATURES);
                self.describe(sid, &track, |view| view.about.audio_features = features);
            }
            Wish::UpdateVideoTrack { track, width, height } => {
                self.describe(sid, &track, |view| (view.about.width, view.about.height) = (width, height));
            }
            Wish::SyncState { tracks, subscribe, disabled, published: _ } => {
                // What it publishes is read from its next offer.
                self.sync(sid, tracks, subscribe, disabled);
            }
            Wish::SendData(message) => self.send_data(sid, message),
            Wish::Leave => self.end(sid, LinkEnd::Left),
        }
    }
}
