//! Case links: the number as someone wrote it, and the form in which equal numbers are equal.

use crate::ids::{AccountId, CaseLinkId, SessionId};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Longest case number, in characters.
pub const CASE_NUMBER_MAX_CHARS: usize = 64;

words! {
    CaseKind {
        Consultation = "consultation", "法律咨询", "legal consultation";
        Mediation = "mediation", "人民调解", "people's mediation";
        LegalAid = "legal_aid", "法律援助", "legal aid";
        Notary = "notary", "公证", "notary";
        Appraisal = "appraisal", "司法鉴定", "forensic appraisal";
        Correction = "correction", "社区矫正", "community correction";
        Resettlement = "resettlement", "安置帮教", "resettlement";
        Reconsideration = "reconsideration", "行政复议", "administrative reconsideration";
        Publicity = "publicity", "法治宣传", "legal publicity";
        Hotline = "hotline", "热线工单", "hotline order";
        Report = "report", "社情民意", "key report";
        Other = "other", "其他", "other";
    }
}

words! {
    /// What a line of a case's timeline is about.
    CaseEntryKind {
        Request = "request", "求助", "help request";
        Session = "session", "会话", "session";
        Attendance = "attendance", "参会", "attendance";
        Drawing = "drawing", "定格", "frozen frame";
        Note = "note", "文字", "written line";
        File = "file", "文件", "file";
        Link = "link", "关联", "case link";
        Rating = "rating", "评价", "rating";
        Directive = "directive", "督办", "directive";
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseLink {
    pub id: CaseLinkId,
    pub session_id: SessionId,
    pub kind: CaseKind,
    /// As entered.
    pub raw: String,
    /// See [`normalise`].
    pub normalised: String,
    pub linked_by: AccountId,
    pub linked_by_name: String,
    pub linked_ms: Millis,
    pub withdrawn_ms: Option<Millis>,
    pub withdrawn_by: Option<AccountId>,
    pub withdraw_reason: Option<String>,
}

/// The pattern of one kind's numbers, as the district edits it; matched against the normalised number, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CasePattern {
    pub kind: CaseKind,
    pub pattern: String,
    pub example: String,
}

/// The patterns that a new database starts with. Formats are local: each district edits its own.
pub fn default_patterns() -> Vec<CasePattern> {
    let any = r"[0-9A-Z\p{Han}()-]{2,64}";
    let of =
        |kind, pattern: &str, example: &str| CasePattern { kind, pattern: pattern.into(), example: example.into() };
    vec![
        of(CaseKind::Mediation, r"\p{Han}{0,8}人调字?\(\d{4}\)第?\d{1,6}号", "晋医人调字[2019]011号"),
        of(CaseKind::LegalAid, r"\p{Han}{1,8}援\(\d{4}\)\p{Han}{0,4}字?第?\d{1,6}号", "津丽法援〔2026〕民字第012号"),
        of(CaseKind::Notary, r"\(\d{4}\)\p{Han}{1,12}证\p{Han}{0,6}字第?\d{1,8}号", "(2026)津东丽证字第123号"),
        of(
            CaseKind::Correction,
            r"(\(\d{4}\))?\p{Han}{0,8}矫\p{Han}{0,4}字?(\(\d{4}\))?第?\d{1,8}号?",
            "津丽矫字[2026]第15号",
        ),
        of(CaseKind::Hotline, r"[0-9A-Z-]{6,32}", "12345202611240001"),
        of(CaseKind::Consultation, any, "咨询2026-001"),
        of(CaseKind::Appraisal, any, "津司鉴[2026]临鉴字第8号"),
        of(CaseKind::Resettlement, any, "安帮2026-001"),
        of(CaseKind::Reconsideration, any, "津丽政复[2026]3号"),
        of(CaseKind::Publicity, any, "宣传2026-001"),
        of(CaseKind::Report, any, "要情2026-001"),
        of(CaseKind::Other, any, "2026-001"),
    ]
}

/// One spelling for all: full-width to half-width (NFKC), every bracket round, dashes one, no spaces, upper case,
/// the number without leading zeros (`011号` is `11号`).
pub fn normalise(raw: &str) -> String {
    let mut text = fold(raw);
    // Folding can bring together what then composes or folds again; a handful of rounds settles any text.
    for _ in 0..4 {
        let again = fold(&text);
        if again == text {
            break;
        }
        text = again;
    }
    strip_zeros_before_hao(text)
}

fn fold(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for c in raw.nfkc() {
        match c {
            '[' | '〔' | '【' | '{' | '〈' | '《' | '(' => text.push('('),
            ']' | '〕' | '】' | '}' | '〉' | '》' | ')' => text.push(')'),
            '—' | '–' | '‐' | '‑' | '−' | '_' => text.push('-'),
            c if c.is_whitespace() || c.is_control() => {}
            c => text.push(c.to_ascii_uppercase()),
        }
    }
    text
}

/// `…第0012号` -> `…第12号`; a number that is all zeros keeps one.
fn strip_zeros_before_hao(text: String) -> String {
    let Some(body) = text.strip_suffix('号') else { return text };
    let head = body.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &body[head.len()..];
    if digits.is_empty() {
        return text;
    }
    let kept = digits.trim_start_matches('0');
    format!("{head}{}号", if kept.is_empty() { "0" } else { kept })
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseNumberError {
    #[error("the case number is empty")]
    Empty,
    #[error("a case number has at most {CASE_NUMBER_MAX_CHARS} characters")]
    TooLong,
    #[error("the number does not look like `{example}`")]
    Unlike { example: String },
    #[error("the pattern of this kind does not compile: {0}")]
    BadPattern(String),
}

/// Checks `raw` against the kind's pattern (no pattern: anything goes) and gives its normalised form.
pub fn check_number(raw: &str, kind: CaseKind, patterns: &[CasePattern]) -> Result<String, CaseNumberError> {
    if raw.chars().count() > CASE_NUMBER_MAX_CHARS {
        return Err(CaseNumberError::TooLong);
    }
    let normalised = normalise(raw);
    if normalised.is_empty() {
        return Err(CaseNumberError::Empty);
    }
    if normalised.chars().count() > CASE_NUMBER_MAX_CHARS * 2 {
        return Err(CaseNumberError::TooLong);
    }
    let Some(pattern) = patterns.iter().find(|p| p.kind == kind) else { return Ok(normalised) };
    // Linear-time engine: a hostile number or pattern cannot make it run away.
    let regex = regex::RegexBuilder::new(&format!("^(?:{})$", pattern.pattern))
        .size_limit(1 << 20)
        .build()
        .map_err(|e| CaseNumberError::BadPattern(e.to_string()))?;
    if regex.is_match(&normalised) {
        Ok(normalised)
    } else {
        Err(CaseNumberError::Unlike { example: pattern.example.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_number_are_one() {
        let spellings = [
            "晋医人调字[2019]011号",
            "晋医人调字〔2019〕011号",
            "晋医人调字（2019）11号",
            " 晋医人调字【２０１９】 011 号 ",
        ];
        for spelling in spellings {
            assert_eq!(normalise(spelling), "晋医人调字(2019)11号", "{spelling}");
        }
        assert_ne!(normalise("晋医人调字[2019]11号"), normalise("晋医人调字[2019]110号"));
        assert_eq!(normalise("第000号"), "第0号");
        assert_eq!(normalise("号"), "号");
    }

    #[test]
    fn every_default_pattern_takes_its_example() {
        let patterns = default_patterns();
        assert_eq!(patterns.len(), CaseKind::ALL.len());
        for pattern in &patterns {
            assert!(check_number(&pattern.example, pattern.kind, &patterns).is_ok(), "{pattern:?}");
        }
    }

    #[test]
    fn other_numbers_are_refused_with_an_example() {
        let patterns = default_patterns();
        assert!(matches!(
            check_number("随便写", CaseKind::Mediation, &patterns),
            Err(CaseNumberError::Unlike { example }) if example == "晋医人调字[2019]011号"
        ));
        assert_eq!(check_number(" \u{3000}", CaseKind::Other, &patterns), Err(CaseNumberError::Empty));
        assert_eq!(check_number(&"9".repeat(65), CaseKind::Other, &patterns), Err(CaseNumberError::TooLong));
        let broken = [CasePattern { kind: CaseKind::Other, pattern: "(".into(), example: String::new() }];
        assert!(matches!(check_number("1", CaseKind::Other, &broken), Err(CaseNumberError::BadPattern(_))));
    }

    proptest::proptest! {
        #[test]
        fn normalising_twice_changes_nothing(raw in "\\PC{0,40}") {
            let once = normalise(&raw);
            proptest::prop_assert_eq!(normalise(&once), once);
        }
    }
}
