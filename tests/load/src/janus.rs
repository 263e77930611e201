//! The peer: Janus's video room (Debian's package), driven over its WebSocket interface by the same light clients.

use crate::plane::{Plane, Role};
use crate::process::Process;
use crate::session::{Local, Remote, accept, publish_offer};
use crate::source::PACKETS_PER_FRAME;
use crate::viewer::Manner;
use anyhow::{Context as _, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};

const BINARY: &str = "/usr/bin/janus";
const PLUGINS: &str = "/usr/lib/x86_64-linux-gnu/janus";
const WAIT: Duration = Duration::from_secs(20);
const ROOM: u64 = 1234;
const VIEW_ATTEMPTS: usize = 3;
const NO_SUCH_FEED: &str = "\"error_code\":428";

/// Janus gathers no candidate on a loopback device: tests/network/one-host has this one beside it.
const INTERFACE: &str = "bench0";
/// Of that interface.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 203, 1, 1);

pub fn is_installed() -> bool {
    let interface = Path::new("/sys/class/net").join(INTERFACE);
    [Path::new(BINARY), Path::new(PLUGINS), &interface].iter().all(|path| path.exists())
}

pub struct Janus {
    pub process: Process,
    control: Control,
    session: u64,
    _folder: tempfile::TempDir,
}

struct Control {
    socket: tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>,
    transaction: u64,
}

impl Control {
    /// Sends a request and waits for the answer that `accept` finds; keeps the session alive by its own traffic.
    async fn ask(&mut self, mut request: Value, accept: impl Fn(&Value) -> bool) -> Result<Value> {
        self.transaction += 1;
        let transaction = self.transaction.to_string();
        request["transaction"] = json!(transaction);
        self.socket.send(Message::text(request.to_string())).await?;
        loop {
            let message =
                tokio::time::timeout(WAIT, self.socket.next()).await?.context("Janus closed the socket")??;
            let Message::Text(text) = message else { continue };
            let said: Value = serde_json::from_str(&text)?;
            if said["janus"] == "error" {
                bail!("Janus: {said}");
            }
            if said["transaction"] == transaction.as_str() && accept(&said) {
                return Ok(said);
            }
        }
    }
}

