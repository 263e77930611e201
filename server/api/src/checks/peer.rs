//! A peer of the media plane that lives for some seconds and may neither send nor receive anything: whoever reaches it
//! over UDP or TCP, up to the end of the DTLS handshake, can reach the media plane so.

use crate::limits;
use crate::problem::Problem;
use crate::state::App;
use axum::http::StatusCode;
use lianxian_model::ids::ParticipantSid;
use lianxian_model::media::{MediaError, PublisherAnswer};
use lianxian_model::time::Millis;
use lianxian_service::ports::media::{Media, OpenParticipant};
use serde::Serialize;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
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
    let answer = hold(&app.links, app.stop.clone(), media, open, offer, place).await.map_err(refusal)?;
    let life_ms = i64::try_from(limits::CHECK_LIFE.as_millis()).unwrap_or(i64::MAX);
    Ok(CheckPeer { sdp: answer.sdp, life_ms, now_ms: app.clock.now() })
}

/// Opens the peer, answers, and closes it in the end, with all that is its own in a task from the first step on: whoever asks may go at any
/// moment.
fn hold(
    tasks: &TaskTracker,
    stop: CancellationToken,
    media: Arc<dyn Media>,
    open: OpenParticipant,
    offer: String,
    place: impl Send + 'static,
) -> impl Future<Output = Result<PublisherAnswer, MediaError>> {
    let (to_asker, answer) = oneshot::channel();
    tasks.spawn(async move {
        let participant = open.participant.clone();
        let answer = match media.open(open).await {
            Ok(()) => media.publisher_offer(&participant, offer, Vec::new()).await,
            Err(error) => Err(error),
        };
        let is_open = answer.is_ok();
        let is_awaited = to_asker.send(answer).is_ok();
        if is_open && is_awaited {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(limits::CHECK_LIFE) => {}
            }
        }
        media.close(&participant).await;
        drop(place);
    });
    async move { answer.await.unwrap_or(Err(MediaError::Closed)) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use lianxian_media::MediaConfig;
    use std::time::Duration;

    fn offer() -> String {
        let fingerprint = ["AB"; 32].join(":");
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n\
             a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\n"
        )
    }

    /// Who asks and hangs up before the answer leaves no peer and no place behind.
    #[tokio::test]
    async fn one_who_hangs_up_leaves_nothing_behind() {
        let local = std::net::Ipv4Addr::LOCALHOST;
        let config = MediaConfig { listen: local, port: 0, workers: 1, ..MediaConfig::default() };
        let media: Arc<dyn Media> = Arc::new(lianxian_media::start(&config).unwrap());
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let (place, mut given_back) = oneshot::channel::<()>();
        let participant = ParticipantSid("CK_1".into());
        let open = OpenParticipant { participant: participant.clone(), may_publish: false, may_subscribe: false };
        drop(hold(&tasks, stop.clone(), media.clone(), open.clone(), offer(), place));
        tasks.close();
        tokio::time::timeout(limits::CHECK_LIFE / 2, tasks.wait()).await.unwrap();
        assert_eq!(given_back.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        let gone = media.set_may_publish(&participant, false).await;
        assert_eq!(gone, Err(MediaError::UnknownParticipant(participant.clone())));

        // Who stays is answered, and the peer lives.
        let answer = hold(&tasks, stop.clone(), media.clone(), open, offer(), ()).await.unwrap();
        assert!(answer.sdp.contains("a=candidate"));
        assert_eq!(media.set_may_publish(&participant, false).await, Ok(()));
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(5), tasks.wait()).await.unwrap();
    }
}
