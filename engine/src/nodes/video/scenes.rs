//! Films taken apart: at their cuts, or into pieces of one length.

use std::time::Duration;

use serde_json::json;

use crate::{
    NodeContext, NodeError, Outputs, Video,
    media::{Ffmpeg, cuts},
    node,
};

use super::film::{Film, SQUARE_PIXELS};

/// Pieces that one film is taken apart into at most.
const PIECES_MAX: usize = 200;

#[derive(Outputs)]
struct Scenes {
    /// The moments of the cuts, in seconds.
    cuts: Vec<f64>,
    /// How many scenes there are: one more than cuts.
    count: f64,
    /// The scenes: `[{"start": 0, "end": 2.5}, …]`.
    scenes: serde_json::Value,
}

/// Finds the cuts of a film: the moments at which one shot gives way to the next.
#[node(
    "video.scenes",
    title = "Find cuts",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"sensitivity":60}}"#
)]
async fn scenes(
    /// The film.
    video: Video,
    /// How small a change counts as a cut.
    #[param(title = "Sensitivity", default = 70.0, min = 1.0, max = 99.0, step = 1.0, unit = "%")]
    sensitivity: f64,
    ctx: &NodeContext,
) -> Result<Scenes, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let score = 1.0 - sensitivity / 100.0;
    let cuts = cuts(&film.path, film.seconds, score, ctx.cancel(), &|share| ctx.progress(share)).await?;
    let millis = |seconds: f64| (seconds * 1000.0).round() / 1000.0;
    let cuts: Vec<f64> = cuts.into_iter().map(millis).collect();
    let starts = std::iter::once(0.0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([film.seconds]);
    let list: Vec<_> = starts.zip(ends).map(|(start, end)| json!({"start": start, "end": end})).collect();
    Ok(Scenes { count: list.len() as f64, scenes: list.into(), cuts })
}

/// Takes a film apart at its cuts: each scene becomes a film.
#[node(
    "video.split_scenes",
    title = "Split at cuts",
    resource = "ffmpeg",
    timeout_seconds = 3600,
    output = "videos",
    example = r#"{"inputs":{"video":"sample:video"},"params":{"sensitivity":70}}"#
)]
async fn split_scenes(
    /// The film.
    video: Video,
    /// How small a change counts as a cut.
    #[param(title = "Sensitivity", default = 70.0, min = 1.0, max = 99.0, step = 1.0, unit = "%")]
    sensitivity: f64,
    /// Scenes that are shorter belong to the one before.
    #[param(title = "Shortest scene", default = 0.5, min = 0.0, max = 60.0, step = 0.1, unit = "s")]
    shortest: f64,
    ctx: &NodeContext,
) -> Result<Vec<Video>, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let score = 1.0 - sensitivity / 100.0;
    let found = cuts(&film.path, film.seconds, score, ctx.cancel(), &|share| ctx.progress(share / 2.0)).await?;
    let mut kept: Vec<f64> = Vec::new();
    for cut in found {
        let scene = cut - kept.last().copied().unwrap_or(0.0);
        if scene >= shortest && film.seconds - cut >= shortest {
            kept.push(cut);
        }
    }
    pieces(&film, &kept, ctx).await
}

/// Takes a film apart into pieces of one length.
#[node(
    "video.split",
    title = "Split film",
    resource = "ffmpeg",
    timeout_seconds = 3600,
    output = "videos",
    example = r#"{"inputs":{"video":"sample:video"},"params":{"seconds":2}}"#
)]
async fn split(
    /// The film.
    video: Video,
    /// How long each piece is; the last one may be shorter.
    #[param(title = "Each piece", default = 5.0, min = 0.2, max = 3600.0, step = 0.1, unit = "s")]
    seconds: f64,
    ctx: &NodeContext,
) -> Result<Vec<Video>, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    // What is left at the end is a piece only when there is a picture in it.
    let count = ((film.seconds - 1.0 / film.fps) / seconds).ceil().max(1.0) as usize;
    let cuts: Vec<f64> = (1..count).map(|i| i as f64 * seconds).collect();
    pieces(&film, &cuts, ctx).await
}

/// The pieces between the cuts, in one call of ffmpeg.
async fn pieces(film: &Film, cuts: &[f64], ctx: &NodeContext) -> Result<Vec<Video>, NodeError> {
    if cuts.len() >= PIECES_MAX {
        let message = format!("the film would fall into {} pieces: at most {PIECES_MAX}", cuts.len() + 1);
        return Err(NodeError::invalid("video", message));
    }
    let folder = tempfile::tempdir()?;
    let target = |i: usize| folder.path().join(format!("{i}.mp4"));
    let mut ffmpeg = Ffmpeg::new();
    ffmpeg.input(&film.path);
    let edges: Vec<f64> = std::iter::once(0.0).chain(cuts.iter().copied()).chain([film.seconds]).collect();
    let mut graph = format!("[0:v:0]{SQUARE_PIXELS},fps={:.5},split={}", film.fps, edges.len() - 1);
    (0..edges.len() - 1).for_each(|i| graph += &format!("[v{i}]"));
    if film.has_audio {
        graph += &format!(";[0:a:0]aresample=48000:async=1:first_pts=0,asplit={}", edges.len() - 1);
        (0..edges.len() - 1).for_each(|i| graph += &format!("[a{i}]"));
    }
    // Half a picture earlier: a cut is exactly at a picture, and rounding must not decide which side it is on.
    let early = 0.5 / film.fps;
    for (i, edge) in edges.windows(2).enumerate() {
        let (begin, end) =
            ((edge[0] - early).max(0.0), if i + 2 == edges.len() { edge[1] + 1.0 } else { edge[1] - early });
        graph += &format!(";[v{i}]trim={begin:.4}:{end:.4},setpts=PTS-STARTPTS,format=yuv420p[p{i}]");
        if film.has_audio {
            graph += &format!(";[a{i}]atrim={:.4}:{:.4},asetpts=PTS-STARTPTS[s{i}]", edge[0], edge[1]);
        }
    }
    ffmpeg.args(["-filter_complex", &graph]);
    for i in 0..edges.len() - 1 {
        ffmpeg.args(["-map", &format!("[p{i}]")]).h264().args(["-r", &format!("{:.5}", film.fps)]);
        if film.has_audio {
            ffmpeg.args(["-map", &format!("[s{i}]")]).aac();
        }
        ffmpeg.output(&target(i));
    }
    let duration = Duration::from_secs_f64(film.seconds);
    ffmpeg.run(duration, ctx.cancel(), &|share| ctx.progress(share)).await?;
    let mut videos = Vec::with_capacity(edges.len() - 1);
    for i in 0..edges.len() - 1 {
        videos.push(Video(ctx.store_file(&target(i)).await?));
    }
    Ok(videos)
}
