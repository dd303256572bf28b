//! Films in front of a screen of one colour, put somewhere else.

use std::path::PathBuf;

use crate::{
    Color, Image, NodeContext, NodeError, Video, node,
    nodes::image::{decode, encode},
};

use super::{
    film::{Film, Fit, SQUARE_PIXELS, ffmpeg_color},
    render,
};

/// What is put behind, as ffmpeg reads it.
enum Behind {
    Film(PathBuf),
    Still(PathBuf),
    Plain(String),
}

/// Puts what stands in front of a green or blue screen in front of a film, a picture or a colour.
#[node(
    "video.chroma_key",
    title = "Green screen",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r##"{"inputs":{"video":"sample:video","picture":"sample:photo5"},"params":{"color":"#557733","similarity":20}}"##
)]
async fn chroma_key(
    /// The film in front of the screen. It decides size and length.
    video: Video,
    /// A film to put behind. It is repeated where it is shorter.
    background: Option<Video>,
    /// A picture to put behind, where there is no film.
    picture: Option<Image>,
    /// The colour of the screen.
    #[param(title = "Screen", default = "#00b140")]
    color: Color,
    /// How different a colour may be and still be the screen.
    #[param(title = "Similarity", default = 15.0, min = 1.0, max = 100.0, step = 0.5, unit = "%")]
    similarity: f64,
    /// How softly the edges go over.
    #[param(title = "Softness", default = 5.0, min = 0.0, max = 100.0, step = 0.5, unit = "%")]
    softness: f64,
    /// Takes the screen's shine off what stands in front of it.
    #[param(title = "Remove shine", default = true)]
    despill: bool,
    /// The colour behind, where there is neither a film nor a picture.
    #[param(title = "Colour behind", default = "#000000", advanced)]
    behind: Color,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let (width, height) = film.even_size();
    let folder = tempfile::tempdir()?;
    let fit = Fit::Fill.filter((width, height), "back");
    let (behind, back) = match (background, picture) {
        (Some(back), _) => {
            let back = Film::open(&back, "background", ctx).await?;
            (Behind::Film(back.path), format!("{fit},fps={:.5}", film.fps))
        }
        (None, Some(picture)) => {
            let picture = decode(&picture, "picture", ctx).await?;
            let still = folder.path().join("back.png");
            let png = ctx.blocking(move || encode(&picture)).await?;
            tokio::fs::write(&still, &png).await?;
            (Behind::Still(still), format!("{fit},loop=loop=-1:size=1,fps={:.5}", film.fps))
        }
        (None, None) => {
            let plain = format!("color={}:s={width}x{height}:r={:.5}", ffmpeg_color(behind), film.fps);
            (Behind::Plain(plain), "null".to_owned())
        }
    };
    // Blue screens throw blue light.
    let screen = if color.rgba[2] > color.rgba[1] { "blue" } else { "green" };
    let shine = if despill { format!(",despill=type={screen}") } else { String::new() };
    let graph = format!(
        "[0:v:0]{SQUARE_PIXELS},format=yuva420p,chromakey={}:{:.4}:{:.4}{shine}[front];[1:v]{back}[back];\
         [back][front]overlay=0:0:shortest=1,format=yuv420p[v]",
        &ffmpeg_color(color)[..8],
        similarity / 100.0,
        softness / 100.0,
    );
    let media = render(ctx, film.seconds, "mp4", |ffmpeg| {
        ffmpeg.input(&film.path);
        match &behind {
            Behind::Film(path) => ffmpeg.args(["-stream_loop", "-1"]).input(path),
            Behind::Still(path) => ffmpeg.input(path),
            Behind::Plain(source) => ffmpeg.generated(source),
        };
        ffmpeg.args(["-filter_complex", &graph, "-map", "[v]", "-map", "0:a:0?"]).h264().aac();
        ffmpeg.args(["-r", &format!("{:.5}", film.fps), "-t", &format!("{:.3}", film.seconds)]);
    });
    Ok(Video(media.await?))
}
