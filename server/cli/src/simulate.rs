//! `lianxian simulate`: offices that stream to a server, this one's or another's.

use crate::config::Log;
use crate::failure::Failure;
use crate::{help_keys, logging, signal};
use lianxian_simulator::{Device, Offices};
use std::path::Path;

pub async fn run(server: &str, ca: Option<&Path>, offices: &Path) -> Result<(), Failure> {
    logging::start(&Log::default());
    let devices = devices(offices)?;
    let stop = signal::stop_token().map_err(Failure::Runtime)?;
    let offices = Offices::new(server.trim_end_matches('/'), ca, devices)?;
    tokio::spawn(help_keys::serve(offices.help_keys()));
    offices.run(stop).await;
    Ok(())
}

pub fn devices(path: &Path) -> Result<Vec<Device>, Failure> {
    let text = std::fs::read_to_string(path).map_err(Failure::file(path))?;
    serde_json::from_str(&text).map_err(|source| Failure::Offices { path: path.to_owned(), source })
}
