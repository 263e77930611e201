//! The grants that hold, by session and by pair.

use crate::ports::live::Grant;
use lianxian_model::ids::{EndpointId, SessionId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What one may receive of another, each kind with the sessions that justify it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sight {
    pub video: BTreeSet<SessionId>,
    pub audio: BTreeSet<SessionId>,
}

impl Sight {
    pub(super) fn all(session: SessionId) -> Self {
        let sessions = BTreeSet::from([session]);
        Self { video: sessions.clone(), audio: sessions }
    }
}

#[derive(Debug, Default)]
pub(super) struct Grants {
    by_session: HashMap<SessionId, Vec<Grant>>,
    /// (publisher, subscriber) -> session -> (video, audio)
    by_pair: HashMap<(EndpointId, EndpointId), BTreeMap<SessionId, (bool, bool)>>,
    subscribers: HashMap<EndpointId, BTreeSet<EndpointId>>,
    publishers: HashMap<EndpointId, BTreeSet<EndpointId>>,
}

impl Grants {
    /// Replaces a session's grants; tells the (publisher, subscriber) pairs concerned.
    pub(super) fn set(&mut self, session: &SessionId, grants: Vec<Grant>) -> BTreeSet<(EndpointId, EndpointId)> {
        let mut pairs = BTreeSet::new();
        for former in self.by_session.remove(session).unwrap_or_default() {
            let pair = (former.publisher, former.subscriber);
            if let Some(sessions) = self.by_pair.get_mut(&pair) {
                sessions.remove(session);
                if sessions.is_empty() {
                    self.by_pair.remove(&pair);
                    unlink(&mut self.subscribers, &pair.0, &pair.1);
                    unlink(&mut self.publishers, &pair.1, &pair.0);
                }
            }
            pairs.insert(pair);
        }
        // A grant of nothing, or to oneself, or in the name of another session, is none.
        let holds = |grant: &Grant| {
            (grant.video || grant.audio) && grant.publisher != grant.subscriber && grant.session == *session
        };
        let grants: Vec<Grant> = grants.into_iter().filter(holds).collect();
        for grant in &grants {
            let pair = (grant.publisher.clone(), grant.subscriber.clone());
            let kinds = self.by_pair.entry(pair.clone()).or_default().entry(session.clone()).or_default();
            *kinds = (kinds.0 || grant.video, kinds.1 || grant.audio);
            self.subscribers.entry(pair.0.clone()).or_default().insert(pair.1.clone());
            self.publishers.entry(pair.1.clone()).or_default().insert(pair.0.clone());
            pairs.insert(pair);
        }
        if !grants.is_empty() {
            self.by_session.insert(session.clone(), grants);
        }
        pairs
    }

    pub(super) fn sight(&self, publisher: &EndpointId, subscriber: &EndpointId) -> Option<Sight> {
        let sessions = self.by_pair.get(&(publisher.clone(), subscriber.clone()))?;
        let of = |kind: fn(&(bool, bool)) -> bool| {
            sessions.iter().filter(|(_, kinds)| kind(kinds)).map(|(session, _)| session.clone()).collect()
        };
        Some(Sight { video: of(|kinds| kinds.0), audio: of(|kinds| kinds.1) })
    }

    pub(super) fn subscribers_of(&self, publisher: &EndpointId) -> impl Iterator<Item = &EndpointId> {
        self.subscribers.get(publisher).into_iter().flatten()
    }

    pub(super) fn publishers_for(&self, subscriber: &EndpointId) -> impl Iterator<Item = &EndpointId> {
        self.publishers.get(subscriber).into_iter().flatten()
    }

    pub(super) fn len(&self) -> usize {
        self.by_pair.len()
    }
}

fn unlink(index: &mut HashMap<EndpointId, BTreeSet<EndpointId>>, from: &EndpointId, to: &EndpointId) {
    if let Some(linked) = index.get_mut(from) {
        linked.remove(to);
        if linked.is_empty() {
            index.remove(from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(session: &str, publisher: &str, subscriber: &str, video: bool, audio: bool) -> Grant {
        Grant { session: session.into(), publisher: publisher.into(), subscriber: subscriber.into(), video, audio }
    }

    #[test]
    fn sessions_add_up_and_end_apart() {
        let mut grants = Grants::default();
        grants.set(&"s1".into(), vec![grant("s1", "p", "v", true, false)]);
        grants.set(&"s2".into(), vec![grant("s2", "p", "v", true, true)]);
        let sight = grants.sight(&"p".into(), &"v".into()).unwrap();
        assert_eq!((sight.video.len(), sight.audio.len()), (2, 1));
        let pairs = grants.set(&"s2".into(), Vec::new());
        assert_eq!(pairs, BTreeSet::from([("p".into(), "v".into())]));
        let sight = grants.sight(&"p".into(), &"v".into()).unwrap();
        assert_eq!((sight.video.len(), sight.audio.len()), (1, 0));
        grants.set(&"s1".into(), Vec::new());
        assert_eq!(grants.sight(&"p".into(), &"v".into()), None);
        assert_eq!((grants.len(), grants.subscribers.len(), grants.publishers.len()), (0, 0, 0));
    }

    #[test]
    fn one_direction_says_nothing_of_the_other_and_empty_grants_are_none() {
        let mut grants = Grants::default();
        grants.set(
            &"s".into(),
            vec![
                grant("s", "p", "v", true, false),
                grant("s", "p", "w", false, false),
                grant("s", "p", "p", true, true),
                grant("other", "p", "x", true, true),
            ],
        );
        assert!(grants.sight(&"p".into(), &"v".into()).is_some());
        for (publisher, subscriber) in [("v", "p"), ("p", "w"), ("p", "p"), ("p", "x")] {
            assert_eq!(grants.sight(&publisher.into(), &subscriber.into()), None, "{publisher} -> {subscriber}");
        }
        assert_eq!(grants.subscribers_of(&"p".into()).count(), 1);
        assert_eq!(grants.publishers_for(&"v".into()).count(), 1);
    }
}