impl Janus {
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text);
        // Of ECDSA, as browsers and our server have: Debian's own is of RSA, and its handshake would cost more.
        let identity = rcgen::generate_simple_self_signed(vec!["janus".to_owned()])?;
        write("cert.pem", identity.cert.pem())?;
        write("key.pem", identity.signing_key.serialize_pem())?;
        let place = folder.path().display();
        write(
            "janus.jcfg",
            format!(
                "general: {{ plugins_folder = \"{PLUGINS}/plugins\"\n transports_folder = \"{PLUGINS}/transports\"\n \
                 events_folder = \"{PLUGINS}/events\"\n loggers_folder = \"{PLUGINS}/loggers\"\n debug_level = 4\n event_loops = 2 }}\n\
                 nat: {{ ice_enforce_list = \"{INTERFACE}\" }}\n\
                 certificates: {{ cert_pem = \"{place}/cert.pem\"\n cert_key = \"{place}/key.pem\" }}\n\
                 media: {{ }}\n\
                 transports: {{ disable = \"libjanus_http.so,libjanus_mqtt.so,libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_nanomsg.so\" }}\n\
                 plugins: {{ disable = \"libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so\" }}\n"
            ),
        )?;
        write(
            "janus.transport.websockets.jcfg",
            format!(
                "general: {{ ws = true\n ws_port = {port}\n ws_ip = \"127.0.0.1\"\n json = \"plain\" }}\nadmin: {{ }}\n"
            ),
        )?;
        write(
            "janus.plugin.videoroom.jcfg",
            format!(
                "room-{ROOM}: {{ publishers = 20\n bitrate = 4000000\n videocodec = \"vp8\"\n audiocodec = \"opus\"\n audiolevel_event = false }}\n"
            ),
        )?;
        let words = ["-F".as_ref(), folder.path().as_os_str(), "-o".as_ref()];
        let ready = |line: &str| {
            line.to_lowercase().contains("websockets server started")
                || line.contains("WebSockets transport plugin created")
                || line.contains("Using nice")
        };
        let (process, _) = Process::start(BINARY.as_ref(), &words[..2], ready).await?;
        let mut request = format!("ws://127.0.0.1:{port}").into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", "janus-protocol".parse()?);
        let socket = connect_soon(request).await?;
        let mut control = Control { socket, transaction: 0 };
        let created = control.ask(json!({ "janus": "create" }), |said| said["janus"] == "success").await?;
        let session = created["data"]["id"].as_u64().context("no session")?;
        Ok(Self { process, control, session, _folder: folder })
    }

    async fn attach(&mut self) -> Result<u64> {
        let request = json!({ "janus": "attach", "session_id": self.session, "plugin": "janus.plugin.videoroom" });
        let attached = self.control.ask(request, |said| said["janus"] == "success").await?;
        attached["data"]["id"].as_u64().context("no handle")
    }

    async fn message(&mut self, handle: u64, body: Value, jsep: Option<(&str, &str)>) -> Result<Value> {
        let mut request = json!({ "janus": "message", "session_id": self.session, "handle_id": handle, "body": body });
        if let Some((kind, sdp)) = jsep {
            request["jsep"] = json!({ "type": kind, "sdp": sdp });
        }
        let said = self.control.ask(request, |said| said["janus"] == "event").await?;
        let data = &said["plugindata"]["data"];
        if !data["error"].is_null() {
            bail!("Janus: {data}");
        }
        Ok(said)
    }

    /// Publishes one source; tells its feed.
    pub async fn publish(&mut self, plane: &Plane) -> Result<u64> {
        let since = Instant::now();
        let handle = self.attach().await?;
        let joined =
            self.message(handle, json!({ "request": "join", "ptype": "publisher", "room": ROOM }), None).await?;
        let feed = joined["plugindata"]["data"]["id"].as_u64().context("no feed")?;
        let local = Local { address: Some(free_address()?), ..plane.identity.local() };
        let ssrcs = [rand::random::<u32>() | 1, rand::random::<u32>() | 1];
        // Offered as active: Janus is the DTLS server, as ours is.
        let offer = publish_offer(&local, ["audio", "video"], ssrcs, "active");
        let body = json!({ "request": "publish", "audiocodec": "opus", "videocodec": "vp8" });
        let answered = self.message(handle, body, Some(("offer", &offer))).await?;
        let sdp = answered["jsep"]["sdp"].as_str().context("no answer")?;
        plane
            .add(local, Remote::read(sdp)?, Role::Publisher { ssrcs, packets_per_frame: PACKETS_PER_FRAME }, since)
            .await?;
        Ok(feed)
    }

    /// Under full load a flight of a handshake may be lost, and the client does not always send it again: then another tries.
    pub async fn view(&mut self, plane: &Plane, feed: u64) -> Result<()> {
        for _ in 1..VIEW_ATTEMPTS {
            match self.view_once(plane, feed).await {
                Ok(()) => return Ok(()),
                Err(error) => eprintln!("a viewer of Janus did not come up, another tries: {error:#}"),
            }
        }
        self.view_once(plane, feed).await
    }

    async fn view_once(&mut self, plane: &Plane, feed: u64) -> Result<()> {
        let since = Instant::now();
        let handle = self.attach().await?;
        let body = json!({ "request": "join", "ptype": "subscriber", "room": ROOM, "streams": [{ "feed": feed }] });
        let offered = self.join_soon(handle, body).await?;
        let sdp = offered["jsep"]["sdp"].as_str().context("no offer")?;
        let local = Local { address: Some(free_address()?), ..plane.identity.local() };
        let answer = accept(sdp, &local);
        let remote = Remote::read(sdp)?;
        self.message(handle, json!({ "request": "start" }), Some(("answer", &answer))).await?;
        plane.add(local, remote, Role::Viewer(Manner::Attentive { lost_per_mille: 0 }), since).await
    }

    /// A feed is there a moment after its publisher's handshake has ended on our side.
    async fn join_soon(&mut self, handle: u64, body: Value) -> Result<Value> {
        let end = Instant::now() + WAIT;
        loop {
            match self.message(handle, body.clone(), None).await {
                Err(error) if Instant::now() < end && error.to_string().contains(NO_SUCH_FEED) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Nothing ends a session sooner than silence: to be sent at least once a minute.
    pub async fn keep_alive(&mut self) -> Result<()> {
        let request = json!({ "janus": "keepalive", "session_id": self.session });
        self.control.ask(request, |said| said["janus"] == "ack").await.map(drop)
    }
}

/// A candidate of ours: Janus, which checks by itself, is told where to.
fn free_address() -> Result<SocketAddr> {
    let any = SocketAddr::new(ADDRESS.into(), 0);
    Ok(UdpSocket::bind(any).context("tests/network/one-host has the address")?.local_addr()?)
}

async fn connect_soon(
    request: tokio_tungstenite::tungstenite::handshake::client::Request,
) -> Result<tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>> {
    let end = Instant::now() + WAIT;
    loop {
        match tokio_tungstenite::connect_async(request.clone()).await {
            Ok((socket, _)) => return Ok(socket),
            Err(error) if Instant::now() > end => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
