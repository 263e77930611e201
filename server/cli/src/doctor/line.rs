//! The line to a running server, seen from this machine: HTTPS, signalling, clocks, media over UDP and over TCP.

use super::finding::{Finding, both};
use super::house::{expiry, now_ms};
use super::probe::{self, Peer};
use super::trust::Witness;
use futures::{SinkExt as _, StreamExt as _};
use lianxian_api::certificate_facts;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_tungstenite::Connector;
use tokio_tungstenite::tungstenite::Message;

/// For one answer.
const PATIENCE: Duration = Duration::from_secs(8);
const ROUNDS: usize = 5;
/// Clocks further apart make the times of a record contradict each other.
const CLOCK_WEAK_MS: i64 = 2_000;

pub async fn look(address: &str, ca: Option<&Path>) -> Vec<Finding> {
    let told = |error: String| vec![unreachable(address, &error)];
    if !address.starts_with("https://") && !address.starts_with("http://") {
        return told(format!("{address:?} is no address such as https://host:8443"));
    }
    let witness = match Witness::new(ca) {
        Ok(witness) => witness,
        Err(error) => return told(error),
    };
    let Ok(tls) = witness.client() else { return told("no TLS".into()) };
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().use_preconfigured_tls(tls.clone()).build();
    let http = match client {
        Ok(http) => http,
        Err(error) => return told(chain(&error)),
    };
    let mut findings = Vec::new();
    match http.get(format!("{address}/readyz")).send().await {
        Err(error) => return told(chain(&error)),
        Ok(answer) => {
            findings.push(https(address, &witness));
            findings.push(server(answer.status().as_u16(), answer.json().await.unwrap_or_default()));
        }
    }
    findings.extend(link(address, &tls).await);
    findings.extend(media(address, &http).await);
    findings
}

fn unreachable(address: &str, error: &str) -> Finding {
    Finding::bad(
        "https",
        "unreachable",
        both!("到不了 {address}", "{address} cannot be reached"),
        both!("{error}", "{error}"),
        both!(
            "检查地址和端口、网线和网络；服务器上看服务是否运行（systemctl status lianxian），防火墙是否放行控制台端口",
            "see to the address, the cable and the network; on the server, whether it runs (systemctl status lianxian) and its firewall lets the console's port through"
        ),
    )
}

fn https(address: &str, witness: &Arc<Witness>) -> Finding {
    let Some(shown) = witness.shown() else {
        return Finding::weak(
            "https",
            "tls_off",
            both!("{address} 可达，但不是 HTTPS", "{address} answers, without TLS"),
            both!("地址以 http:// 开头", "the address begins with http://"),
            both!(
                "浏览器不给非 HTTPS 页面摄像头：请用 https:// 地址",
                "browsers give no camera to a plain page: use the https:// address"
            ),
        );
    };
    let Some(facts) = certificate_facts(&shown.der) else {
        return unreachable(address, "the certificate cannot be read");
    };
    let names = facts.names.join(" ");
    match shown.refusal {
        None => expiry(
            "https",
            facts.until.0,
            both!("{address} 可达；证书受信任且", "{address} answers; its certificate is trusted and"),
        ),
        Some(_) if facts.until.0 < now_ms() => expiry("https", facts.until.0, both!("证书", "its certificate")),
        Some(refusal) => Finding::weak(
            "https",
            "certificate_untrusted",
            both!(
                "{address} 可达，但本机不信任它的证书",
                "{address} answers, but this machine does not trust its certificate"
            ),
            both!("{refusal}；证书上的名字：{names}", "{refusal}; the names on it: {names}"),
            both!(
                "把服务器的 {address}/ca.pem 装到本机（或用 --ca 指定）；地址不在证书的名字里时，把它加进配置 tls.names",
                "install {address}/ca.pem on this machine (or name it with --ca); if the address is none of the names, add it to tls.names"
            ),
        ),
    }
}

