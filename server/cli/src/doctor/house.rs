//! The machine that the server runs on, or is to run on: folder, disk, database, certificate, ports. Looking changes nothing.

use super::finding::{Finding, both};
use crate::config::Config;
use lianxian_api::certificate_on_disk;
use lianxian_store::{Database, OpenError};
use nix::sys::statvfs::statvfs;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Below the first a server should not be left alone; below the second it stops taking facts.
const DISK_WEAK: u64 = 2 << 30;
const DISK_BAD: u64 = 256 << 20;
/// Days before a certificate's end at which somebody should see to it.
const CERTIFICATE_WEAK_DAYS: i64 = 30;
const ANSWER: Duration = Duration::from_secs(5);

pub struct House {
    pub findings: Vec<Finding>,
    /// Where our server answers on this machine, if it runs.
    pub running: Option<String>,
}

pub async fn look(config: &Config) -> House {
    let running = running(config).await;
    let mut findings = vec![folder(&config.data_dir)];
    findings.extend(disk(&config.data_dir));
    findings.push(database(config).await);
    findings.push(certificate(config));
    findings.push(listen(config.listen, running.is_some()));
    findings.push(media_port(config, running.is_some()));
    House { findings, running }
}

fn folder(path: &Path) -> Finding {
    let shown = path.display();
    if !path.exists() {
        let parent = existing(path);
        let at = parent.display();
        return match try_to_write(parent) {
            Ok(()) => Finding::good(
                "data_dir",
                both!("{shown} 还没有，首次启动时建立", "{shown} is not there yet; the first start makes it"),
            ),
            Err(error) => unwritable(
                &both!("{shown} 还没有，上级 {at} 不能写", "{shown} is not there, and {at} cannot be written"),
                &error,
            ),
        };
    }
    match try_to_write(path) {
        Ok(()) => Finding::good("data_dir", both!("{shown} 可写", "{shown} can be written")),
        Err(error) => unwritable(&both!("{shown} 不能写", "{shown} cannot be written"), &error),
    }
}

fn unwritable(what: &[String; 2], error: &std::io::Error) -> Finding {
    let cure = both!(
        "让运行服务的账户拥有这个目录（chown），或换一个 data_dir；磁盘只读或已满时先处理磁盘",
        "give the folder to the account that runs the server (chown), or choose another data_dir; see to a full or read-only disk first"
    );
    Finding::bad("data_dir", "data_dir_unwritable", what.clone(), both!("{error}", "{error}"), cure)
}

/// The path, or the nearest folder above it that is there.
fn existing(path: &Path) -> &Path {
    let there = path.ancestors().find(|at| at.is_dir());
    there.unwrap_or(Path::new("."))
}

fn try_to_write(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".lianxian-doctor-{}", std::process::id()));
    std::fs::write(&probe, b"x")?;
    std::fs::remove_file(&probe)
}

fn disk(path: &Path) -> Option<Finding> {
    let found = statvfs(existing(path)).ok()?;
    // What an account without privileges may still take.
    let free = (found.blocks_available() as u64).saturating_mul(found.fragment_size() as u64);
    let gib = format!("{:.1}", free as f64 / f64::from(1 << 30));
    let what = both!("剩余 {gib} GiB", "{gib} GiB are free");
    if free >= DISK_WEAK {
        return Some(Finding::good("disk", what));
    }
    let cause = both!(
        "数据目录所在的磁盘快满了；写不进去时不再接受新的操作",
        "the data folder's disk is nearly full; once it is, nothing new is taken"
    );
    let cure = both!("清理或扩容磁盘；旧备份移到别处", "clear or enlarge the disk; move old backups elsewhere");
    let make = if free >= DISK_BAD { Finding::weak } else { Finding::bad };
    Some(make("disk", "disk_low", what, cause, cure))
}

