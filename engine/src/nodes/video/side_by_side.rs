//! Two films at once, to compare them.

use crate::{Choice, NodeContext, NodeError, Video, media::RGB_TO_BT709, node};

use super::{
    film::{Film, Fit, SQUARE_PIXELS, even},
    layers::Heard,
    render,
};

/// How two films share the frame.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Layout {
    #[choice(title = "Side by side")]
    Beside,
    #[choice(title = "One above the other")]
    Above,
    #[choice(title = "Half of each")]
    Halves,
    #[choice(title = "What differs")]
    Difference,
}

/// Shows two films at once: side by side, one above the other, half of each, or only what differs. The shorter one holds
/// its last picture.
#[node(
    "video.compare",
    title = "Compare films",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"first":"sample:video","second":"sample:video"},"params":{"layout":"beside"}}"#
)]
async fn compare(
    /// The film on the left, or above. Its size and rate count.
    first: Video,
    /// The film on the right, or below.
    second: Video,
    /// How they share the frame.
    #[param(title = "Layout", default = Layout::Beside)]
    layout: Layout,
    /// Whose sound is heard.
    #[param(title = "Sound", default = Heard::First)]
    sound: Heard,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let one = Film::open(&first, "first", ctx).await?;
    let two = Film::open(&second, "second", ctx).await?;
    let (width, height) = one.even_size();
    let ratio = f64::from(two.width) / f64::from(two.height);
    let (shape, joined) = match layout {
        Layout::Beside => {
            let across = even((f64::from(height) * ratio).round() as u32);
            (format!("scale={across}:{height},setsar=1"), "[one][two]hstack".to_owned())
        }
        Layout::Above => {
            let down = even((f64::from(width) / ratio).round() as u32);
            (format!("scale={width}:{down},setsar=1"), "[one][two]vstack".to_owned())
        }
        Layout::Halves => {
            let half = even(width / 2);
            let rest = width - half;
            let shape = format!("{},crop={rest}:{height}:{half}:0", Fit::Fill.filter((width, height), "two"));
            (shape, format!("[one][two]overlay={half}:0"))
        }
        Layout::Difference => {
            let shape = format!("{},format=gbrp", Fit::Fill.filter((width, height), "two"));
            (shape, format!("[one]format=gbrp[o];[o][two]blend=all_mode=difference,{RGB_TO_BT709}"))
        }
    };
    let mut graph = format!(
        "[0:v:0]{SQUARE_PIXELS},fps={fps:.5}[one];[1:v:0]{shape},fps={fps:.5}[two];{joined},format=yuv420p[v]",
        fps = one.fps
    );
    let heard = sound.chain(&one, &two, 0.0);
    if let Some(chain) = &heard {
        graph += &format!(";{chain}");
    }
    let seconds = one.seconds.max(two.seconds);
    let media = render(ctx, seconds, "mp4", |ffmpeg| {
        ffmpeg.input(&one.path).input(&two.path).args(["-filter_complex", &graph, "-map", "[v]"]).h264();
        if layout == Layout::Difference {
            ffmpeg.tagged_bt709();
        }
        if heard.is_some() {
            ffmpeg.args(["-map", "[a]"]).aac();
        }
        ffmpeg.args(["-r", &format!("{:.5}", one.fps), "-t", &format!("{seconds:.3}")]);
    });
    Ok(Video(media.await?))
}
