//! A demonstration district, modelled on a real one's shape: a centre, eleven streets, some villages, an account for each role.

mod requests;

use crate::actor::Actor;
use crate::bootstrap::{FirstLogin, put_account, put_patterns, put_person, put_unit};
use crate::core::Service;
use crate::error::{ServiceError, ServiceResult};
use crate::secrets::{hash_password, hash_text, new_id, new_token};
use crate::work::Work;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::duty::{DutyMode, DutyRole, Shift, Skill};
use lianxian_model::ids::{EndpointId, PersonId, ShiftId, SiteId, UnitId};
use lianxian_model::org::{Endpoint, EndpointKind, PrivacySwitch, Site, SiteKind, UnitLevel};
use lianxian_model::roles::Role;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The password of every demonstration account. It is known to everybody: the demonstration is not for real use.
pub const DEMO_PASSWORD: &str = "Lianxian@2026";

/// An enrolled device of the demonstration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoDevice {
    pub site: String,
    pub site_id: SiteId,
    pub endpoint_id: EndpointId,
    pub device_token: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoSeed {
    pub logins: Vec<FirstLogin>,
    pub devices: Vec<DemoDevice>,
}

/// Street, site code, villages.
const STREETS: [(&str, &str, &[&str]); 11] = [
    ("华明街道", "HM", &["胡张庄村", "范庄村", "赤土村"]),
    ("张贵庄街道", "ZGZ", &["詹滨西里社区", "秋丽家园社区"]),
    ("丰年村街道", "FNC", &["丰年里社区"]),
    ("万新街道", "WX", &["临月里社区", "香邑花园社区"]),
    ("无瑕街道", "WXA", &["无瑕花园社区"]),
    ("新立街道", "XL", &["新立花园社区", "中河村"]),
    ("金钟街道", "JZ", &["大毕庄村", "徐庄村"]),
    ("军粮城街道", "JLC", &["苗街村", "军丽园社区"]),
    ("金桥街道", "JQ", &["金桥家园社区"]),
    ("华新街道", "HX", &["华新社区"]),
    ("东丽湖街道", "DLH", &["东丽湖社区"]),
];

/// Account, person's name, role; all at the centre, over the whole district.
const CENTRE_PEOPLE: [(&str, &str, Role); 11] = [
    ("zhihuizhang", "陈志远", Role::Commander),
    ("daiban", "刘建国", Role::DutyLeader),
    ("zhibanzhang", "王淑敏", Role::ShiftChief),
    ("zhibanyuan", "李明", Role::Operator),
    ("dudao", "赵海涛", Role::Inspector),
    ("lvshi", "孙雅琴", Role::Expert),
    ("jiaoguan", "周国强", Role::Trainer),
    ("kaoguan", "吴丽华", Role::Evaluator),
    ("sysadmin", "郑系统", Role::SystemAdmin),
    ("secadmin", "冯安全", Role::SecurityAdmin),
    ("auditor", "褚审计", Role::AuditAdmin),
];

/// Account, person's name, role; at the first street, over it.
const STREET_PEOPLE: [(&str, &str, Role); 4] = [
    ("suozhang", "马志强", Role::OfficeHead),
    ("gongzuoyuan", "杨静", Role::Staff),
    ("cunjuguwen", "何平", Role::Adviser),
    ("canxun", "高磊", Role::Player),
];

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Days of the roster, from yesterday on: whatever the hour is, somebody is on, and for a week to come.
const ROSTER_DAYS: i64 = 9;

/// Account, duty role, how they are reached, what they are versed in, how many shifts a day from 8 o'clock on.
const ROSTER: [(&str, DutyRole, DutyMode, &[Skill], i64); 4] = [
    ("zhibanyuan", DutyRole::Operator, DutyMode::Office, &[Skill::General, Skill::Mediation], 2),
    ("lvshi", DutyRole::Operator, DutyMode::Phone, &[Skill::LegalAid, Skill::Notary], 2),
    ("zhibanzhang", DutyRole::ShiftChief, DutyMode::Office, &[Skill::General], 1),
    ("daiban", DutyRole::DutyLeader, DutyMode::Phone, &[Skill::General], 1),
];

