//! Text over films. The letters are drawn like those on pictures, so that both look the same.

use crate::{
    NodeContext, NodeError, Video, node,
    nodes::image::{Lettering, encode, text_picture},
};

use super::{
    film::{Film, SQUARE_PIXELS},
    render,
};

/// How much of the film's width a line may take.
const LINE_SHARE: f64 = 0.9;

/// Shows a text over a film, for a while or all the time. It fades in and out.
#[node(
    "video.title",
    title = "Title on film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r##"{"inputs":{"video":"sample:video"},"params":{"text":"A slow evening","size":48,"start":0.5,"end":3.0,"outline":2}}"##
)]
async fn title(
    /// The film.
    video: Video,
    /// The text.
    #[param(title = "Text", prompt, default = "Your title")]
    text: String,
    /// How the text looks.
    #[params]
    lettering: Lettering,
    /// When the text appears.
    #[param(title = "Start", default = 0.0, min = 0.0, step = 0.1, unit = "s")]
    start: f64,
    /// When the text is gone. Empty: at the end of the film.
    #[param(title = "End", min = 0.0, step = 0.1, unit = "s")]
    end: Option<f64>,
    /// How long it takes to appear and to go.
    #[param(title = "Fade", default = 0.4, min = 0.0, max = 30.0, step = 0.1, unit = "s")]
    fade: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let shown = super::cut::part(start, end, film.seconds, "film")?;
    let frame = film.even_size();
    let style = lettering.clone();
    let picture = ctx.blocking(move || text_picture(&text, &style, style.line_room(frame.0, LINE_SHARE))).await?;
    let Some(picture) = picture else { return Ok(video) };
    let (x, y) = lettering.upper_left(frame, picture.dimensions());
    let folder = tempfile::tempdir()?;
    let letters = folder.path().join("title.png");
    let png = ctx.blocking(move || encode(&picture.into())).await?;
    tokio::fs::write(&letters, &png).await?;

    let fade = fade.min(shown / 2.0);
    let gone = start + shown;
    let fades = if fade > 0.0 {
        format!(",fade=in:st={start:.3}:d={fade:.3}:alpha=1,fade=out:st={:.3}:d={fade:.3}:alpha=1", gone - fade)
    } else {
        String::new()
    };
    let graph = format!(
        "[1:v]format=rgba{fades}[t];[0:v:0]{SQUARE_PIXELS}[f];\
         [f][t]overlay=x={x}:y={y}:enable='between(t,{start:.3},{gone:.3})':shortest=0:eof_action=pass[v]"
    );
    let media = render(ctx, film.seconds, "mp4", |ffmpeg| {
        ffmpeg.input(&film.path);
        ffmpeg.args(["-loop", "1", "-framerate", &format!("{:.5}", film.fps), "-t", &format!("{:.3}", film.seconds)]);
        ffmpeg.input(&letters);
        ffmpeg.args(["-filter_complex", &graph, "-map", "[v]", "-map", "0:a:0?"]).h264();
        ffmpeg.args(["-r", &format!("{:.5}", film.fps), "-t", &format!("{:.3}", film.seconds)]).aac();
    });
    Ok(Video(media.await?))
}
