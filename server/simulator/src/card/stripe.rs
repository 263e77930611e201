//! The time as black and white stripes along the lower edge: 32 bits of milliseconds, so that a program can read the delay off
//! the glass.

use super::picture::{Picture, Yuv};

/// A white and a black cell lead, to tell the levels; then the bits, highest first.
const CELLS: usize = 34;
const WHITE: Yuv = Yuv(235, 128, 128);
const BLACK: Yuv = Yuv(16, 128, 128);

/// (left, top, cell width, cell height)
fn place(width: usize, height: usize) -> (usize, usize, usize, usize) {
    let cell = (width / CELLS) & !1;
    let tall = (height * 9 / 100) & !1;
    (((width - cell * CELLS) / 2) & !1, (height * 89 / 100) & !1, cell, tall)
}

pub fn draw(picture: &mut Picture, value: u32) {
    let (left, top, cell, tall) = place(picture.width() as usize, picture.height() as usize);
    for at in 0..CELLS {
        let lit = match at {
            0 => true,
            1 => false,
            _ => value >> (CELLS - 1 - at) & 1 == 1,
        };
        picture.fill(left + at * cell, top, cell, tall, if lit { WHITE } else { BLACK });
    }
}

/// Reads the stripes of a decoded picture: its plane of brightness, row by row. `None` if there are none to be read.
pub fn read_stripe(luma: &[u8], width: usize, height: usize) -> Option<u32> {
    let (left, top, cell, tall) = place(width, height);
    let row = top + tall / 2;
    let level = |at: usize| luma.get(row * width + left + at * cell + cell / 2).copied();
    let (white, black) = (level(0)?, level(1)?);
    if white < black.saturating_add(60) {
        return None;
    }
    let middle = black + (white - black) / 2;
    (2..CELLS).try_fold(0u32, |value, at| Some(value << 1 | u32::from(level(at)? > middle)))
}
