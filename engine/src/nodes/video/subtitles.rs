//! Subtitles as part of the picture. The letters are drawn like all others, and laid over the film as a moving layer.

use std::time::Duration;

use bytes::Bytes;
use image::RgbaImage;
use serde_json::Value as Json;
use tokio::sync::mpsc;

use crate::{
    NodeContext, NodeError, Video,
    media::Ffmpeg,
    node,
    nodes::{
        image::{Lettering, text_picture},
        subtitles::{Cue, read},
    },
};

use super::film::{Film, SQUARE_PIXELS};

/// How much of the film's width a line may take.
const LINE_SHARE: f64 = 0.9;
/// How often the layer may change a second. Nobody sees a subtitle come 40 ms late.
const LAYER_FPS_MAX: f64 = 25.0;
const LAYERS_AHEAD: usize = 4;

/// Writes subtitles into the picture of a film, so that they show everywhere.
#[node(
    "video.subtitles",
    title = "Burn in subtitles",
    resource = "ffmpeg",
    timeout_seconds = 3600,
    example = r##"{"inputs":{"video":"sample:video","subtitles":{"type":"json","value":[{"start":0.5,"end":2,"text":"A meadow"},{"start":2.5,"end":3.8,"text":"and a coffee"}]}},"params":{"size":28,"place":"bottom","outline":2}}"##
)]
async fn subtitles(
    /// The film.
    video: Video,
    /// The subtitles: SRT or WebVTT as text, or a list of segments with `start`, `end` and `text`.
    subtitles: Json,
    /// How the text looks.
    #[params]
    lettering: Lettering,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let cues: Vec<Cue> = read(&subtitles, "subtitles")?.into_iter().filter(|cue| cue.start < film.seconds).collect();
    if cues.is_empty() {
        return Ok(video);
    }
    let frame = film.even_size();
    let fps = film.fps.min(LAYER_FPS_MAX);
    let shows = shows(&cues, film.seconds, fps);
    let (texts, style) = (shows.clone(), lettering.clone());
    let measuring = ctx.blocking(move || measured(&texts, &style, frame.0));
    let size = measuring.await.map_err(|error| error.in_field("subtitles"))?;
    let Some(size) = size else { return Ok(video) };
    let (x, y) = lettering.upper_left(frame, size);

    let folder = tempfile::tempdir()?;
    let target = folder.path().join("film.mp4");
    let graph = format!("[0:v:0]{SQUARE_PIXELS}[film];[film][1:v]overlay={x}:{y}:eof_action=pass,format=yuv420p[v]");
    let mut ffmpeg = Ffmpeg::new();
    ffmpeg.input(&film.path).raw_layers(size.0, size.1, fps);
    ffmpeg.args(["-filter_complex", &graph, "-map", "[v]", "-map", "0:a:0?"]).h264().aac();
    ffmpeg.args(["-r", &format!("{:.5}", film.fps), "-t", &format!("{:.3}", film.seconds)]).output(&target);
    let (sender, receiver) = mpsc::channel(LAYERS_AHEAD);
    let drawing = ctx.blocking(move || {
        for show in &shows {
            let layer = drawn(show, &lettering, frame.0, size).map_err(|error| error.in_field("subtitles"))?;
            for _ in 0..show.frames {
                // The film is over, or ffmpeg has failed and says so itself.
                if sender.blocking_send(layer.clone()).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    });
    let progress = |share| ctx.progress(share);
    let duration = Duration::from_secs_f64(film.seconds);
    let encoding = ffmpeg.run_with_frames(receiver, duration, ctx.cancel(), &progress);
    let (drawn, encoded) = tokio::join!(drawing, encoding);
    drawn?;
    encoded?;
    Ok(Video(ctx.store_file(&target).await?))
}

/// A text that stands still for a number of frames; empty between subtitles.
#[derive(Debug, Clone, PartialEq)]
struct Show {
    text: String,
    frames: u64,
}

/// What is to be read when. Subtitles that overlap stand one below the other.
fn shows(cues: &[Cue], seconds: f64, fps: f64) -> Vec<Show> {
    let frame = |time: f64| (time.min(seconds) * fps).round() as u64;
    let mut edges: Vec<u64> = cues.iter().flat_map(|cue| [frame(cue.start), frame(cue.end)]).collect();
    edges.extend([0, (seconds * fps).ceil() as u64]);
    edges.sort_unstable();
    edges.dedup();
    let show = |pair: &[u64]| {
        let now = cues.iter().filter(|cue| frame(cue.start) <= pair[0] && pair[0] < frame(cue.end));
        let text = now.map(|cue| cue.text.as_str()).collect::<Vec<_>>().join("\n");
        Show { text, frames: pair[1] - pair[0] }
    };
    edges.windows(2).map(show).collect()
}

/// The size that holds every text. `None`: there is nothing to see.
fn measured(shows: &[Show], style: &Lettering, frame_width: u32) -> Result<Option<(u32, u32)>, NodeError> {
    let mut size: Option<(u32, u32)> = None;
    for show in shows {
        if let Some(picture) = text_picture(&show.text, style, style.line_room(frame_width, LINE_SHARE))? {
            let (width, height) = size.unwrap_or_default();
            size = Some((width.max(picture.width()), height.max(picture.height())));
        }
    }
    Ok(size)
}

fn drawn(show: &Show, style: &Lettering, frame_width: u32, size: (u32, u32)) -> Result<Bytes, NodeError> {
    let mut layer = RgbaImage::new(size.0, size.1);
    if let Some(text) = text_picture(&show.text, style, style.line_room(frame_width, LINE_SHARE))? {
        // Within the layer the text keeps to the side that the layer keeps to in the frame.
        let (x, y) = style.place.upper_left(size, text.dimensions(), 0);
        image::imageops::replace(&mut layer, &text, x, y);
    }
    Ok(layer.into_raw().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_subtitles_stand_below_each_other() {
        let cue = |start, end, text: &str| Cue { start, end, text: text.into() };
        let shows = shows(&[cue(1.0, 3.0, "a"), cue(2.0, 4.0, "b")], 5.0, 10.0);
        let texts: Vec<(&str, u64)> = shows.iter().map(|show| (show.text.as_str(), show.frames)).collect();
        assert_eq!(texts, [("", 10), ("a", 10), ("a\nb", 10), ("b", 10), ("", 10)]);
    }
}
