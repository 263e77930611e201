//! A process under measurement: started, watched through /proc, ended with the value.

use anyhow::{Context as _, Result, bail};
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const READY: Duration = Duration::from_secs(30);
const KEPT_LINES: usize = 30;

pub struct Process {
    child: Child,
    pid: u32,
}

impl Process {
    /// Starts it and waits for the first line (of either stream) that `is_ready` accepts.
    pub async fn start(
        program: &OsStr,
        arguments: &[&OsStr],
        is_ready: impl Fn(&str) -> bool,
    ) -> Result<(Self, String)> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let pid = child.id().context("the process ended at once")?;
        let said = Arc::new(Mutex::new(VecDeque::new()));
        let (tell, mut lines) = tokio::sync::mpsc::unbounded_channel();
        let streams: [Box<dyn tokio::io::AsyncRead + Send + Unpin>; 2] =
            [Box::new(child.stdout.take().context("no stdout")?), Box::new(child.stderr.take().context("no stderr")?)];
        for stream in streams {
            let (tell, said) = (tell.clone(), said.clone());
            tokio::spawn(async move {
                let mut reader = BufReader::new(stream).lines();
                while let Ok(Some(line)) = reader.next_line().await {
                    if let Ok(mut said) = said.lock() {
                        said.push_back(line.clone());
                        if said.len() > KEPT_LINES {
                            said.pop_front();
                        }
                    }
                    let _ = tell.send(line);
                }
            });
        }
        drop(tell);
        let found = tokio::time::timeout(READY, async {
            while let Some(line) = lines.recv().await {
                if is_ready(&line) {
                    return Some(line);
                }
            }
            None
        });
        match found.await {
            Ok(Some(line)) => Ok((Self { child, pid }, line)),
            _ => {
                let said = said.lock().map(|s| s.iter().cloned().collect::<Vec<_>>().join("\n")).unwrap_or_default();
                bail!("{} did not get ready:\n{said}", program.display())
            }
        }
    }

    /// User and system time of the whole process so far.
    pub fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        // The name in parentheses may hold anything: the numbers come after the last one. utime and stime are fields 14 and 15.
        let after = stat.rsplit_once(") ").context("/proc stat")?.1;
        let ticks: u64 = after.split_whitespace().skip(11).take(2).map(|t| t.parse::<u64>().unwrap_or(0)).sum();
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Resident memory in bytes.
    pub fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("/proc status")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kib * 1024)
    }

    pub async fn stop(mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}
