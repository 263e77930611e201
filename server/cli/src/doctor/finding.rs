//! One line of the doctor's: what was looked at, how it stands, why, and what to do about it; in both languages.

use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    /// Not looked at, or nothing to look at.
    Skipped,
    /// Works, wants care.
    Weak,
    Bad,
}

/// (Chinese, English)
pub type Text = [String; 2];

/// A text that is made of the same values in both languages.
macro_rules! both {
    ($zh:literal, $en:literal) => {
        [format!($zh), format!($en)]
    };
}
pub(super) use both;

#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// A stable word.
    pub topic: &'static str,
    pub verdict: Verdict,
    /// A stable word for why; empty where all is well.
    pub code: &'static str,
    pub what: Text,
    pub cause: Option<Text>,
    pub cure: Option<Text>,
}

impl Finding {
    pub fn good(topic: &'static str, what: Text) -> Self {
        Self { topic, verdict: Verdict::Good, code: "", what, cause: None, cure: None }
    }

    pub fn skipped(topic: &'static str, code: &'static str, what: Text) -> Self {
        Self { topic, verdict: Verdict::Skipped, code, what, cause: None, cure: None }
    }

    pub fn weak(topic: &'static str, code: &'static str, what: Text, cause: Text, cure: Text) -> Self {
        Self { topic, verdict: Verdict::Weak, code, what, cause: Some(cause), cure: Some(cure) }
    }

    pub fn bad(topic: &'static str, code: &'static str, what: Text, cause: Text, cure: Text) -> Self {
        Self { verdict: Verdict::Bad, ..Self::weak(topic, code, what, cause, cure) }
    }
}

/// (topic, Chinese, English), in no order.
const TOPICS: [(&str, &str, &str); 13] = [
    ("config", "配置", "configuration"),
    ("data_dir", "数据目录", "data folder"),
    ("disk", "磁盘空间", "disk"),
    ("database", "数据库", "database"),
    ("certificate", "证书", "certificate"),
    ("listen", "控制台端口", "console's port"),
    ("media_port", "媒体端口", "media port"),
    ("https", "HTTPS", "HTTPS"),
    ("server", "服务状态", "server"),
    ("link", "信令连接", "signalling"),
    ("clock", "时钟", "clock"),
    ("udp", "音视频走 UDP", "media over UDP"),
    ("tcp", "音视频走 TCP", "media over TCP"),
];

fn name(topic: &str, language: usize) -> &'static str {
    let found = TOPICS.iter().find(|(known, ..)| *known == topic);
    found.map_or("", |(_, zh, en)| if language == 0 { zh } else { en })
}

/// For people.
pub fn say(findings: &[Finding], english: bool) -> String {
    let at = usize::from(english);
    let [cause, cure] = if english { ["why: ", "do:  "] } else { ["原因：", "处理："] };
    let mut text = String::new();
    for finding in findings {
        let verdict = match (finding.verdict, english) {
            (Verdict::Good, false) => "正常",
            (Verdict::Skipped, false) => "未查",
            (Verdict::Weak, false) => "留意",
            (Verdict::Bad, false) => "故障",
            (Verdict::Good, true) => "good",
            (Verdict::Skipped, true) => "skip",
            (Verdict::Weak, true) => "care",
            (Verdict::Bad, true) => "FAIL",
        };
        let _ = writeln!(text, "[{verdict}] {}：{}", name(finding.topic, at), finding.what[at]);
        for (word, said) in [(cause, &finding.cause), (cure, &finding.cure)] {
            if let Some(said) = said {
                let _ = writeln!(text, "       {word}{}", said[at]);
            }
        }
    }
    let count = |verdict: Verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (bad, weak) = (count(Verdict::Bad), count(Verdict::Weak));
    let _ = match (bad, weak, english) {
        (0, 0, false) => writeln!(text, "全部正常。"),
        (0, 0, true) => writeln!(text, "All is well."),
        (bad, weak, false) => writeln!(text, "{bad} 处故障，{weak} 处留意。"),
        (bad, weak, true) => writeln!(text, "{bad} failed, {weak} want care."),
    };
    text
}

/// For programs: one object.
pub fn json(findings: &[Finding]) -> String {
    let two = |text: &Text| serde_json::json!({ "zh": text[0], "en": text[1] });
    let rows: Vec<serde_json::Value> = findings
        .iter()
        .map(|finding| {
            serde_json::json!({
                "topic": finding.topic,
                "verdict": finding.verdict,
                "code": finding.code,
                "what": two(&finding.what),
                "cause": finding.cause.as_ref().map(two),
                "cure": finding.cure.as_ref().map(two),
            })
        })
        .collect();
    let healthy = findings.iter().all(|finding| finding.verdict != Verdict::Bad);
    serde_json::json!({ "healthy": healthy, "findings": rows }).to_string()
}

pub fn config(path: Option<&Path>) -> Finding {
    Finding::good(
        "config",
        match path.map(Path::display) {
            Some(path) => both!("{path} 可用", "{path} is good"),
            None => both!("没有给配置文件，用默认值和环境变量", "no file: defaults and the environment"),
        },
    )
}

pub fn bad_config(error: &str) -> Finding {
    Finding::bad(
        "config",
        "config_refused",
        both!("配置不能用，服务无法启动", "the configuration is refused: the server cannot start"),
        both!("{error}", "{error}"),
        both!(
            "按提示改正；每个键的说明见 docs/reference/configuration.md",
            "set it right; docs/reference/configuration.md explains every key"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_programs_are_told_the_same() {
        let findings = [
            config(None),
            Finding::weak(
                "udp",
                "udp_blocked",
                both!("不通", "shut"),
                both!("被挡", "blocked"),
                both!("放行", "open it"),
            ),
        ];
        let zh = say(&findings, false);
        assert!(zh.contains("[留意] 音视频走 UDP：不通\n       原因：被挡\n       处理：放行\n"), "{zh}");
        assert!(zh.ends_with("0 处故障，1 处留意。\n"));
        assert!(say(&findings, true).contains("[care] media over UDP：shut\n       why: blocked"));
        let told: serde_json::Value = serde_json::from_str(&json(&findings)).unwrap();
        assert_eq!((&told["healthy"], &told["findings"][1]["code"]), (&true.into(), &"udp_blocked".into()));
        assert_eq!(told["findings"][1]["cause"]["zh"], "被挡");
        let bad = json(&[bad_config("`lisen`: unknown key")]);
        assert!(bad.contains("\"healthy\":false") && bad.contains("lisen"));
    }
}
