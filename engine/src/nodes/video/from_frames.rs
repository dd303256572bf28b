//! Pictures into a film, frame by frame.

use std::time::Duration;

use bytes::Bytes;
use image::imageops::FilterType;
use tokio::sync::mpsc;

use crate::{Image, NodeContext, NodeError, Video, media::Ffmpeg, node, nodes::image::decode_bytes};

use super::film::even;

const FRAMES_MAX: usize = 10_000;
const FRAMES_AHEAD: usize = 4;

/// Makes a film out of pictures, one frame each. For a film that was taken apart, or an animation.
#[node(
    "video.from_frames",
    title = "Film from frames",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"images":["sample:photo6","sample:photo2","sample:photo6"]},"params":{"fps":3}}"#
)]
async fn from_frames(
    /// The frames, in their order. The first one decides the size.
    images: Vec<Image>,
    /// Pictures a second.
    #[param(title = "Rate", default = 24, min = 1, max = 60, unit = "fps")]
    fps: u32,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    if images.is_empty() || images.len() > FRAMES_MAX {
        return Err(NodeError::invalid("images", format!("a film is made of 1 to {FRAMES_MAX} frames")));
    }
    let mut paths = Vec::with_capacity(images.len());
    for image in &images {
        paths.push(image.path(ctx).await?);
    }
    let read = move |index: usize, path: &std::path::Path| {
        let picture = decode_bytes(&std::fs::read(path)?).map_err(|error| {
            NodeError::invalid("images", format!("frame {} cannot be read", index + 1)).with_raw(&error.to_string())
        })?;
        Ok::<_, NodeError>(picture)
    };
    let first = paths[0].clone();
    let size = ctx.blocking(move || read(0, &first).map(|first| (even(first.width()), even(first.height())))).await?;
    let folder = tempfile::tempdir()?;
    let target = folder.path().join("film.mp4");
    let mut ffmpeg = Ffmpeg::new();
    ffmpeg.raw_frames(size.0, size.1, fps).bt709().h264().output(&target);
    let seconds = paths.len() as f64 / f64::from(fps);
    let (sender, receiver) = mpsc::channel(FRAMES_AHEAD);
    let drawing = ctx.blocking(move || {
        for (index, path) in paths.iter().enumerate() {
            let picture = read(index, path)?;
            let fits = (picture.width(), picture.height()) == size;
            let picture = if fits { picture } else { picture.resize_exact(size.0, size.1, FilterType::Triangle) };
            if sender.blocking_send(Bytes::from(picture.into_rgb8().into_raw())).is_err() {
                break;
            }
        }
        Ok(())
    });
    let progress = |share| ctx.progress(share);
    let encoding = ffmpeg.run_with_frames(receiver, Duration::from_secs_f64(seconds), ctx.cancel(), &progress);
    let (drawn, encoded) = tokio::join!(drawing, encoding);
    // A frame that cannot be read ends the film early; that is the cause to show.
    drawn?;
    encoded?;
    Ok(Video(ctx.store_file(&target).await?))
}