impl Service {
    /// Fills an empty database. Errors: `not_empty`.
    pub async fn seed_demo(&self) -> ServiceResult<DemoSeed> {
        let not_empty = || ServiceError::conflict("not_empty", "数据库中已有数据", "the database is not empty");
        if !self.is_empty().await? {
            return Err(not_empty());
        }
        let hash = hash_password(DEMO_PASSWORD).await?;
        let mut work = self.core.begin(&Actor::System).await?;
        if !work.tx.units().await?.is_empty() {
            return Err(not_empty());
        }
        put_patterns(&mut work).await?;
        let mut devices = Vec::new();
        let district = put_unit(&mut work, None, "东丽区司法局", UnitLevel::District, "DL", 0).await?;
        let centre =
            put_unit(&mut work, Some(&district), "东丽区公共法律服务中心", UnitLevel::Centre, "DL-ZX", 1).await?;
        let hall = put_site(&mut work, &centre, "区中心服务大厅", SiteKind::Hall, "ZX01").await?;
        devices.push(put_station(&mut work, &hall, "工作站").await?);
        put_site(&mut work, &centre, "区中心指挥室", SiteKind::Command, "ZX02").await?;
        let mut first_street = None;
        for (order, (street, code, villages)) in (10i64..).zip(STREETS) {
            let unit = put_unit(&mut work, Some(&district), street, UnitLevel::Street, code, order).await?;
            let (office, office_code) = (format!("{street}司法所"), format!("{code}01"));
            let office = put_site(&mut work, &unit, &office, SiteKind::Window, &office_code).await?;
            devices.push(put_station(&mut work, &office, "工作站").await?);
            if order < 13 {
                let room = format!("{street}调解室");
                let room = put_site(&mut work, &unit, &room, SiteKind::Mediation, &format!("{code}02")).await?;
                devices.push(put_station(&mut work, &room, "调解终端").await?);
            }
            for (at, village) in (1i64..).zip(villages) {
                let code = format!("{code}-V{at}");
                let room = put_unit(&mut work, Some(&unit), village, UnitLevel::Village, &code, at).await?;
                let site = format!("{village}司法工作室");
                let site = put_site(&mut work, &room, &site, SiteKind::Hall, &code.replace('-', "")).await?;
                // One village has its workstation; the others show what a district looks like before they are enrolled.
                if order == 10 && at == 1 {
                    devices.push(put_station(&mut work, &site, "工作站").await?);
                }
            }
            first_street.get_or_insert(unit);
        }
        let mut logins = Vec::new();
        let street = first_street.unwrap_or_else(|| district.clone());
        let at_centre = CENTRE_PEOPLE.iter().map(|person| (person, &centre, &district));
        let at_street = STREET_PEOPLE.iter().map(|person| (person, &street, &street));
        for ((account, name, role), unit, over) in at_centre.chain(at_street) {
            let person = put_person(&mut work, name, unit, role.zh()).await?;
            put_account(&mut work, &person, account, hash.clone(), &[(*role, over.clone())]).await?;
            let password = DEMO_PASSWORD.to_owned();
            logins.push(FirstLogin { account: (*account).into(), password, name: (*name).into(), role: *role });
            put_roster(&mut work, &district, &person, account).await?;
        }
        let detail = json!({ "accounts": logins.len(), "devices": devices.len() });
        work.audit(AuditAction::ServerSeedDemo, AuditObject::Server, "", detail);
        work.commit().await?;
        Ok(DemoSeed { logins, devices })
    }
}

/// The person's part of the district's roster, if it has one.
async fn put_roster(work: &mut Work, unit: &UnitId, person: &PersonId, account: &str) -> ServiceResult<()> {
    let beijing = 8 * HOUR_MS;
    let today = (work.now.0 + beijing).div_euclid(DAY_MS) * DAY_MS - beijing;
    let first = today - DAY_MS + 8 * HOUR_MS;
    for (_, role, mode, skills, a_day) in ROSTER.iter().filter(|(whose, ..)| *whose == account) {
        let length = DAY_MS / a_day;
        for nth in 0..ROSTER_DAYS * a_day {
            let starts = first + nth * length;
            let shift = Shift {
                id: ShiftId(new_id(work.now)),
                unit_id: unit.clone(),
                person_id: person.clone(),
                role: *role,
                mode: *mode,
                skills: skills.to_vec(),
                starts_ms: Millis(starts),
                ends_ms: Millis(starts + length),
                arrived_ms: None,
                left_ms: None,
                no_show_ms: None,
                version: 1,
            };
            work.tx.insert_shift(&shift).await?;
        }
    }
    Ok(())
}

async fn put_site(work: &mut Work, unit: &UnitId, name: &str, kind: SiteKind, code: &str) -> ServiceResult<Site> {
    let site = Site {
        id: SiteId(new_id(work.now)),
        unit_id: unit.clone(),
        name: name.into(),
        kind,
        privacy_class: kind.default_privacy(),
        code: code.into(),
        disabled: false,
        privacy: PrivacySwitch::default(),
        version: 1,
    };
    work.tx.insert_site(&site).await?;
    Ok(site)
}

async fn put_station(work: &mut Work, site: &Site, name: &str) -> ServiceResult<DemoDevice> {
    let endpoint = Endpoint {
        id: EndpointId(new_id(work.now)),
        site_id: Some(site.id.clone()),
        name: name.into(),
        kind: EndpointKind::Station,
        enrolled: true,
        disabled: false,
        login_id: None,
        tab: None,
        version: 1,
    };
    work.tx.insert_endpoint(&endpoint).await?;
    let device_token = new_token();
    let now = work.now;
    work.tx.put_device_token(&endpoint.id, &hash_text(&device_token), now).await?;
    Ok(DemoDevice { site: site.name.clone(), site_id: site.id.clone(), endpoint_id: endpoint.id, device_token })
}
