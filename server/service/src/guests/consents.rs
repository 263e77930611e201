//! What people agree to: texts with versions, consents as evidence, and their withdrawal, which takes effect at once.

use super::attending::{self, consents_for, station_consents};
use super::{ConsentView, Guests, Standing, VisitView, own, standing, tell};
use crate::actor::{Actor, DeviceActor};
use crate::error::{ServiceError, ServiceResult};
use crate::requests;
use crate::secrets::{hash_text, new_id};
use crate::sessions::change;
use crate::texts::within;
use crate::work::Work;
use lianxian_model::assist::Assist;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::guest::{
    CONSENT_BODY_MAX_CHARS, CONSENT_TITLE_MAX_CHARS, Consent, ConsentText, MAX_CONSENTS, NAME_MAX_CHARS,
    REASON_MAX_CHARS, Visit,
};
use lianxian_model::ids::{ConsentId, SessionId, UnitId};
use lianxian_model::roles::Right;
use lianxian_model::session::{LeaveReason, Session};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a district that has written no text of its own asks people to agree to.
const TITLE: &str = "远程视频法律服务知情同意书";
const BODY: &str = "\
一、为办理您的求助，公共法律服务中心将通过本页与您视频连线。参加连线的有：您所在求助点的工作人员、受理您求助的值班人员，\
以及为您提供帮助的律师、公证员、调解员等专业人员。他们的姓名显示在画面上。
二、经您同意，连线时会传送您的画面和声音。画面与声音请分别选择；只同意其中一项，也可以得到服务。
三、系统会记录：您填写的称呼、同意的内容和时间、进入和离开的时间、所用设备的网络地址，以及您的评价。\
工作人员可以定格画面并作标注、写文字记录，这些会存入您的办理记录。
四、系统不对本次连线录像、录音。
五、您可以随时在本页撤回同意。撤回后，您的画面和声音立即停止传送；撤回之前已形成的记录依法保存。
六、不同意或者撤回同意，不影响您通过电话或者到场获得服务。
七、上述信息仅用于办理您的求助和依法监督，保存期限与案件卷宗一致。您可以向工作人员查询、更正您的信息。";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsentTextView {
    /// Whose text it is.
    pub unit_id: UnitId,
    pub version: i64,
    pub title: String,
    pub body: String,
    /// SHA-256 of the title, a line feed and the body, hex.
    pub sha256: String,
    pub made_ms: Millis,
    pub made_by: String,
}

impl From<ConsentText> for ConsentTextView {
    fn from(text: ConsentText) -> Self {
        let ConsentText { unit_id, version, title, body, sha256, made_ms, made_by } = text;
        Self { unit_id, version, title, body, sha256, made_ms, made_by }
    }
}

/// The text that holds for a unit, and the unit's own versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsentTexts {
    pub current: ConsentTextView,
    /// Newest first; empty: what holds is the text of a unit above.
    pub versions: Vec<ConsentTextView>,
}

/// A new version of a unit's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsentText {
    pub unit_id: UnitId,
    pub title: String,
    pub body: String,
}

/// A yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    /// How the person wants to be called.
    pub name: String,
    /// Of the text that was read.
    pub sha256: String,
    pub picture: bool,
    pub sound: bool,
}

/// A consent taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// May be empty: nobody has to say why.
    #[serde(default)]
    pub reason: String,
}

/// What a stored consent covers, in Chinese and in English.
pub(crate) fn scope_told(detail: &Value) -> (&'static str, &'static str) {
    let yes = |key: &str| detail.get(key).and_then(Value::as_bool).unwrap_or_default();
    match (yes("picture"), yes("sound")) {
        (true, true) => ("画面和声音", "picture and sound"),
        (true, false) => ("仅画面", "picture only"),
        (false, _) => ("仅声音", "sound only"),
    }
}

fn sha256_of(title: &str, body: &str) -> String {
    hash_text(&format!("{title}\n{body}"))
}

fn name_of(said: &str) -> ServiceResult<String> {
    let name = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(ServiceError::invalid("name", "请填写您的称呼", "say how you want to be called"));
    }
    within("name", &name, NAME_MAX_CHARS)
}

fn no_consent() -> ServiceError {
    ServiceError::conflict("no_consent", "没有可撤回的同意", "there is no consent to withdraw")
}

