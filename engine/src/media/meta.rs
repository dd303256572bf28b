//! What a film looks like to somebody who trains on it: cuts, motion, camera, format. All of it measured in the file.
//!
//! Faces and lettering are not looked for: there is no detector here, and `face_count` and `text_overlay` are never
//! guessed. Generation records call it for films that were made; `video.analyze` shows it on the canvas.

use std::{path::Path, time::Duration};

use engine_pixels::{Gray, Movement, movement};
use serde::Serialize;
use shared::value::Media;
use tokio_util::sync::CancellationToken;

use super::{
    ffmpeg::Ffmpeg,
    probe::{ProbeError, probe},
};
use crate::{BlobStore, NodeError};

/// Longer films are not looked through: their motion, camera and cuts stay unknown.
const LOOKED_THROUGH_MAX_SECONDS: f64 = 600.0;
/// The size of the frames that are compared.
const FRAME: (usize, usize) = (160, 90);
/// Frames compared a second: enough to see a move, few enough for it to be larger than a pixel.
const LOOKS_A_SECOND: f64 = 6.0;
/// ffmpeg's scene score from which a change is a cut.
pub const CUT_SCORE: f64 = 0.3;

/// How the camera moves, over the whole film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CameraMovement {
    /// Less than an eye notices.
    Static,
    /// Turns to the left: what is seen goes to the right.
    PanLeft,
    /// Turns to the right.
    PanRight,
    /// Turns up: what is seen goes down.
    TiltUp,
    /// Turns down.
    TiltDown,
    /// Comes nearer.
    ZoomIn,
    /// Goes away.
    ZoomOut,
    /// Several of these, at once or one after the other.
    Mixed,
}

impl CameraMovement {
    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::PanLeft => "pan_left",
            Self::PanRight => "pan_right",
            Self::TiltUp => "tilt_up",
            Self::TiltDown => "tilt_down",
            Self::ZoomIn => "zoom_in",
            Self::ZoomOut => "zoom_out",
            Self::Mixed => "mixed",
        }
    }
}

/// The `video_meta` of a generation record. Absent is unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct VideoMeta {
    /// 0 stands still, 1 is wild: how far things travel a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub motion_score: Option<f64>,
    /// How the camera moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera_movement: Option<CameraMovement>,
    /// How many hard cuts there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene_transitions: Option<u32>,
    /// Such as `16:9`, as displayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<String>,
    /// Such as `h264`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    /// Of the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate_kbps: Option<u64>,
    /// How many pictures there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<u64>,
    /// Pictures a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<f64>,
    /// How long it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// Looks through a stored film. One call of ffmpeg; it takes about as long as decoding the film.
pub async fn video_meta(
    blobs: &dyn BlobStore,
    media: &Media,
    cancel: &CancellationToken,
) -> Result<VideoMeta, NodeError> {
    let path = blobs.local_path(&media.blob).await?;
    let found = probe(&path).await.map_err(|error| match error {
        ProbeError::Missing => NodeError::missing_tool("ffprobe", "it comes with ffmpeg"),
        error @ (ProbeError::Unreadable | ProbeError::Io(_)) => {
            NodeError::invalid("video", "the film cannot be read").with_raw(&error.to_string())
        }
    })?;
    let Some(track) = found.video.filter(|track| track.width > 0 && track.height > 0) else {
        return Err(NodeError::invalid("video", "there are no pictures in it"));
    };
    let size_bytes = blobs.size(&media.blob).await?;
    let mut meta = VideoMeta {
        aspect_ratio: Some(aspect_ratio(track.width, track.height)),
        codec: Some(track.codec).filter(|codec| !codec.is_empty()),
        frames: track.frames,
        fps: track.fps,
        duration_ms: found.duration_millis,
        ..VideoMeta::default()
    };
    let Some(duration_ms) = found.duration_millis.filter(|millis| *millis > 0) else { return Ok(meta) };
    // Bits in a millisecond are kilobits in a second.
    meta.bitrate_kbps = size_bytes.map(|bytes| (bytes * 8 + duration_ms / 2) / duration_ms);
    let seconds = duration_ms as f64 / 1000.0;
    if seconds <= LOOKED_THROUGH_MAX_SECONDS {
        let seen = look_through(&path, seconds, cancel).await?;
        meta.scene_transitions = Some(seen.cuts.len() as u32);
        meta.frames = Some(seen.frames);
        let judged = tokio::task::spawn_blocking(move || seen.judged()).await;
        let judged = judged.map_err(|error| NodeError::internal("the film could not be judged", error))?;
        (meta.motion_score, meta.camera_movement) = judged;
    }
    Ok(meta)
}

