//! Films in other sizes and forms.

use crate::{Image, NodeContext, NodeError, Video, node};

use super::{
    film::{Film, Fit, FrameSize, even},
    render,
};

/// Gives a film another size or other proportions, for example a tall one for telephones.
#[node(
    "video.resize",
    title = "Resize film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"size":"360x640","fit":"blur"}}"#
)]
async fn resize(
    /// The film.
    video: Video,
    /// The new size.
    #[param(title = "Size", default = FrameSize::Hd)]
    size: FrameSize,
    /// What happens when the proportions differ.
    #[param(title = "Fit", default = Fit::Fill)]
    fit: Fit,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let graph = format!("[0:v:0]{}[v]", fit.filter(size.pixels(), ""));
    let media = render(ctx, film.seconds, "mp4", |ffmpeg| {
        ffmpeg.input(&film.path).args(["-filter_complex", &graph, "-map", "[v]", "-map", "0:a:0?"]).h264().aac();
        ffmpeg.args(["-r", &format!("{:.5}", film.fps)]);
    });
    Ok(Video(media.await?))
}

/// Makes an animated GIF out of a film, with colours chosen for it. For places that play no films.
#[node(
    "video.gif",
    title = "GIF from film",
    resource = "ffmpeg",
    timeout_seconds = 600,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"width":160,"fps":8}}"#
)]
async fn gif(
    /// The film.
    video: Video,
    /// The width of the GIF.
    #[param(title = "Width", default = 480, min = 16, max = 1920, unit = "px")]
    width: u32,
    /// Pictures a second.
    #[param(title = "Rate", default = 12.0, min = 1.0, max = 30.0, step = 1.0, unit = "fps")]
    fps: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    /// GIFs are large: a minute of one is some 50 MB.
    const SECONDS_MAX: f64 = 60.0;
    let film = Film::open(&video, "video", ctx).await?;
    if film.seconds > SECONDS_MAX {
        let message = format!("a GIF of {:.0} s is too large: trim the film to {SECONDS_MAX} s first", film.seconds);
        return Err(NodeError::invalid("video", message));
    }
    let height = even((f64::from(width) * f64::from(film.height) / f64::from(film.width)).round() as u32);
    let graph = format!(
        "[0:v:0]fps={fps:.3},scale={width}:{height}:flags=lanczos,setsar=1,split[a][b];\
         [a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle[v]"
    );
    let media = render(ctx, film.seconds, "gif", |ffmpeg| {
        ffmpeg.input(&film.path).args(["-filter_complex", &graph, "-map", "[v]", "-loop", "0"]);
    });
    Ok(Image(media.await?))
}
