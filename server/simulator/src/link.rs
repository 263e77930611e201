//! One link of an office, from its token to its end.

use crate::camera::{Camera, Shot};
use crate::layers::{self, LAYER_COUNT};
use crate::publisher::{AUDIO_CID, Event, Publisher, VIDEO_CID};
use crate::tone::{FRAME_MS, FRAMES, Tone};
use crate::trust::Trust;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use lianxian_model::media::{TrackKind, TrackSource};
use lianxian_signaling::client::{Connect, Publish, Request, Response, connect_url};
use serde::Deserialize;
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

/// How long the server may take for each step until the office is on air.
const STEP: Duration = Duration::from_secs(15);
/// The publisher's only offer.
const OFFER_ID: u32 = 1;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why a link did not come about, or ended.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("the server does not know this device (HTTP {0})")]
    Refused(u16),
    #[error("the server answered HTTP {0}")]
    Status(u16),
    #[error("no answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the link: {0}")]
    Socket(Box<SocketError>),
    #[error("the connection: {0}")]
    Connection(#[from] webrtc::error::Error),
    #[error("{0} took longer than {STEP:?}")]
    Late(&'static str),
    #[error("the server fell silent")]
    Silent,
    #[error("the server closed the link")]
    Closed,
    #[error("the server ended the link: {reason}")]
    Left { reason: String, come_again: bool },
    #[error("the connection for media was lost")]
    MediaLost,
    #[error("a message that is none")]
    Unreadable,
    #[error("the camera stopped")]
    NoCamera,
}

impl From<SocketError> for LinkError {
    fn from(error: SocketError) -> Self {
        match error {
            SocketError::Http(answer) if matches!(answer.status().as_u16(), 401 | 403) => {
                Self::Refused(answer.status().as_u16())
            }
            SocketError::ConnectionClosed | SocketError::AlreadyClosed => Self::Closed,
            error => Self::Socket(Box::new(error)),
        }
    }
}

/// What a link is made of.
pub struct Office<'a> {
    pub server: &'a str,
    pub trust: &'a Trust,
    pub device_token: &'a str,
    pub camera: &'a Camera,
    pub shots: &'a mut mpsc::Receiver<Shot>,
    pub tone: &'a Tone,
    /// Called once, when the office is on air.
    pub on_air: &'a (dyn Fn() + Sync),
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// Keeps one link until it ends (an error) or `stop` is cancelled (fine).
pub async fn keep(office: Office<'_>, stop: &CancellationToken) -> Result<(), LinkError> {
    let token = token(&office).await?;
    let url = connect_url(&Connect { server: office.server, token: &token, ..Connect::default() });
    let connector = office.trust.tls.clone().map(Connector::Rustls);
    let connecting = tokio_tungstenite::connect_async_tls_with_config(url, None, true, connector);
    let (socket, _) = tokio::time::timeout(STEP, connecting).await.map_err(|_| LinkError::Late("the link"))??;
    let local = local_address(&socket)?;
    let (to_server, from_server) = socket.split();
    let mut link = Link {
        to_server,
        from_server,
        heard: Instant::now(),
        ping_interval: Duration::from_secs(5),
        ping_timeout: STEP,
    };
    let mut publisher = Publisher::open(local).await?;
    let end = tokio::select! {
        () = stop.cancelled() => Ok(()),
        end = on_air(&mut link, &mut publisher, office) => end,
    };
    if end.is_ok() {
        link.say(Request::Leave).await.ok();
    }
    link.to_server.close().await.ok();
    publisher.close().await;
    end
}

async fn token(office: &Office<'_>) -> Result<String, LinkError> {
    let url = format!("{}/api/v1/station/link/tokens", office.server.trim_end_matches('/'));
    let answer = office.trust.http.post(url).bearer_auth(office.device_token).send().await?;
    match answer.status().as_u16() {
        200..=299 => Ok(answer.json::<Token>().await?.token),
        status @ (401 | 403) => Err(LinkError::Refused(status)),
        status => Err(LinkError::Status(status)),
    }
}

fn local_address(socket: &Socket) -> Result<IpAddr, LinkError> {
    let stream = match socket.get_ref() {
        MaybeTlsStream::Plain(stream) => stream,
        MaybeTlsStream::Rustls(stream) => stream.get_ref().0,
        _ => return Err(LinkError::Closed),
    };
    Ok(stream.local_addr().map_err(SocketError::Io)?.ip())
}

struct Link {
    to_server: SplitSink<Socket, Message>,
    from_server: SplitStream<Socket>,
    /// When the server last said anything.
    heard: Instant,
    ping_interval: Duration,
    ping_timeout: Duration,
}

impl Link {
    async fn say(&mut self, request: Request<'_>) -> Result<(), LinkError> {
        Ok(self.to_server.send(Message::Binary(request.encode())).await?)
    }

    /// The server's next message. May be dropped while waiting.
    async fn listen(&mut self) -> Result<Response, LinkError> {
        loop {
            let message = self.from_server.next().await.ok_or(LinkError::Closed)??;
            self.heard = Instant::now();
            match message {
                Message::Binary(bytes) => match Response::decode(&bytes).map_err(|_| LinkError::Unreadable)? {
                    Response::Leave { reason, come_again } => return Err(LinkError::Left { reason, come_again }),
                    response => return Ok(response),
                },
                Message::Close(_) => return Err(LinkError::Closed),
                _ => {}
            }
        }
    }

    async fn step<T>(
        &mut self,
        what: &'static str,
        mut take: impl FnMut(Response) -> Option<T>,
    ) -> Result<T, LinkError> {
        let waiting = async {
            loop {
                if let Some(taken) = take(self.listen().await?) {
                    return Ok(taken);
                }
            }
        };
        tokio::time::timeout(STEP, waiting).await.map_err(|_| LinkError::Late(what))?
    }
}

async fn on_air(link: &mut Link, publisher: &mut Publisher, office: Office<'_>) -> Result<(), LinkError> {
    let (interval, timeout) = link
        .step("joining", |response| match response {
            Response::Joined { ping_interval_s, ping_timeout_s, .. } => Some((ping_interval_s, ping_timeout_s)),
            _ => None,
        })
        .await?;
    let seconds = |told: i32, least: u64| Duration::from_secs(u64::try_from(told).unwrap_or(0).max(least));
    (link.ping_interval, link.ping_timeout) = (seconds(interval, 1), seconds(timeout, 5));
    let (video, wanted) = publish(link, publisher).await?;
    office.camera.begin();
    if wanted != [true; LAYER_COUNT] {
        office.camera.want(wanted);
    }
    // What was drawn for the last link belongs to it.
    while office.shots.try_recv().is_ok() {}
    (office.on_air)();
    serve(link, publisher, office, &video, wanted).await
}

/// Announces both tracks, and brings the connection up. The video's sid, and what of it is wanted by then.
async fn publish(link: &mut Link, publisher: &mut Publisher) -> Result<(String, [bool; LAYER_COUNT]), LinkError> {
    let announced = layers::announced();
    let top = announced.last().map_or((0, 0), |layer| (layer.width, layer.height));
    for (cid, name, kind, source, codec) in [
        (VIDEO_CID, "camera", TrackKind::Video, TrackSource::Camera, "vp8"),
        (AUDIO_CID, "microphone", TrackKind::Audio, TrackSource::Microphone, "opus"),
    ] {
        let video = kind == TrackKind::Video;
        let (width, height) = if video { top } else { (0, 0) };
        let layers = if video { announced.as_slice() } else { &[] };
        let track = Publish { cid, name, kind, source, muted: false, width, height, codec, layers };
        link.say(Request::AddTrack(track)).await?;
    }
    let (mut video, mut sound) = (None, false);
    let video = link
        .step("publishing", |response| {
            if let Response::TrackPublished { cid, track } = response {
                match cid.as_str() {
                    VIDEO_CID => video = Some(track.sid),
                    _ => sound = true,
                }
            }
            if sound { video.take() } else { None }
        })
        .await?;
    let sdp = publisher.offer().await?;
    link.say(Request::Offer { id: OFFER_ID, sdp: &sdp }).await?;
    let mut wanted = [true; LAYER_COUNT];
    let answer = link
        .step("the answer", |response| match response {
            Response::Answer { id: OFFER_ID, sdp } => Some(sdp),
            Response::WantedQualities { track, wanted: told } if track == video => {
                wanted = layers::wanted(wanted, &told);
                None
            }
            _ => None,
        })
        .await?;
    publisher.answer(answer).await?;
    let deadline = Instant::now() + STEP;
    loop {
        tokio::select! {
            event = publisher.next() => match event {
                Event::Up => return Ok((video, wanted)),
                Event::Down => return Err(LinkError::MediaLost),
                Event::KeyFrame(_) => {}
            },
            response = link.listen() => if let Response::WantedQualities { track, wanted: told } = response?
                && track == video {
                wanted = layers::wanted(wanted, &told);
            },
            () = tokio::time::sleep_until(deadline) => return Err(LinkError::Late("the connection for media")),
        }
    }
}

async fn serve(
    link: &mut Link,
    publisher: &mut Publisher,
    office: Office<'_>,
    video: &str,
    mut wanted: [bool; LAYER_COUNT],
) -> Result<(), LinkError> {
    let mut ping = tokio::time::interval(link.ping_interval);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sound = Sound::begin(Instant::now());
    let mut muted: Vec<String> = Vec::new();
    loop {
        tokio::select! {
            response = link.listen() => match response? {
                Response::WantedQualities { track, wanted: told } if track == video => {
                    wanted = layers::wanted(wanted, &told);
                    office.camera.want(if muted.iter().any(|m| m == video) { [false; LAYER_COUNT] } else { wanted });
                }
                Response::Mute { track, muted: now } => {
                    muted.retain(|m| *m != track);
                    if track == video {
                        office.camera.want(if now { [false; LAYER_COUNT] } else { wanted });
                    }
                    if now {
                        muted.push(track.clone());
                    }
                    link.say(Request::Mute { track: &track, muted: now }).await?;
                }
                _ => {}
            },
            shot = office.shots.recv() => publisher.send_picture(&shot.ok_or(LinkError::NoCamera)?).await?,
            event = publisher.next() => match event {
                Event::KeyFrame(layer) => office.camera.key_frame(layer),
                Event::Down => return Err(LinkError::MediaLost),
                Event::Up => {}
            },
            () = tokio::time::sleep_until(sound.at()) => {
                let (frame, first) = sound.take(office.tone, Instant::now());
                let payload = office.tone.get((frame % FRAMES as u64) as usize).cloned().flatten();
                if let Some(payload) = payload && !muted.iter().any(|m| m != video) {
                    publisher.send_sound(frame, first, payload).await?;
                }
            },
            now = ping.tick() => {
                if now.saturating_duration_since(link.heard) > link.ping_timeout {
                    return Err(LinkError::Silent);
                }
                let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
                link.say(Request::Ping { timestamp }).await?;
            }
        }
    }
}

/// Which frame of sound is due, and when. The first frame of the table falls on a whole second of the clock on the wall.
struct Sound {
    began: Instant,
    frame: u64,
}

impl Sound {
    fn begin(now: Instant) -> Self {
        let into = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.subsec_millis());
        Self { began: now + Duration::from_millis(u64::from(1000 - into)), frame: 0 }
    }

    fn at(&self) -> Instant {
        self.began + Duration::from_millis(FRAME_MS * self.frame)
    }

    /// The frame that is due (its number, whether it comes after silence); goes on to the next that sounds.
    fn take(&mut self, tone: &Tone, now: Instant) -> (u64, bool) {
        let sounds = |frame: u64| tone.get((frame % FRAMES as u64) as usize).is_some_and(Option::is_some);
        let due = self.frame;
        let first = due == 0 || !sounds(due - 1);
        self.frame += 1;
        for _ in 0..FRAMES {
            if sounds(self.frame) {
                break;
            }
            self.frame += 1;
        }
        // After a pause of the machine the missed frames are passed over.
        let late = now.saturating_duration_since(self.at()).as_millis() as u64;
        if late > 1000 {
            self.frame += late / 1000 * FRAMES as u64;
        }
        (due, first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn sound_passes_over_silence_and_over_what_was_missed() {
        let mut tone: Tone = std::array::from_fn(|_| None);
        tone.iter_mut().take(3).for_each(|frame| *frame = Some(Bytes::from_static(b"beep")));
        let mut sound = Sound::begin(Instant::now());
        let began = sound.at();
        let taken: Vec<(u64, bool)> = (0..4).map(|_| sound.take(&tone, began)).collect();
        assert_eq!(taken, [(0, true), (1, false), (2, false), (50, true)]);
        assert_eq!(sound.at(), began + Duration::from_millis(51 * FRAME_MS));
        let later = began + Duration::from_secs(3600);
        sound.take(&tone, later);
        assert!(sound.at() > later - Duration::from_secs(2), "an hour of sleep is not made up for");
    }
}
