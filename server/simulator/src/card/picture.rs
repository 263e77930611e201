//! A picture in I420: a plane of brightness, and two of colour at half its size each way.

use super::lettering::Mask;

/// A colour: brightness, and the two differences (BT.601, studio range).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yuv(pub u8, pub u8, pub u8);

/// Sides are even.
#[derive(Clone, Debug)]
pub struct Picture {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

impl Picture {
    pub fn new(width: usize, height: usize, ground: Yuv) -> Self {
        let (width, height) = (width & !1, height & !1);
        let luma = width * height;
        let mut bytes = vec![ground.0; luma];
        bytes.resize(luma + luma / 4, ground.1);
        bytes.resize(luma + luma / 2, ground.2);
        Self { width, height, bytes }
    }

    pub fn width(&self) -> u32 {
        self.width as u32
    }

    pub fn height(&self) -> u32 {
        self.height as u32
    }

    /// The three planes, one after the other.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Fills a rectangle; what lies outside is cut off.
    pub fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, Yuv(luma, cb, cr): Yuv) {
        let (right, bottom) = ((x + width).min(self.width), (y + height).min(self.height));
        fill(&mut self.bytes, self.width, (x, y), (right, bottom), luma);
        let (luma_len, half) = (self.width * self.height, self.width / 2);
        let (from, to) = ((x / 2, y / 2), (right.div_ceil(2), bottom.div_ceil(2)));
        let (blue, red) = self.bytes[luma_len..].split_at_mut(luma_len / 4);
        fill(blue, half, from, to, cb);
        fill(red, half, from, to, cr);
    }

    /// Draws letters over a plain ground.
    pub fn stamp(&mut self, x: usize, y: usize, mask: &Mask, ink: Yuv, ground: Yuv) {
        let mix = |cover: u8, ink: u8, ground: u8| {
            let (cover, ink, ground) = (u32::from(cover), u32::from(ink), u32::from(ground));
            ((ink * cover + ground * (255 - cover)) / 255) as u8
        };
        let luma_len = self.width * self.height;
        for (row, line) in mask.cover.chunks_exact(mask.width.max(1)).enumerate() {
            for (column, cover) in line.iter().enumerate().filter(|(_, cover)| **cover > 0) {
                let (px, py) = (x + column, y + row);
                if px >= self.width || py >= self.height {
                    continue;
                }
                self.bytes[py * self.width + px] = mix(*cover, ink.0, ground.0);
                if px % 2 == 0 && py % 2 == 0 {
                    let at = luma_len + py / 2 * (self.width / 2) + px / 2;
                    self.bytes[at] = mix(*cover, ink.1, ground.1);
                    self.bytes[at + luma_len / 4] = mix(*cover, ink.2, ground.2);
                }
            }
        }
    }
}

fn fill(plane: &mut [u8], stride: usize, from: (usize, usize), to: (usize, usize), value: u8) {
    for row in from.1..to.1 {
        if from.0 < to.0 {
            plane[row * stride + from.0..row * stride + to.0].fill(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_are_cut_at_the_edges() {
        let mut picture = Picture::new(8, 4, Yuv(1, 2, 3));
        picture.fill(6, 2, 100, 100, Yuv(9, 8, 7));
        picture.fill(50, 50, 10, 10, Yuv(5, 5, 5));
        let bytes = picture.bytes();
        assert_eq!(bytes.len(), 8 * 4 * 3 / 2);
        assert_eq!(bytes.iter().filter(|b| **b == 9).count(), 4);
        assert_eq!((bytes[32 + 7], bytes[32 + 8 + 7]), (8, 7), "the last sample of each colour plane");
        assert!(!bytes.contains(&5));
    }
}
