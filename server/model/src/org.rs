//! The org tree: units, their sites, and the endpoints that stand there.

use crate::ids::{EndpointId, LoginId, SiteId, UnitId};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

words! {
    /// How high in the tree a unit stands.
    UnitLevel {
        District = "district", "区", "district";
        Centre = "centre", "区公共法律服务中心", "district centre";
        Street = "street", "街道", "street office";
        Village = "village", "村居", "village room";
    }
}

words! {
    /// What a site is used for.
    SiteKind {
        Hall = "hall", "大厅", "hall";
        Window = "window", "窗口", "window";
        Mediation = "mediation", "调解室", "mediation room";
        Talk = "talk", "谈话室", "interview room";
        Command = "command", "指挥室", "command room";
        Field = "field", "走访", "field";
    }
}

words! {
    /// What may flow from a site in a patrol: of a private one, never sound.
    PrivacyClass {
        Open = "open", "开放", "open";
        Private = "private", "私密", "private";
    }
}

impl PrivacyClass {
    /// Whether a patrol may carry the site's sound.
    pub fn sound_in_patrol(self) -> bool {
        self == PrivacyClass::Open
    }
}

impl SiteKind {
    /// The stricter reading of the law: where people speak of their own affairs is private.
    pub fn default_privacy(self) -> PrivacyClass {
        match self {
            SiteKind::Mediation | SiteKind::Talk => PrivacyClass::Private,
            SiteKind::Hall | SiteKind::Window | SiteKind::Command | SiteKind::Field => PrivacyClass::Open,
        }
    }
}

words! {
    EndpointKind {
        Station = "station", "工作站", "workstation";
        Camera = "camera", "摄像机", "camera";
        BodyCamera = "body_camera", "执法记录仪", "body camera";
        Phone = "phone", "手机", "phone";
        Console = "console", "指挥台", "console";
        Guest = "guest", "来访", "guest";
    }
}

impl EndpointKind {
    /// Somebody is at it: it asks for help, answers calls and directives. A camera only shows.
    pub fn is_staffed(self) -> bool {
        self.shows_site() && self != EndpointKind::Camera
    }

    /// Shows a site: its picture is what a patrol of the site sees.
    pub fn shows_site(self) -> bool {
        !matches!(self, EndpointKind::Console | EndpointKind::Guest)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Unit {
    pub id: UnitId,
    pub parent_id: Option<UnitId>,
    pub name: String,
    pub level: UnitLevel,
    /// Administrative code, unique.
    pub code: String,
    pub sort: i64,
    pub disabled: bool,
    pub version: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Site {
    pub id: SiteId,
    pub unit_id: UnitId,
    pub name: String,
    pub kind: SiteKind,
    pub privacy_class: PrivacyClass,
    /// Unique; part of session numbers.
    pub code: String,
    pub disabled: bool,
    pub privacy: PrivacySwitch,
    pub version: i64,
}

/// The live privacy switch of a site. While it is on nothing flows from the site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PrivacySwitch {
    pub on: bool,
    /// Stated by whoever switched it on.
    pub reason: Option<String>,
    pub since_ms: Option<Millis>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Endpoint {
    pub id: EndpointId,
    /// `None` for consoles.
    pub site_id: Option<SiteId>,
    pub name: String,
    pub kind: EndpointKind,
    /// A device token is out.
    pub enrolled: bool,
    pub disabled: bool,
    /// Consoles: the login that it lives and dies with, and its tab.
    pub login_id: Option<LoginId>,
    pub tab: Option<String>,
    pub version: i64,
}

/// One site as a patrol may take it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    pub video: bool,
    pub audio: bool,
}

impl Site {
    /// What flows from this site to a patrol at this moment.
    pub fn patrol_flow(&self) -> Flow {
        let video = !self.privacy.on && !self.disabled;
        Flow { video, audio: video && self.privacy_class.sound_in_patrol() }
    }
}
