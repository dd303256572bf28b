//! Films and their sound.

use crate::{Audio, Choice, NodeContext, NodeError, Video, media::Ffmpeg, node};

use super::{
    film::{Film, Remake, SQUARE_PIXELS, SoundTrack},
    known, render,
};

/// What becomes of the sound that the film has already.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Keep {
    #[choice(title = "Replace it")]
    Replace,
    #[choice(title = "Mix both")]
    Mix,
}

/// Lays a sound under a film: music, speech, atmosphere. A sound that is longer than the film ends with it.
#[node(
    "video.add_audio",
    title = "Add sound",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video","audio":"sample:audio"},"params":{"volume":80,"fade_out":1}}"#
)]
async fn add_audio(
    /// The film.
    video: Video,
    /// The sound.
    audio: Audio,
    /// What becomes of the film's own sound.
    #[param(title = "The film's own sound", default = Keep::Replace)]
    keep: Keep,
    /// How loud the new sound is.
    #[param(title = "Volume", default = 100.0, min = 0.0, max = 400.0, step = 1.0, unit = "%")]
    volume: f64,
    /// How loud the film's own sound is in the mix.
    #[param(title = "Own volume", default = 100.0, min = 0.0, max = 400.0, step = 1.0, unit = "%")]
    own_volume: f64,
    /// Repeats a sound that is shorter than the film.
    #[param(title = "Repeat", default = true)]
    repeat: bool,
    /// When the sound begins.
    #[param(title = "Begin", default = 0.0, min = 0.0, step = 0.1, unit = "s", advanced)]
    begin: f64,
    /// How long the sound takes to become silent at the end.
    #[param(title = "Fade out", default = 0.0, min = 0.0, max = 60.0, step = 0.1, unit = "s")]
    fade_out: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    if begin >= film.seconds {
        let message = format!("the sound would begin behind the end of the film, which is {:.2} s long", film.seconds);
        return Err(NodeError::invalid("begin", message));
    }
    // Asks for the length only to refuse what is no sound before ffmpeg does.
    known(audio.media(), ctx).await.map_err(|error| error.in_field("audio"))?;
    let sound = audio.path(ctx).await?;
    let mut graph = format!("[1:a:0]{STEREO},volume={:.4}", volume / 100.0);
    if begin > 0.0 {
        graph += &format!(",adelay={:.0}:all=1", begin * 1000.0);
    }
    graph += &format!(",apad,atrim=0:{:.3}", film.seconds);
    if keep == Keep::Mix && film.has_audio {
        let own = format!("[0:a:0]{STEREO},volume={:.4},apad,atrim=0:{:.3}[own]", own_volume / 100.0, film.seconds);
        graph = format!("{own};{graph}[new];[own][new]amix=inputs=2:duration=first:normalize=0,alimiter=level=0");
    }
    let fade = fade_out.min(film.seconds);
    if fade > 0.0 {
        graph += &format!(",afade=t=out:st={:.3}:d={fade:.3}", film.seconds - fade);
    }
    graph += "[a]";
    let media = render(ctx, film.seconds, "mp4", |ffmpeg| {
        ffmpeg.input(&film.path);
        if repeat {
            ffmpeg.args(["-stream_loop", "-1"]);
        }
        ffmpeg.input(&sound).args(["-filter_complex", &graph, "-map", "0:v:0", "-map", "[a]"]);
        same_pictures(ffmpeg, &film);
        ffmpeg.aac().args(["-t", &format!("{:.3}", film.seconds)]);
    });
    Ok(Video(media.await?))
}

const STEREO: &str = "aresample=48000:async=1:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=stereo";

/// Takes the sound track out of a film.
#[node(
    "video.extract_audio",
    title = "Sound of a film",
    resource = "ffmpeg",
    timeout_seconds = 600,
    example = r#"{"inputs":{"video":"sample:video"}}"#
)]
async fn extract_audio(
    /// The film.
    video: Video,
    ctx: &NodeContext,
) -> Result<Audio, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    if !film.has_audio {
        return Err(NodeError::invalid("video", "the film has no sound"));
    }
    let media = render(ctx, film.seconds, "m4a", |ffmpeg| {
        ffmpeg.input(&film.path).args(["-map", "0:a:0", "-vn"]).aac().args(["-movflags", "+faststart"]);
    });
    Ok(Audio(media.await?))
}

/// Takes the sound off a film. The pictures stay as they are.
#[node(
    "video.remove_audio",
    title = "Mute film",
    resource = "ffmpeg",
    timeout_seconds = 600,
    example = r#"{"inputs":{"video":"sample:video"}}"#
)]
async fn remove_audio(
    /// The film.
    video: Video,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    if film.codec != "h264" {
        return film.remade(Remake { sound: SoundTrack::None, ..film.remake() }, ctx).await;
    }
    let media = render(ctx, film.seconds, "mp4", |ffmpeg| {
        ffmpeg.input(&film.path).args(["-map", "0:v:0", "-an"]);
        same_pictures(ffmpeg, &film);
    });
    Ok(Video(media.await?))
}

/// Brings the sound of a film to the loudness that broadcasters and platforms ask for (EBU R 128).
#[node(
    "video.loudness",
    title = "Loudness of film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"target":-16}}"#
)]
async fn loudness(
    /// The film.
    video: Video,
    /// How loud it is on the whole: -23 for television, -16 for podcasts, -14 for the large platforms.
    #[param(title = "Target", default = -14.0, min = -40.0, max = -6.0, step = 0.5, unit = "LUFS")]
    target: f64,
    /// The highest peak.
    #[param(title = "Peak", default = -1.0, min = -9.0, max = 0.0, step = 0.5, unit = "dBTP", advanced)]
    peak: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    if !film.has_audio {
        return Err(NodeError::invalid("video", "the film has no sound"));
    }
    let media = render(ctx, film.seconds, "mp4", |ffmpeg| {
        ffmpeg.input(&film.path).args(["-map", "0:v:0", "-map", "0:a:0"]);
        ffmpeg.args(["-af", &crate::nodes::audio::loudnorm(target, peak)]);
        same_pictures(ffmpeg, &film);
        ffmpeg.aac();
    });
    Ok(Video(media.await?))
}

/// The pictures as they are: H.264 need not be encoded again, everything else becomes H.264.
fn same_pictures(ffmpeg: &mut Ffmpeg, film: &Film) {
    if film.codec == "h264" {
        ffmpeg.args(["-c:v", "copy", "-movflags", "+faststart"]);
    } else {
        ffmpeg.args(["-vf", SQUARE_PIXELS]).h264();
    }
}
