//! Identifiers. Every stored noun has a UUIDv7 (RFC 9562) in text form, so that ids sort by birth.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )+};
}

text_ids! {
    /// An org unit 机构.
    UnitId,
    /// A site 场所.
    SiteId,
    /// An endpoint 终端: what opens a link. Its id is the link identity of stations and consoles.
    EndpointId,
    /// A person 人员.
    PersonId,
    /// An account 账号.
    AccountId,
    /// A role grant 授权.
    GrantId,
    /// A login of an account, or of a device.
    LoginId,
    /// A watch: one stated purpose under which a person opens patrol sessions.
    WatchId,
    /// A session 会话 (the domain's, never a login or a socket).
    SessionId,
    /// One attendance interval 参会区间.
    AttendanceId,
    /// One interval of one published track.
    TrackIntervalId,
    /// One row of the view register 调用登记.
    RegisterId,
    /// A link between a session and a case 案件关联.
    CaseLinkId,
    /// A frozen frame 定格画面 of a session.
    FrameId,
    /// A file 文件 that was sent in a session.
    AttachmentId,
    /// One pre-shift check 自检.
    CheckId,
    /// A shift 值班: one person in one duty role over one span of time.
    ShiftId,
    /// A swap of shifts 换班.
    SwapId,
    /// A hand-over between shifts 交接班.
    HandoverId,
    /// A help request 求助单.
    RequestId,
    /// A guest link 来访链接.
    GuestLinkId,
    /// A visit 来访: one browser that opened a guest link.
    VisitId,
    /// A consent 知情同意.
    ConsentId,
    /// A card 词条.
    CardId,
    /// A directive 督办单.
    DirectiveId,
    /// A picture 图片 of a directive (of its basis, or of a report), or a photo 照片 of a request.
    PictureId,
    /// One audit event 审计.
    AuditId,
    /// A participant of the link protocol, `PA_…`: one connection life of one identity.
    ParticipantSid,
    /// A track of the link protocol, `TR_…`.
    TrackSid,
    /// A room of the link protocol, `RM_…`.
    RoomSid,
}
