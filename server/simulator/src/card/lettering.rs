//! Letters as masks: from the machine's Chinese font where there is one, from a small built-in table of digits otherwise.

use ab_glyph::{Font as _, FontVec, PxScale, ScaleFont as _};

/// Where Debian's fonts-noto-cjk puts it, and the number of the face for simplified Chinese.
const FONT: (&str, u32) = ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2);
/// More letters than any site's name has are not drawn.
const MAX_LETTERS: usize = 40;

/// How much of each pixel is ink, row by row.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    pub width: usize,
    pub height: usize,
    pub cover: Vec<u8>,
}

/// Something that can write.
pub enum Lettering {
    Font(Box<FontVec>),
    BuiltIn,
}

impl Lettering {
    /// The machine's font, or the built-in letters if it has none.
    pub fn load() -> Self {
        let (path, face) = FONT;
        let font = std::fs::read(path).ok().and_then(|bytes| FontVec::try_from_vec_and_index(bytes, face).ok());
        match font {
            Some(font) => Lettering::Font(Box::new(font)),
            None => {
                tracing::warn!(
                    path,
                    "no Chinese font (Debian: fonts-noto-cjk): test cards show a code instead of the name"
                );
                Lettering::BuiltIn
            }
        }
    }

    pub fn built_in() -> Self {
        Lettering::BuiltIn
    }

    /// One line of so many pixels' height, or smaller so that it fits the width. Without a font a name becomes a code.
    pub fn line(&self, text: &str, height: f32, max_width: usize) -> Mask {
        let text: String = text.chars().take(MAX_LETTERS).collect();
        match self {
            Lettering::Font(font) => {
                let width = width_of(font, &text, height);
                let height = if width > max_width as f32 { height * max_width as f32 / width } else { height };
                draw(font, &text, height)
            }
            Lettering::BuiltIn => {
                let code =
                    text.bytes().fold(0x811c_9dc5_u32, |hash, b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193));
                let most = (max_width / 9 * 7 / 6) as f32;
                blocks(&format!("{code:08X}"), height.min(most))
            }
        }
    }

    /// `0`–`9`, `:` and `.`, all of one height.
    pub fn digits(&self, height: f32) -> Vec<Mask> {
        let one = |letter: char| match self {
            Lettering::Font(font) => draw(font, &letter.to_string(), height),
            Lettering::BuiltIn => blocks(&letter.to_string(), height),
        };
        "0123456789:.".chars().map(one).collect()
    }
}

fn width_of(font: &FontVec, text: &str, height: f32) -> f32 {
    let scaled = font.as_scaled(PxScale::from(height));
    text.chars().map(|letter| scaled.h_advance(font.glyph_id(letter))).sum()
}

fn draw(font: &FontVec, text: &str, height: f32) -> Mask {
    let scale = PxScale::from(height);
    let scaled = font.as_scaled(scale);
    let (width, rows) = (width_of(font, text, height).ceil() as usize, scaled.height().ceil() as usize);
    let mut mask = Mask { width, height: rows, cover: vec![0; width * rows] };
    let mut x = 0.0;
    for letter in text.chars() {
        let id = font.glyph_id(letter);
        let glyph = id.with_scale_and_position(scale, ab_glyph::point(x, scaled.ascent()));
        x += scaled.h_advance(id);
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let bounds = outline.px_bounds();
        outline.draw(|column, row, cover| {
            let (px, py) = (bounds.min.x as i64 + i64::from(column), bounds.min.y as i64 + i64::from(row));
            if (0..width as i64).contains(&px) && (0..rows as i64).contains(&py) {
                let pixel = &mut mask.cover[py as usize * width + px as usize];
                *pixel = (*pixel).max((cover * 255.0) as u8);
            }
        });
    }
    mask
}

/// Letters of five columns and seven rows, a bit for each.
fn blocks(text: &str, height: f32) -> Mask {
    let dot = ((height / 7.0) as usize).max(1);
    let width = text.len() * 6 * dot;
    let mut mask = Mask { width, height: 7 * dot, cover: vec![0; width * 7 * dot] };
    for (at, letter) in text.chars().enumerate() {
        for (row, bits) in shape(letter).into_iter().enumerate() {
            for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                let left = (at * 6 + column) * dot;
                for line in row * dot..(row + 1) * dot {
                    mask.cover[line * width + left..line * width + left + dot].fill(255);
                }
            }
        }
    }
    mask
}

fn shape(letter: char) -> [u8; 7] {
    match letter {
        '0' => [14, 17, 19, 21, 25, 17, 14],
        '1' => [4, 12, 4, 4, 4, 4, 14],
        '2' => [14, 17, 1, 6, 8, 16, 31],
        '3' => [31, 2, 4, 2, 1, 17, 14],
        '4' => [2, 6, 10, 18, 31, 2, 2],
        '5' => [31, 16, 30, 1, 1, 17, 14],
        '6' => [6, 8, 16, 30, 17, 17, 14],
        '7' => [31, 1, 2, 4, 8, 8, 8],
        '8' => [14, 17, 17, 14, 17, 17, 14],
        '9' => [14, 17, 17, 15, 1, 2, 12],
        'A' => [14, 17, 17, 31, 17, 17, 17],
        'B' => [30, 17, 17, 30, 17, 17, 30],
        'C' => [14, 17, 16, 16, 16, 17, 14],
        'D' => [30, 17, 17, 17, 17, 17, 30],
        'E' => [31, 16, 16, 30, 16, 16, 31],
        'F' => [31, 16, 16, 30, 16, 16, 16],
        ':' => [0, 4, 4, 0, 4, 4, 0],
        '.' => [0, 0, 0, 0, 0, 12, 12],
        _ => [0; 7],
    }
}
