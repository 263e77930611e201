//! The view register 调用登记: who looked at which site, why, and from when to when (State Council order 799, art. 16).

use crate::ids::{AccountId, EndpointId, PersonId, RegisterId, SessionId, SiteId, UnitId, WatchId};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

words! {
    /// How the site's picture was used.
    ViewMode {
        Live = "live", "实时调看", "live";
        Playback = "playback", "录像回看", "playback";
        Export = "export", "导出", "export";
    }
}

/// One row of the register. Names are copied, as they were at the time: the row is evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterRow {
    pub id: RegisterId,
    pub session_id: SessionId,
    /// The session's number.
    pub number: String,
    pub site_id: SiteId,
    pub site_name: String,
    pub site_unit_id: UnitId,
    pub purpose: String,
    /// What was looked at: picture, or picture and sound.
    pub content: String,
    pub unit_id: UnitId,
    pub unit_name: String,
    pub person_id: PersonId,
    pub person_name: String,
    pub account_id: AccountId,
    pub from_ms: Millis,
    pub to_ms: Option<Millis>,
    /// The first packet of the site's picture reached the viewer.
    pub first_picture_ms: Option<Millis>,
    pub mode: ViewMode,
}

/// One stated purpose under which a person opens patrol sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Watch {
    pub id: WatchId,
    pub account_id: AccountId,
    pub person_id: PersonId,
    pub purpose: String,
    pub started_ms: Millis,
    pub ended_ms: Option<Millis>,
    pub end_cause: Option<WatchEnd>,
    pub version: i64,
}

words! {
    WatchEnd {
        Ended = "ended", "结束", "ended";
        LoggedOut = "logged_out", "退出登录", "logged out";
        Revoked = "revoked", "权限撤销", "revoked";
        Interrupted = "interrupted", "异常中断", "interrupted";
    }
}

/// A presence of one endpoint on the net, from the link's opening to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    pub endpoint_id: EndpointId,
    pub online: bool,
    /// It publishes a picture that the net could take.
    pub on_air: bool,
    pub since_ms: Option<Millis>,
    pub cause: Option<OfflineCause>,
}

words! {
    /// Why an endpoint is not on the net.
    OfflineCause {
        Never = "never", "从未上线", "never online";
        Closed = "closed", "主动下线", "went offline";
        Lost = "lost", "网络中断", "connection lost";
        ServerRestart = "server_restart", "服务重启", "server restarted";
        Disabled = "disabled", "已停用", "disabled";
    }
}
