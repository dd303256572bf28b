//! How loud a sound is, part by part: decoded by the browser, without playing it.

use js_sys::ArrayBuffer;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioBuffer, OfflineAudioContext, Response};

/// The loudest moment of each part of a sound, from 0 to 1. `None`: it cannot be loaded, or not be decoded.
pub async fn loudness(url: &str, parts: usize) -> Option<Vec<f64>> {
    let response: Response = JsFuture::from(super::window().fetch_with_str(url)).await.ok()?.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    let bytes: ArrayBuffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?.dyn_into().ok()?;
    let context =
        OfflineAudioContext::new_with_number_of_channels_and_length_and_sample_rate(1, 1, DECODED_RATE).ok()?;
    let decoded = JsFuture::from(context.decode_audio_data(&bytes).ok()?).await.ok()?;
    let samples = decoded.dyn_into::<AudioBuffer>().ok()?.get_channel_data(0).ok()?;
    Some(peaks(&samples, parts))
}

/// Low: it is for a picture a hundred pixels wide.
const DECODED_RATE: f32 = 8_000.0;

fn peaks(samples: &[f32], parts: usize) -> Vec<f64> {
    let length = samples.len().div_ceil(parts.max(1)).max(1);
    let mut peaks: Vec<f64> = samples
        .chunks(length)
        .map(|part| f64::from(part.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()))))
        .collect();
    peaks.resize(parts, 0.0);
    let loudest = peaks.iter().copied().fold(0.0, f64::max);
    if loudest > 0.0 {
        peaks.iter_mut().for_each(|peak| *peak /= loudest);
    }
    peaks
}

#[cfg(test)]
mod tests {
    use super::peaks;

    #[test]
    fn the_loudest_part_fills_the_strip() {
        assert_eq!(peaks(&[0.0, 0.1, -0.5, 0.2], 2), [f64::from(0.1f32) / 0.5, 1.0]);
        assert_eq!(peaks(&[0.0; 4], 2), [0.0, 0.0]);
        assert_eq!(peaks(&[], 3), [0.0, 0.0, 0.0]);
    }
}
