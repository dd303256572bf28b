//! Films as other kinds of files.

use crate::{Choice, Image, NodeContext, NodeError, Video, node};

use super::{
    film::{Film, SQUARE_PIXELS, even},
    render,
};

/// What kind of file a film becomes.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Format {
    #[choice(title = "MP4, H.264: plays everywhere")]
    Mp4,
    #[choice(title = "MP4, H.265: smaller")]
    Hevc,
    #[choice(title = "WebM, VP9: for the web")]
    Webm,
    #[choice(title = "MOV, ProRes 422: for editing")]
    Prores,
    #[choice(title = "MKV, H.264")]
    Mkv,
}

/// How good a film looks, against how large its file is.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Quality {
    #[choice(title = "Small file")]
    Small,
    Good,
    #[choice(title = "Nearly lossless")]
    Best,
}

/// Turns a film into another kind of file, for somewhere that asks for it. Nodes that follow take any of them.
#[node(
    "video.convert",
    title = "Convert film",
    resource = "ffmpeg",
    timeout_seconds = 7200,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"format":"webm","quality":"small"}}"#
)]
async fn convert(
    /// The film.
    video: Video,
    /// The kind of file.
    #[param(title = "Format", default = Format::Mp4)]
    format: Format,
    /// How good it looks.
    #[param(title = "Quality", default = Quality::Good)]
    quality: Quality,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let extension = match format {
        Format::Mp4 | Format::Hevc => "mp4",
        Format::Webm => "webm",
        Format::Prores => "mov",
        Format::Mkv => "mkv",
    };
    // The scales of the encoders differ: these look about alike.
    let (h264, h265, vp9, prores) = match quality {
        Quality::Small => ("28", "32", "40", "1"),
        Quality::Good => ("20", "24", "31", "2"),
        Quality::Best => ("14", "17", "18", "3"),
    };
    let media = render(ctx, film.seconds, extension, |ffmpeg| {
        ffmpeg.input(&film.path).args(["-map", "0:v:0", "-map", "0:a:0?", "-vf", SQUARE_PIXELS]);
        match format {
            Format::Mp4 | Format::Mkv => ffmpeg.h264().args(["-crf", h264]).aac(),
            Format::Hevc => {
                ffmpeg.args([
                    "-c:v", "libx265", "-preset", "fast", "-crf", h265, "-pix_fmt", "yuv420p", "-tag:v", "hvc1",
                ]);
                // The same number of threads everywhere: the same bytes everywhere.
                ffmpeg.args(["-x265-params", "log-level=error:pools=4:frame-threads=2:info=0"]);
                ffmpeg.args(["-movflags", "+faststart"]).aac()
            }
            Format::Webm => {
                ffmpeg.args(["-c:v", "libvpx-vp9", "-b:v", "0", "-crf", vp9, "-pix_fmt", "yuv420p"]);
                ffmpeg.args(["-deadline", "good", "-cpu-used", "5", "-row-mt", "1", "-threads:v", "4"]);
                ffmpeg.args(["-flags:v", "+bitexact", "-c:a", "libopus", "-b:a", "128k", "-ar", "48000", "-ac", "2"]);
                ffmpeg.args(["-flags:a", "+bitexact"])
            }
            Format::Prores => {
                ffmpeg.args(["-c:v", "prores_ks", "-profile:v", prores, "-pix_fmt", "yuv422p10le", "-vendor", "apl0"]);
                ffmpeg.args(["-flags:v", "+bitexact", "-c:a", "pcm_s16le", "-ar", "48000", "-ac", "2"])
            }
        };
    });
    Ok(Video(media.await?))
}

/// Makes an animated WebP out of a film: smaller than a GIF, and with all colours.
#[node(
    "video.webp",
    title = "WebP from film",
    resource = "ffmpeg",
    timeout_seconds = 600,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"width":160,"fps":6}}"#
)]
async fn webp(
    /// The film.
    video: Video,
    /// The width of the picture.
    #[param(title = "Width", default = 480, min = 16, max = 1920, unit = "px")]
    width: u32,
    /// Pictures a second.
    #[param(title = "Rate", default = 12.0, min = 1.0, max = 60.0, step = 1.0, unit = "fps")]
    fps: f64,
    /// How good it looks.
    #[param(title = "Quality", default = 75.0, min = 1.0, max = 100.0, step = 1.0, unit = "%")]
    quality: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    const SECONDS_MAX: f64 = 60.0;
    let film = Film::open(&video, "video", ctx).await?;
    if film.seconds > SECONDS_MAX {
        let message = format!("a WebP of {:.0} s is too large: trim the film to {SECONDS_MAX} s first", film.seconds);
        return Err(NodeError::invalid("video", message));
    }
    let height = even((f64::from(width) * f64::from(film.height) / f64::from(film.width)).round() as u32);
    let filters = format!("fps={fps:.3},scale={width}:{height}:flags=lanczos,setsar=1");
    let media = render(ctx, film.seconds, "webp", |ffmpeg| {
        ffmpeg.input(&film.path).args(["-map", "0:v:0", "-an", "-vf", &filters, "-c:v", "libwebp_anim"]);
        ffmpeg.args(["-quality", &format!("{quality:.0}"), "-compression_level", "2", "-loop", "0"]);
    });
    Ok(Image(media.await?))
}
