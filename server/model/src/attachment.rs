//! Files sent in an assistance 文件: what they may be, told by their content, and what they may be called. Evidence: kept
//! once, never changed.

use crate::drawing::Author;
use crate::ids::{AttachmentId, SessionId};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

/// Bytes of one file.
pub const FILE_MAX_BYTES: usize = 20 * 1024 * 1024;
/// Files of one session.
pub const FILES_A_SESSION: usize = 50;
/// Characters of a file's name, its ending included.
pub const FILE_NAME_MAX_CHARS: usize = 120;

words! {
    /// What a file is, by its content.
    FileType {
        Pdf = "pdf", "PDF", "PDF";
        Png = "png", "PNG 图片", "PNG image";
        Jpeg = "jpeg", "JPEG 图片", "JPEG image";
        Webp = "webp", "WebP 图片", "WebP image";
        Docx = "docx", "Word 文档", "Word document";
        Xlsx = "xlsx", "Excel 表格", "Excel workbook";
        Office = "office", "旧版 Word、Excel、WPS 文档", "older Word, Excel or WPS document";
        Text = "text", "纯文本", "plain text";
    }
}

impl FileType {
    pub fn mime(self) -> &'static str {
        match self {
            FileType::Pdf => "application/pdf",
            FileType::Png => "image/png",
            FileType::Jpeg => "image/jpeg",
            FileType::Webp => "image/webp",
            FileType::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            FileType::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            FileType::Office => "application/octet-stream",
            FileType::Text => "text/plain; charset=utf-8",
        }
    }

    /// The endings that names of such files have.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            FileType::Pdf => &["pdf"],
            FileType::Png => &["png"],
            FileType::Jpeg => &["jpg", "jpeg"],
            FileType::Webp => &["webp"],
            FileType::Docx => &["docx"],
            FileType::Xlsx => &["xlsx"],
            FileType::Office => &["doc", "xls", "wps", "et"],
            FileType::Text => &["txt", "csv"],
        }
    }

    /// Whether a sender who claims this media type tells the truth. Browsers name no type, or one of their own, for what
    /// they do not know: only a type that we know can be a lie.
    pub fn fits_claim(self, claimed: &str) -> bool {
        let claimed = claimed.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let known = match claimed.as_str() {
            "" | "application/octet-stream" => return true,
            "application/msword" | "application/vnd.ms-excel" | "application/vnd.ms-works" => FileType::Office,
            "text/csv" => FileType::Text,
            "image/jpg" => FileType::Jpeg,
            other => {
                let named = |kind: &&FileType| kind.mime().split(';').next() == Some(other);
                match FileType::ALL.iter().find(named) {
                    Some(kind) => *kind,
                    None => return false,
                }
            }
        };
        known == self
    }
}

/// What the bytes are, whatever anybody calls them. `None`: nothing that is taken.
pub fn sniff(bytes: &[u8]) -> Option<FileType> {
    if bytes.starts_with(b"%PDF-") {
        return Some(FileType::Pdf);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(FileType::Png);
    }
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Some(FileType::Jpeg);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some(FileType::Webp);
    }
    // Compound File Binary, the container of office documents before 2007.
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        return Some(FileType::Office);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return office_open(bytes);
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    (!text.is_empty() && text.chars().all(plain)).then_some(FileType::Text)
}

