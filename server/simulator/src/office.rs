//! Offices as a whole: each comes back for as long as it is let run.

use crate::backoff::Backoff;
use crate::camera::Camera;
use crate::card::Lettering;
use crate::help::HelpKeys;
use crate::link::{self, LinkError};
use crate::tone::{Tone, tone};
use crate::trust::{Trust, TrustError};
use lianxian_model::ids::{EndpointId, SiteId};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A link that held this long was a good one: the next wait is short again.
const HELD: Duration = Duration::from_secs(20);
/// A device that the server does not know, or that is in use elsewhere, does not ask every few seconds.
const REFUSED_WAIT: Duration = Duration::from_secs(30);
/// Links are opened one after the other, so far apart.
const SPREAD: Duration = Duration::from_millis(40);

/// An enrolled device, as the demonstration's seed writes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Device {
    /// The site's name, for the test card.
    pub site: String,
    pub site_id: SiteId,
    pub endpoint_id: EndpointId,
    pub device_token: String,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error("the server's address is {0:?}: it has to begin with https:// or http://")]
    Server(String),
    #[error("the tone cannot be made: {0}")]
    Tone(String),
    #[error("a camera's thread cannot be started: {0}")]
    Camera(std::io::Error),
}

/// Offices that are about to run.
pub struct Offices {
    server: Arc<str>,
    trust: Trust,
    offices: Vec<Office>,
}

struct Office {
    device: Device,
    camera: Camera,
    shots: tokio::sync::mpsc::Receiver<crate::camera::Shot>,
    tone: Arc<Tone>,
}

impl Offices {
    /// `authority`: a PEM file with the certificate authority of the server; `None`: those that the machine trusts.
    ///
    /// # Errors
    /// If the authority cannot be read, the address is none, or the machine gives no thread.
    pub fn new(server: &str, authority: Option<&Path>, devices: Vec<Device>) -> Result<Self, StartError> {
        if !server.starts_with("https://") && !server.starts_with("http://") {
            return Err(StartError::Server(server.to_owned()));
        }
        let trust = Trust::new(authority)?;
        let lettering = Arc::new(Lettering::load());
        let mut offices = Vec::new();
        for (at, device) in devices.into_iter().enumerate() {
            // Neighbours on a wall are told apart by ear.
            let tone = tone(440.0 * 2f64.powf((at % 12) as f64 / 6.0)).map_err(StartError::Tone)?;
            let (camera, shots) = Camera::start(lettering.clone(), device.site.clone()).map_err(StartError::Camera)?;
            offices.push(Office { device, camera, shots, tone: Arc::new(tone) });
        }
        Ok(Self { server: server.into(), trust, offices })
    }

    /// The help keys of these offices, in their order.
    pub fn help_keys(&self) -> HelpKeys {
        HelpKeys {
            server: self.server.clone(),
            http: self.trust.http.clone(),
            devices: self.offices.iter().map(|office| office.device.clone()).collect(),
            pressed: 0,
        }
    }

    /// Runs them all until `stop`; returns when each has taken its leave.
    pub async fn run(self, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        for (at, office) in self.offices.into_iter().enumerate() {
            let (server, trust, stop) = (self.server.clone(), self.trust.clone(), stop.clone());
            tasks.spawn(async move {
                let wait = SPREAD.saturating_mul(u32::try_from(at).unwrap_or(u32::MAX));
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = async { tokio::time::sleep(wait).await; keep_open(office, &server, &trust, &stop).await } => {}
                }
            });
        }
        tasks.close();
        tasks.wait().await;
    }
}

async fn keep_open(mut office: Office, server: &str, trust: &Trust, stop: &CancellationToken) {
    let mut backoff = Backoff::default();
    let site = office.device.site.clone();
    while !stop.is_cancelled() {
        let began = Instant::now();
        let on_air = || tracing::info!(%site, "on air");
        let link = link::Office {
            server,
            trust,
            device_token: &office.device.device_token,
            camera: &office.camera,
            shots: &mut office.shots,
            tone: &office.tone,
            on_air: &on_air,
        };
        let Err(error) = link::keep(link, stop).await else { return };
        office.camera.want([false; crate::layers::LAYER_COUNT]);
        if began.elapsed() >= HELD {
            backoff.reset();
        }
        let usual = backoff.next(rand::random());
        let wait = match &error {
            LinkError::Refused(_) | LinkError::Left { come_again: false, .. } => REFUSED_WAIT,
            _ => usual,
        };
        tracing::warn!(%site, %error, wait_ms = wait.as_millis() as u64, "off air");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_s_file_is_read_and_wrong_addresses_are_named() {
        let text = r#"[{"site":"华明街道司法所","site_id":"s","endpoint_id":"e","device_token":"t"}]"#;
        let devices: Vec<Device> = serde_json::from_str(text).unwrap();
        assert_eq!(devices[0].site, "华明街道司法所");
        let error = Offices::new("localhost:8443", None, devices).err().unwrap().to_string();
        assert!(error.contains("localhost:8443") && error.contains("https://"), "{error}");
    }
}
