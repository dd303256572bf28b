//! What a film looks like, in numbers: what generation records say of films that models make.

use crate::{NodeContext, NodeError, Outputs, Video, media::video_meta, node};

#[derive(Outputs)]
struct Analysis {
    /// How much moves, from 0 (nothing) to 1.
    motion: Option<f64>,
    /// What the camera does: `static`, `pan_left`, `pan_right`, `tilt_up`, `tilt_down`, `zoom_in`, `zoom_out`, `mixed`.
    camera: Option<String>,
    /// How many cuts there are.
    cuts: Option<f64>,
    /// The proportions, for example `16:9`.
    aspect_ratio: Option<String>,
    /// Kilobits a second, of the whole file.
    bitrate: Option<f64>,
    /// Everything that was measured.
    json: serde_json::Value,
}

/// Measures motion, camera, cuts and format of a film. Films of more than ten minutes are not looked through.
#[node(
    "video.analyze",
    title = "Analyse film",
    resource = "ffmpeg",
    timeout_seconds = 900,
    example = r#"{"inputs":{"video":"sample:video"}}"#
)]
async fn analyze(
    /// The film.
    video: Video,
    ctx: &NodeContext,
) -> Result<Analysis, NodeError> {
    let meta = video_meta(ctx.blobs(), video.media(), ctx.cancel()).await?;
    let json = serde_json::to_value(&meta)
        .map_err(|error| NodeError::internal("what was measured could not be written", error))?;
    Ok(Analysis {
        motion: meta.motion_score,
        camera: meta.camera_movement.map(|camera| camera.name().to_owned()),
        cuts: meta.scene_transitions.map(f64::from),
        aspect_ratio: meta.aspect_ratio,
        bitrate: meta.bitrate_kbps.map(|kbps| kbps as f64),
        json,
    })
}