fn server(status: u16, told: serde_json::Value) -> Finding {
    match (told["store"].as_bool(), told["media"].as_bool()) {
        (Some(true), Some(true)) => {
            Finding::good("server", both!("数据库和媒体服务都在工作", "database and media are at work"))
        }
        (Some(store), Some(media)) => Finding::bad(
            "server",
            "not_ready",
            both!("服务没有就绪", "the server is not ready"),
            {
                let zh = |works: bool| if works { "正常" } else { "不可用" };
                let en = |works: bool| if works { "works" } else { "does not" };
                [
                    format!("数据库{}，媒体服务{}", zh(store), zh(media)),
                    format!("database {}, media {}", en(store), en(media)),
                ]
            },
            both!(
                "在服务器上查看日志，再运行 lianxian doctor --config …",
                "read the log on the server, and run lianxian doctor --config … there"
            ),
        ),
        _ => Finding::bad(
            "server",
            "not_lianxian",
            both!("应答的不是连线（HTTP {status}）", "whatever answers is no Lianxian (HTTP {status})"),
            both!(
                "端口上是别的程序，或中间的代理代为应答",
                "another program has the port, or a proxy answers in its place"
            ),
            both!(
                "检查地址和端口；让本服务器的地址不经代理",
                "see to address and port; let this address pass by the proxy"
            ),
        ),
    }
}

#[derive(Deserialize)]
struct Echo {
    now_ms: i64,
}

/// (length of a round in ms, how far our clock is ahead of the server's in ms)
type Talk = (u128, i64);

async fn link(address: &str, tls: &rustls::ClientConfig) -> Vec<Finding> {
    let url = format!("{}/rtc/check", address.replacen("http", "ws", 1));
    let mut tls = tls.clone();
    // A WebSocket as browsers open it begins as HTTP/1.1.
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    let talk = async {
        let connector = Some(Connector::Rustls(Arc::new(tls)));
        let connecting = tokio_tungstenite::connect_async_tls_with_config(url, None, true, connector).await;
        let (mut socket, _) = connecting.map_err(|error| error.to_string())?;
        let mut best: Option<Talk> = None;
        for round in 0..ROUNDS {
            let (sent, began) = (now_ms(), Instant::now());
            socket.send(Message::text(round.to_string())).await.map_err(|error| error.to_string())?;
            let answer = socket.next().await.ok_or("closed")?.map_err(|error| error.to_string())?;
            let took = began.elapsed().as_millis();
            let echo: Echo = serde_json::from_str(answer.to_text().unwrap_or_default()).map_err(|e| e.to_string())?;
            let offset = sent + i64::try_from(took / 2).unwrap_or(0) - echo.now_ms;
            if best.is_none_or(|(quickest, _)| took < quickest) {
                best = Some((took, offset));
            }
        }
        let _ = socket.close(None).await;
        best.ok_or_else(|| "silent".to_owned())
    };
    match tokio::time::timeout(PATIENCE, talk).await.unwrap_or_else(|_| Err("no answer in time".into())) {
        Ok((round, offset)) => {
            vec![
                Finding::good(
                    "link",
                    both!("WebSocket 通，往返 {round} 毫秒", "a WebSocket opens; a round takes {round} ms"),
                ),
                clock(offset),
            ]
        }
        Err(error) => vec![Finding::bad(
            "link",
            "no_websocket",
            both!("HTTPS 通，但信令（WebSocket）不通", "HTTPS passes, but no WebSocket does"),
            both!(
                "多半是代理或网关不放行 WebSocket：{error}",
                "a proxy or gateway lets none through, as a rule: {error}"
            ),
            both!(
                "请网络管理员对本服务器放行 WebSocket 升级（Upgrade: websocket），或不经代理",
                "have WebSocket upgrades to this server let through, or let it pass by the proxy"
            ),
        )],
    }
}