/// Office Open XML (ECMA-376) is a ZIP with a part that tells which. One that carries macros is none that is taken.
fn office_open(bytes: &[u8]) -> Option<FileType> {
    let holds = |name: &[u8]| bytes.windows(name.len()).any(|part| part == name);
    if !holds(b"[Content_Types].xml") || holds(b"vbaProject.bin") {
        return None;
    }
    match (holds(b"word/document.xml"), holds(b"xl/workbook.xml")) {
        (true, false) => Some(FileType::Docx),
        (false, true) => Some(FileType::Xlsx),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileNameError {
    #[error("the file has no name")]
    Empty,
    #[error("a file's name has at most {FILE_NAME_MAX_CHARS} characters")]
    TooLong,
    #[error("a file's name has no path in it, and no sign that cannot be seen")]
    Path,
    #[error("the name's ending does not fit the content")]
    Ending,
}

/// The name as it is kept: trimmed, its signs those of a name alone, its ending that of the content.
pub fn check_name(raw: &str, kind: FileType) -> Result<String, FileNameError> {
    let name = raw.trim();
    if name.is_empty() || name.trim_matches('.').is_empty() {
        return Err(FileNameError::Empty);
    }
    if name.chars().count() > FILE_NAME_MAX_CHARS {
        return Err(FileNameError::TooLong);
    }
    // Signs that turn the direction of writing hide an ending as well as a path does.
    let hidden =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let path = |c: char| matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    if name.starts_with('.') || name.chars().any(|c| c.is_control() || hidden(c) || path(c)) {
        return Err(FileNameError::Path);
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending {
        Some(ending) if kind.endings().contains(&ending.as_str()) => Ok(name.to_owned()),
        _ => Err(FileNameError::Ending),
    }
}

/// One file that was sent in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub id: AttachmentId,
    pub session_id: SessionId,
    pub name: String,
    pub file_type: FileType,
    pub bytes: i64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    pub kept_ms: Millis,
    pub author: Author,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip(parts: &[&str]) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04".to_vec();
        for part in parts {
            bytes.extend(part.as_bytes());
            bytes.push(0);
        }
        bytes
    }

    #[test]
    fn the_content_says_what_a_file_is() {
        let types = "[Content_Types].xml";
        let taken: [(&[u8], FileType); 8] = [
            (b"%PDF-1.7\n", FileType::Pdf),
            (b"\x89PNG\r\n\x1a\nrest", FileType::Png),
            (b"\xff\xd8\xff\xe0\0", FileType::Jpeg),
            (b"RIFF\0\0\0\0WEBPVP8 ", FileType::Webp),
            (&zip(&[types, "word/document.xml"]), FileType::Docx),
            (&zip(&[types, "xl/workbook.xml"]), FileType::Xlsx),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileType::Office),
            ("协议书\r\n第一条\t".as_bytes(), FileType::Text),
        ];
        for (bytes, kind) in taken {
            assert_eq!(sniff(bytes), Some(kind));
            assert!(kind.fits_claim(kind.mime()) && kind.fits_claim("") && kind.fits_claim("application/octet-stream"));
        }
        let refused: [&[u8]; 7] = [
            b"",
            b"MZ\x90\0\x03",
            b"\x7fELF",
            b"PK\x03\x04 any archive",
            &zip(&[types, "word/document.xml", "word/vbaProject.bin"]),
            &zip(&[types, "word/document.xml", "xl/workbook.xml"]),
            b"\xff\xfe\0a",
        ];
        for bytes in refused {
            assert_eq!(sniff(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_claim_that_does_not_fit_is_a_lie() {
        assert!(FileType::Office.fits_claim("application/msword") && FileType::Text.fits_claim("text/csv"));
        assert!(FileType::Jpeg.fits_claim("image/JPEG; q=1"));
        for claimed in ["image/png", "application/x-msdownload", "text/html", "application/pdf"] {
            assert!(!FileType::Text.fits_claim(claimed), "{claimed}");
        }
    }

    #[test]
    fn a_name_is_a_name_alone_and_its_ending_is_true() {
        assert_eq!(check_name(" 调解协议.PDF ", FileType::Pdf), Ok("调解协议.PDF".into()));
        assert_eq!(check_name("现场.jpg", FileType::Jpeg), Ok("现场.jpg".into()));
        for path in ["../a.pdf", "a/b.pdf", "C:\\a.pdf", "a\0.pdf", ".pdf", "a\u{202e}fdp.pdf", "a\n.pdf", "a?.pdf"] {
            assert_eq!(check_name(path, FileType::Pdf), Err(FileNameError::Path), "{path:?}");
        }
        for empty in ["", "  ", "..", "."] {
            assert_eq!(check_name(empty, FileType::Pdf), Err(FileNameError::Empty));
        }
        for ending in ["a.exe", "a", "a.pdf.png", "a.pdf."] {
            assert_eq!(check_name(ending, FileType::Pdf), Err(FileNameError::Ending), "{ending}");
        }
        let long = format!("{}.pdf", "长".repeat(FILE_NAME_MAX_CHARS - 3));
        assert_eq!(check_name(&long, FileType::Pdf), Err(FileNameError::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn no_name_that_is_taken_leads_anywhere(raw in "\\PC{0,60}") {
            if let Ok(name) = check_name(&format!("{raw}.txt"), FileType::Text) {
                proptest::prop_assert!(!name.contains(['/', '\\', '\0', '\n', '"']) && !name.starts_with('.'));
            }
        }
    }
}
