//! `lianxian-load bench`: the speed table, everything side by side in one run; `soak`: a wall for a long time. Only addresses of this host are ever sent to.

mod floor;
mod janus;
mod lianxian;
mod plane;
mod process;
mod report;
mod scenario;
mod session;
mod source;
mod transport;
mod viewer;

use anyhow::Result;
use clap::Parser;
use std::path::PathBuf;

#[derive(Parser)]
enum Command {
    /// Measures the server beside the kernel's floor and, where it is installed, Janus.
    Bench {
        /// The server's binary.
        #[arg(long, default_value = "target/release/lianxian")]
        server: PathBuf,
        #[arg(long, default_value = "target/bench.json")]
        out: PathBuf,
        /// How many viewers of one publisher, in turn.
        #[arg(long, value_delimiter = ',', default_value = "50,100,200,500,1000")]
        viewers: Vec<usize>,
        /// Seconds that each case is measured.
        #[arg(long, default_value_t = 8)]
        seconds: u64,
    },
    /// A second core alone.
    Cores {
        #[arg(long, default_value = "target/release/lianxian")]
        server: PathBuf,
        #[arg(long, default_value_t = 8)]
        seconds: u64,
    },
    /// Janus alone, to look after it.
    Janus {
        #[arg(long, default_value_t = 200)]
        viewers: usize,
        #[arg(long, default_value_t = 8)]
        seconds: u64,
    },
    /// A wall for a long time.
    Soak {
        #[arg(long, default_value = "target/release/lianxian")]
        server: PathBuf,
        #[arg(long, default_value = "target/soak.json")]
        out: PathBuf,
        /// How long, after a first minute that does not count.
        #[arg(long, default_value_t = 10)]
        minutes: u64,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    match Command::parse() {
        Command::Bench { server, out, viewers, seconds } => {
            let mut figures = scenario::run(&server, &viewers, std::time::Duration::from_secs(seconds)).await?;
            figures.take_left(out.parent().unwrap_or(std::path::Path::new(".")))?;
            figures.write(&out)
        }
        Command::Cores { server, seconds } => {
            scenario::cores_alone(&server, std::time::Duration::from_secs(seconds)).await
        }
        Command::Janus { viewers, seconds } => {
            scenario::janus_alone(viewers, std::time::Duration::from_secs(seconds)).await
        }
        Command::Soak { server, out, minutes } => scenario::soak(&server, minutes).await?.write(&out),
    }
}
