//! ICE-lite (RFC 8445, section 2.5): answers the other side's checks, learns flows from those that authenticate, and is silent
//! to all else.

use super::CONSENT_TIMEOUT;
use super::identity::DtlsIdentity;
use super::stun::Check;
use crate::worker::Flow;
use bytes::Bytes;
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_SUCCESS, Message, Setter as _};
use rtc_stun::xoraddr::XorMappedAddress;
use std::sync::Arc;
use std::time::Instant;

/// Flows of one peer that checks validated: more candidates pairs than that no client has at once.
pub const MAX_FLOWS: usize = 8;

/// Credentials of ours before the newest that checks may still use: those that the other side goes by now, and those of an
/// offer of which nobody knows whether it arrived.
const MAX_PREVIOUS: usize = 2;

/// `ice-ufrag` and `ice-pwd` of one side (RFC 8839).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub ufrag: String,
    pub pwd: String,
}

pub(super) enum Verdict {
    /// Not for us, or not authentic: no answer.
    Silence,
    Answer {
        response: Bytes,
        bound: Option<Flow>,
        unbound: Option<Flow>,
    },
}

pub(super) struct Ice {
    identity: Arc<DtlsIdentity>,
    local: Credentials,
    /// Still believed until a check on the new ones succeeds; the first are the last that one succeeded on.
    previous: Vec<Credentials>,
    remote: Option<Credentials>,
    /// The other side's credentials before its restart, for checks under way.
    previous_remote: Option<Credentials>,
    validated: Vec<Validated>,
    nominated: Option<Flow>,
}

/// A flow over which a check, or media, was authentic.
struct Validated {
    flow: Flow,
    heard: Instant,
}

impl Ice {
    pub fn new(local: Credentials, identity: Arc<DtlsIdentity>) -> Self {
        Self {
            identity,
            local,
            previous: Vec::new(),
            remote: None,
            previous_remote: None,
            validated: Vec::new(),
            nominated: None,
        }
    }

    pub fn local(&self) -> &Credentials {
        &self.local
    }

    pub fn set_remote(&mut self, remote: Credentials) {
        if self.remote.as_ref() != Some(&remote) {
            self.previous_remote = self.remote.replace(remote);
        }
    }

    pub fn restart(&mut self, local: Credentials) {
        if self.previous.len() == MAX_PREVIOUS {
            // Not the first: a client that none of the offers since has reached still goes by those.
            self.previous.remove(MAX_PREVIOUS - 1);
        }
        self.previous.push(std::mem::replace(&mut self.local, local));
    }

    /// Whether checks may name this user fragment.
    pub fn goes_by(&self, ufrag: &str) -> bool {
        self.local.ufrag == ufrag || self.previous.iter().any(|previous| previous.ufrag == ufrag)
    }

    pub fn selected(&self) -> Option<Flow> {
        self.nominated.or_else(|| self.validated.first().map(|validated| validated.flow))
    }

    pub fn is_validated(&self, flow: &Flow) -> bool {
        self.validated.iter().any(|validated| validated.flow == *flow)
    }

    /// Checks a STUN message; only an authentic binding request is answered.
    pub fn receive(&mut self, flow: Flow, bytes: &[u8], now: Instant) -> Verdict {
        self.check(flow, bytes, now).unwrap_or(Verdict::Silence)
    }

    fn check(&mut self, flow: Flow, bytes: &[u8], now: Instant) -> Option<Verdict> {
        let check = Check::parse(bytes)?;
        let known = [self.remote.as_ref(), self.previous_remote.as_ref()];
        if self.remote.is_some() && !known.iter().flatten().any(|c| c.ufrag == check.sender) {
            return None;
        }
        let is_current = check.receiver == self.local.ufrag;
        let credentials = match is_current {
            true => &self.local,
            false => self.previous.iter().find(|previous| previous.ufrag == check.receiver)?,
        };
        if !check.is_authentic(&credentials.pwd) {
            return None;
        }
        let crypto = self.identity.provider.crypto();

        let mut response = Message::new();
        response.typ = BINDING_SUCCESS;
        response.transaction_id.0 = check.transaction;
        response.write_header();
        XorMappedAddress { ip: flow.remote.ip(), port: flow.remote.port() }.add_to(&mut response).ok()?;
        let integrity = MessageIntegrity::new_short_term_integrity_with_provider(credentials.pwd.clone(), crypto);
        integrity.add_to(&mut response).ok()?;
        FINGERPRINT.add_to(&mut response).ok()?;

        if is_current && !self.previous.is_empty() {
            self.previous.clear();
            self.previous_remote = None;
        }
        let (bound, unbound) = self.validate(flow, now);
        // Consent is a flow's own (RFC 7675, section 5.1): one that was nominated and fell silent, or was never its sender's, is left for
        // one that is heard.
        if check.nominates || self.nominated.is_some_and(|nominated| self.is_silent(nominated, now)) {
            self.nominated = Some(flow);
        }
        Some(Verdict::Answer { response: Bytes::from(response.raw), bound, unbound })
    }

    /// Media that only the other side can have sealed came over the flow: what is sent goes there from now on. What became known, and
    /// what was forgotten for it.
    pub fn adopt(&mut self, flow: Flow, now: Instant) -> (Option<Flow>, Option<Flow>) {
        self.nominated = Some(flow);
        self.validate(flow, now)
    }

    fn is_silent(&self, flow: Flow, now: Instant) -> bool {
        let heard = self.validated.iter().find(|validated| validated.flow == flow).map(|validated| validated.heard);
        heard.is_none_or(|heard| now.saturating_duration_since(heard) >= CONSENT_TIMEOUT)
    }

    fn validate(&mut self, flow: Flow, now: Instant) -> (Option<Flow>, Option<Flow>) {
        if let Some(known) = self.validated.iter_mut().find(|validated| validated.flow == flow) {
            known.heard = now;
            return (None, None);
        }
        let mut unbound = None;
        if self.validated.len() == MAX_FLOWS {
            let stale = self.validated.iter().position(|known| Some(known.flow) != self.nominated).unwrap_or(0);
            unbound = Some(self.validated.remove(stale).flow);
        }
        self.validated.push(Validated { flow, heard: now });
        (Some(flow), unbound)
    }
}
