//! Why an offer, or a later request of its session, is refused: the statuses of RFC 9725 as problems.

use super::sdp::Malformed;
use crate::problem::Problem;
use axum::http::StatusCode;
use lianxian_model::link::LeaveReason;
use lianxian_service::ServiceError;
use lianxian_service::net::JoinError;

impl From<Malformed> for Problem {
    fn from(fault: Malformed) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, "malformed_sdp", "SDP 无法解析", format!("not usable SDP: {fault}"))
    }
}

/// An offer that is well-formed and cannot work here.
pub(super) fn unusable(code: &'static str, zh: &str, en: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, zh, en)
}

pub(super) fn no_common_codec() -> Problem {
    let en = "no codec in common: video in H.264 (packetization-mode=1), VP8, VP9 or AV1, sound in Opus";
    let zh = "没有共同的编码格式：视频支持 H.264（packetization-mode=1）、VP8、VP9、AV1，声音支持 Opus";
    unusable("no_common_codec", zh, en)
}

pub(super) fn of_join(error: JoinError) -> Problem {
    match error {
        JoinError::InUse => {
            let en = "this endpoint has a link already: it is on air, or its page is open";
            Problem::new(StatusCode::CONFLICT, "endpoint_in_use", "该终端已经在线，不能重复接入", en)
        }
        JoinError::Refused(why) => {
            tracing::debug!(%why, "a session over HTTP was refused");
            let en = "the endpoint is unknown or disabled";
            ServiceError::unauthenticated("endpoint_refused", "终端不存在或已停用", en).into()
        }
        JoinError::Limit { limit, value } => {
            let en = format!("the limit {limit} is reached");
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "limit_reached", "系统接入数量已满", en);
            problem.with_limit(i64::try_from(value).unwrap_or(i64::MAX))
        }
        JoinError::MediaFull(full) => ServiceError::from(full).into(),
        JoinError::NoResume => no_session(),
        JoinError::Unavailable(why) => unavailable(&why),
    }
}

pub(super) fn unavailable(why: &str) -> Problem {
    tracing::warn!(%why, "a session over HTTP could not be served");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "服务暂时不可用，请稍后再试", "try again")
}

/// The net sent the participant away before it was answered.
pub(super) fn of_leave(reason: LeaveReason) -> Problem {
    match reason {
        LeaveReason::StateMismatch => {
            let en = "the media plane cannot use this offer";
            Problem::new(StatusCode::BAD_REQUEST, "malformed_sdp", "SDP 无法解析", en)
        }
        LeaveReason::ParticipantRemoved => not_allowed(),
        _ => unavailable("the link ended before the offer was answered"),
    }
}

pub(super) fn not_allowed() -> Problem {
    let en = "this token does not allow that";
    Problem::new(StatusCode::FORBIDDEN, "not_allowed", "该令牌无权执行此操作", en)
}

pub(super) fn no_session() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no_session", "会话不存在或已结束", "the session is unknown or over")
}

pub(super) fn no_precondition() -> Problem {
    let en = "If-Match is needed: the session's ETag, or * to restart ICE";
    Problem::new(StatusCode::PRECONDITION_REQUIRED, "precondition_required", "请求缺少 If-Match", en)
}

pub(super) fn stale() -> Problem {
    let en = "If-Match names another ICE session than the current one";
    Problem::new(StatusCode::PRECONDITION_FAILED, "stale_ice_session", "ICE 会话已更换", en)
}
