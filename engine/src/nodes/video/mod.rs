//! Films: made of pictures, cut, joined, scored, titled, measured.
//!
//! Every result is an MP4 with H.264 (yuv420p, even sizes, fast start) and, where there is sound, AAC: it plays in every
//! browser. Each node is one call of ffmpeg, and the same input gives the same bytes.

mod film;
mod from_images;
mod frames;
mod cut;
mod join;
mod sound;
mod silence;
mod title;
mod subtitles;
mod layers;
mod side_by_side;
mod shape;
mod turn;
mod color;
mod lut;
mod clean;
mod key;
mod time;
mod stills;
mod scenes;
mod analyze;
mod from_frames;
mod format;

use crate::{Image, MediaFile, NodeContext, NodeError, Outputs, Video, node};

use super::input_name;

pub(in crate::nodes) use cut::{part, tempo};
use film::Film;
pub(in crate::nodes) use film::{known, render};

/// Brings a film into the workflow: MP4, MOV, WebM, MKV and others.
#[node("video.load", title = "Film", role = "input", example = r#"{"params":{"value":"sample:video"}}"#)]
fn load(
    /// What the film is called when the workflow is run from outside. Empty: it cannot be handed over.
    #[param(title = "Name", default = "", wire = false)]
    name: String,
    /// The film.
    #[param(title = "Film", accept = "video")]
    value: MediaFile,
) -> Result<Video, NodeError> {
    input_name(&name)?;
    if value.0.mime.starts_with("video/") {
        Ok(Video(value.0))
    } else {
        Err(NodeError::invalid("value", format!("this is not a film but {}", value.0.mime)))
    }
}

#[derive(Outputs)]
struct Info {
    /// How long the film is, in seconds.
    seconds: f64,
    /// The width in pixels, as displayed.
    width: f64,
    /// The height in pixels, as displayed.
    height: f64,
    /// Pictures a second.
    fps: f64,
    /// How the pictures are encoded, for example `h264`.
    codec: String,
    /// Whether there is a sound track.
    has_audio: bool,
}

/// Tells the length, size and rate of a film.
#[node("video.info", title = "Film info", resource = "ffmpeg", example = r#"{"inputs":{"video":"sample:video"}}"#)]
async fn info(
    /// The film.
    video: Video,
    ctx: &NodeContext,
) -> Result<Info, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    Ok(Info {
        seconds: film.seconds,
        width: film.width.into(),
        height: film.height.into(),
        fps: film.fps,
        codec: film.codec,
        has_audio: film.has_audio,
    })
}

/// Takes one picture out of a film.
#[node(
    "video.extract_frame",
    title = "Frame of a film",
    resource = "ffmpeg",
    example = r#"{"inputs":{"video":"sample:video"},"params":{"at":3.5}}"#
)]
async fn extract_frame(
    /// The film.
    video: Video,
    /// When, from the beginning; a negative number counts from the end.
    #[param(title = "At", default = 0.0, step = 0.1, unit = "s")]
    at: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let wanted = if at < 0.0 { film.seconds + at } else { at };
    if !(0.0..=film.seconds).contains(&wanted) {
        let message = format!("{at} s is outside the film, which is {:.2} s long", film.seconds);
        return Err(NodeError::invalid("at", message));
    }
    // The last picture is shown from its own moment on, up to the end of the film.
    if wanted > film.seconds - 1.5 / film.fps {
        return stills::last(&film, ctx).await;
    }
    stills::still(ctx, "at", |ffmpeg, target| {
        ffmpeg.args(["-ss", &format!("{wanted:.3}")]).input(&film.path).args(["-map", "0:v:0", "-frames:v", "1"]);
        ffmpeg.args(["-vf", &format!("{},format=rgb24", film::SQUARE_PIXELS)]);
        ffmpeg.args(["-c:v", "png", "-flags:v", "+bitexact"]).output(target);
    })
    .await
}

#[cfg(test)]
mod tests;
