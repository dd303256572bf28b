//! Films made cleaner, sharper, steadier; and parts of them unrecognisable.

use crate::{Choice, NodeContext, NodeError, Video, node};

use super::film::{Film, even};

/// Sharpens a film.
#[node(
    "video.sharpen",
    title = "Sharpen film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"amount":120}}"#
)]
async fn sharpen(
    /// The film.
    video: Video,
    /// How much.
    #[param(title = "Amount", default = 80.0, min = 0.0, max = 500.0, step = 5.0, unit = "%")]
    amount: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    film.filtered(&format!("unsharp=5:5:{:.3}:5:5:0", amount / 100.0), ctx).await
}

/// Takes noise and grain out of a film. It looks at neighbouring pixels and at neighbouring pictures.
#[node(
    "video.denoise",
    title = "Denoise film",
    resource = "ffmpeg",
    timeout_seconds = 3600,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"strength":6}}"#
)]
async fn denoise(
    /// The film.
    video: Video,
    /// How much is smoothed; details go with the noise when it is too much.
    #[param(title = "Strength", default = 4.0, min = 0.0, max = 30.0, step = 0.5)]
    strength: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    film.filtered(&format!("hqdn3d={strength:.2}"), ctx).await
}

/// Makes a shaky film steady. The edges that would show are cut off.
#[node(
    "video.stabilize",
    title = "Stabilise film",
    resource = "ffmpeg",
    timeout_seconds = 3600,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"crop":4}}"#
)]
async fn stabilize(
    /// The film.
    video: Video,
    /// How far the camera shakes at most.
    #[param(title = "Reach", default = 32, min = 16, max = 64, unit = "px")]
    reach: u32,
    /// How much is cut off on each side, to hide moving edges.
    #[param(title = "Crop", default = 5.0, min = 0.0, max = 25.0, step = 0.5, unit = "%")]
    crop: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let (width, height) = film.even_size();
    // The filter searches in steps of 16 pixels.
    let reach = reach.div_ceil(16) * 16;
    let keep = 1.0 - 2.0 * crop / 100.0;
    let filters = format!(
        "deshake=rx={reach}:ry={reach}:edge=mirror,crop=iw*{keep:.4}:ih*{keep:.4},scale={width}:{height}:flags=bicubic,setsar=1"
    );
    film.filtered(&filters, ctx).await
}

/// How a part is made unrecognisable.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Hide {
    Blur,
    #[choice(title = "Large pixels")]
    Pixelate,
}

/// Blurs a film, or hides a part of it: a face, a number plate, a screen.
#[node(
    "video.blur",
    title = "Blur film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"left":25,"top":25,"width":50,"height":50,"strength":20}}"#
)]
async fn blur(
    /// The film.
    video: Video,
    /// How it is done.
    #[param(title = "Kind", default = Hide::Blur)]
    kind: Hide,
    /// The reach of the blur, or the size of the pixels.
    #[param(title = "Strength", default = 12.0, min = 1.0, max = 100.0, step = 1.0, unit = "px")]
    strength: f64,
    /// The left edge of the part.
    #[param(title = "Left", default = 0.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    left: f64,
    /// The upper edge of the part.
    #[param(title = "Top", default = 0.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    top: f64,
    /// The width of the part.
    #[param(title = "Width", default = 100.0, min = 1.0, max = 100.0, step = 1.0, unit = "%")]
    width: f64,
    /// The height of the part.
    #[param(title = "Height", default = 100.0, min = 1.0, max = 100.0, step = 1.0, unit = "%")]
    height: f64,
    /// When it begins.
    #[param(title = "Start", default = 0.0, min = 0.0, step = 0.1, unit = "s", advanced)]
    start: f64,
    /// When it is over. Empty: at the end of the film.
    #[param(title = "End", min = 0.0, step = 0.1, unit = "s", advanced)]
    end: Option<f64>,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let shown = super::cut::part(start, end, film.seconds, "film")?;
    let (w, h) = film.even_size();
    let share = |of: u32, percent: f64| (f64::from(of) * percent / 100.0).round() as u32;
    let (x, y) = (share(w, left) & !1, share(h, top) & !1);
    if x >= w || y >= h {
        return Err(NodeError::invalid(if x >= w { "left" } else { "top" }, "the part lies outside the film"));
    }
    let (part_w, part_h) = (even(share(w, width).min(w - x)), even(share(h, height).min(h - y)));
    let hidden = match kind {
        Hide::Blur => format!("gblur=sigma={strength:.2}:steps=2"),
        Hide::Pixelate => {
            let cell = |side: u32| ((f64::from(side) / strength).round() as u32).max(1);
            format!("scale={}:{}:flags=area,scale={part_w}:{part_h}:flags=neighbor", cell(part_w), cell(part_h))
        }
    };
    let gone = start + shown;
    let filters = format!(
        "split[whole][part];[part]crop={part_w}:{part_h}:{x}:{y},{hidden}[hidden];\
         [whole][hidden]overlay={x}:{y}:enable='between(t,{start:.3},{gone:.3})'"
    );
    film.filtered(&filters, ctx).await
}
