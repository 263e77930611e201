//! A short beep at each whole second, in Opus: with the lamp on the card it shows whether sound and picture keep step.
//!
//! The second is encoded once and sent again and again; the silent frames in it are not sent at all (discontinuous transmission).

use bytes::Bytes;
use opusic_c::{Application, Bitrate, Channels, Encoder, SampleRate, Signal};

pub const FRAME_MS: u64 = 20;
pub const FRAMES: usize = 50;
/// Samples of one frame at 48 kHz.
pub const FRAME_SAMPLES: usize = 960;
/// Frames of a second that sound.
const BEEP_FRAMES: usize = 6;
const LOUDNESS: f64 = 0.2;

/// The frames of one second; `None` where nothing is sent.
pub type Tone = [Option<Bytes>; FRAMES];

/// A tone of the given pitch in hertz.
///
/// # Errors
/// If the library refuses.
pub fn tone(hertz: f64) -> Result<Tone, String> {
    let refused = |error| format!("Opus: {error:?}");
    let mut encoder = Encoder::new(Channels::Mono, SampleRate::Hz48000, Application::Voip).map_err(refused)?;
    encoder.set_bitrate(Bitrate::Value(24_000)).map_err(refused)?;
    encoder.set_complexity(0).map_err(refused)?;
    encoder.set_signal(Signal::Music).map_err(refused)?;
    let mut table: Tone = std::array::from_fn(|_| None);
    // The first round only warms the encoder up: the second begins as every later one does.
    for round in 0..2 {
        for (at, entry) in table.iter_mut().enumerate() {
            let samples = samples(hertz, at);
            let mut packet = [0u8; 400];
            let len = encoder.encode_float_to_slice(&samples, &mut packet).map_err(refused)?;
            // One frame of quiet ends the beep cleanly.
            if round == 1 && at <= BEEP_FRAMES {
                *entry = Some(Bytes::copy_from_slice(packet.get(..len).unwrap_or_default()));
            }
        }
    }
    Ok(table)
}

fn samples(hertz: f64, frame: usize) -> [f32; FRAME_SAMPLES] {
    let total = (BEEP_FRAMES * FRAME_SAMPLES) as f64;
    std::array::from_fn(|n| {
        let at = (frame * FRAME_SAMPLES + n) as f64;
        if at >= total {
            return 0.0;
        }
        // Faded in and out over 5 ms, so that it does not click.
        let fade = (at / 240.0).min((total - at) / 240.0).min(1.0);
        ((at / 48_000.0 * hertz * std::f64::consts::TAU).sin() * fade * LOUDNESS) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_begins_with_the_beep_and_is_silent_after() {
        let tone = tone(1000.0).unwrap();
        let sounding: Vec<usize> = tone.iter().enumerate().filter_map(|(at, f)| f.as_ref().map(|_| at)).collect();
        assert_eq!(sounding, (0..=BEEP_FRAMES).collect::<Vec<_>>());
        assert!(tone.iter().flatten().all(|frame| (2..400).contains(&frame.len())));
    }
}
