//! Colour tables on films.

use crate::{
    File, NodeContext, NodeError, Video,
    media::RGB_TO_BT709,
    node,
    nodes::{
        image::encode,
        lut::{Look, Lut},
    },
};

use super::{
    film::{Film, SQUARE_PIXELS},
    render,
};

/// Gives a film a look: one that is built in, or a table of colours (LUT) from a `.cube` file.
#[node(
    "video.lut",
    title = "Look of film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"look":"teal_orange","strength":80}}"#
)]
async fn lut(
    /// The film.
    video: Video,
    /// A table of colours, as a `.cube` file. It takes the place of the look.
    lut: Option<File>,
    /// The look, where there is no file.
    #[param(title = "Look", default = Look::TealOrange)]
    look: Look,
    /// How much of the look is mixed in.
    #[param(title = "Strength", default = 100.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    strength: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let table = match lut {
        Some(file) => Lut::read(&file, ctx).await?,
        None => Lut::look(look),
    };
    let folder = tempfile::tempdir()?;
    let hald = folder.path().join("hald.png");
    let png = ctx.blocking(move || encode(&table.hald((strength / 100.0) as f32))).await?;
    tokio::fs::write(&hald, &png).await?;
    // In packed pixels: with planes, ffmpeg 5 takes red for blue here.
    let graph = format!(
        "[1:v]format=rgb24[table];[0:v:0]{SQUARE_PIXELS},format=rgb24[film];\
         [film][table]haldclut=interp=tetrahedral,{RGB_TO_BT709}[v]"
    );
    let media = render(ctx, film.seconds, "mp4", |ffmpeg| {
        ffmpeg.input(&film.path).input(&hald);
        ffmpeg.args(["-filter_complex", &graph, "-map", "[v]", "-map", "0:a:0?"]).h264().aac().tagged_bt709();
        ffmpeg.args(["-r", &format!("{:.5}", film.fps)]);
    });
    Ok(Video(media.await?))
}
