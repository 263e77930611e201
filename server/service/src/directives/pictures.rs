//! The pictures of a directive: of its basis, kept by whoever may issue, and of each report, kept by the addressed office.
//! A file is safe on the disk before its row says so; neither is ever changed.

use super::{Directives, PictureView, act, change, no_directive};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::keeping::{Place, checked_image};
use crate::secrets::{hash_bytes, new_id};
use crate::work::Work;
use bytes::Bytes;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::directive::{Directive, DirectiveState, PICTURES_A_ROUND, Picture};
use lianxian_model::drawing::ImageType;
use lianxian_model::ids::{DirectiveId, PictureId};
use lianxian_model::roles::Right;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NewPicture {
    /// Of the basis (whoever may issue), not of the report that is being prepared (the addressed office).
    #[serde(default)]
    pub basis: bool,
}

/// A picture's type and bytes.
pub type KeptPicture = (ImageType, Bytes);

impl Directives {
    /// Keeps a picture. What the bytes are is read from themselves. Errors: `too_many_pictures`, `directive_state`, `files_unavailable`;
    /// `invalid` with field `image`.
    pub async fn keep_picture(
        &self,
        actor: &Actor,
        id: &DirectiveId,
        new: NewPicture,
        image: Bytes,
    ) -> ServiceResult<PictureView> {
        let (image_type, width, height) = checked_image(&image)?;
        // Who may not is refused before anything is written.
        let (work, _, _) = self.room_for_picture(actor, id, &new).await?;
        let picture_id = PictureId(new_id(work.now));
        drop(work);
        let sha256 = hash_bytes(&image).await?;
        self.core.keep(Place::Picture(id, &picture_id, image_type), &image).await?;
        let (mut work, directive, round) = self.room_for_picture(actor, id, &new).await?;
        let picture = Picture {
            id: picture_id,
            directive_id: id.clone(),
            round,
            image_type,
            width,
            height,
            bytes: image.len() as i64,
            sha256,
            kept_ms: work.now,
            by_name: act::signature(actor, "")?,
            by_account: actor.account().map(|account| account.account.clone()),
            by_endpoint: actor.device().map(|device| device.endpoint.clone()),
        };
        work.tx.insert_picture(&picture).await?;
        let detail =
            json!({ "number": directive.number, "picture": picture.id, "round": round, "sha256": picture.sha256 });
        work.audit(AuditAction::DirectivePicture, AuditObject::Directive, id.as_str(), detail);
        change::tell(&mut work, &directive).await?;
        work.commit().await?;
        Ok(picture.into())
    }

    async fn room_for_picture(
        &self,
        actor: &Actor,
        id: &DirectiveId,
        new: &NewPicture,
    ) -> ServiceResult<(Work, Directive, u32)> {
        let mut work = self.core.begin(actor).await?;
        let directive = work.tx.directive(id).await?.ok_or_else(no_directive)?;
        let may = if new.basis {
            self.core.may(&mut work.tx, actor, Right::DirectivesIssue, &directive.unit_id).await?
        } else {
            self.answers(&mut work.tx, actor, &directive).await?
        };
        if !may {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::DirectivePicture, AuditObject::Directive, id.as_str())
                .await);
        }
        let round = if new.basis { 0 } else { directive.rounds + 1 };
        let fits = match directive.state {
            DirectiveState::Signed | DirectiveState::Returned => true,
            state => new.basis && state.is_open(),
        };
        if !fits {
            return Err(lianxian_model::directive::DirectiveError::Illegal(directive.state).into());
        }
        let kept = work.tx.pictures_of(id).await?.into_iter().filter(|picture| picture.round == round).count();
        if kept >= PICTURES_A_ROUND {
            return Err(ServiceError::limit(
                "too_many_pictures",
                PICTURES_A_ROUND as i64,
                format!("一次最多 {PICTURES_A_ROUND} 张图片"),
                format!("a round has at most {PICTURES_A_ROUND} pictures"),
            ));
        }
        Ok((work, directive, round))
    }

    /// The bytes of a picture, for whoever may read the directive. Errors: `damaged` when they are no longer what was kept.
    pub async fn picture(&self, actor: &Actor, id: &DirectiveId, picture: &PictureId) -> ServiceResult<KeptPicture> {
        let (mut tx, _) = self.readable(actor, id).await?;
        let found = tx.pictures_of(id).await?.into_iter().find(|kept| kept.id == *picture);
        drop(tx);
        let found = found.ok_or_else(|| ServiceError::not_found("图片", "picture"))?;
        let place = Place::Picture(id, &found.id, found.image_type);
        Ok((found.image_type, self.core.kept(place, &found.sha256).await?))
    }
}