async fn database(config: &Config) -> Finding {
    let url = config.database_url();
    if let Some(path) = url.strip_prefix("sqlite:")
        && !Path::new(path.strip_prefix("//").unwrap_or(path)).exists()
    {
        return Finding::good("database", both!("还没有，首次启动时建立", "not there yet; the first start makes it"));
    }
    match Database::migrations(&url).await {
        Ok(steps) => {
            let (all, missing) = (steps.len(), steps.iter().filter(|step| !step.applied).count());
            if missing == 0 {
                return Finding::good(
                    "database",
                    both!("可用，{all} 步表结构齐全", "good; all {all} steps of the schema are applied"),
                );
            }
            Finding::weak(
                "database",
                "migrations_missing",
                both!("可用，表结构还差 {missing} 步", "good, but {missing} steps of the schema are missing"),
                both!("数据库是旧版本建立的", "an earlier release made it"),
                both!(
                    "启动时自动补上；要先看请运行 lianxian migrate --dry-run",
                    "the next start applies them; lianxian migrate --dry-run lists them"
                ),
            )
        }
        Err(OpenError::Held { holder, .. }) => {
            let number = holder.strip_prefix("process ").unwrap_or(&holder);
            Finding::good(
                "database",
                both!("正由运行中的服务使用（进程 {number}）", "in use by a running server ({holder})"),
            )
        }
        Err(error) => Finding::bad(
            "database",
            "database_unreachable",
            both!("打不开", "it cannot be opened"),
            both!("{error}", "{error}"),
            both!(
                "SQLite：检查文件和目录的属主；PostgreSQL：检查服务是否运行、地址、账号口令和库名",
                "SQLite: see who owns file and folder; PostgreSQL: whether it runs, its address, password and database name"
            ),
        ),
    }
}

fn certificate(config: &Config) -> Finding {
    let facts = match certificate_on_disk(&config.api().tls) {
        Ok(facts) => facts,
        Err(error) => {
            return Finding::bad(
                "certificate",
                "certificate_unusable",
                both!("证书不能用，服务无法启动", "it cannot be used: the server cannot start"),
                both!("{error}", "{error}"),
                both!(
                    "检查 tls.certificate 与 tls.key 是否配对、能否读取；自建的从备份恢复 tls/ 目录",
                    "see whether tls.certificate and tls.key fit each other and can be read; restore tls/ of a self-made one"
                ),
            );
        }
    };
    let Some(facts) = facts else {
        return if config.speaks_tls() {
            Finding::good("certificate", both!("还没有，首次启动时自建", "not there yet; the first start makes one"))
        } else {
            let (what, cause) = (both!("TLS 已关闭", "TLS is off"), both!("tls.mode 是 off", "tls.mode is off"));
            let cure = both!(
                "只在前面另有 TLS 代理时这样用：浏览器不给非 HTTPS 页面摄像头",
                "only for use behind a proxy that speaks TLS: browsers give no camera to a plain page"
            );
            Finding::weak("certificate", "tls_off", what, cause, cure)
        };
    };
    let whose = if config.tls.mode == crate::config::TlsMode::SelfMade {
        both!("自建证书机构", "our own authority")
    } else {
        both!("单位证书", "the given certificate")
    };
    expiry("certificate", facts.until.0, whose)
}

/// How long a certificate that ends at `until` (ms) is still good.
pub fn expiry(topic: &'static str, until: i64, whose: [String; 2]) -> Finding {
    let days = (until - now_ms()).div_euclid(86_400_000);
    let [zh, en] = whose;
    if days >= CERTIFICATE_WEAK_DAYS {
        return Finding::good(topic, both!("{zh}有效，还有 {days} 天", "{en} is valid for {days} more days"));
    }
    let cure = both!(
        "换上新的证书文件（服务会自动读取）；自建的服务器证书重启即更新",
        "put a new certificate in place (the server reads it by itself); a self-made one is renewed by a restart"
    );
    if days >= 0 {
        let what = both!("{zh}只剩 {days} 天", "{en} is valid for {days} more days only");
        return Finding::weak(topic, "certificate_ends", what, both!("证书快到期", "it is about to end"), cure);
    }
    let ago = -days;
    let what = both!("{zh}已过期 {ago} 天", "{en} ended {ago} days ago");
    Finding::bad(
        topic,
        "certificate_ended",
        what,
        both!("浏览器会拒绝打开控制台", "browsers refuse to open the console"),
        cure,
    )
}

pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The address of our server on this machine, if it is the one that answers at its port.
async fn running(config: &Config) -> Option<String> {
    let host = match config.listen.ip() {
        ip if ip.is_unspecified() || ip.is_loopback() => "localhost".to_owned(),
        IpAddr::V6(ip) => format!("[{ip}]"),
        ip => ip.to_string(),
    };
    let scheme = if config.speaks_tls() { "https" } else { "http" };
    let address = format!("{scheme}://{host}:{}", config.listen.port());
    // Any certificate will do: it is asked for nothing but whether it is ours. The line's own look judges the certificate.
    let http = reqwest::Client::builder().timeout(ANSWER).no_proxy().danger_accept_invalid_certs(true).build().ok()?;
    let answer = http.get(format!("{address}/readyz")).send().await.ok()?;
    let told: serde_json::Value = answer.json().await.ok()?;
    (told["media"].is_boolean() && told["store"].is_boolean()).then_some(address)
}

