//! Outbox events: what screens are told, in commit order, from the same transaction as the fact.

use crate::ids::{EndpointId, SessionId, SiteId, UnitId};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

words! {
    EventKind {
        PresenceChanged = "presence.changed", "在线状态变化", "presence changed";
        PrivacyChanged = "privacy.changed", "隐私状态变化", "privacy changed";
        WatchOpened = "watch.opened", "巡查开始", "watch opened";
        WatchEnded = "watch.ended", "巡查结束", "watch ended";
        SessionOpened = "session.opened", "会话开始", "session opened";
        SessionUpdated = "session.updated", "会话变化", "session updated";
        SessionEnded = "session.ended", "会话结束", "session ended";
        SessionMarked = "session.marked", "定格、标注或发言", "frozen, drawn or written";
        SessionNoted = "session.noted", "存入记录", "a note was kept";
        CaseLinked = "case.linked", "关联案件", "case linked";
        CaseWithdrawn = "case.withdrawn", "撤销关联", "case withdrawn";
        DutyChanged = "duty.changed", "值班变化", "duty changed";
        RequestChanged = "request.changed", "求助单变化", "help request changed";
        GuestChanged = "guest.changed", "来访变化", "guests changed";
        DirectiveChanged = "directive.changed", "督办单变化", "directive changed";
        CardChanged = "card.changed", "词条变化", "card changed";
        OrgChanged = "org.changed", "机构变化", "org changed";
        AccountChanged = "account.changed", "账号变化", "account changed";
        LinkRefused = "link.refused", "拒绝请求", "link refused";
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OutboxEvent {
    /// 1, 2, 3 … in commit order.
    pub seq: i64,
    pub at_ms: Millis,
    pub kind: EventKind,
    /// Whose subtree it belongs to; `None`: everyone who may see the kind.
    pub unit_id: Option<UnitId>,
    pub site_id: Option<SiteId>,
    pub session_id: Option<SessionId>,
    pub endpoint_id: Option<EndpointId>,
    pub payload: serde_json::Value,
}
