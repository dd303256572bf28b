//! Sounds put together and taken apart: in time, and by channel.

use std::time::Duration;

use crate::{Audio, NodeContext, NodeError, Outputs, media::Ffmpeg, node};

use super::{SOUNDS_MAX, filtered, length, sound};

/// Uncompressed sound that a node may hold at once, in seconds: two hours of stereo are 2.7 GB.
const HELD_MAX_SECONDS: f64 = 3600.0;
const ALIKE: &str = "aresample=48000,aformat=sample_fmts=fltp:channel_layouts=stereo";

/// Plays sounds one after the other. They can fade into each other.
#[node(
    "audio.concat",
    title = "Join sounds",
    resource = "ffmpeg",
    example = r#"{"inputs":{"sounds":["sample:audio","sample:audio"]},"params":{"crossfade":0.5}}"#
)]
async fn concat(
    /// The sounds, in the order of their wires.
    sounds: Vec<Audio>,
    /// How long one sound fades into the next.
    #[param(title = "Crossfade", default = 0.0, min = 0.0, max = 60.0, step = 0.1, unit = "s")]
    crossfade: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    if sounds.is_empty() || sounds.len() > SOUNDS_MAX {
        return Err(NodeError::invalid("sounds", format!("1 to {SOUNDS_MAX} sounds can be joined")));
    }
    let (mut lengths, mut paths) = (Vec::new(), Vec::new());
    for sound in &sounds {
        lengths.push(length(sound, "sounds", ctx).await?);
        paths.push(sound.path(ctx).await?);
    }
    let shortest = lengths.iter().copied().fold(f64::INFINITY, f64::min);
    if sounds.len() > 1 && crossfade * 2.0 > shortest {
        let message = format!("a crossfade of {crossfade} s is more than half of the shortest sound, {shortest:.2} s");
        return Err(NodeError::invalid("crossfade", message));
    }
    let count = sounds.len();
    let mut graph: String = (0..count).map(|i| format!("[{i}:a:0]{ALIKE}[s{i}];")).collect();
    if crossfade > 0.0 && count > 1 {
        for i in 1..count {
            let before = if i == 1 { "s0".to_owned() } else { format!("x{}", i - 1) };
            let after = if i + 1 == count { "a".to_owned() } else { format!("x{i}") };
            graph += &format!("[{before}][s{i}]acrossfade=d={crossfade:.3}[{after}];");
        }
        graph.pop();
    } else {
        (0..count).for_each(|i| graph += &format!("[s{i}]"));
        graph += &format!("concat=n={count}:v=0:a=1[a]");
    }
    let seconds = lengths.iter().sum::<f64>() - crossfade * (count - 1) as f64;
    sound(ctx, seconds, |ffmpeg| {
        paths.iter().for_each(|path| {
            ffmpeg.input(path);
        });
        ffmpeg.args(["-filter_complex", &graph, "-map", "[a]"]);
    })
    .await
}

/// Plays a sound several times over.
#[node(
    "audio.loop",
    title = "Repeat sound",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"seconds":12}}"#
)]
async fn repeat(
    /// The sound.
    audio: Audio,
    /// How long the result is.
    #[param(title = "Length", default = 30.0, min = 0.1, max = 14400.0, step = 0.5, unit = "s")]
    seconds: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    length(&audio, "audio", ctx).await?;
    let path = audio.path(ctx).await?;
    sound(ctx, seconds, |ffmpeg| {
        ffmpeg.args(["-stream_loop", "-1"]).input(&path);
        ffmpeg.args(["-map", "0:a:0", "-af", &format!("{ALIKE},asetpts=N/SR/TB"), "-t", &format!("{seconds:.3}")]);
    })
    .await
}

/// Plays a sound backwards.
#[node(
    "audio.reverse",
    title = "Reverse sound",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"}}"#
)]
async fn reverse(
    /// The sound.
    audio: Audio,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    let seconds = length(&audio, "audio", ctx).await?;
    if seconds > HELD_MAX_SECONDS {
        let message = format!("all of the sound has to be held at once: at most {HELD_MAX_SECONDS} s can be reversed");
        return Err(NodeError::invalid("audio", message));
    }
    filtered(&audio, 1.0, "areverse", ctx).await
}

