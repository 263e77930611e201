//! VP8 at real-time speed, by libvpx: one encoder for one layer.
//!
//! The one file of the house that speaks to C itself (docs/decisions/0006): the safe crates round libvpx either do not build
//! with the version that Debian 12 has, or choose the speed and the number of threads for their users.
#![allow(unsafe_code)]

use crate::card::Picture;
use crate::layers::{FRAMES_PER_SECOND, Layer};
use bytes::Bytes;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;
use vpx_sys::vp8e_enc_control_id::{VP8E_SET_CPUUSED, VP8E_SET_STATIC_THRESHOLD};
use vpx_sys::vpx_codec_cx_pkt_kind::VPX_CODEC_CX_FRAME_PKT;
use vpx_sys::vpx_codec_err_t::{self, VPX_CODEC_OK};

/// The fastest that the encoder knows: a test card is mostly still, so little is lost by it. Negative: this speed always.
const SPEED: c_int = -12;
/// Blocks that changed by less than this are skipped without a search.
const STATIC_THRESHOLD: c_int = 100;

/// What the library refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("libvpx refuses to {0} ({1:?})")]
pub struct Vp8Error(&'static str, vpx_codec_err_t);

pub struct Vp8 {
    /// Boxed: the library keeps its address.
    context: Box<vpx_sys::vpx_codec_ctx_t>,
    width: u32,
    height: u32,
    frames: i64,
}

// SAFETY: the context is used through `&mut` alone, and libvpx ties no encoder to the thread that made it.
unsafe impl Send for Vp8 {}

fn check(what: &'static str, outcome: vpx_codec_err_t) -> Result<(), Vp8Error> {
    if outcome == VPX_CODEC_OK { Ok(()) } else { Err(Vp8Error(what, outcome)) }
}

impl Vp8 {
    /// # Errors
    /// If the library refuses the layer's size or rate.
    pub fn new(layer: &Layer) -> Result<Self, Vp8Error> {
        let mut config = MaybeUninit::<vpx_sys::vpx_codec_enc_cfg_t>::zeroed();
        // SAFETY: the interface is a constant of the library; it fills the whole of the configuration, or says that it did not.
        let (interface, outcome) = unsafe {
            let interface = vpx_sys::vpx_codec_vp8_cx();
            (interface, vpx_sys::vpx_codec_enc_config_default(interface, config.as_mut_ptr(), 0))
        };
        check("configure", outcome)?;
        // SAFETY: filled, as it said.
        let mut config = unsafe { config.assume_init() };
        config.g_w = layer.width;
        config.g_h = layer.height;
        config.g_timebase.num = 1;
        config.g_timebase.den = FRAMES_PER_SECOND as c_int;
        config.g_threads = 1;
        config.g_lag_in_frames = 0;
        config.rc_target_bitrate = layer.kbps;
        config.rc_end_usage = vpx_sys::vpx_rc_mode::VPX_CBR;
        config.rc_min_quantizer = 4;
        config.rc_max_quantizer = 56;
        config.rc_dropframe_thresh = 0;
        config.rc_buf_sz = 1000;
        config.rc_buf_initial_sz = 500;
        config.rc_buf_optimal_sz = 600;
        // Key frames are made when asked for, never by the calendar.
        config.kf_mode = vpx_sys::vpx_kf_mode::VPX_KF_DISABLED;
        // SAFETY: all zeroes is how the library wants a context before its initialisation.
        let mut context = Box::new(unsafe { MaybeUninit::<vpx_sys::vpx_codec_ctx_t>::zeroed().assume_init() });
        // SAFETY: context and configuration live through the call; the library copies the configuration.
        let outcome = unsafe {
            let version = vpx_sys::VPX_ENCODER_ABI_VERSION as c_int;
            vpx_sys::vpx_codec_enc_init_ver(&mut *context, interface, &config, 0, version)
        };
        check("start", outcome)?;
        // From here on the drop ends the library's part too.
        let mut encoder = Self { context, width: layer.width, height: layer.height, frames: 0 };
        for (what, control, value) in [
            ("set the speed", VP8E_SET_CPUUSED, SPEED),
            ("set the threshold", VP8E_SET_STATIC_THRESHOLD, STATIC_THRESHOLD),
        ] {
            // SAFETY: both controls take one int.
            check(what, unsafe { vpx_sys::vpx_codec_control_(&mut *encoder.context, control as c_int, value) })?;
        }
        Ok(encoder)
    }

    /// Encodes one picture into one frame; `key`: as a key frame. `None` if the encoder made nothing of it.
    ///
    /// # Errors
    /// If the picture is not of the layer's size, or the library refuses it.
    pub fn encode(&mut self, picture: &Picture, key: bool) -> Result<Option<Bytes>, Vp8Error> {
        let (width, height) = (picture.width(), picture.height());
        let needed = (width * height + width.div_ceil(2) * height.div_ceil(2) * 2) as usize;
        if (width, height) != (self.width, self.height) || picture.bytes().len() < needed {
            return Err(Vp8Error("take a picture of another size", vpx_codec_err_t::VPX_CODEC_INVALID_PARAM));
        }
        let mut image = MaybeUninit::<vpx_sys::vpx_image_t>::zeroed();
        let flags = if key { vpx_sys::VPX_EFLAG_FORCE_KF } else { 0 };
        let at = self.frames;
        self.frames += 1;
        // SAFETY: the image borrows the picture's bytes, of which there are enough (checked above), for the one call that
        // reads them; the library does not write to an image that it encodes.
        let outcome = unsafe {
            let format = vpx_sys::vpx_img_fmt::VPX_IMG_FMT_I420;
            let bytes = picture.bytes().as_ptr().cast_mut();
            if vpx_sys::vpx_img_wrap(image.as_mut_ptr(), format, width, height, 1, bytes).is_null() {
                vpx_codec_err_t::VPX_CODEC_INVALID_PARAM
            } else {
                // How wide these are differs between versions of the bindings.
                let (flags, deadline) = (flags as _, vpx_sys::VPX_DL_REALTIME as _);
                vpx_sys::vpx_codec_encode(&mut *self.context, image.as_ptr(), at, 1, flags, deadline)
            }
        };
        check("encode", outcome)?;
        let mut frame = None;
        let mut iterator = ptr::null();
        loop {
            // SAFETY: a packet that is not null is valid until the context's next call, and is copied before that.
            let packet = unsafe { vpx_sys::vpx_codec_get_cx_data(&mut *self.context, &mut iterator).as_ref() };
            let Some(packet) = packet else { return Ok(frame) };
            if packet.kind == VPX_CODEC_CX_FRAME_PKT {
                // SAFETY: the kind says which member of the union it is, and the frame its own length.
                let data = unsafe {
                    let frame = &packet.data.frame;
                    std::slice::from_raw_parts(frame.buf.cast::<u8>(), frame.sz as _)
                };
                frame = Some(Bytes::copy_from_slice(data));
            }
        }
    }
}

impl Drop for Vp8 {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, and destroyed here alone.
        unsafe { vpx_sys::vpx_codec_destroy(&mut *self.context) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::{Card, Lettering, read_stripe};
    use crate::layers::LAYERS;

    /// The plane of brightness of a decoded frame.
    fn decode(context: &mut vpx_sys::vpx_codec_ctx_t, frame: &[u8]) -> Option<(Vec<u8>, usize, usize)> {
        // SAFETY: the frame lives through the call; an image that is not null holds its planes until the next one.
        unsafe {
            let outcome =
                vpx_sys::vpx_codec_decode(context, frame.as_ptr(), frame.len() as u32, ptr::null_mut(), 0 as _);
            assert_eq!(outcome, VPX_CODEC_OK);
            let mut iterator = ptr::null();
            let image = vpx_sys::vpx_codec_get_frame(context, &mut iterator).as_ref()?;
            let (width, height, stride) = (image.d_w as usize, image.d_h as usize, image.stride[0] as usize);
            let row = |y: usize| std::slice::from_raw_parts(image.planes[0].add(y * stride), width).to_vec();
            Some(((0..height).flat_map(row).collect(), width, height))
        }
    }

    #[test]
    fn the_time_can_be_read_off_the_decoded_picture() {
        for layer in &LAYERS {
            let mut card = Card::new(&Lettering::load(), "华明街道司法所", layer.width as usize, layer.height as usize);
            let mut encoder = Vp8::new(layer).unwrap();
            // SAFETY: as in `new`, for the decoder.
            let mut context = Box::new(unsafe { MaybeUninit::<vpx_sys::vpx_codec_ctx_t>::zeroed().assume_init() });
            let outcome = unsafe {
                let version = vpx_sys::VPX_DECODER_ABI_VERSION as c_int;
                vpx_sys::vpx_codec_dec_init_ver(&mut *context, vpx_sys::vpx_codec_vp8_dx(), ptr::null(), 0, version)
            };
            assert_eq!(outcome, VPX_CODEC_OK);
            let mut bytes = 0;
            for round in 0..45i64 {
                let now = 1_772_323_200_000 + round * 67;
                let frame = encoder.encode(card.at(now), round == 30).unwrap().unwrap();
                // RFC 6386, section 9.1: the first bit is clear in a key frame.
                assert_eq!(frame[0] & 1 == 0, round == 0 || round == 30, "key frames come when asked for");
                bytes += frame.len();
                let (luma, width, height) = decode(&mut context, &frame).unwrap();
                assert_eq!((width, height), (layer.width as usize, layer.height as usize));
                assert_eq!(read_stripe(&luma, width, height), Some(now as u32), "{} at frame {round}", layer.rid);
            }
            let kbps = bytes * 8 * FRAMES_PER_SECOND as usize / 45 / 1000;
            assert!(kbps < layer.kbps as usize * 2, "{}: {kbps} kbit/s", layer.rid);
            // SAFETY: initialised above.
            unsafe { vpx_sys::vpx_codec_destroy(&mut *context) };
        }
    }

    #[test]
    fn a_picture_of_another_size_is_refused() {
        let card = Card::new(&Lettering::built_in(), "", 320, 180).at(0).clone();
        assert!(Vp8::new(&LAYERS[1]).unwrap().encode(&card, false).is_err());
    }
}
