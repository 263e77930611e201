//! A pre-shift check 自检: what a person's or a workstation's computer was found to be able to do, topic by topic.

use crate::ids::{AccountId, CheckId, EndpointId, PersonId, UnitId};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

words! {
    CheckTopic {
        Camera = "camera", "摄像头", "camera";
        Microphone = "microphone", "麦克风", "microphone";
        Speaker = "speaker", "扬声器", "speaker";
        Port = "port", "控制台端口", "the console's port";
        Link = "link", "信令连接", "signalling";
        Udp = "udp", "音视频走 UDP", "media over UDP";
        Tcp = "tcp", "音视频走 TCP", "media over TCP";
        Clock = "clock", "时钟", "clock";
        Download = "download", "下行带宽", "download";
        Upload = "upload", "上行带宽", "upload";
    }
}

words! {
    CheckVerdict {
        Good = "good", "正常", "good";
        Skipped = "skipped", "没有检查", "not checked";
        Weak = "weak", "能用，需处理", "works, wants care";
        Bad = "bad", "不正常", "does not work";
    }
}

/// How one topic stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CheckItem {
    pub topic: CheckTopic,
    pub verdict: CheckVerdict,
    /// Why, as a stable word, for example `udp_blocked`; empty where there is nothing to say.
    pub cause: String,
    /// What was measured: lines of the picture, sound level in percent, round trip in ms (`port`, `link`), port number
    /// (`udp`, `tcp`), offset in ms (`clock`), kbit/s (`download`, `upload`).
    pub figure: Option<i64>,
}

/// One check, as it is kept. Either an account's (with its person) or a device's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Check {
    pub id: CheckId,
    pub account_id: Option<AccountId>,
    pub person_id: Option<PersonId>,
    pub endpoint_id: Option<EndpointId>,
    pub unit_id: UnitId,
    /// Shown name of the person or device.
    pub name: String,
    /// When the server was told.
    pub at_ms: Millis,
    pub took_ms: i64,
    /// The worst of the items.
    pub verdict: CheckVerdict,
    pub items: Vec<CheckItem>,
    pub ip: String,
}

/// The worst verdict; good when there is no item.
pub fn worst(items: &[CheckItem]) -> CheckVerdict {
    // What was left out is no fault; it counts only when nothing was tried at all.
    let tried = items.iter().map(|item| item.verdict).filter(|verdict| *verdict != CheckVerdict::Skipped).max();
    tried.unwrap_or(if items.is_empty() { CheckVerdict::Good } else { CheckVerdict::Skipped })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(verdict: CheckVerdict) -> CheckItem {
        CheckItem { topic: CheckTopic::Udp, verdict, cause: String::new(), figure: None }
    }

    #[test]
    fn the_worst_counts_and_what_was_left_out_does_not() {
        use CheckVerdict::{Bad, Good, Skipped, Weak};
        assert_eq!(worst(&[item(Good), item(Weak), item(Skipped)]), Weak);
        assert_eq!(worst(&[item(Bad), item(Good), item(Weak)]), Bad);
        assert_eq!(worst(&[item(Good), item(Skipped)]), Good);
        assert_eq!(worst(&[item(Skipped)]), Skipped);
    }
}
