//! ICE-lite (RFC 8445, section 2.5): answers the other side's checks, learns flows from those that authenticate, and is silent
//! to all else.

use super::identity::DtlsIdentity;
use crate::worker::Flow;
use bytes::Bytes;
use rtc_stun::attributes::{ATTR_MESSAGE_INTEGRITY, ATTR_USERNAME, AttrType};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter as _};
use rtc_stun::xoraddr::XorMappedAddress;
use std::sync::Arc;

const ATTR_USE_CANDIDATE: AttrType = AttrType(0x0025);
/// A binding request with every attribute of ICE is well below.
const MAX_CHECK_BYTES: usize = 548;
/// Flows of one peer that checks validated: more candidates pairs than that no client has at once.
pub const MAX_FLOWS: usize = 8;

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
    /// Still believed until a check on the new ones succeeds.
    previous: Option<Credentials>,
    remote: Option<Credentials>,
    /// The other side's credentials before its restart, for checks under way.
    previous_remote: Option<Credentials>,
    validated: Vec<Flow>,
    nominated: Option<Flow>,
}

impl Ice {
    pub fn new(local: Credentials, identity: Arc<DtlsIdentity>) -> Self {
        let validated = Vec::new();
        Self { identity, local, previous: None, remote: None, previous_remote: None, validated, nominated: None }
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
        self.previous = Some(std::mem::replace(&mut self.local, local));
    }

    pub fn selected(&self) -> Option<Flow> {
        self.nominated.or_else(|| self.validated.first().copied())
    }

    pub fn is_validated(&self, flow: &Flow) -> bool {
        self.validated.contains(flow)
    }

    /// Checks a STUN message; only an authentic binding request is answered.
    pub fn receive(&mut self, flow: Flow, bytes: &[u8]) -> Verdict {
        self.check(flow, bytes).unwrap_or(Verdict::Silence)
    }

    fn check(&mut self, flow: Flow, bytes: &[u8]) -> Option<Verdict> {
        if bytes.len() > MAX_CHECK_BYTES {
            return None;
        }
        let mut message = Message::new();
        message.unmarshal_binary(bytes).ok()?;
        if message.typ != BINDING_REQUEST {
            return None;
        }
        // What follows the integrity is not covered by it (RFC 8489, section 14.5): it is not read.
        let covered = message.attributes.0.iter().take_while(|a| a.typ != ATTR_MESSAGE_INTEGRITY);
        let (mut username, mut nominates) = (None, false);
        for attribute in covered {
            match attribute.typ {
                ATTR_USERNAME if username.is_none() => username = Some(attribute.value.clone()),
                ATTR_USE_CANDIDATE => nominates = true,
                _ => {}
            }
        }
        let username = String::from_utf8(username?).ok()?;
        let (ours, theirs) = username.split_once(':')?;
        let known = [self.remote.as_ref(), self.previous_remote.as_ref()];
        if self.remote.is_some() && !known.iter().flatten().any(|c| c.ufrag == theirs) {
            return None;
        }
        let is_current = ours == self.local.ufrag;
        let credentials = match &self.previous {
            _ if is_current => &self.local,
            Some(previous) if previous.ufrag == ours => previous,
            _ => return None,
        };
        let crypto = self.identity.provider.crypto();
        MessageIntegrity::check(&mut message, credentials.pwd.as_bytes(), crypto).ok()?;

        let mut response = Message::new();
        response.typ = BINDING_SUCCESS;
        response.transaction_id = message.transaction_id;
        response.write_header();
        XorMappedAddress { ip: flow.remote.ip(), port: flow.remote.port() }.add_to(&mut response).ok()?;
        let integrity = MessageIntegrity::new_short_term_integrity_with_provider(credentials.pwd.clone(), crypto);
        integrity.add_to(&mut response).ok()?;
        FINGERPRINT.add_to(&mut response).ok()?;

        if is_current && self.previous.take().is_some() {
            self.previous_remote = None;
        }
        let (mut bound, mut unbound) = (None, None);
        if !self.validated.contains(&flow) {
            if self.validated.len() == MAX_FLOWS {
                let stale = self.validated.iter().position(|f| Some(*f) != self.nominated).unwrap_or(0);
                unbound = Some(self.validated.remove(stale));
            }
            self.validated.push(flow);
            bound = Some(flow);
        }
        if nominates {
            self.nominated = Some(flow);
        }
        Some(Verdict::Answer { response: Bytes::from(response.raw), bound, unbound })
    }
}