fn clock(offset: i64) -> Finding {
    let apart = offset.abs();
    if apart <= CLOCK_WEAK_MS {
        return Finding::good("clock", both!("与服务器相差 {apart} 毫秒", "{apart} ms from the server's"));
    }
    let (zh, en) = if offset > 0 { ("快", "ahead of") } else { ("慢", "behind") };
    let seconds = format!("{:.1}", apart as f64 / 1000.0);
    Finding::weak(
        "clock",
        "clock_apart",
        both!("比服务器{zh} {seconds} 秒", "{seconds} s {en} the server's"),
        both!("本机或服务器没有对时", "this machine or the server does not keep its time"),
        both!(
            "两边都打开自动对时（NTP）；记录以服务器时间为准",
            "switch on NTP on both; records go by the server's time"
        ),
    )
}

async fn media(address: &str, http: &reqwest::Client) -> Vec<Finding> {
    let ufrag = hex::encode(rand::random::<[u8; 4]>());
    let peer = match open_peer(address, http, &ufrag).await {
        Ok(peer) => peer,
        Err(error) => {
            return vec![Finding::bad(
                "udp",
                "no_peer",
                both!("没有查成：服务器没有给出可连接的检查点", "not checked: the server gave no peer to reach"),
                both!("{error}", "{error}"),
                both!(
                    "过一分钟再试；服务器版本太旧时先升级",
                    "try again in a minute; an old server has to be upgraded first"
                ),
            )];
        }
    };
    let (udp, tcp) = tokio::join!(probe::over_udp(&peer, &ufrag), probe::over_tcp(&peer, &ufrag));
    ways(&peer, udp, tcp)
}

#[derive(Deserialize)]
struct Opened {
    sdp: String,
}

async fn open_peer(address: &str, http: &reqwest::Client, ufrag: &str) -> Result<Peer, String> {
    let offer = serde_json::json!({ "sdp": probe::offer(ufrag) });
    let answer = http.post(format!("{address}/api/v1/checks/peers")).json(&offer).send().await;
    let answer = answer.map_err(|error| chain(&error))?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("HTTP {status}"));
    }
    let opened: Opened = answer.json().await.map_err(|error| chain(&error))?;
    probe::read_answer(&opened.sdp).ok_or_else(|| "its answer names no peer".to_owned())
}

