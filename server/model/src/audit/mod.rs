//! Audit events: who did what to what, with which result; each one carries the hash of the one before it.

mod acts;

pub use acts::{AuditAction, AuditObject};

use crate::ids::{AccountId, AuditId, EndpointId};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

words! {
    AuditResult {
        Success = "success", "成功", "success";
        Refused = "refused", "拒绝", "refused";
        Failed = "failed", "失败", "failed";
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditEvent {
    pub id: AuditId,
    /// 1, 2, 3 … without a gap.
    pub seq: i64,
    pub at_ms: Millis,
    pub account_id: Option<AccountId>,
    pub endpoint_id: Option<EndpointId>,
    /// Shown name of whoever acted: a person, a device, or the system.
    pub actor: String,
    /// Roles that the actor held, comma separated.
    pub roles: String,
    pub ip: String,
    /// An [`AuditAction`]; as text, so that a row of an older version is read as it was written. As the next one.
    #[schema(value_type = AuditAction)]
    pub action: String,
    /// An [`AuditObject`].
    #[schema(value_type = AuditObject)]
    pub object_kind: String,
    pub object_id: String,
    pub result: AuditResult,
    pub reason: String,
    /// JSON object.
    pub detail: String,
    /// Hash of the row before; all zero for the first.
    pub previous_hash: String,
    /// SHA-256, hex, over [`AuditEvent::chained_text`].
    pub hash: String,
}

impl AuditEvent {
    /// The text that the hash covers: the fields in a fixed order, each with its length, so that no two rows share a text.
    pub fn chained_text(&self) -> String {
        let seq = self.seq.to_string();
        let at = self.at_ms.0.to_string();
        let fields: [&str; 15] = [
            &self.previous_hash,
            self.id.as_str(),
            &seq,
            &at,
            self.account_id.as_ref().map_or("", |id| id.as_str()),
            self.endpoint_id.as_ref().map_or("", |id| id.as_str()),
            &self.actor,
            &self.roles,
            &self.ip,
            &self.action,
            &self.object_kind,
            &self.object_id,
            self.result.as_str(),
            &self.reason,
            &self.detail,
        ];
        let mut text = String::with_capacity(fields.iter().map(|f| f.len() + 6).sum());
        for field in fields {
            text.push_str(&field.len().to_string());
            text.push(':');
            text.push_str(field);
            text.push('\n');
        }
        text
    }
}