/// The moments, in seconds, at which one shot ends and the next begins.
pub async fn cuts(
    path: &Path,
    seconds: f64,
    score: f64,
    cancel: &CancellationToken,
    progress: &(dyn Fn(f64) + Send + Sync),
) -> Result<Vec<f64>, NodeError> {
    let folder = tempfile::tempdir()?;
    let list = folder.path().join("cuts.txt");
    let mut ffmpeg = Ffmpeg::new();
    let filter = format!("scale=320:180:flags=area,select=gt(scene\\,{score:.3})");
    ffmpeg.input(path).args(["-map", "0:v:0", "-an", "-vf", &filter, "-fps_mode", "passthrough", "-f", "framecrc"]);
    ffmpeg.output(&list);
    ffmpeg.run(Duration::from_secs_f64(seconds), cancel, progress).await?;
    Ok(moments(&tokio::fs::read_to_string(&list).await?))
}

/// What one pass over a film brought.
struct Seen {
    /// Grey frames of [`FRAME`], [`LOOKS_A_SECOND`] of them.
    looks: Vec<u8>,
    cuts: Vec<f64>,
    frames: u64,
}

async fn look_through(path: &Path, seconds: f64, cancel: &CancellationToken) -> Result<Seen, NodeError> {
    let folder = tempfile::tempdir()?;
    let file = |name: &str| folder.path().join(name);
    let (width, height) = FRAME;
    let graph = format!(
        "[0:v:0]scale=320:180:flags=area,split=3[a][b][c];\
         [a]fps={LOOKS_A_SECOND},scale={width}:{height}:flags=area,format=gray[looks];\
         [b]select=gt(scene\\,{CUT_SCORE})[cuts];[c]scale=16:16:flags=neighbor,format=gray[all]"
    );
    let mut ffmpeg = Ffmpeg::new();
    ffmpeg.input(path).args(["-filter_complex", &graph]);
    ffmpeg.args(["-map", "[looks]", "-f", "rawvideo"]).output(&file("looks.raw"));
    ffmpeg.args(["-map", "[cuts]", "-fps_mode", "passthrough", "-f", "framecrc"]).output(&file("cuts.txt"));
    ffmpeg.args(["-map", "[all]", "-fps_mode", "passthrough", "-f", "framecrc"]).output(&file("all.txt"));
    ffmpeg.run(Duration::from_secs_f64(seconds), cancel, &|_| ()).await?;
    let frames = moments(&tokio::fs::read_to_string(file("all.txt")).await?).len() as u64;
    let cuts = moments(&tokio::fs::read_to_string(file("cuts.txt")).await?);
    Ok(Seen { looks: tokio::fs::read(file("looks.raw")).await?, cuts, frames })
}

/// The moments of frames in ffmpeg's `framecrc` form: a time base, then `stream, dts, pts, …` for each frame.
fn moments(list: &str) -> Vec<f64> {
    let mut base = 1.0;
    let mut moments = Vec::new();
    for line in list.lines() {
        if let Some(fraction) = line.strip_prefix("#tb 0: ") {
            let (above, below) = fraction.split_once('/').unwrap_or((fraction, "1"));
            base = above.trim().parse().unwrap_or(1.0) / below.trim().parse().unwrap_or(1.0);
        } else if !line.starts_with('#') {
            let pts = line.split(',').nth(2).and_then(|pts| pts.trim().parse::<f64>().ok());
            moments.extend(pts.map(|pts| pts * base));
        }
    }
    moments
}

impl Seen {
    /// The motion score and what the camera does.
    fn judged(&self) -> (Option<f64>, Option<CameraMovement>) {
        let (width, height) = FRAME;
        let looks: Vec<&[u8]> = self.looks.chunks_exact(width * height).collect();
        let mut moves = Vec::new();
        for (i, pair) in looks.windows(2).enumerate() {
            let (begin, end) = (i as f64 / LOOKS_A_SECOND, (i + 1) as f64 / LOOKS_A_SECOND);
            // `fps` rounds: a cut may show one look early or late.
            let slack = 0.5 / LOOKS_A_SECOND;
            if self.cuts.iter().any(|cut| (begin - slack..=end + slack).contains(cut)) {
                continue;
            }
            let gray = |pixels| Gray { pixels, width, height };
            moves.extend(movement(gray(pair[0]), gray(pair[1])));
        }
        if moves.is_empty() {
            return (None, None);
        }
        let travelled = moves.iter().map(|m| m.travelled).sum::<f64>() / moves.len() as f64 * LOOKS_A_SECOND;
        // Half the frame's width in a second is a lot: it scores 0.92.
        let score = 1.0 - (-travelled / 0.2).exp();
        (Some((score * 1000.0).round() / 1000.0), Some(camera(&moves)))
    }
}