fn listen(address: SocketAddr, running: bool) -> Finding {
    if address.port() == 0 {
        return Finding::skipped("listen", "any_port", both!("端口由系统选择", "the system chooses it"));
    }
    let bound = std::net::TcpListener::bind(address).map(drop);
    port("listen", "listen", &format!("TCP {address}"), bound, running)
}

fn media_port(config: &Config, running: bool) -> Finding {
    let media = config.media(config.listen.port());
    if media.port == 0 {
        return Finding::skipped("media_port", "any_port", both!("端口由系统选择", "the system chooses it"));
    }
    let address = SocketAddr::new(Ipv4Addr::from(media.listen.octets()).into(), media.port);
    let bound = std::net::UdpSocket::bind(address).map(drop);
    port("media_port", "media.port", &format!("UDP {address}"), bound, running)
}

fn port(topic: &'static str, key: &str, shown: &str, bound: std::io::Result<()>, running: bool) -> Finding {
    let error = match bound {
        Ok(()) if running => {
            return Finding::weak(
                topic,
                "port_not_ours",
                both!("{shown} 空着，而服务在运行", "{shown} is free, though a server runs"),
                both!("运行中的服务用的是另一份配置", "the server that runs has another configuration"),
                both!(
                    "用运行时的那份配置再查，或重启服务让新配置生效",
                    "look again with its configuration, or restart the server for this one to hold"
                ),
            );
        }
        Ok(()) => return Finding::good(topic, both!("{shown} 空闲可用", "{shown} is free")),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::AddrInUse if running => {
            Finding::good(topic, both!("{shown} 由运行中的连线使用", "{shown} is in use by Lianxian"))
        }
        ErrorKind::AddrInUse => Finding::bad(
            topic,
            "port_taken",
            both!("{shown} 被占用", "{shown} is taken"),
            both!("别的程序在用这个端口", "another program uses this port"),
            both!("停掉它（ss -lntup 可查），或改配置 {key}", "stop it (ss -lntup finds it), or change {key}"),
        ),
        ErrorKind::PermissionDenied => Finding::bad(
            topic,
            "port_forbidden",
            both!("{shown} 不允许使用", "{shown} may not be used"),
            both!("1024 以下的端口需要特权", "ports below 1024 want a privilege"),
            both!(
                "给服务加 AmbientCapabilities=CAP_NET_BIND_SERVICE，或改配置 {key}",
                "give the service AmbientCapabilities=CAP_NET_BIND_SERVICE, or change {key}"
            ),
        ),
        ErrorKind::AddrNotAvailable => Finding::bad(
            topic,
            "address_absent",
            both!("{shown} 不是本机地址", "{shown} is no address of this machine"),
            both!("配置里的地址不在任何网卡上", "no interface has this address"),
            both!("改配置 {key}；0.0.0.0 表示全部网卡", "change {key}; 0.0.0.0 means every interface"),
        ),
        _ => Finding::bad(
            topic,
            "port_unusable",
            both!("{shown} 不能用", "{shown} cannot be used"),
            both!("{error}", "{error}"),
            both!("改配置 {key}", "change {key}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_port_is_free_ours_or_somebody_elses() {
        let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = holder.local_addr().unwrap();
        assert_eq!(listen(address, false).code, "port_taken");
        assert_eq!(listen(address, true).verdict, Verdict::Good);
        drop(holder);
        assert_eq!(listen(address, false).verdict, Verdict::Good);
        assert_eq!(listen(address, true).code, "port_not_ours");
        assert_eq!(listen("203.0.113.9:8443".parse().unwrap(), false).code, "address_absent");
        assert_eq!(listen("0.0.0.0:0".parse().unwrap(), false).verdict, Verdict::Skipped);
    }

    #[test]
    fn certificates_end() {
        let at = |days: i64| expiry("certificate", now_ms() + days * 86_400_000 + 60_000, both!("证书", "it"));
        assert_eq!(at(90).verdict, Verdict::Good);
        assert_eq!((at(29).verdict, at(29).code), (Verdict::Weak, "certificate_ends"));
        assert_eq!((at(-3).verdict, at(-3).code), (Verdict::Bad, "certificate_ended"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_judged_by_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(self::folder(&folder.path().join("a/b")).verdict, Verdict::Good);
        assert!(!folder.path().join("a").exists(), "looking makes nothing");
        // A file where a folder should be.
        std::fs::write(folder.path().join("f"), "").unwrap();
        assert_eq!(self::folder(&folder.path().join("f")).code, "data_dir_unwritable");
    }
}
