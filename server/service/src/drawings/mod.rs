//! Frozen frames 定格画面, what is drawn on them, and what is said in writing. A row is committed before anyone is told.

mod writing;

pub use writing::{LineView, NoteView};

use crate::actor::Actor;
use crate::assists;
use crate::attachments::AttachmentView;
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::keeping::{Place, checked_image};
use crate::ports::store::Tx;
use crate::secrets::{hash_bytes, hash_text, new_id};
use crate::sessions::change;
use crate::work::Work;
use bytes::Bytes;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::drawing::{Author, Drawn, FRAMES_A_SESSION, Frame, ImageType, STROKES_A_FRAME, Stroke};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{EndpointId, FrameId, SessionId};
use lianxian_model::roles::Right;
use lianxian_model::session::{Session, SessionError, SessionKind};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;
use writing::Written;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NewFrame {
    /// Whose picture it is: the identity of a link in the session.
    pub source: EndpointId,
    /// When it was on the screen, by the clock of whoever froze it.
    pub frame_ms: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FrameView {
    pub id: FrameId,
    pub source: EndpointId,
    pub frame_ms: Millis,
    pub kept_ms: Millis,
    pub image_type: ImageType,
    pub width: u32,
    pub height: u32,
    pub bytes: i64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    pub author: String,
    /// In order; those that were undone are left out.
    pub strokes: Vec<StrokeView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StrokeView {
    pub frame_id: FrameId,
    pub seq: i64,
    pub at_ms: Millis,
    pub author: String,
    pub drawn: Option<Drawn>,
    /// This row undoes that one.
    pub undoes: Option<i64>,
    pub sha256: String,
}

/// What was frozen, drawn, written and sent in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Marks {
    pub frames: Vec<FrameView>,
    pub lines: Vec<LineView>,
    pub files: Vec<AttachmentView>,
    /// The latest version; the session's story has every one. Helpers' own: a station is not told it.
    pub note: Option<NoteView>,
}

#[derive(Clone)]
pub struct Drawings {
    pub(crate) core: Core,
}

impl Drawings {
    /// Keeps a frame. Attendees who may speak, and the station. What the bytes are is read from themselves.
    /// Errors: `too_many_frames`, `files_unavailable`; `invalid` with field `image` or `source`.
    pub async fn freeze(
        &self,
        actor: &Actor,
        session: &SessionId,
        new: NewFrame,
        image: Bytes,
    ) -> ServiceResult<FrameView> {
        let (image_type, width, height) = checked_image(&image)?;
        // Who may not is refused before anything is written.
        let (mut work, found, _) = attended(&self.core, actor, session, AuditAction::FrameKeep).await?;
        self.room_for_frame(&mut work, &found, &new).await?;
        let id = FrameId(new_id(work.now));
        drop(work);
        let sha256 = hash_bytes(&image).await?;
        self.core.keep(Place::Frame(session, &id, image_type), &image).await?;
        let (mut work, found, author) = attended(&self.core, actor, session, AuditAction::FrameKeep).await?;
        self.room_for_frame(&mut work, &found, &new).await?;
        let frame = Frame {
            id,
            session_id: found.id.clone(),
            source: new.source,
            // A clock that is wrong changes nothing: nobody froze what is yet to come, or what was before the session.
            frame_ms: new.frame_ms.max(found.started_ms).min(work.now),
            kept_ms: work.now,
            image_type,
            width,
            height,
            bytes: image.len() as i64,
            sha256,
            author,
        };
        work.tx.insert_frame(&frame).await?;
        let detail = json!({
            "by": frame.author.name, "frame_ms": frame.frame_ms, "frame": frame.id, "sha256": frame.sha256,
            "width": width, "height": height,
        });
        work.tx.append_timeline(&found.id, work.now, "frame.kept", &detail.to_string()).await?;
        work.audit(AuditAction::FrameKeep, AuditObject::Session, found.id.as_str(), detail);
        let view = frame_view(frame, Vec::new());
        tell(&mut work, &found, json!({ "frame": view })).await?;
        work.commit().await?;
        Ok(view)
    }

    async fn room_for_frame(&self, work: &mut Work, session: &Session, new: &NewFrame) -> ServiceResult<()> {
        if !session.attendances.iter().any(|a| a.endpoint_id.as_ref() == Some(&new.source)) {
            return Err(ServiceError::invalid("source", "该画面不属于本会话", "the picture is none of the session's"));
        }
        if work.tx.frames_of(&session.id).await?.len() >= FRAMES_A_SESSION {
            return Err(ServiceError::limit(
                "too_many_frames",
                FRAMES_A_SESSION as i64,
                format!("一次会话最多定格 {FRAMES_A_SESSION} 次"),
                format!("a session has at most {FRAMES_A_SESSION} frames"),
            ));
        }
        Ok(())
    }

    /// Draws on a frame. Attendees who may speak, and the station.
    /// Errors: `invalid` with field `drawn`; `too_many_strokes`.
    pub async fn draw(
        &self,
        actor: &Actor,
        session: &SessionId,
        frame: &FrameId,
        drawn: Drawn,
    ) -> ServiceResult<StrokeView> {
        drawn.check().map_err(|error| ServiceError::invalid("drawn", "笔画有误", error.to_string()))?;
        let (mut work, found, author) = attended(&self.core, actor, session, AuditAction::StrokeDraw).await?;
        let strokes = self.strokes(&mut work, &found, frame).await?;
        self.keep_stroke(work, &found, frame, strokes.len() as i64 + 1, author, Some(drawn), None).await
    }

    /// Undoes the author's own last stroke that stands. Errors: `nothing_to_undo`.
    pub async fn undo(&self, actor: &Actor, session: &SessionId, frame: &FrameId) -> ServiceResult<StrokeView> {
        let (mut work, found, author) = attended(&self.core, actor, session, AuditAction::StrokeUndo).await?;
        let strokes = self.strokes(&mut work, &found, frame).await?;
        let seq = strokes.len() as i64 + 1;
        let last = standing(strokes).into_iter().rfind(|stroke| {
            stroke.author.account_id == author.account_id && stroke.author.endpoint_id == author.endpoint_id
        });
        let Some(last) = last else {
            return Err(ServiceError::conflict(
                "nothing_to_undo",
                "没有可撤销的笔画",
                "nothing of yours can be undone",
            ));
        };
        self.keep_stroke(work, &found, frame, seq, author, None, Some(last.seq)).await
    }

    async fn strokes(&self, work: &mut Work, session: &Session, frame: &FrameId) -> ServiceResult<Vec<Stroke>> {
        let frames = work.tx.frames_of(&session.id).await?;
        if !frames.iter().any(|known| known.id == *frame) {
            return Err(ServiceError::not_found("定格画面", "frame"));
        }
        let strokes = work.tx.strokes_of(frame).await?;
        if strokes.len() >= STROKES_A_FRAME {
            return Err(ServiceError::limit(
                "too_many_strokes",
                STROKES_A_FRAME as i64,
                format!("一幅画面最多 {STROKES_A_FRAME} 笔"),
                format!("a frame has at most {STROKES_A_FRAME} strokes"),
            ));
        }
        Ok(strokes)
    }

    #[allow(clippy::too_many_arguments, reason = "what one row is made of")]
    async fn keep_stroke(
        &self,
        mut work: Work,
        session: &Session,
        frame: &FrameId,
        seq: i64,
        author: Author,
        drawn: Option<Drawn>,
        undoes: Option<i64>,
    ) -> ServiceResult<StrokeView> {
        let mut stroke =
            Stroke { frame_id: frame.clone(), seq, at_ms: work.now, drawn, undoes, author, sha256: String::new() };
        stroke.sha256 = hash_text(&serde_json::to_string(&stroke).map_err(ServiceError::internal)?);
        work.tx.insert_stroke(&stroke).await?;
        let view = stroke_view(stroke);
        tell(&mut work, session, json!({ "stroke": view })).await?;
        work.commit().await?;
        Ok(view)
    }

    /// Everything that was frozen, drawn and written. Whoever may read the session, and its station.
    pub async fn marks(&self, actor: &Actor, session: &SessionId) -> ServiceResult<Marks> {
        let mut tx = readable(&self.core, actor, session).await?;
        let frames = frames_drawn(&mut tx, session).await?;
        let Written { lines, note } = writing::written(tx.timeline(session).await?);
        let note = note.filter(|_| !matches!(actor, Actor::Device(_)));
        let files = tx.attachments_of(session).await?.into_iter().map(AttachmentView::from).collect();
        Ok(Marks { frames, lines, files, note })
    }

    /// The bytes of a frame. Errors: `damaged` when they are no longer what was kept.
    pub async fn image(
        &self,
        actor: &Actor,
        session: &SessionId,
        frame: &FrameId,
    ) -> ServiceResult<(ImageType, Bytes)> {
        let mut tx = readable(&self.core, actor, session).await?;
        let found = tx.frames_of(session).await?.into_iter().find(|known| known.id == *frame);
        drop(tx);
        let found = found.ok_or_else(|| ServiceError::not_found("定格画面", "frame"))?;
        let place = Place::Frame(session, &found.id, found.image_type);
        Ok((found.image_type, self.core.kept(place, &found.sha256).await?))
    }
}

/// A unit of work that reads, for whoever may read the session.
pub(crate) async fn readable(core: &Core, actor: &Actor, session: &SessionId) -> ServiceResult<Box<dyn Tx>> {
    let mut tx = core.read().await?;
    let found = tx.session(session).await?.ok_or_else(|| ServiceError::not_found("会话", "session"))?;
    let may = match actor {
        Actor::Device(device) => tx.assist(session).await?.is_some_and(|assist| assist.station == device.endpoint),
        _ => {
            let over = match &found.unit_id {
                Some(unit) => core.may(&mut tx, actor, Right::SessionsRead, unit).await?,
                None => false,
            };
            over || assists::concerned(&mut tx, actor, &found).await?
        }
    };
    if may {
        return Ok(tx);
    }
    drop(tx);
    Err(core.refuse(actor, AuditAction::SessionRead, AuditObject::Session, session.as_str()).await)
}

/// The open assistance in which the actor takes part and may speak, and in whose name it acts.
pub(crate) async fn attended(
    core: &Core,
    actor: &Actor,
    session: &SessionId,
    action: AuditAction,
) -> ServiceResult<(Work, Session, Author)> {
    let mut work = core.begin(actor).await?;
    let found = work.tx.session(session).await?.filter(|s| s.kind == SessionKind::Assist);
    let found = found.ok_or_else(|| ServiceError::not_found("求助会话", "assistance"))?;
    let author = match actor {
        Actor::Account(account) => found
            .open_attendances()
            .find(|a| a.person_id.as_ref() == Some(&account.person) && a.mode.may_publish_in_assist())
            .map(|a| Author {
                name: account.person_name.clone(),
                account_id: Some(account.account.clone()),
                endpoint_id: a.endpoint_id.clone(),
            }),
        Actor::Device(device) => {
            let own = work.tx.assist(session).await?.is_some_and(|assist| assist.station == device.endpoint);
            own.then(|| Author {
                name: device.endpoint_name.clone(),
                account_id: None,
                endpoint_id: Some(device.endpoint.clone()),
            })
        }
        Actor::Guest(_) | Actor::System => None,
    };
    if !found.is_open() {
        return Err(SessionError::NotOpen(found.state).into());
    }
    let Some(author) = author else {
        drop(work);
        return Err(core.refuse(actor, action, AuditObject::Session, session.as_str()).await);
    };
    Ok((work, found, author))
}

/// The session's frames, each with what stands of what was drawn on it.
pub(crate) async fn frames_drawn(tx: &mut Box<dyn Tx>, session: &SessionId) -> ServiceResult<Vec<FrameView>> {
    let mut frames = Vec::new();
    for frame in tx.frames_of(session).await? {
        let strokes = standing(tx.strokes_of(&frame.id).await?).into_iter().map(stroke_view).collect();
        frames.push(frame_view(frame, strokes));
    }
    Ok(frames)
}

/// Those that were not undone.
fn standing(strokes: Vec<Stroke>) -> Vec<Stroke> {
    let undone: Vec<i64> = strokes.iter().filter_map(|stroke| stroke.undoes).collect();
    strokes.into_iter().filter(|stroke| stroke.drawn.is_some() && !undone.contains(&stroke.seq)).collect()
}

fn frame_view(frame: Frame, strokes: Vec<StrokeView>) -> FrameView {
    FrameView {
        id: frame.id,
        source: frame.source,
        frame_ms: frame.frame_ms,
        kept_ms: frame.kept_ms,
        image_type: frame.image_type,
        width: frame.width,
        height: frame.height,
        bytes: frame.bytes,
        sha256: frame.sha256,
        author: frame.author.name,
        strokes,
    }
}

fn stroke_view(stroke: Stroke) -> StrokeView {
    StrokeView {
        frame_id: stroke.frame_id,
        seq: stroke.seq,
        at_ms: stroke.at_ms,
        author: stroke.author.name,
        drawn: stroke.drawn,
        undoes: stroke.undoes,
        sha256: stroke.sha256,
    }
}

/// Everyone in the session sees it at once; who was asked to come in reads it then.
pub(crate) async fn tell(work: &mut Work, session: &Session, mark: serde_json::Value) -> ServiceResult<()> {
    tell_as(EventKind::SessionMarked, work, session, mark).await
}

async fn tell_as(
    kind: EventKind,
    work: &mut Work,
    session: &Session,
    mut mark: serde_json::Value,
) -> ServiceResult<()> {
    mark["account_ids"] = json!(change::accounts_of(&mut work.tx, session).await?);
    mark["station"] = json!(work.tx.assist(&session.id).await?.map(|assist| assist.station));
    work.event(kind, change::about(session), mark);
    Ok(())
}
