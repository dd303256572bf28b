//! Films without the moments in which nobody speaks.

use std::{path::Path, time::Duration};

use crate::{NodeContext, NodeError, Video, media::Ffmpeg, node};

use super::film::{Film, Remake, SoundTrack};

/// Samples a second that loudness is measured on: enough to hear speech.
const RATE: usize = 8000;
/// Samples that are measured together: a fiftieth of a second.
const WINDOW: usize = RATE / 50;
/// Parts that one film may be cut into: each is a term of ffmpeg's filter.
const PARTS_MAX: usize = 400;

/// Cuts the silent moments out of a film, for talks and interviews. Pictures and sound stay together.
#[node(
    "video.cut_silence",
    title = "Cut silence",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"threshold":-30,"shortest":0.3}}"#
)]
async fn cut_silence(
    /// The film.
    video: Video,
    /// Quieter than this is silence.
    #[param(title = "Threshold", default = -40.0, min = -80.0, max = -5.0, step = 1.0, unit = "dB")]
    threshold: f64,
    /// Shorter silence stays.
    #[param(title = "Shortest silence", default = 0.5, min = 0.1, max = 60.0, step = 0.1, unit = "s")]
    shortest: f64,
    /// How much silence stays around what is heard.
    #[param(title = "Margin", default = 0.1, min = 0.0, max = 5.0, step = 0.05, unit = "s")]
    margin: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    if !film.has_audio {
        return Err(NodeError::invalid("video", "the film has no sound"));
    }
    let loudness = loudness(&film.path, film.seconds, ctx).await?;
    let parts = heard(&loudness, film.seconds, threshold, shortest, margin);
    if parts.is_empty() {
        return Err(NodeError::invalid("threshold", "all of the film is silent, as far as the threshold goes"));
    }
    if parts.len() > PARTS_MAX {
        let message = format!("the film would be cut into {} parts: at most {PARTS_MAX}", parts.len());
        return Err(NodeError::invalid("shortest", message));
    }
    let terms: Vec<String> = parts.iter().map(|(begin, end)| format!("between(t,{begin:.3},{end:.3})")).collect();
    let choice = terms.join("+");
    let seconds = parts.iter().map(|(begin, end)| end - begin).sum();
    let filters = format!("fps={fps:.5},select='{choice}',setpts=N/{fps:.5}/TB", fps = film.fps);
    // Cut by samples, not by the 1024 that come at once: else every cut would bring sound and pictures further apart.
    let sound = format!("aresample=48000:async=1:first_pts=0,asetnsamples=n=64:p=0,aselect='{choice}',asetpts=N/SR/TB");
    film.remade(Remake { filters: &filters, sound: SoundTrack::Through(&sound), seconds, ..film.remake() }, ctx).await
}

/// How loud each window is, in dB.
async fn loudness(path: &Path, seconds: f64, ctx: &NodeContext) -> Result<Vec<f64>, NodeError> {
    let folder = tempfile::tempdir()?;
    let samples = folder.path().join("samples.raw");
    let mut ffmpeg = Ffmpeg::new();
    ffmpeg.input(path).args(["-map", "0:a:0", "-vn", "-af", "aresample=8000:async=1:first_pts=0"]);
    ffmpeg.args(["-ac", "1", "-c:a", "pcm_s16le", "-f", "s16le"]).output(&samples);
    let duration = Duration::from_secs_f64(seconds);
    ffmpeg.run(duration, ctx.cancel(), &|share| ctx.progress(share / 2.0)).await?;
    let bytes = tokio::fs::read(&samples).await?;
    ctx.blocking(move || {
        let window = |bytes: &[u8]| {
            let samples = bytes.chunks_exact(2).map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0);
            let power = samples.map(|sample| sample * sample).sum::<f64>() / (bytes.len() / 2).max(1) as f64;
            10.0 * power.max(1e-10).log10()
        };
        Ok(bytes.chunks(WINDOW * 2).map(window).collect())
    })
    .await
}

/// The parts that are kept, in seconds: begin and end.
fn heard(loudness: &[f64], seconds: f64, threshold: f64, shortest: f64, margin: f64) -> Vec<(f64, f64)> {
    let at = |window: usize| window as f64 * WINDOW as f64 / RATE as f64;
    let mut parts: Vec<(f64, f64)> = Vec::new();
    for (window, _) in loudness.iter().enumerate().filter(|(_, level)| **level >= threshold) {
        let (begin, end) = (at(window), at(window + 1));
        match parts.last_mut() {
            Some(part) if begin - part.1 < shortest => part.1 = end,
            _ => parts.push((begin, end)),
        }
    }
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (begin, end) in parts {
        let (begin, end) = ((begin - margin).max(0.0), (end + margin).min(seconds));
        match kept.last_mut() {
            Some(part) if begin <= part.1 => part.1 = end,
            _ => kept.push((begin, end)),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_silence_stays_and_long_silence_goes() {
        // A second of sound, half a second of silence, a second of sound, two of silence, a second of sound.
        let level = |sound: bool, seconds: f64| vec![if sound { -10.0 } else { -70.0 }; (seconds * 50.0) as usize];
        let film =
            [level(true, 1.0), level(false, 0.5), level(true, 1.0), level(false, 2.0), level(true, 1.0)].concat();
        let parts = heard(&film, 5.5, -40.0, 0.8, 0.1);
        let rounded: Vec<_> = parts.iter().map(|(a, b)| ((a * 100.0).round(), (b * 100.0).round())).collect();
        assert_eq!(rounded, [(0.0, 260.0), (440.0, 550.0)]);
        assert_eq!(heard(&level(false, 3.0), 3.0, -40.0, 0.5, 0.1), []);
    }
}
