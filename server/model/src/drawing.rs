//! Frozen frames 定格画面 of a session and what is drawn on them. Both are evidence: written once, never changed; what is
//! undone stays, and another row says that it was undone.

use crate::ids::{AccountId, EndpointId, FrameId, SessionId};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

/// Bytes of one frame.
pub const FRAME_MAX_BYTES: usize = 8 * 1024 * 1024;
/// Pixels of a frame's longer side.
pub const FRAME_MAX_SIDE: u32 = 8_192;
/// Frames of one session.
pub const FRAMES_A_SESSION: usize = 200;
/// Strokes, undone ones included, on one frame.
pub const STROKES_A_FRAME: usize = 2_000;
/// Points of one stroke.
pub const POINTS_A_STROKE: usize = 1_000;
/// Characters that one stroke writes.
pub const TEXT_MAX_CHARS: usize = 200;
/// Coordinates run from 0 to this over the frame's width, and over its height.
pub const SCALE: u16 = 10_000;

words! {
    /// What a stroke was drawn with.
    Tool {
        Pen = "pen", "画笔", "pen";
        Arrow = "arrow", "箭头", "arrow";
        Rectangle = "rectangle", "方框", "rectangle";
        Ellipse = "ellipse", "圆圈", "ellipse";
        Text = "text", "文字", "text";
    }
}

words! {
    Colour {
        Red = "red", "红", "red";
        Yellow = "yellow", "黄", "yellow";
        Green = "green", "绿", "green";
        Blue = "blue", "蓝", "blue";
        White = "white", "白", "white";
        Black = "black", "黑", "black";
    }
}

words! {
    ImageType {
        Png = "png", "PNG", "PNG";
        Webp = "webp", "WebP", "WebP";
    }
}

impl ImageType {
    pub fn mime(self) -> &'static str {
        match self {
            ImageType::Png => "image/png",
            ImageType::Webp => "image/webp",
        }
    }
}

/// Who froze, drew or said something: a person at a console, or a workstation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// As it was at the time.
    pub name: String,
    pub account_id: Option<AccountId>,
    pub endpoint_id: Option<EndpointId>,
}

/// One frozen picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    pub id: FrameId,
    pub session_id: SessionId,
    /// Whose picture it is.
    pub source: EndpointId,
    /// When it was on the screen, by the clock of whoever froze it.
    pub frame_ms: Millis,
    /// When the server kept it.
    pub kept_ms: Millis,
    pub image_type: ImageType,
    pub width: u32,
    pub height: u32,
    pub bytes: i64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    pub author: Author,
}

/// What is drawn, as its author sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Drawn {
    pub tool: Tool,
    pub colour: Colour,
    /// In 10 000ths of the frame's width.
    pub width: u16,
    /// (x, y) in 10 000ths of the frame's width and height. Arrow, rectangle and ellipse have two; text has one.
    pub points: Vec<(u16, u16)>,
    /// Of the tool `text` alone.
    #[serde(default)]
    pub text: String,
}

/// One stroke on a frame, or the undoing of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stroke {
    pub frame_id: FrameId,
    /// 1, 2, 3 … on its frame.
    pub seq: i64,
    pub at_ms: Millis,
    /// None: this row undoes `undoes`.
    pub drawn: Option<Drawn>,
    pub undoes: Option<i64>,
    pub author: Author,
    /// SHA-256 of what was drawn with its place, time and author, hex.
    pub sha256: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawnError {
    #[error(
        "a stroke has 1 to {POINTS_A_STROKE} points; an arrow, a rectangle and an ellipse have two, a text has one"
    )]
    Points,
    #[error("a point lies between 0 and {SCALE}")]
    Outside,
    #[error("a width lies between 1 and 500")]
    Width,
    #[error("a text has 1 to {TEXT_MAX_CHARS} characters, and no other stroke has one")]
    Text,
}

impl Drawn {
    /// Whether it can be kept.
    pub fn check(&self) -> Result<(), DrawnError> {
        let points = self.points.len();
        let fits = match self.tool {
            Tool::Pen => (1..=POINTS_A_STROKE).contains(&points),
            Tool::Arrow | Tool::Rectangle | Tool::Ellipse => points == 2,
            Tool::Text => points == 1,
        };
        if !fits {
            return Err(DrawnError::Points);
        }
        if self.points.iter().any(|(x, y)| *x > SCALE || *y > SCALE) {
            return Err(DrawnError::Outside);
        }
        if !(1..=500).contains(&self.width) {
            return Err(DrawnError::Width);
        }
        let written = self.text.trim().chars().count();
        let text = if self.tool == Tool::Text { (1..=TEXT_MAX_CHARS).contains(&written) } else { written == 0 };
        if text { Ok(()) } else { Err(DrawnError::Text) }
    }
}

