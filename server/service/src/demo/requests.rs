//! A day's work of the demonstration: help requests in several states, so that the desk shows what its columns are for. They are kept apart
//! from the district itself, for a test begins with nothing to do.

use crate::actor::Actor;
use crate::core::Service;
use crate::error::{ServiceError, ServiceResult};
use crate::requests::{Asked, apply, put};
use crate::work::Work;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::case::{CaseKind, check_number};
use lianxian_model::duty::Skill;
use lianxian_model::request::{Channel, Favour, Grade, HelpRequest, Party, RequestAction, Urgency};
use lianxian_model::time::Millis;
use serde_json::json;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The people who work on them: at the desk, who is asked for advice, who decides.
struct Hands {
    operator: Party,
    expert: Party,
    chief: Party,
}

/// One request of the day: where, what, how long ago, and how far it has come.
struct Case {
    site: &'static str,
    need: Skill,
    urgency: Urgency,
    sentence: &'static str,
    case_number: &'static str,
    age_ms: i64,
    come: Come,
}

enum Come {
    InHand,
    Dispatched,
    Suspended,
    Finished,
    Dissatisfied,
    Satisfied,
}

const DAY: [Case; 6] = [
    Case {
        site: "金钟街道司法所",
        need: Skill::General,
        urgency: Urgency::Ordinary,
        sentence: "继承公证需要哪些材料，群众在窗口等候",
        case_number: "",
        age_ms: 26 * HOUR_MS,
        come: Come::Satisfied,
    },
    Case {
        site: "万新街道司法所",
        need: Skill::Mediation,
        urgency: Urgency::Ordinary,
        sentence: "物业费纠纷，一方到场，一方要求改期",
        case_number: "津丽人调字〔2026〕021号",
        age_ms: 5 * HOUR_MS,
        come: Come::Suspended,
    },
    Case {
        site: "军粮城街道司法所",
        need: Skill::General,
        urgency: Urgency::Ordinary,
        sentence: "社区矫正对象请假外出的手续",
        case_number: "",
        age_ms: 4 * HOUR_MS,
        come: Come::Dissatisfied,
    },
    Case {
        site: "新立街道司法所",
        need: Skill::LegalAid,
        urgency: Urgency::Ordinary,
        sentence: "老人申请法律援助，收入证明开不出来",
        case_number: "津丽法援〔2026〕民字第015号",
        age_ms: 2 * HOUR_MS,
        come: Come::Finished,
    },
    Case {
        site: "华明街道司法所",
        need: Skill::Mediation,
        urgency: Urgency::Utilities,
        sentence: "楼上漏水泡了电箱，两户人都在现场",
        case_number: "津丽人调字〔2026〕022号",
        age_ms: 40 * MINUTE_MS,
        come: Come::InHand,
    },
    Case {
        site: "丰年村街道司法所",
        need: Skill::LegalAid,
        urgency: Urgency::Ordinary,
        sentence: "十一名工人讨薪，请律师看一下材料够不够",
        case_number: "津丽法援〔2026〕民字第016号",
        age_ms: 6 * MINUTE_MS,
        come: Come::Dispatched,
    },
];

impl Service {
    /// Adds a day's help requests to a freshly seeded demonstration.
    pub async fn seed_demo_requests(&self) -> ServiceResult<()> {
        let mut work = self.core.begin(&Actor::System).await?;
        let now = work.now;
        let hands = Hands {
            operator: party(&mut work, "李明").await?,
            expert: party(&mut work, "孙雅琴").await?,
            chief: party(&mut work, "王淑敏").await?,
        };
        for case in DAY {
            work.now = Millis(now.0 - case.age_ms);
            seed_one(&mut work, &case, &hands).await?;
        }
        work.now = now;
        work.audit(AuditAction::ServerSeedDemoRequests, AuditObject::Server, "", json!({ "requests": DAY.len() }));
        work.commit().await
    }
}

async fn seed_one(work: &mut Work, case: &Case, hands: &Hands) -> ServiceResult<()> {
    let site = work.tx.sites().await?.into_iter().find(|site| site.name == case.site);
    let site = site.ok_or_else(|| ServiceError::not_found("场所", "site"))?;
    let kind = if case.need == Skill::LegalAid { CaseKind::LegalAid } else { CaseKind::Mediation };
    let patterns: Vec<_> = work.tx.case_pattern(kind).await?.into_iter().collect();
    let known = !case.case_number.is_empty();
    let case_normalised = match known {
        true => check_number(case.case_number, kind, &patterns).map_err(crate::cases::number_error)?,
        false => String::new(),
    };
    let asked = Asked {
        endpoint_id: None,
        channel: Channel::Station,
        need: case.need,
        urgency: case.urgency,
        sentence: case.sentence.to_owned(),
        case_kind: known.then_some(kind),
        case_raw: case.case_number.to_owned(),
        case_normalised,
        asker_name: "窗口工作人员".to_owned(),
        asker_account: None,
        site,
    };
    let request = &mut put(work, asked).await?;
    let operator = || hands.operator.clone();
    after(work, 8 * SECOND_MS, request, RequestAction::Accept { by: operator() }).await?;
    after(work, 0, request, RequestAction::Take { by: operator() }).await?;
    let finish =
        RequestAction::Finish { by: operator(), result: "已逐项说明所需材料和办理时限".to_owned() };
    let asker = || "窗口工作人员".to_owned();
    match case.come {
        Come::InHand => {}
        Come::Dispatched => {
            let to = hands.expert.clone();
            after(work, 2 * MINUTE_MS, request, RequestAction::Dispatch { by: operator(), to }).await?;
        }
        Come::Suspended => {
            let plea = RequestAction::Plead {
                favour: Favour::Suspend,
                by: operator(),
                reason: "另一方当事人后天到场".to_owned(),
                until: Millis(work.now.0 + 48 * HOUR_MS),
            };
            after(work, 20 * MINUTE_MS, request, plea).await?;
            let by = hands.chief.clone();
            after(work, 5 * MINUTE_MS, request, RequestAction::Decide { by, granted: true }).await?;
        }
        Come::Finished => after(work, 30 * MINUTE_MS, request, finish).await?,
        Come::Dissatisfied | Come::Satisfied => {
            after(work, 30 * MINUTE_MS, request, finish).await?;
            after(work, MINUTE_MS, request, RequestAction::Confirm { by: asker() }).await?;
            let (grade, text) = match case.come {
                Come::Dissatisfied => (Grade::Dissatisfied, "说得不够明白，还要再跑一趟"),
                _ => (Grade::Satisfied, ""),
            };
            let judged = RequestAction::Evaluate { by: asker(), grade, text: text.to_owned() };
            after(work, MINUTE_MS, request, judged).await?;
        }
    }
    Ok(())
}

/// Lets so much time pass, and does it.
async fn after(work: &mut Work, ms: i64, request: &mut HelpRequest, action: RequestAction) -> ServiceResult<()> {
    work.now = Millis(work.now.0 + ms);
    apply(work, request, action).await
}

async fn party(work: &mut Work, name: &str) -> ServiceResult<Party> {
    let found = work.tx.persons().await?.into_iter().find(|person| person.name == name);
    let person = found.ok_or_else(|| ServiceError::not_found("人员", "person"))?;
    Ok(Party { person_id: person.id, name: person.name })
}
