//! A private PostgreSQL cluster in a temporary folder: started once for the test process, gone with it however it ends.
//!
//! A shell keeps it: it starts the server, says so, waits on its standard input, and stops and removes everything when
//! that closes, which the system does for us when this process ends, also when it is killed.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

pub struct Cluster {
    folder: PathBuf,
    /// Its standard input is what keeps the cluster.
    _keeper: Child,
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// The cluster of this process.
pub fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(Cluster::start)
}

const KEEP: &str = r#"
set -eu
bin=$1 folder=$2
cd "$folder"
"$bin/initdb" -D data -U lianxian -A trust -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions >initdb.log 2>&1 ||
  { cat initdb.log >&2; rm -rf "$folder"; exit 1; }
cat >>data/postgresql.conf <<CONF
listen_addresses = ''
unix_socket_directories = '$folder'
fsync = off
full_page_writes = off
autovacuum = off
max_connections = 200
shared_buffers = 32MB
wal_level = minimal
max_wal_senders = 0
CONF
"$bin/postgres" -D data >server.log 2>&1 </dev/null &
server=$!
until "$bin/pg_isready" -q -h "$folder"; do
  kill -0 $server 2>/dev/null || { cat server.log >&2; rm -rf "$folder"; exit 1; }
  sleep 0.05
done
echo ready
read -r _ || true
kill -QUIT $server 2>/dev/null || true
wait $server || true
rm -rf "$folder"
"#;

impl Cluster {
    fn start() -> Self {
        let bin = binaries();
        // Short: a socket's path has at most 107 bytes.
        let folder = tempfile::Builder::new().prefix("lxpg-").tempdir_in("/tmp").unwrap().keep();
        let mut command = match postgres_user() {
            None => Command::new("sh"),
            Some((user, group)) => {
                // PostgreSQL refuses to run as root.
                chown(&folder, Some(user), Some(group)).unwrap();
                let mut command = Command::new("setpriv");
                command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]);
                command.arg("sh");
                command
            }
        };
        let mut keeper = command
            .args(["-c", KEEP, "sh"])
            .args([&bin, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut said).unwrap();
        if said.trim() != "ready" {
            let mut why = String::new();
            keeper.stderr.take().unwrap().read_to_string(&mut why).unwrap();
            panic!("no PostgreSQL cluster in {}: {why}", folder.display());
        }
        Self { folder, _keeper: keeper }
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://lianxian@localhost/{database}?host={}", self.folder.display())
    }
}

/// Debian's newest, or what the path has.
fn binaries() -> PathBuf {
    let version = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()).unwrap_or(0);
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    if let Some(newest) = installed.filter(|path| path.join("bin/initdb").exists()).max_by_key(|path| version(path)) {
        return newest.join("bin");
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| folder.join("initdb").exists())
        .expect("these tests need PostgreSQL: run .ci/setup test")
}

/// The user and group to run it as; none: as ourselves.
fn postgres_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let fields = ["postgres:", "nobody:"].iter().find_map(|name| users.lines().find(|line| line.starts_with(name)));
    let fields: Vec<&str> = fields.expect("a user `postgres` or `nobody`").split(':').collect();
    Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
}
