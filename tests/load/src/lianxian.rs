//! The server under test, and clients that join its rooms over the real link.

use crate::plane::{Plane, Role};
use crate::process::Process;
use crate::session::{Remote, accept, publish_offer};
use crate::viewer::Manner;
use anyhow::{Context as _, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use lianxian_model::link::{LinkRights, PublishRights};
use lianxian_model::media::{TrackKind, TrackSource};
use lianxian_signaling::client::{Connect, Publish, Request, Response, connect_url};
use lianxian_signaling::token::{Claims, Keys, VideoGrant};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;

const KEY: &str = "load";
const SECRET: &str = "the-secret-of-the-load-tool-long-enough-01";
const TOKEN_S: i64 = 3600;
const WAIT: Duration = Duration::from_secs(20);

/// A server process with a data folder of its own, ended with the value.
pub struct Server {
    pub process: Process,
    address: String,
    _folder: tempfile::TempDir,
}

impl Server {
    /// `workers`: threads of the media plane; 0 is one for each core.
    pub async fn start(binary: &Path, workers: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("lianxian.toml");
        let data = folder.path().join("data");
        std::fs::write(
            &config,
            format!(
                "listen = \"127.0.0.1:0\"\ndata_dir = \"{}\"\n[tls]\nmode = \"off\"\n[media]\nworkers = {workers}\nport = 0\nbusy_limit = 0\naddresses = [\"127.0.0.1\"]\n\
                 [[integration_keys]]\nkey = \"{KEY}\"\nsecret = \"{SECRET}\"\npurpose = \"load\"\n",
                data.display()
            ),
        )?;
        let words = ["serve".as_ref(), "--config".as_ref(), config.as_os_str()];
        let (process, line) = Process::start(binary.as_os_str(), &words, |line| line.contains("\"ready\"")).await?;
        let said: serde_json::Value = serde_json::from_str(&line).context("the ready line")?;
        let address = said["https"].as_str().context("the ready line has no address")?;
        let address = address.rsplit_once("//").map_or(address, |(_, rest)| rest).trim_end_matches('/');
        Ok(Self { process, address: address.to_owned(), _folder: folder })
    }

    fn token(&self, identity: &str, room: &str) -> Result<String> {
        let mut keys = Keys::default();
        keys.add(KEY, SECRET.as_bytes());
        let exp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() as i64 + TOKEN_S;
        let rights = LinkRights {
            may_publish: PublishRights::ALL,
            may_subscribe: true,
            may_publish_data: true,
            may_update_metadata: false,
            hidden: false,
        };
        let video = VideoGrant::of(room, rights);
        Ok(keys.sign(&Claims { iss: KEY.into(), sub: identity.into(), exp, video, ..Claims::default() })?)
    }

    /// A counter or gauge of `/metrics`, summed over its labels.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let mut socket = TcpStream::connect(&self.address).await?;
        let request = format!("GET /metrics HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address);
        socket.write_all(request.as_bytes()).await?;
        let mut text = String::new();
        tokio::time::timeout(WAIT, socket.read_to_string(&mut text)).await??;
        let values = text.lines().filter_map(|line| {
            let (found, value) = line.split_once(' ')?;
            let found = found.split_once('{').map_or(found, |(found, _)| found);
            (found == name).then(|| value.trim().parse::<f64>().ok())?
        });
        values.reduce(|sum, value| sum + value).with_context(|| format!("no {name} among the metrics"))
    }

    /// Joins as a viewer of everything in the room; resolves when its transport is up.
    pub async fn view(&self, plane: &Plane, room: &str, identity: &str, manner: Manner) -> Result<Link> {
        self.join(plane, room, identity, Joins::Views { manner, pictures: None }).await
    }

    /// The same, of so many of the pictures that are published by now and of their sound.
    pub async fn view_some(&self, plane: &Plane, room: &str, identity: &str, pictures: usize) -> Result<Link> {
        let manner = Manner::Attentive { lost_per_mille: 0 };
        self.join(plane, room, identity, Joins::Views { manner, pictures: Some(pictures) }).await
    }

    /// Joins and publishes; resolves when its transport is up.
    pub async fn publish(&self, plane: &Plane, room: &str, identity: &str, packets_per_frame: usize) -> Result<Link> {
        self.join(plane, room, identity, Joins::Publishes { packets_per_frame }).await
    }

    async fn join(&self, plane: &Plane, room: &str, identity: &str, joins: Joins) -> Result<Link> {
        let since = Instant::now();
        let token = self.token(identity, room)?;
        let url = connect_url(&Connect {
            server: &format!("ws://{}", self.address),
            token: &token,
            auto_subscribe: matches!(joins, Joins::Views { pictures: None, .. }),
            ..Connect::default()
        });
        let (mut socket, _) = tokio::time::timeout(WAIT, tokio_tungstenite::connect_async(&url)).await??;
        let local = plane.identity.local();
        let ssrcs = [rand::random::<u32>() | 1, rand::random::<u32>() | 1];
        let cids = [format!("a-{identity}"), format!("v-{identity}")];
        let mut published = 0;
        let subscriber = plane.identity.local();
        loop {
            let message = tokio::time::timeout(WAIT, socket.next()).await?.context("the link was closed")??;
            let Message::Binary(bytes) = message else { continue };
            match Response::decode(&bytes)? {
                Response::Joined { others, .. } if matches!(joins, Joins::Views { pictures: Some(_), .. }) => {
                    let Joins::Views { pictures: Some(pictures), .. } = joins else { continue };
                    let tracks = others.iter().flat_map(|other| &other.tracks);
                    let (sound, shown): (Vec<_>, Vec<_>) = tracks.partition(|track| track.kind == TrackKind::Audio);
                    let chosen = sound.iter().take(pictures).chain(shown.iter().take(pictures));
                    let chosen: Vec<&str> = chosen.map(|track| track.sid.as_str()).collect();
                    let request = Request::Subscription { tracks: &chosen, subscribe: true };
                    socket.send(Message::Binary(request.encode())).await?;
                }
                Response::Joined { .. } if matches!(joins, Joins::Publishes { .. }) => {
                    for (cid, kind, source, codec) in [
                        (&cids[0], TrackKind::Audio, TrackSource::Microphone, "opus"),
                        (&cids[1], TrackKind::Video, TrackSource::Camera, "vp8"),
                    ] {
                        let video = kind == TrackKind::Video;
                        let (width, height) = if video { (640, 360) } else { (0, 0) };
                        let track = Publish {
                            cid,
                            name: "load",
                            kind,
                            source,
                            muted: false,
                            width,
                            height,
                            codec,
                            layers: &[],
                        };
                        socket.send(Message::Binary(Request::AddTrack(track).encode())).await?;
                    }
                }
                Response::TrackPublished { .. } => {
                    published += 1;
                    if published == 2 {
                        let sdp = publish_offer(&local, [&cids[0], &cids[1]], ssrcs, "actpass");
                        socket.send(Message::Binary(Request::Offer { id: 1, sdp: &sdp }.encode())).await?;
                    }
                }
                Response::Answer { sdp, .. } => {
                    let remote = Remote::read(&sdp)?;
                    let Joins::Publishes { packets_per_frame } = joins else { continue };
                    plane.add(local, remote, Role::Publisher { ssrcs, packets_per_frame }, since).await?;
                    break;
                }
                Response::Offer { id, sdp, .. } => {
                    let Joins::Views { manner, .. } = joins else { continue };
                    let answer = accept(&sdp, &subscriber);
                    socket.send(Message::Binary(Request::Answer { id, sdp: &answer }.encode())).await?;
                    plane.add(subscriber.clone(), Remote::read(&sdp)?, Role::Viewer(manner), since).await?;
                    break;
                }
                Response::Leave { reason, .. } => bail!("the server ended the link: {reason}"),
                _ => {}
            }
        }
        // The link stays: later offers are answered, pings are sent, until the value is dropped.
        let learner = plane.learner();
        let task = tokio::spawn(async move {
            let mut ping = tokio::time::interval(Duration::from_secs(5));
            loop {
                let reply = tokio::select! {
                    _ = ping.tick() => Request::Ping { timestamp: 0 }.encode(),
                    message = socket.next() => match message {
                        Some(Ok(Message::Binary(bytes))) => match Response::decode(&bytes) {
                            Ok(Response::Offer { id, sdp, .. }) => {
                                if let Ok(remote) = Remote::read(&sdp) {
                                    learner.learn(&subscriber.ufrag, remote);
                                }
                                Request::Answer { id, sdp: &accept(&sdp, &subscriber) }.encode()
                            }
                            Ok(Response::Leave { reason, .. }) => {
                                eprintln!("the server ended a link: {reason}");
                                return;
                            }
                            _ => continue,
                        },
                        Some(Ok(_)) => continue,
                        _ => return,
                    },
                };
                if socket.send(Message::Binary(reply)).await.is_err() {
                    return;
                }
            }
        });
        Ok(Link(task))
    }
}

/// What a client is there for.
#[derive(Clone, Copy)]
enum Joins {
    Publishes { packets_per_frame: usize },
    Views { manner: Manner, pictures: Option<usize> },
}

/// A link that is kept while the value lives.
pub struct Link(JoinHandle<()>);

impl Drop for Link {
    fn drop(&mut self) {
        self.0.abort();
    }
}
