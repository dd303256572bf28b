//! Something on top of a film: another film, or a mark.

use crate::{
    Choice, Image, NodeContext, NodeError, Video, node,
    nodes::image::{Place, decode, encode},
};

use super::{
    film::{Film, SQUARE_PIXELS, even},
    render,
};

/// Whose sound is heard.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
pub(super) enum Heard {
    #[choice(title = "The first film")]
    First,
    #[choice(title = "The second film")]
    Second,
    Both,
    Neither,
}

impl Heard {
    /// A chain that ends in `[a]`, or nothing where nothing is heard. The second film may begin later.
    pub fn chain(self, first: &Film, second: &Film, delay_seconds: f64) -> Option<String> {
        const ALIKE: &str = "aresample=48000:async=1:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=stereo";
        let late = format!("{ALIKE},adelay={:.0}:all=1", delay_seconds * 1000.0);
        let one = (matches!(self, Self::First | Self::Both) && first.has_audio).then(|| format!("[0:a:0]{ALIKE}"));
        let two = (matches!(self, Self::Second | Self::Both) && second.has_audio).then(|| format!("[1:a:0]{late}"));
        match (one, two) {
            (Some(one), Some(two)) => Some(format!(
                "{one}[one];{two}[two];[one][two]amix=inputs=2:duration=longest:normalize=0,alimiter=level=0[a]"
            )),
            (Some(only), None) | (None, Some(only)) => Some(format!("{only}[a]")),
            (None, None) => None,
        }
    }
}

/// Shows a film in a corner of another one, or anywhere on it: picture in picture.
#[node(
    "video.overlay",
    title = "Picture in picture",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video","overlay":"sample:video"},"params":{"scale":30,"place":"top_right","start":1}}"#
)]
async fn overlay(
    /// The film below. It decides size and length.
    video: Video,
    /// The film on top.
    overlay: Video,
    /// Where the film on top goes.
    #[param(title = "Place", default = Place::BottomRight)]
    place: Place,
    /// How far from the edge.
    #[param(title = "Margin", default = 24, min = 0, max = 4096, unit = "px")]
    margin: u32,
    /// The width of the film on top, as a share of the film below.
    #[param(title = "Scale", default = 33.0, min = 1.0, max = 100.0, step = 1.0, unit = "%")]
    scale: f64,
    /// How much the film on top covers.
    #[param(title = "Opacity", default = 100.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    opacity: f64,
    /// When the film on top begins.
    #[param(title = "Start", default = 0.0, min = 0.0, step = 0.1, unit = "s")]
    start: f64,
    /// Whose sound is heard: first is the film below.
    #[param(title = "Sound", default = Heard::First)]
    sound: Heard,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let below = Film::open(&video, "video", ctx).await?;
    let top = Film::open(&overlay, "overlay", ctx).await?;
    if start >= below.seconds {
        return Err(NodeError::invalid("start", format!("the film below is only {:.2} s long", below.seconds)));
    }
    let frame = below.even_size();
    let width = even((f64::from(frame.0) * scale / 100.0).round() as u32);
    let height = even((f64::from(width) * f64::from(top.height) / f64::from(top.width)).round() as u32);
    let (x, y) = place.upper_left(frame, (width, height), margin);
    let mut graph = format!(
        "[0:v:0]{SQUARE_PIXELS}[below];[1:v:0]scale={width}:{height},setsar=1,fps={:.5},format=yuva420p,\
         colorchannelmixer=aa={:.4},setpts=PTS-STARTPTS+{start:.3}/TB[top];\
         [below][top]overlay={x}:{y}:eof_action=pass:enable='gte(t,{start:.3})',format=yuv420p[v]",
        below.fps,
        opacity / 100.0
    );
    let heard = sound.chain(&below, &top, start);
    if let Some(chain) = &heard {
        graph += &format!(";{chain}");
    }
    let media = render(ctx, below.seconds, "mp4", |ffmpeg| {
        ffmpeg.input(&below.path).input(&top.path).args(["-filter_complex", &graph, "-map", "[v]"]).h264();
        if heard.is_some() {
            ffmpeg.args(["-map", "[a]"]).aac();
        }
        ffmpeg.args(["-r", &format!("{:.5}", below.fps), "-t", &format!("{:.3}", below.seconds)]);
    });
    Ok(Video(media.await?))
}

/// Puts a picture on a film all the way through: a logo, a mark, a frame.
#[node(
    "video.watermark",
    title = "Watermark",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video","image":"sample:photo4"},"params":{"scale":15,"opacity":60}}"#
)]
async fn watermark(
    /// The film.
    video: Video,
    /// The picture. Where it is transparent, the film shows through.
    image: Image,
    /// Where the picture goes.
    #[param(title = "Place", default = Place::BottomRight)]
    place: Place,
    /// How far from the edge.
    #[param(title = "Margin", default = 24, min = 0, max = 4096, unit = "px")]
    margin: u32,
    /// The width of the picture, as a share of the film.
    #[param(title = "Scale", default = 15.0, min = 1.0, max = 100.0, step = 1.0, unit = "%")]
    scale: f64,
    /// How much the picture covers.
    #[param(title = "Opacity", default = 80.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    opacity: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let picture = decode(&image, "image", ctx).await?;
    let frame = film.even_size();
    let width = ((f64::from(frame.0) * scale / 100.0).round() as u32).max(1);
    let height = (f64::from(picture.height()) * f64::from(width) / f64::from(picture.width())).round();
    let height = (height as u32).clamp(1, 16_384);
    let (x, y) = place.upper_left(frame, (width, height), margin);
    let folder = tempfile::tempdir()?;
    let mark = folder.path().join("mark.png");
    let png = ctx
        .blocking(move || encode(&picture.resize_exact(width, height, image::imageops::FilterType::CatmullRom)))
        .await?;
    tokio::fs::write(&mark, &png).await?;
    let graph = format!(
        "[1:v]format=rgba,colorchannelmixer=aa={:.4}[mark];[0:v:0]{SQUARE_PIXELS}[film];\
         [film][mark]overlay={x}:{y},format=yuv420p[v]",
        opacity / 100.0
    );
    let media = render(ctx, film.seconds, "mp4", |ffmpeg| {
        ffmpeg.input(&film.path).input(&mark);
        ffmpeg.args(["-filter_complex", &graph, "-map", "[v]", "-map", "0:a:0?"]).h264().aac();
        ffmpeg.args(["-r", &format!("{:.5}", film.fps)]);
    });
    Ok(Video(media.await?))
}