fn camera(moves: &[Movement]) -> CameraMovement {
    /// Slower than this, in widths or heights of the frame a second, nobody calls it a move.
    const NOTICED: f64 = 0.015;
    /// When the second strongest move is this share of the strongest, there is more than one.
    const RIVAL: f64 = 0.6;
    // Where only parts of the picture move, the camera does not.
    let steady: Vec<&Movement> = moves.iter().filter(|m| m.together >= 0.55).collect();
    if steady.is_empty() {
        return CameraMovement::Static;
    }
    let sum = |of: fn(&Movement) -> f64| {
        let values = steady.iter().map(|m| of(m) * LOOKS_A_SECOND);
        let (sum, all) = values.fold((0.0, 0.0), |(sum, all), value| (sum + value, all + f64::abs(value)));
        (sum / steady.len() as f64, all / steady.len() as f64)
    };
    // A growth of 0.1 moves the edges by half of that.
    let (right, down, growth) = (sum(|m| m.right), sum(|m| m.down), sum(|m| m.growth / 2.0));
    let mut found = [
        (right, CameraMovement::PanLeft, CameraMovement::PanRight),
        (down, CameraMovement::TiltUp, CameraMovement::TiltDown),
        (growth, CameraMovement::ZoomIn, CameraMovement::ZoomOut),
    ];
    found.sort_by(|a, b| b.0.1.total_cmp(&a.0.1));
    let ((mean, all), forth, back) = found[0];
    let rival = found[1].0.1;
    if all < NOTICED {
        CameraMovement::Static
    } else if mean.abs() < all * RIVAL || (rival >= NOTICED && rival > all * RIVAL) {
        CameraMovement::Mixed
    } else if mean > 0.0 {
        forth
    } else {
        back
    }
}

/// The name that people use, where it is within a hundredth of one; else the exact ratio.
fn aspect_ratio(width: u32, height: u32) -> String {
    const NAMED: [(u32, u32); 11] =
        [(1, 1), (16, 9), (9, 16), (4, 3), (3, 4), (3, 2), (2, 3), (4, 5), (5, 4), (21, 9), (2, 1)];
    let ratio = f64::from(width) / f64::from(height);
    let near = |(w, h): &&(u32, u32)| (ratio / (f64::from(*w) / f64::from(*h)) - 1.0).abs() < 0.01;
    if let Some((w, h)) = NAMED.iter().find(near) {
        return format!("{w}:{h}");
    }
    let (mut a, mut b) = (width.max(1), height.max(1));
    while b != 0 {
        (a, b) = (b, a % b);
    }
    format!("{}:{}", width / a, height / a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_have_the_names_that_people_use() {
        let named = [(1920, 1080), (864, 480), (1080, 1920), (512, 512), (1000, 300)].map(|(w, h)| aspect_ratio(w, h));
        assert_eq!(named, ["16:9", "9:5", "9:16", "1:1", "10:3"]);
    }

    #[test]
    fn moments_are_read_in_their_time_base() {
        let list = "#format: frame checksums\n#tb 0: 1/24\n0,   12,   12,  1,  100, 0x01\n0,  36,  36, 1, 100, 0x02\n";
        assert_eq!(moments(list), [0.5, 1.5]);
    }

    #[test]
    fn a_camera_that_goes_to_and_fro_is_mixed() {
        let go = |right: f64| Movement { right, down: 0.0, growth: 0.0, together: 1.0, travelled: right.abs() };
        assert_eq!(camera(&[go(-0.02), go(-0.02)]), CameraMovement::PanRight);
        assert_eq!(camera(&[go(-0.02), go(0.02)]), CameraMovement::Mixed);
        assert_eq!(camera(&[go(0.001), go(0.001)]), CameraMovement::Static);
    }
}
