//! The colours of films. Tables of colours (LUTs) are in `lut.rs`.

use crate::{Choice, NodeContext, NodeError, Video, node};

use super::film::{Colors, Film, Remake};

/// Changes brightness, contrast, saturation and hue of a film.
#[node(
    "video.adjust",
    title = "Adjust film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"contrast":20,"saturation":-60}}"#
)]
async fn adjust(
    /// The film.
    video: Video,
    /// Lighter or darker.
    #[param(title = "Brightness", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    brightness: f64,
    /// More or less difference between light and dark.
    #[param(title = "Contrast", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    contrast: f64,
    /// More or less colour; -100 leaves none.
    #[param(title = "Saturation", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    saturation: f64,
    /// Lifts the middle tones; 1 changes nothing.
    #[param(title = "Gamma", default = 1.0, min = 0.1, max = 5.0, step = 0.05)]
    gamma: f64,
    /// Turns all colours round the colour wheel.
    #[param(title = "Hue", default = 0.0, min = -180.0, max = 180.0, step = 1.0, unit = "°")]
    hue: f64,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let (brightness, contrast, saturation) = (brightness / 100.0, 1.0 + contrast / 100.0, 1.0 + saturation / 100.0);
    let filters = format!(
        "eq=brightness={brightness:.3}:contrast={contrast:.3}:saturation={saturation:.3}:gamma={gamma:.3},hue=h={hue:.1}"
    );
    film.filtered(&filters, ctx).await
}

/// Which tones are changed.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Tones {
    All,
    Shadows,
    Midtones,
    Highlights,
}

/// Shifts the colours of a film towards red, green or blue, or makes the light warmer or cooler.
#[node(
    "video.color_balance",
    title = "Colour balance of film",
    resource = "ffmpeg",
    timeout_seconds = 1800,
    example = r#"{"inputs":{"video":"sample:video"},"params":{"red":15,"blue":-20,"tones":"shadows"}}"#
)]
async fn color_balance(
    /// The film.
    video: Video,
    /// Towards red, or away from it towards cyan.
    #[param(title = "Red", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    red: f64,
    /// Towards green, or away from it towards magenta.
    #[param(title = "Green", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    green: f64,
    /// Towards blue, or away from it towards yellow.
    #[param(title = "Blue", default = 0.0, min = -100.0, max = 100.0, step = 1.0, unit = "%")]
    blue: f64,
    /// Which tones are shifted.
    #[param(title = "Tones", default = Tones::All)]
    tones: Tones,
    /// The colour of the light: lower is warmer, 6500 changes nothing.
    #[param(title = "Temperature", default = 6500, min = 2000, max = 12000, unit = "K")]
    temperature: u32,
    ctx: &NodeContext,
) -> Result<Video, NodeError> {
    let film = Film::open(&video, "video", ctx).await?;
    let ranges: &[&str] = match tones {
        Tones::All => &["s", "m", "h"],
        Tones::Shadows => &["s"],
        Tones::Midtones => &["m"],
        Tones::Highlights => &["h"],
    };
    let shifts = ranges.iter().map(|range| {
        let (red, green, blue) = (red / 100.0, green / 100.0, blue / 100.0);
        format!("r{range}={red:.3}:g{range}={green:.3}:b{range}={blue:.3}")
    });
    let mut filters = format!("format=gbrp,colorbalance={}", shifts.collect::<Vec<_>>().join(":"));
    if temperature != 6500 {
        filters += &format!(",colortemperature=temperature={temperature}");
    }
    film.remade(Remake { filters: &filters, colors: Colors::Rgb, ..film.remake() }, ctx).await
}
