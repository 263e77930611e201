//! A peer of the media plane that lives for some seconds and may neither send nor receive anything: whoever reaches it
//! over UDP or TCP, up to the end of the DTLS handshake, can reach the media plane so.

use crate::limits;
use crate::problem::Problem;
use crate::state::App;
use axum::http::StatusCode;
use lianxian_model::ids::ParticipantSid;
use lianxian_model::media::MediaError;
use lianxian_model::time::Millis;
use lianxian_service::ports::media::OpenParticipant;
use serde::Serialize;
use std::net::IpAddr;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct CheckPeer {
    /// The answer. Its candidates say at which addresses and ports the media plane is to be reached.
    sdp: String,
    /// How long the peer answers from now on, in milliseconds.
    life_ms: i64,
    now_ms: Millis,
}

pub(crate) async fn open(app: &App, ip: IpAddr, offer: String) -> Result<CheckPeer, Problem> {
    if offer.len() > limits::CHECK_OFFER_BYTES {
        return Err(Problem::too_large(limits::CHECK_OFFER_BYTES));
    }
    let place = app.checks.enter(ip, app.clock.now())?;
    let media = app.media.port();
    // No participant of the net is called so, hence the net takes no notice of it.
    let participant = ParticipantSid(format!("CK_{}", hex::encode(rand::random::<[u8; 10]>())));
    let open = OpenParticipant { participant: participant.clone(), may_publish: false, may_subscribe: false };
    media.open(open).await.map_err(refusal)?;
    let answer = media.publisher_offer(&participant, offer, Vec::new()).await;
    let stop = app.stop.clone();
    let failed = answer.is_err();
    app.links.spawn(async move {
        if !failed {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(limits::CHECK_LIFE) => {}
            }
        }
        media.close(&participant).await;
        drop(place);
    });
    let answer = answer.map_err(refusal)?;
    let life_ms = i64::try_from(limits::CHECK_LIFE.as_millis()).unwrap_or(i64::MAX);
    Ok(CheckPeer { sdp: answer.sdp, life_ms, now_ms: app.clock.now() })
}

fn refusal(error: MediaError) -> Problem {
    match error {
        MediaError::BadSdp(detail) => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "bad_offer",
            "浏览器的媒体描述无法使用",
            format!("the offer cannot be used: {detail}"),
        ),
        MediaError::Limit { limit, value } => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "checks_busy",
            "服务器的媒体连接已满",
            format!("the media plane's limit {limit} is reached"),
        )
        .with_limit(i64::try_from(value).unwrap_or(i64::MAX)),
        error => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "media_unavailable",
            "服务器的媒体服务暂不可用",
            format!("the media plane does not answer: {error}"),
        ),
    }
}
