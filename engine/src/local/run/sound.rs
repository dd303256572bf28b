//! Any sound as the samples that speech models hear.

use std::{path::Path, time::Duration};

use tokio_util::sync::CancellationToken;

use super::mel::RATE;
use crate::{NodeError, media::Ffmpeg};

/// Longer recordings are cut by the person who knows where.
const SECONDS_MAX: u64 = 4 * 3600;

/// Decodes a sound, in whatever format it is, to one channel of [`RATE`] samples a second.
pub(super) async fn samples(sound: &Path, cancel: &CancellationToken) -> Result<Vec<f32>, NodeError> {
    let folder = tempfile::tempdir()?;
    let raw = folder.path().join("sound.raw");
    let mut ffmpeg = Ffmpeg::new();
    ffmpeg.input(sound).args(["-vn", "-ac", "1", "-ar", &RATE.to_string(), "-t", &(SECONDS_MAX + 1).to_string()]);
    ffmpeg.args(["-f", "s16le", "-c:a", "pcm_s16le"]).output(&raw);
    ffmpeg.run(Duration::from_secs(SECONDS_MAX), cancel, &|_| ()).await?;
    let bytes = tokio::fs::read(&raw).await?;
    let samples: Vec<f32> =
        bytes.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0).collect();
    if samples.is_empty() {
        return Err(NodeError::invalid("audio", "there is no sound in it"));
    }
    if samples.len() as u64 > SECONDS_MAX * RATE as u64 {
        let message = format!("the sound is longer than {} hours: cut it first", SECONDS_MAX / 3600);
        return Err(NodeError::invalid("audio", message));
    }
    Ok(samples)
}
