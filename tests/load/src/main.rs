//! `lianxian-load bench`: the speed table, everything side by side in one run. Only loopback addresses are ever sent to.

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
        #[arg(long, value_delimiter = ',', default_value = "50,100,200,500")]
        viewers: Vec<usize>,
        /// Seconds that each case is measured.
        #[arg(long, default_value_t = 8)]
        seconds: u64,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let Command::Bench { server, out, viewers, seconds } = Command::parse();
    let figures = scenario::run(&server, &viewers, std::time::Duration::from_secs(seconds)).await?;
    let beside = out.with_file_name("bench-first-frame.json");
    figures.write(&out, &beside)
}