/// What the two ways say together: one that is shut weighs as much as the other leaves.
fn ways(peer: &Peer, udp: Option<SocketAddr>, tcp: Option<SocketAddr>) -> Vec<Finding> {
    let list = |addresses: &[SocketAddr]| addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(" ");
    let (all_udp, all_tcp) = (list(&peer.udp), list(&peer.tcp));
    let ports: std::collections::BTreeSet<u16> = peer.udp.iter().map(SocketAddr::port).collect();
    let ports = ports.iter().map(u16::to_string).collect::<Vec<_>>().join("、");
    let neither = || {
        both!(
            "两条路都不通，看不了画面；也可能配置 media.addresses 不是这里能到达的地址（{all_udp}）",
            "both ways are shut, no picture will come; or media.addresses are none that can be reached from here ({all_udp})"
        )
    };
    let open_udp = both!(
        "请网络管理员放行到服务器的 UDP {ports}（来回都要）；云主机还要看安全组",
        "have UDP {ports} to the server let through, both ways; on a hosted machine see to its security group too"
    );
    let first = match (udp, tcp) {
        (Some(address), _) => Finding::good("udp", both!("{address} 通", "{address} answers")),
        (None, _) if peer.udp.is_empty() => Finding::bad(
            "udp",
            "not_offered",
            both!("服务器没有给出 UDP 地址", "the server names no UDP address"),
            both!("服务器找不到自己的网卡地址", "it finds no address of its own"),
            both!("在配置里写明 media.addresses", "set media.addresses"),
        ),
        (None, Some(way)) => {
            let tcp_port = way.port();
            Finding::weak(
                "udp",
                "udp_blocked",
                both!("UDP 被挡：{all_udp} 没有应答", "UDP is blocked: {all_udp} does not answer"),
                both!(
                    "防火墙挡住了 UDP 端口 {ports}；画面改走 TCP 端口 {tcp_port}，能看，网络差时更容易卡",
                    "a firewall blocks UDP port {ports}; pictures go over TCP port {tcp_port}: they come, but stall more easily on a poor line"
                ),
                open_udp,
            )
        }
        (None, None) => Finding::bad(
            "udp",
            "media_blocked",
            both!("UDP 被挡：{all_udp} 没有应答", "UDP is blocked: {all_udp} does not answer"),
            neither(),
            open_udp,
        ),
    };
    let exempt = both!(
        "多半是代理在检查 HTTPS 内容：请对本服务器免检；防火墙转发端口时核对 media.tcp_port",
        "a proxy that looks into HTTPS, as a rule: exempt this server; where a firewall forwards the port, see to media.tcp_port"
    );
    let second = match (tcp, udp) {
        (Some(address), _) => Finding::good(
            "tcp",
            both!("{address} 通（与控制台同一个端口）", "{address} answers (the console's own port)"),
        ),
        (None, _) if peer.tcp.is_empty() => Finding::skipped(
            "tcp",
            "not_offered",
            both!("服务器没有开（media.tcp_port = 0）", "the server offers none (media.tcp_port = 0)"),
        ),
        (None, Some(_)) => Finding::weak(
            "tcp",
            "tcp_blocked",
            both!("{all_tcp} 不通", "{all_tcp} does not answer"),
            both!(
                "UDP 能用，现在不影响；UDP 万一被挡就没有后路",
                "UDP works, nothing suffers for now; but there is no second way"
            ),
            exempt,
        ),
        (None, None) => Finding::bad(
            "tcp",
            "media_blocked",
            both!("{all_tcp} 不通", "{all_tcp} does not answer"),
            neither(),
            exempt,
        ),
    };
    vec![first, second]
}

/// An error with what is behind it: the outermost says next to nothing.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;
    use lianxian_sfu::transport::Credentials;

    #[test]
    fn what_is_shut_is_named_with_what_is_left() {
        let (udp, tcp): (SocketAddr, SocketAddr) = ("10.1.2.3:8444".parse().unwrap(), "10.1.2.3:443".parse().unwrap());
        let remote = Credentials { ufrag: "a".into(), pwd: "b".into() };
        let peer = Peer { remote, udp: vec![udp], tcp: vec![tcp] };
        let codes = |udp, tcp| ways(&peer, udp, tcp).into_iter().map(|f| (f.verdict, f.code)).collect::<Vec<_>>();
        assert_eq!(codes(Some(udp), Some(tcp)), [(Verdict::Good, ""), (Verdict::Good, "")]);
        assert_eq!(codes(None, Some(tcp)), [(Verdict::Weak, "udp_blocked"), (Verdict::Good, "")]);
        assert_eq!(codes(Some(udp), None), [(Verdict::Good, ""), (Verdict::Weak, "tcp_blocked")]);
        assert_eq!(codes(None, None), [(Verdict::Bad, "media_blocked"), (Verdict::Bad, "media_blocked")]);
        let [blocked, _] = &ways(&peer, None, Some(tcp))[..] else { panic!("two ways") };
        let cause = blocked.cause.as_ref().unwrap();
        assert!(cause[0].contains("UDP 端口 8444") && cause[0].contains("TCP 端口 443"), "{cause:?}");
    }

    #[test]
    fn clocks_are_told_apart() {
        assert_eq!(clock(-900).verdict, Verdict::Good);
        assert!(clock(61_000).what[0].contains("快 61.0 秒") && clock(-3_000).what[1].contains("3.0 s behind"));
    }
}
