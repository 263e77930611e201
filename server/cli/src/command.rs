//! The words of the command line.

use clap::{ArgAction, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// 连线 — video command and remote supervision for a district's legal-service centre.
#[derive(Parser)]
#[command(name = "lianxian", version, about)]
pub struct Line {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Run the server: console, REST, link and media. Prints one JSON line on stdout when it is ready.
    Serve {
        /// A TOML file; every key has a default. See docs/reference/configuration.md.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Run a demonstration district with live offices, and print the address and the logins.
    Demo {
        /// Where the demonstration keeps its data; a second run goes on with it.
        #[arg(long, default_value = ".demo")]
        folder: PathBuf,
        #[arg(long, default_value = "0.0.0.0:8443")]
        listen: SocketAddr,
        /// How many simulated offices stream.
        #[arg(long, default_value_t = 6)]
        offices: usize,
    },
    /// Fill an empty database.
    Seed {
        /// With the demonstration district: its devices' tokens go to data_dir/demo-offices.json.
        #[arg(long, required = true, action = ArgAction::SetTrue)]
        demo: bool,
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Publish simulated offices to a server until told to stop.
    Simulate {
        /// The server's address, for example https://localhost:8443.
        #[arg(long)]
        server: String,
        /// A PEM file with the certificate authority to trust, for example data/tls/ca.pem; without it, the machine's.
        #[arg(long)]
        ca: Option<PathBuf>,
        /// A JSON list of devices, as `seed --demo` writes it.
        #[arg(long)]
        offices: PathBuf,
    },
    /// Apply the schema's missing steps, and list all of them.
    Migrate {
        #[arg(long)]
        config: Option<PathBuf>,
        /// Only list them.
        #[arg(long)]
        dry_run: bool,
    },
    /// Check the audit's hash chain from its first row to its last.
    Verify {
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Look over this installation and the line to a server: what is wrong, why, what to do. Fails when something does not work.
    Doctor {
        /// A running server, for example https://lianxian.example:8443, looked at from this machine. Without it: this machine's own.
        #[arg(long)]
        address: Option<String>,
        #[arg(long)]
        config: Option<PathBuf>,
        /// A PEM file with the certificate authority to trust; without it, the machine's (and this installation's own).
        #[arg(long)]
        ca: Option<PathBuf>,
        /// One JSON object instead of sentences.
        #[arg(long)]
        json: bool,
        /// In English.
        #[arg(long)]
        english: bool,
    },
    /// Print the REST contract (OpenAPI 3.1, JSON).
    Openapi,
}
