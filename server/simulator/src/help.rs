//! The help keys of simulated offices: pressing one asks the centre for help, as a tap at the workstation does.

use crate::office::Device;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// What an office says when it asks, one after the other.
const SAID: [&str; 5] = [
    "邻里排水纠纷，双方情绪激动，请求视频指导",
    "老人咨询遗嘱公证，需要公证员解答",
    "农民工讨薪，请律师看一下材料",
    "调解协议怎么写才有效，请核一遍",
    "社区矫正对象请假外出，手续不清楚",
];

#[derive(Debug, thiserror::Error)]
pub enum HelpError {
    #[error("there is no key {0}")]
    NoKey(usize),
    #[error("the server cannot be asked: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the server answers {status}: {detail}")]
    Refused { status: u16, detail: String },
}

/// The request that a key made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Asked {
    pub number: String,
    pub sentence: String,
}

/// One key for each office, counted from 1.
pub struct HelpKeys {
    pub(crate) server: Arc<str>,
    pub(crate) http: reqwest::Client,
    pub(crate) devices: Vec<Device>,
    pub(crate) pressed: usize,
}

impl HelpKeys {
    /// The sites, in the order of their keys.
    pub fn sites(&self) -> impl Iterator<Item = &str> {
        self.devices.iter().map(|device| device.site.as_str())
    }

    /// # Errors
    /// If there is no such key, or the server does not take the request.
    pub async fn press(&mut self, key: usize) -> Result<Asked, HelpError> {
        let device = key.checked_sub(1).and_then(|at| self.devices.get(at)).ok_or(HelpError::NoKey(key))?;
        let sentence = SAID.get(self.pressed % SAID.len()).copied().unwrap_or_default();
        self.pressed = self.pressed.wrapping_add(1);
        let url = format!("{}/api/v1/station/requests", self.server);
        let asked = self.http.post(url).bearer_auth(&device.device_token);
        let answer = asked.json(&json!({ "need": "general", "sentence": sentence })).send().await?;
        let status = answer.status();
        if !status.is_success() {
            return Err(HelpError::Refused { status: status.as_u16(), detail: answer.text().await? });
        }
        Ok(answer.json().await?)
    }
}