/// The latest text of the nearest unit that has one.
pub(super) async fn text_for(
    tx: &mut Box<dyn crate::ports::store::Tx>,
    unit: &UnitId,
) -> ServiceResult<Option<ConsentText>> {
    for above in tx.path_of(unit).await? {
        if let Some(text) = tx.consent_text(&above).await? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// One line in the story of the assistance that runs, else in the history of the request.
async fn put_on_record(work: &mut Work, standing: &Standing, given: bool, detail: Value) -> ServiceResult<()> {
    let (line, step) = if given { ("consent.given", "consent") } else { ("consent.withdrawn", "consent_withdrawn") };
    match &standing.session {
        Some(session) => Ok(work.tx.append_timeline(&session.id, work.now, line, &detail.to_string()).await?),
        None => requests::step(work, &standing.request, step, detail).await,
    }
}

impl Guests {
    /// The text that holds for the unit. A district that has none gets the one that the system brings, as its version 1.
    pub(super) async fn text_on_record(&self, work: &mut Work, unit: &UnitId) -> ServiceResult<ConsentText> {
        if let Some(text) = text_for(&mut work.tx, unit).await? {
            return Ok(text);
        }
        let root = work.tx.path_of(unit).await?.into_iter().next_back();
        let text = ConsentText {
            unit_id: root.ok_or_else(|| ServiceError::not_found("机构", "unit"))?,
            version: 1,
            title: TITLE.into(),
            body: BODY.into(),
            sha256: sha256_of(TITLE, BODY),
            made_ms: work.now,
            made_by: "系统".into(),
        };
        work.tx.insert_consent_text(&text).await?;
        Ok(text)
    }

    /// The text that holds for a unit. Every account and device.
    pub async fn texts(&self, actor: &Actor, unit: &UnitId) -> ServiceResult<ConsentTexts> {
        let mut work = self.core.begin(actor).await?;
        let current = self.text_on_record(&mut work, unit).await?.into();
        let versions = work.tx.consent_texts_of(unit).await?.into_iter().map(ConsentTextView::from).collect();
        work.commit().await?;
        Ok(ConsentTexts { current, versions })
    }

    /// A new version; consents to former ones stand. Right `org.manage` over the unit. Errors: `invalid` with its field.
    pub async fn put_text(&self, actor: &Actor, new: NewConsentText) -> ServiceResult<ConsentTextView> {
        let title = within("title", &new.title, CONSENT_TITLE_MAX_CHARS)?;
        let body = within("body", &new.body, CONSENT_BODY_MAX_CHARS)?;
        if title.is_empty() || body.is_empty() {
            let field = if title.is_empty() { "title" } else { "body" };
            return Err(ServiceError::invalid(field, "标题和正文都要填写", "a title and a body"));
        }
        let mut work = self.core.begin(actor).await?;
        work.tx.unit(&new.unit_id).await?.ok_or_else(|| ServiceError::not_found("机构", "unit"))?;
        if !self.core.may(&mut work.tx, actor, Right::OrgManage, &new.unit_id).await? {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::ConsentText, AuditObject::Unit, new.unit_id.as_str())
                .await);
        }
        let version = work.tx.consent_text(&new.unit_id).await?.map_or(1, |last| last.version + 1);
        let text = ConsentText {
            unit_id: new.unit_id,
            version,
            sha256: sha256_of(&title, &body),
            title,
            body,
            made_ms: work.now,
            made_by: actor.name().to_owned(),
        };
        work.tx.insert_consent_text(&text).await?;
        let detail = json!({ "version": version, "sha256": text.sha256 });
        work.audit(AuditAction::ConsentText, AuditObject::Unit, text.unit_id.as_str(), detail);
        work.commit().await?;
        Ok(text.into())
    }

    /// What was read must be what holds now, and something must be agreed to.
    async fn consent_of(&self, work: &mut Work, unit: &UnitId, new: &NewConsent) -> ServiceResult<Consent> {
        let name = name_of(&new.name)?;
        let text = self.text_on_record(work, unit).await?;
        if new.sha256 != text.sha256 {
            return Err(ServiceError::conflict(
                "consent_text_changed",
                format!("知情同意书已更新为第 {} 版，请重新阅读后再同意", text.version),
                format!("the consent text is now version {}: read it again", text.version),
            )
            .with_value(text.version));
        }
        if !new.picture && !new.sound {
            let (zh, en) = ("请至少同意传送画面或声音中的一项", "agree to the picture, the sound, or both");
            return Err(ServiceError::invalid("sound", zh, en));
        }
        Ok(Consent {
            id: ConsentId(new_id(work.now)),
            unit_id: unit.clone(),
            request_id: None,
            session_id: None,
            visit_id: None,
            name,
            text_unit: text.unit_id,
            text_version: text.version,
            text_sha256: text.sha256,
            picture: new.picture,
            sound: new.sound,
            given_ms: work.now,
            witness: String::new(),
            withdrawn_ms: None,
            withdraw_reason: String::new(),
        })
    }

    /// The guest agrees; what was agreed to before is replaced. Errors: `consent_text_changed`, `too_many_consents`;
    /// `invalid` with field `name` or `sound`.
    pub async fn consent(&self, actor: &Actor, new: NewConsent) -> ServiceResult<VisitView> {
        let mut work = self.core.begin(actor).await?;
        let now = work.now;
        let found = own(&mut work.tx, actor, now).await?;
        if found.consents.len() >= MAX_CONSENTS {
            return Err(too_many_consents());
        }
        let unit = found.request.unit_id.clone();
        let mut consent = self.consent_of(&mut work, &unit, &new).await?;
        consent.request_id = Some(found.request.id.clone());
        consent.session_id = found.session.as_ref().map(|session| session.id.clone());
        consent.visit_id = Some(found.visit.id.clone());
        for former in found.consents.iter().filter(|former| former.in_force()) {
            let replaced =
                Consent { withdrawn_ms: Some(now), withdraw_reason: "改为新的同意".into(), ..former.clone() };
            work.tx.withdraw_consent(&replaced).await?;
        }
        work.tx.insert_consent(&consent).await?;
        work.tx.name_visit(&found.visit.id, &consent.name).await?;
        let detail = detail_of(&consent);
        let visit = Visit { name: consent.name.clone(), ..found.visit };
        let fresh = standing(&mut work.tx, visit).await?;
        // From here on in the name that was given.
        work.act_as(&fresh.actor());
        work.audit(AuditAction::ConsentGive, AuditObject::Consent, consent.id.as_str(), detail.clone());
        put_on_record(&mut work, &fresh, true, detail).await?;
        if let Some(session) = &fresh.session {
            work.regrant(&session.id);
        }
        tell(&mut work, &fresh.request).await?;
        let view = self.told(&mut work.tx, fresh).await?;
        work.commit().await?;
        Ok(view)
    }

    /// The guest takes its consent back: its picture and sound stop, and it is out until it agrees again.
    /// Returns when the live net has taken the change. Errors: `no_consent`; `invalid` with field `reason`.
    pub async fn withdraw(&self, actor: &Actor, withdrawal: Withdrawal) -> ServiceResult<VisitView> {
        let reason = within("reason", &withdrawal.reason, REASON_MAX_CHARS)?;
        let mut work = self.core.begin(actor).await?;
        let now = work.now;
        let found = own(&mut work.tx, actor, now).await?;
        let consent = found.consent().cloned().ok_or_else(no_consent)?;
        let consent = Consent { withdrawn_ms: Some(now), withdraw_reason: reason.clone(), ..consent };
        if !work.tx.withdraw_consent(&consent).await? {
            return Err(no_consent());
        }
        let detail = json!({ "name": consent.name, "reason": reason });
        work.audit(AuditAction::ConsentWithdraw, AuditObject::Consent, consent.id.as_str(), detail.clone());
        put_on_record(&mut work, &found, false, detail).await?;
        attending::leave(&mut work, &found.visit, LeaveReason::Withdrawn).await?;
        if let Some(session) = &found.session {
            // Where sound waits for a consent, this one may have been the last.
            work.regrant(&session.id);
        }
        tell(&mut work, &found.request).await?;
        let fresh = standing(&mut work.tx, found.visit).await?;
        let view = self.told(&mut work.tx, fresh).await?;
        work.commit().await?;
        Ok(view)
    }

    /// Somebody at the workstation agrees, before the staff there: needed where sound waits for it, allowed everywhere.
    /// Devices only, of an assistance that runs. Errors: as [`Self::consent`], `session_not_open`.
    pub async fn consent_at_station(
        &self,
        actor: &Actor,
        session: &SessionId,
        new: NewConsent,
    ) -> ServiceResult<ConsentView> {
        let (mut work, device, found, assist) = self.station_session(actor, session, AuditAction::ConsentGive).await?;
        if consents_for(&mut work.tx, &found, &assist).await?.len() >= MAX_CONSENTS {
            return Err(too_many_consents());
        }
        let mut consent = self.consent_of(&mut work, &device.unit, &new).await?;
        consent.request_id = assist.request_id;
        consent.session_id = Some(found.id.clone());
        consent.witness = device.endpoint_name.clone();
        work.tx.insert_consent(&consent).await?;
        let detail = detail_of(&consent);
        self.at_station(&mut work, &found, true, &consent, detail).await?;
        work.commit().await?;
        Ok(consent.into())
    }

    /// Takes back what was agreed to at this workstation. Devices only. Errors: `no_consent`, `session_not_open`.
    pub async fn withdraw_at_station(
        &self,
        actor: &Actor,
        session: &SessionId,
        id: &ConsentId,
        withdrawal: Withdrawal,
    ) -> ServiceResult<ConsentView> {
        let reason = within("reason", &withdrawal.reason, REASON_MAX_CHARS)?;
        let (mut work, _, found, assist) = self.station_session(actor, session, AuditAction::ConsentWithdraw).await?;
        let given = station_consents(&mut work.tx, &found, &assist).await?;
        let consent = given.into_iter().find(|one| one.id == *id && one.in_force());
        let consent = consent.ok_or_else(no_consent)?;
        let consent = Consent { withdrawn_ms: Some(work.now), withdraw_reason: reason.clone(), ..consent };
        if !work.tx.withdraw_consent(&consent).await? {
            return Err(no_consent());
        }
        let detail = json!({ "name": consent.name, "reason": reason });
        self.at_station(&mut work, &found, false, &consent, detail).await?;
        work.commit().await?;
        Ok(consent.into())
    }

    async fn at_station(
        &self,
        work: &mut Work,
        session: &Session,
        given: bool,
        consent: &Consent,
        detail: Value,
    ) -> ServiceResult<()> {
        let (line, action) = if given {
            ("consent.given", AuditAction::ConsentGive)
        } else {
            ("consent.withdrawn", AuditAction::ConsentWithdraw)
        };
        work.tx.append_timeline(&session.id, work.now, line, &detail.to_string()).await?;
        work.audit(action, AuditObject::Consent, consent.id.as_str(), detail);
        work.regrant(&session.id);
        change::tell(work, session, EventKind::SessionUpdated).await
    }

    async fn station_session(
        &self,
        actor: &Actor,
        session: &SessionId,
        action: AuditAction,
    ) -> ServiceResult<(Work, DeviceActor, Session, Assist)> {
        let mut work = self.core.begin(actor).await?;
        let no_session = || ServiceError::not_found("求助会话", "assistance");
        let found = work.tx.session(session).await?.ok_or_else(no_session)?;
        let assist = work.tx.assist(session).await?.ok_or_else(no_session)?;
        let Some(device) = actor.device().filter(|device| device.endpoint == assist.station).cloned() else {
            drop(work);
            return Err(self.core.refuse(actor, action, AuditObject::Session, session.as_str()).await);
        };
        if !found.is_open() {
            return Err(lianxian_model::session::SessionError::NotOpen(found.state).into());
        }
        Ok((work, device, found, assist))
    }
}

fn detail_of(consent: &Consent) -> Value {
    json!({
        "name": consent.name, "version": consent.text_version, "sha256": consent.text_sha256,
        "picture": consent.picture, "sound": consent.sound,
    })
}

fn too_many_consents() -> ServiceError {
    ServiceError::limit(
        "too_many_consents",
        MAX_CONSENTS as i64,
        format!("同意与撤回最多 {MAX_CONSENTS} 次，请联系工作人员"),
        format!("{MAX_CONSENTS} consents at most: ask the staff"),
    )
}
