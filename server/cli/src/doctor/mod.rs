//! `lianxian doctor`: looks the installation over, and the line to a running server, and says in plain words what is wrong, why,
//! and what to do.

mod finding;
mod house;
mod line;
mod probe;
mod trust;

use crate::config;
use crate::failure::Failure;
use finding::{Verdict, say};
use house::House;
use std::path::{Path, PathBuf};

/// What the command line asks for.
pub struct Ask {
    /// Of a running server. Without it: this machine, and the server that runs on it.
    pub address: Option<String>,
    pub config: Option<PathBuf>,
    /// A PEM file with the certificate authority to trust.
    pub ca: Option<PathBuf>,
    pub json: bool,
    pub english: bool,
}

pub async fn run(ask: Ask) -> Result<(), Failure> {
    let mut findings = Vec::new();
    // With an address alone the machine is somebody's at an office: it has no installation to look over.
    if ask.address.is_none() || ask.config.is_some() {
        match config::load(ask.config.as_deref()) {
            Ok(config) => {
                findings.push(finding::config(ask.config.as_deref()));
                let House { findings: found, running } = house::look(&config).await;
                findings.extend(found);
                if let (None, Some(address)) = (&ask.address, running) {
                    let own = config.data_dir.join("tls").join("ca.pem");
                    let ca = ask.ca.clone().or_else(|| own.exists().then_some(own));
                    findings.extend(line::look(&address, ca.as_deref()).await);
                }
            }
            Err(error) => findings.push(finding::bad_config(&error.to_string())),
        }
    }
    if let Some(address) = &ask.address {
        findings.extend(line::look(address.trim_end_matches('/'), ask.ca.as_deref().map(Path::new)).await);
    }
    if ask.json {
        println!("{}", finding::json(&findings));
    } else {
        print!("{}", say(&findings, ask.english));
    }
    let bad = findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count();
    if bad == 0 { Ok(()) } else { Err(Failure::Unwell { bad }) }
}
