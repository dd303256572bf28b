//! Pictures into a film with pan and zoom.
//!
//! The frames are computed here and not by ffmpeg's `zoompan`, which moves in whole pixels and therefore trembles.

use std::{path::PathBuf, time::Duration};

use tokio::sync::mpsc;

use crate::{Choice, Image, NodeContext, NodeError, Video, media::Ffmpeg, node};

use super::{
    film::{FrameSize, Rate, SECONDS_MAX},
    frames::{Frames, Move},
};

/// Frames that may wait for ffmpeg. One of 1920x1080 is 6 MB.
const FRAMES_AHEAD: usize = 4;
const PICTURES_MAX: usize = 500;

/// How the camera moves over each picture.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Motion {
    #[choice(title = "A different move each")]
    Varied,
    ZoomIn,
    ZoomOut,
    PanRight,
    PanLeft,
    PanUp,
    PanDown,
    #[choice(title = "None")]
    Still,
}

impl Motion {
    /// The move over the picture with this index.
    fn of(self, index: usize) -> Move {
        const CYCLE: [Move; 4] = [Move::ZoomIn, Move::PanRight, Move::ZoomOut, Move::PanLeft];
        match self {
            Self::Varied => CYCLE[index % CYCLE.len()],
            Self::ZoomIn => Move::ZoomIn,
            Self::ZoomOut => Move::ZoomOut,
            Self::PanRight => Move::PanRight,
            Self::PanLeft => Move::PanLeft,
            Self::PanUp => Move::PanUp,
            Self::PanDown => Move::PanDown,
            Self::Still => Move::Still,
        }
    }
}

/// Makes a film out of pictures, with a slow move over each and a fade from one to the next.
///
/// A fade happens while both pictures are on: the film is as long as all pictures together, less one fade for each
/// change. Four pictures of 3 s with fades of 0.5 s make 10.5 s.
#[node(
    "video.from_images",
    title = "Film from pictures",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"images":["sample:photo","sample:photo2"]},"params":{"seconds":1.0,"crossfade":0.25,"size":"640x360"}}"#
)]
async fn from_images(
    /// The pictures, in the order of their wires.
    images: Vec<Image>,
    /// How long each picture is on.
    #[param(title = "Each picture", default = 3.0, min = 0.1, max = 600.0, step = 0.1, unit = "s")]
    seconds: f64,
    /// How long the fade from one picture to the next is.
    #[param(title = "Fade", default = 0.5, min = 0.0, max = 30.0, step = 0.1, unit = "s")]
    crossfade: f64,
    /// The size of the film; pictures fill it and are cut at the edges.
    #[param(title = "Size", default = FrameSize::Hd)]
    size: FrameSize,
    /// Pictures a second.
    #[param(title = "Rate", default = Rate::Cinema)]
    fps: Rate,
    /// How the camera moves.
    #[param(title = "Move", default = Motion::Varied)]
    motion: Motion,
    /// How far the camera moves, as a share of the picture.
    #[param(title = "Strength", default = 12.0, min = 0.0, max = 60.0, step = 1.0, unit = "%")]
    strength: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let count = images.len();
    if count == 0 {
        return Err(NodeError::invalid("images", "there is no picture to make a film of"));
    }
    if count > PICTURES_MAX {
        return Err(NodeError::invalid("images", format!("{count} pictures are too many: at most {PICTURES_MAX} fit")));
    }
    if count > 1 && crossfade * 2.0 > seconds {
        let message = format!("a fade of {crossfade} s is more than half of the {seconds} s that a picture is on");
        return Err(NodeError::invalid("crossfade", message));
    }
    let total = count as f64 * seconds - (count - 1) as f64 * crossfade;
    if total > SECONDS_MAX {
        return Err(NodeError::invalid("seconds", format!("a film of {total:.0} s is too long")));
    }
    let mut paths = Vec::with_capacity(count);
    for image in &images {
        paths.push(image.path(ctx).await?);
    }
    let moves = (0..count).map(|index| motion.of(index)).collect();
    let frames = Frames { size: size.pixels(), fps: fps.fps(), seconds, crossfade, strength: strength / 100.0, moves };
    Ok(Video(written(frames, paths, total, ctx).await?))
}

async fn written(
    frames: Frames,
    paths: Vec<PathBuf>,
    total: f64,
    ctx: &NodeContext,
) -> Result<shared::value::Media, NodeError> {
    let folder = tempfile::tempdir()?;
    let target = folder.path().join("film.mp4");
    let mut ffmpeg = Ffmpeg::new();
    ffmpeg.raw_frames(frames.size.0, frames.size.1, frames.fps).bt709().h264().output(&target);

    let (sender, receiver) = mpsc::channel(FRAMES_AHEAD);
    let drawing = ctx.blocking(move || frames.draw(&paths, |frame| sender.blocking_send(frame).is_ok()));
    let progress = |share| ctx.progress(share);
    let encoding = ffmpeg.run_with_frames(receiver, Duration::from_secs_f64(total), ctx.cancel(), &progress);
    let (drawn, encoded) = tokio::join!(drawing, encoding);
    // A picture that cannot be read ends the film early; that is the cause to show, and not a short film.
    drawn?;
    encoded?;
    ctx.store_file(&target).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varied_moves_differ_from_picture_to_picture() {
        let moves: Vec<Move> = (0..4).map(|index| Motion::Varied.of(index)).collect();
        assert!(moves.windows(2).all(|pair| pair[0] != pair[1]), "{moves:?}");
    }
}