/// What an image file says of itself in its head: its type, width and height. What its name or a header says is not asked.
/// PNG: ISO/IEC 15948, 11.2.2. WebP: RFC 9649, 2.
pub fn image_head(bytes: &[u8]) -> Option<(ImageType, u32, u32)> {
    let le24 = |at: usize| {
        let [a, b, c] = *bytes.get(at..at + 3)? else { return None };
        Some(u32::from(a) | u32::from(b) << 8 | u32::from(c) << 16)
    };
    let le16 = |at: usize| {
        let [a, b] = *bytes.get(at..at + 2)? else { return None };
        Some(u32::from(a) | u32::from(b) << 8)
    };
    let be32 = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.get(12..16)? == b"IHDR" {
        return sized(ImageType::Png, be32(16)?, be32(20)?);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12)? == b"WEBP" {
        let (width, height) = match bytes.get(12..16)? {
            b"VP8X" => (le24(24)? + 1, le24(27)? + 1),
            // A key frame's start code, then 14 bits each.
            b"VP8 " if bytes.get(23..26)? == [0x9d, 0x01, 0x2a] => (le16(26)? & 0x3fff, le16(28)? & 0x3fff),
            b"VP8L" if *bytes.get(20)? == 0x2f => {
                let bits = le16(21)? | le16(23)? << 16;
                ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
            }
            _ => return None,
        };
        return sized(ImageType::Webp, width, height);
    }
    None
}

fn sized(kind: ImageType, width: u32, height: u32) -> Option<(ImageType, u32, u32)> {
    let fits = |side: u32| (1..=FRAME_MAX_SIDE).contains(&side);
    (fits(width) && fits(height)).then_some((kind, width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(tool: Tool, points: usize, text: &str) -> Drawn {
        Drawn { tool, colour: Colour::Red, width: 40, points: vec![(1, 10_000); points], text: text.into() }
    }

    #[test]
    fn each_tool_has_its_points_and_only_a_text_has_words() {
        assert_eq!(drawn(Tool::Pen, 3, "").check(), Ok(()));
        assert_eq!(drawn(Tool::Arrow, 2, "").check(), Ok(()));
        assert_eq!(drawn(Tool::Text, 1, "此处签名").check(), Ok(()));
        assert_eq!(drawn(Tool::Pen, 0, "").check(), Err(DrawnError::Points));
        assert_eq!(drawn(Tool::Pen, POINTS_A_STROKE + 1, "").check(), Err(DrawnError::Points));
        assert_eq!(drawn(Tool::Rectangle, 3, "").check(), Err(DrawnError::Points));
        assert_eq!(drawn(Tool::Text, 1, "  ").check(), Err(DrawnError::Text));
        assert_eq!(drawn(Tool::Pen, 1, "x").check(), Err(DrawnError::Text));
        assert_eq!(Drawn { width: 0, ..drawn(Tool::Pen, 1, "") }.check(), Err(DrawnError::Width));
        assert_eq!(Drawn { points: vec![(0, 10_001)], ..drawn(Tool::Pen, 1, "") }.check(), Err(DrawnError::Outside));
    }

    #[test]
    fn a_head_says_the_type_and_the_size_whatever_the_rest_is() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        png.extend([0, 0, 5, 0, 0, 0, 2, 0xd0]);
        assert_eq!(image_head(&png), Some((ImageType::Png, 1280, 720)));
        assert_eq!(image_head(&png[..23]), None);
        let lossy = [b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a".as_slice(), &[0x00, 0x05, 0xd0, 0x02]].concat();
        assert_eq!(image_head(&lossy), Some((ImageType::Webp, 1280, 720)));
        let extended = [b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0".as_slice(), &[0xff, 4, 0, 0xcf, 2, 0]].concat();
        assert_eq!(image_head(&extended), Some((ImageType::Webp, 1280, 720)));
        for other in [b"GIF89a".as_slice(), b"%PDF-1.7", b"", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP9 "] {
            assert_eq!(image_head(other), None);
        }
        let mut huge = png.clone();
        huge[16] = 1;
        assert_eq!(image_head(&huge), None);
    }
}