/// Takes a sound apart into pieces of one length, for models that take short ones only.
#[node(
    "audio.split",
    title = "Split sound",
    resource = "ffmpeg",
    output = "sounds",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"seconds":4}}"#
)]
async fn split(
    /// The sound.
    audio: Audio,
    /// How long each piece is; the last one may be shorter.
    #[param(title = "Each piece", default = 30.0, min = 0.5, max = 3600.0, step = 0.5, unit = "s")]
    seconds: f64,
    ctx: &NodeContext,
) -> Result<Vec<Audio>, NodeError> {
    /// A rest that is shorter than this belongs to the piece before.
    const REST_MIN_SECONDS: f64 = 0.1;
    const PIECES_MAX: usize = 500;
    let whole = length(&audio, "audio", ctx).await?;
    let count = ((whole - REST_MIN_SECONDS) / seconds).ceil().max(1.0) as usize;
    if count > PIECES_MAX {
        return Err(NodeError::invalid("seconds", format!("{count} pieces are too many: at most {PIECES_MAX}")));
    }
    let mut graph = format!("[0:a:0]{ALIKE},asplit={count}");
    (0..count).for_each(|i| graph += &format!("[s{i}]"));
    for i in 0..count {
        let end = if i + 1 == count { whole + 1.0 } else { (i + 1) as f64 * seconds };
        graph += &format!(";[s{i}]atrim={:.3}:{end:.3},asetpts=PTS-STARTPTS[p{i}]", i as f64 * seconds);
    }
    many(&audio, whole, &graph, count, ctx).await
}

#[derive(Outputs)]
struct Sides {
    /// What is heard on the left.
    left: Audio,
    /// What is heard on the right.
    right: Audio,
}

/// Takes a stereo sound apart: left and right, as in an interview with two microphones.
#[node(
    "audio.split_channels",
    title = "Split channels",
    resource = "ffmpeg",
    example = r#"{"inputs":{"audio":"sample:audio"}}"#
)]
async fn split_channels(
    /// The sound.
    audio: Audio,
    ctx: &NodeContext,
) -> Result<Sides, NodeError> {
    let whole = length(&audio, "audio", ctx).await?;
    let graph = format!("[0:a:0]{ALIKE},asplit[l][r];[l]pan=stereo|c0=c0|c1=c0[p0];[r]pan=stereo|c0=c1|c1=c1[p1]");
    let mut sides = many(&audio, whole, &graph, 2, ctx).await?.into_iter();
    match (sides.next(), sides.next()) {
        (Some(left), Some(right)) => Ok(Sides { left, right }),
        _ => Err(NodeError::internal("a channel is missing", "two were asked for")),
    }
}

/// Makes one stereo sound of two: one on the left, one on the right.
#[node(
    "audio.merge_channels",
    title = "Merge channels",
    resource = "ffmpeg",
    example = r#"{"inputs":{"left":"sample:audio","right":"sample:audio"},"params":{"width":50}}"#
)]
async fn merge_channels(
    /// The sound for the left.
    left: Audio,
    /// The sound for the right.
    right: Audio,
    /// How far apart they are: 100 is all left and all right, 0 is both in the middle.
    #[param(title = "Width", default = 100.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    width: f64,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    let seconds = length(&left, "left", ctx).await?.max(length(&right, "right", ctx).await?);
    let (left, right) = (left.path(ctx).await?, right.path(ctx).await?);
    let (near, far) = (0.5 + width / 200.0, 0.5 - width / 200.0);
    let mono = "aresample=48000,aformat=sample_fmts=fltp:channel_layouts=mono";
    let graph = format!(
        "[0:a:0]{mono},apad=whole_dur={seconds:.3}[l];[1:a:0]{mono},apad=whole_dur={seconds:.3}[r];\
         [l][r]join=inputs=2:channel_layout=stereo,pan=stereo|c0={near:.4}*c0+{far:.4}*c1|c1={far:.4}*c0+{near:.4}*c1[a]"
    );
    sound(ctx, seconds, |ffmpeg| {
        ffmpeg.input(&left).input(&right).args(["-filter_complex", &graph, "-map", "[a]"]);
    })
    .await
}

/// One call of ffmpeg that writes several sounds, from `[p0]`, `[p1]`… of the graph.
async fn many(
    audio: &Audio,
    seconds: f64,
    graph: &str,
    count: usize,
    ctx: &NodeContext,
) -> Result<Vec<Audio>, NodeError> {
    let path = audio.path(ctx).await?;
    let folder = tempfile::tempdir()?;
    let target = |i: usize| folder.path().join(format!("{i}.m4a"));
    let mut ffmpeg = Ffmpeg::new();
    ffmpeg.input(&path).args(["-filter_complex", graph]);
    for i in 0..count {
        ffmpeg.args(["-map", &format!("[p{i}]")]).aac().args(["-movflags", "+faststart"]).output(&target(i));
    }
    ffmpeg.run(Duration::from_secs_f64(seconds), ctx.cancel(), &|share| ctx.progress(share)).await?;
    let mut sounds = Vec::with_capacity(count);
    for i in 0..count {
        sounds.push(Audio(ctx.store_file(&target(i)).await?));
    }
    Ok(sounds)
}
