//! The test card: the site's name, colour bars, a clock to the millisecond, a moving block, a lamp that is lit as each second
//! begins, and the time once more as stripes that a program can read.
//!
//! Only what changes is drawn again, so a card costs little and its encoder finds most of it still.

mod lettering;
mod picture;
mod stripe;

pub use lettering::Lettering;
pub use picture::{Picture, Yuv};
pub use stripe::read_stripe;

use lettering::Mask;

const GROUND: Yuv = Yuv(34, 138, 122);
const RAIL: Yuv = Yuv(24, 138, 122);
const INK: Yuv = Yuv(225, 128, 128);
const QUIET_INK: Yuv = Yuv(150, 132, 124);
const BLOCK: Yuv = Yuv(160, 70, 150);
const LAMP_LIT: Yuv = Yuv(235, 128, 128);
const LAMP_DARK: Yuv = Yuv(20, 128, 128);
/// White, yellow, cyan, green, magenta, red, blue.
const BARS: [Yuv; 7] = [
    Yuv(180, 128, 128),
    Yuv(162, 44, 142),
    Yuv(131, 156, 44),
    Yuv(112, 72, 58),
    Yuv(84, 184, 198),
    Yuv(65, 100, 212),
    Yuv(35, 212, 114),
];
/// `HH:MM:SS.mmm`
const CLOCK_CELLS: usize = 12;
/// The lamp is lit for as long as the beep sounds.
const LAMP_MS: i64 = 120;
/// The block's way there and back, in milliseconds.
const ROUND_MS: i64 = 4_000;
/// The clock shows China's time, where the offices are.
const ZONE_MS: i64 = 8 * 3_600_000;

/// A card of one size for one site.
pub struct Card {
    picture: Picture,
    /// `0`–`9`, `:`, `.`
    digits: Vec<Mask>,
    shown: [u8; CLOCK_CELLS],
    clock: (usize, usize),
    cell: usize,
    /// Where the block stands.
    block: Option<usize>,
}

impl Card {
    pub fn new(lettering: &Lettering, site: &str, width: usize, height: usize) -> Self {
        let mut picture = Picture::new(width, height, GROUND);
        let bars_height = height * 16 / 100;
        for (at, colour) in BARS.into_iter().enumerate() {
            let (from, to) = (width * at / BARS.len(), width * (at + 1) / BARS.len());
            picture.fill(from, 0, to - from, bars_height, colour);
        }
        let name = lettering.line(site, (height * 15 / 100) as f32, width * 92 / 100);
        picture.stamp(centred(width, name.width), height * 20 / 100, &name, INK, GROUND);
        let note = lettering.line("模拟画面", (height * 7 / 100) as f32, width);
        picture.stamp(centred(width, note.width), height * 40 / 100, &note, QUIET_INK, GROUND);
        let digits = lettering.digits((height * 17 / 100) as f32);
        let cell = digits.iter().map(|mask| mask.width).max().unwrap_or(1).next_multiple_of(2);
        let clock = (centred(width, cell * CLOCK_CELLS), height * 51 / 100);
        let (rail_top, rail_height) = rail(height);
        picture.fill(0, rail_top, width, rail_height, RAIL);
        Self { picture, digits, shown: [b' '; CLOCK_CELLS], clock, cell, block: None }
    }

    /// The card as it looks at that time (milliseconds since 1970).
    pub fn at(&mut self, now_ms: i64) -> &Picture {
        self.show_clock(now_ms);
        self.move_block(now_ms);
        let lamp = if now_ms.rem_euclid(1000) < LAMP_MS { LAMP_LIT } else { LAMP_DARK };
        let (width, height) = (self.picture.width() as usize, self.picture.height() as usize);
        let side = height * 10 / 100;
        self.picture.fill(width - side * 3 / 2, height * 38 / 100, side, side, lamp);
        stripe::draw(&mut self.picture, now_ms as u32);
        &self.picture
    }

    fn show_clock(&mut self, now_ms: i64) {
        let text = clock_text(now_ms);
        let (left, top) = self.clock;
        for (at, (letter, shown)) in text.bytes().zip(&mut self.shown).enumerate() {
            if letter == *shown {
                continue;
            }
            *shown = letter;
            let which = match letter {
                b'0'..=b'9' => usize::from(letter - b'0'),
                b':' => 10,
                _ => 11,
            };
            let Some(mask) = self.digits.get(which) else { continue };
            let x = left + at * self.cell;
            self.picture.fill(x, top, self.cell, mask.height, GROUND);
            self.picture.stamp(x + centred(self.cell, mask.width), top, mask, INK, GROUND);
        }
    }

    fn move_block(&mut self, now_ms: i64) {
        let (width, height) = (self.picture.width() as usize, self.picture.height() as usize);
        let (top, side) = rail(height);
        let phase = now_ms.rem_euclid(ROUND_MS);
        let half = ROUND_MS / 2;
        let there = if phase < half { phase } else { ROUND_MS - phase };
        // On even pixels, as colour has half the resolution.
        let left = ((width - side) as i64 * there / half) as usize & !1;
        if let Some(before) = self.block.replace(left) {
            self.picture.fill(before, top, side, side, RAIL);
        }
        self.picture.fill(left, top, side, side, BLOCK);
    }
}

/// Where the block runs: top and height.
fn rail(height: usize) -> (usize, usize) {
    ((height * 73 / 100) & !1, (height * 11 / 100) & !1)
}

fn centred(outer: usize, inner: usize) -> usize {
    (outer.saturating_sub(inner) / 2) & !1
}

fn clock_text(now_ms: i64) -> String {
    let local = (now_ms + ZONE_MS).rem_euclid(86_400_000);
    let (seconds, ms) = (local / 1000, local % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_shows_the_time_of_china() {
        // 2026-03-01T00:00:00.007Z
        assert_eq!(clock_text(1_772_323_200_007), "08:00:00.007");
    }

    #[test]
    fn a_card_drawn_step_by_step_looks_like_one_drawn_at_once() {
        for lettering in [Lettering::load(), Lettering::built_in()] {
            for (width, height) in [(320, 180), (1280, 720)] {
                let mut steps = Card::new(&lettering, "华明街道司法所", width, height);
                for ms in (0..5_000).step_by(67) {
                    steps.at(1_772_323_200_000 + ms);
                }
                let mut once = Card::new(&lettering, "华明街道司法所", width, height);
                let now = 1_772_323_204_567;
                assert_eq!(steps.at(now).bytes(), once.at(now).bytes());
            }
        }
    }

    #[test]
    fn names_of_any_length_fit() {
        let lettering = Lettering::load();
        for name in ["", "东", "a".repeat(300).as_str(), "东丽区公共法律服务中心指挥大厅第三工作站".repeat(4).as_str()]
        {
            Card::new(&lettering, name, 320, 180).at(0);
        }
    }
}
