//! Films cut to another form, turned, mirrored, framed.

use crate::{
    Color, NodeContext, NodeError, Video, node,
    nodes::image::{Aspect, Mirror, Turn, covering},
};

use super::film::{Film, even, ffmpeg_color};

/// Cuts a part out of the picture of a film. Choose proportions to keep as much as possible around the focus, or a box.
#[node(
    "video.crop",
    title = "Crop film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"aspect":"1:1","focus_x":0.3}}"#
)]
async fn crop(
    /// The film.
    video: Video,
    /// The proportions of the cut.
    #[param(title = "Proportions", default = Aspect::Free)]
    aspect: Aspect,
    /// With proportions: what to keep in view, from 0 (left) to 1 (right).
    #[param(title = "Focus across", default = 0.5, min = 0.0, max = 1.0, step = 0.01)]
    focus_x: f64,
    /// With proportions: what to keep in view, from 0 (top) to 1 (bottom).
    #[param(title = "Focus down", default = 0.5, min = 0.0, max = 1.0, step = 0.01)]
    focus_y: f64,
    /// Free: the left edge of the box.
    #[param(title = "Left", default = 0, min = 0, unit = "px")]
    left: u32,
    /// Free: the upper edge of the box.
    #[param(title = "Top", default = 0, min = 0, unit = "px")]
    top: u32,
    /// Free: the width of the box. 0: up to the right edge.
    #[param(title = "Width", default = 0, min = 0, unit = "px")]
    width: u32,
    /// Free: the height of the box. 0: down to the lower edge.
    #[param(title = "Height", default = 0, min = 0, unit = "px")]
    height: u32,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let size = film.even_size();
    let (x, y, w, h) = match aspect.ratio() {
        Some(ratio) => {
            let (x, y, w, h) = covering(size, ratio, (focus_x, focus_y));
            (x.round() as u32, y.round() as u32, w.round() as u32, h.round() as u32)
        }
        None => {
            let outside = |field| {
                NodeError::invalid(field, format!("the box begins outside the film of {}x{} pixels", size.0, size.1))
            };
            let (room_x, room_y) = (size.0.saturating_sub(left), size.1.saturating_sub(top));
            if room_x < 2 || room_y < 2 {
                return Err(outside(if room_x < 2 { "left" } else { "top" }));
            }
            let side = |wanted: u32, room: u32| if wanted == 0 { room } else { wanted.min(room) };
            (left, top, side(width, room_x), side(height, room_y))
        }
    };
    film.filtered(&format!("crop={}:{}:{x}:{y}:exact=1", even(w), even(h)), ctx).await
}

/// Turns or mirrors a film. It is turned first.
#[node(
    "video.rotate",
    title = "Turn and mirror film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"turn":"right"}}"#
)]
async fn rotate(
    /// The film.
    video: Video,
    /// How far it is turned.
    #[param(title = "Turn", default = Turn::None)]
    turn: Turn,
    /// How it is mirrored.
    #[param(title = "Mirror", default = Mirror::None)]
    mirror: Mirror,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let turned = match turn {
        Turn::None => "null",
        Turn::Right => "transpose=clock",
        Turn::Half => "hflip,vflip",
        Turn::Left => "transpose=cclock",
    };
    let mirrored = match mirror {
        Mirror::None => "",
        Mirror::Horizontal => ",hflip",
        Mirror::Vertical => ",vflip",
    };
    film.filtered(&format!("{turned}{mirrored}"), ctx).await
}

/// Puts bars around a film until it has the wanted proportions. Nothing is cut off and nothing is scaled.
#[node(
    "video.letterbox",
    title = "Letterbox",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r##"{"inputs":{"video":"sample:video"},"params":{"aspect":"1:1","color":"#202020"}}"##
)]
async fn letterbox(
    /// The film.
    video: Video,
    /// The proportions of the result.
    #[param(title = "Proportions", default = Aspect::Square)]
    aspect: Aspect,
    /// The colour of the bars.
    #[param(title = "Colour", default = "#000000")]
    color: Color,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let Some((across, down)) = aspect.ratio() else {
        return Err(NodeError::invalid("aspect", "bars need proportions: choose some"));
    };
    let (width, height) = film.even_size();
    let ratio = f64::from(across) / f64::from(down);
    let (w, h) = if f64::from(width) / f64::from(height) > ratio {
        (width, even((f64::from(width) / ratio).round() as u32).max(height))
    } else {
        (even((f64::from(height) * ratio).round() as u32).max(width), height)
    };
    film.filtered(&format!("pad={w}:{h}:-1:-1:{}", ffmpeg_color(color)), ctx).await
}
