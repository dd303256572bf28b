//! Text on pictures. The same text pictures are laid over films by `video/title.rs`.

use std::sync::LazyLock;

use ab_glyph::FontRef;
use image::{DynamicImage, GrayImage, RgbaImage};
use imageproc::distance_transform::euclidean_squared_distance_transform;

use crate::{Choice, Color, Image, NodeContext, NodeError, Params, node};

use super::{
    changed,
    overlay::{Blend, blend_over, paste},
    pixel,
    text_layout::{self, Block, missing_letter},
};

/// Longest text that is drawn, in characters.
const TEXT_MAX_CHARS: usize = 4000;
/// Largest text picture, in pixels.
const TEXT_PICTURE_MAX_PX: u64 = 64 << 20;

/// The fonts that are built in, so that a text looks the same on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
pub(in crate::nodes) enum Font {
    #[choice(title = "Inter Bold")]
    Bold,
    #[choice(title = "Inter Regular")]
    Regular,
}

impl Font {
    fn face(self) -> &'static FontRef<'static> {
        static BOLD: LazyLock<FontRef> =
            LazyLock::new(|| parsed(include_bytes!("../../../../assets/fonts/inter/Inter-Bold.ttf")));
        static REGULAR: LazyLock<FontRef> =
            LazyLock::new(|| parsed(include_bytes!("../../../../assets/fonts/inter/Inter-Regular.ttf")));
        match self {
            Self::Bold => &BOLD,
            Self::Regular => &REGULAR,
        }
    }
}

fn parsed(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the built-in fonts are fonts")
}

/// One of nine places in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Choice)]
pub(in crate::nodes) enum Place {
    TopLeft,
    Top,
    TopRight,
    Left,
    Center,
    Right,
    BottomLeft,
    Bottom,
    BottomRight,
}

impl Place {
    /// 0, 1, 2: left, centre, right; and top, centre, bottom.
    fn thirds(self) -> (i64, i64) {
        match self {
            Self::TopLeft => (0, 0),
            Self::Top => (1, 0),
            Self::TopRight => (2, 0),
            Self::Left => (0, 1),
            Self::Center => (1, 1),
            Self::Right => (2, 1),
            Self::BottomLeft => (0, 2),
            Self::Bottom => (1, 2),
            Self::BottomRight => (2, 2),
        }
    }

    /// The upper left corner of something of `size` at this place of `frame`, with a margin to the edges it touches.
    pub fn upper_left(self, frame: (u32, u32), size: (u32, u32), margin: u32) -> (i64, i64) {
        let along = |third: i64, frame: u32, size: u32| {
            let (room, margin) = (i64::from(frame) - i64::from(size), i64::from(margin));
            match third {
                0 => margin,
                1 => room / 2,
                _ => room - margin,
            }
        };
        let (across, down) = self.thirds();
        (along(across, frame.0, size.0), along(down, frame.1, size.1))
    }

    /// How wide a line may be in a frame: the margin counts where the text touches a side.
    pub fn line_room(self, frame_width: u32, share: f64, margin: u32) -> u32 {
        let sides = if self.thirds().0 == 1 { 0 } else { 2 * margin };
        let share = (f64::from(frame_width) * share) as u32;
        share.min(frame_width.saturating_sub(sides)).max(1)
    }

    fn align(self) -> text_layout::Align {
        match self.thirds().0 {
            0 => text_layout::Align::Left,
            1 => text_layout::Align::Center,
            _ => text_layout::Align::Right,
        }
    }
}

/// How a text looks: what all nodes that write have in common.
#[derive(Debug, Clone, Params)]
pub(in crate::nodes) struct Lettering {
    /// The font.
    #[param(title = "Font", default = Font::Bold)]
    pub font: Font,
    /// How large the letters are.
    #[param(title = "Size", default = 64.0, min = 4.0, max = 1000.0, step = 1.0, unit = "px")]
    pub size: f64,
    /// The colour of the letters.
    #[param(title = "Colour", default = "#ffffff")]
    pub color: Color,
    /// Where the text goes.
    #[param(title = "Place", default = Place::Center)]
    pub place: Place,
    /// How far from the edge.
    #[param(title = "Margin", default = 40, min = 0, max = 4096, unit = "px")]
    pub margin: u32,
    /// How thick the line around the letters is.
    #[param(title = "Outline", default = 0.0, min = 0.0, max = 50.0, step = 0.5, unit = "px")]
    pub outline: f64,
    /// The colour of the line around the letters.
    #[param(title = "Outline colour", default = "#000000", advanced)]
    pub outline_color: Color,
    /// The colour behind the text; the last two digits are its opacity.
    #[param(title = "Background", default = "#00000000", advanced)]
    pub background: Color,
}

impl Lettering {
    /// How wide a line may be in a frame of this width, of which lines take a share at most.
    pub fn line_room(&self, frame_width: u32, share: f64) -> u32 {
        self.place.line_room(frame_width, share, self.margin)
    }

    /// The upper left corner of a text picture of `size` in a frame.
    pub fn upper_left(&self, frame: (u32, u32), size: (u32, u32)) -> (i64, i64) {
        self.place.upper_left(frame, size, self.margin)
    }
}

/// Writes on a picture. Lines break between words where they get too wide.
#[node(
    "image.draw_text",
    title = "Draw text",
    resource = "cpu",
    example = r##"{"inputs":{"image":"sample:photo"},"params":{"text":"A slow evening","size":72,"place":"bottom","margin":48,"outline":2}}"##
)]
async fn draw_text(
    /// The picture to write on.
    image: Image,
    /// The text.
    #[param(title = "Text", prompt, default = "Your text")]
    text: String,
    /// How the text looks.
    #[params]
    lettering: Lettering,
    /// How much of the picture's width a line may take.
    #[param(title = "Line width", default = 90.0, min = 5.0, max = 100.0, step = 1.0, unit = "%", advanced)]
    line_width: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let work = move |picture: DynamicImage| {
        let width_max_px = lettering.line_room(picture.width(), line_width / 100.0);
        match text_picture(&text, &lettering, width_max_px)? {
            Some(text) => {
                let at = lettering.upper_left((picture.width(), picture.height()), text.dimensions());
                Ok(paste(picture, &text, at))
            }
            None => Ok(picture),
        }
    };
    changed(&image, ctx, work).await
}

/// The text by itself, on nothing. `None` when there is nothing to see.
///
/// No line is wider than `width_max_px`.
pub(in crate::nodes) fn text_picture(
    text: &str,
    style: &Lettering,
    width_max_px: u32,
) -> Result<Option<RgbaImage>, NodeError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    if text.chars().count() > TEXT_MAX_CHARS {
        return Err(NodeError::invalid("text", format!("more than {TEXT_MAX_CHARS} letters cannot be drawn")));
    }
    let face = style.font.face();
    if let Some(letter) = missing_letter(face, text) {
        return Err(NodeError::invalid("text", format!("the font has no letter for `{letter}`")));
    }
    let size_px = style.size as f32;
    let block = Block::new(face, size_px, text.trim_end(), width_max_px as f32);
    let padding = if style.background.rgba[3] > 0 { (size_px * 0.3).ceil() as u32 } else { 0 };
    let margin = padding.max(style.outline.ceil() as u32 + 1);
    let (width, height) = (block.width + 2 * margin, block.height + 2 * margin);
    if u64::from(width) * u64::from(height) > TEXT_PICTURE_MAX_PX {
        return Err(NodeError::invalid("size", "the text would be larger than any picture"));
    }
    let ink = block.coverage(style.place.align(), margin);
    let mut picture = RgbaImage::from_pixel(width, height, pixel(style.background));
    if style.outline > 0.0 {
        let outline = inked(&grown(&ink, style.outline), style.outline_color);
        blend_over(&mut picture, &outline, (0, 0), 1.0, Blend::Normal);
    }
    blend_over(&mut picture, &inked(&ink, style.color), (0, 0), 1.0, Blend::Normal);
    Ok(Some(picture))
}

/// A colour, as opaque as the ink is thick.
fn inked(ink: &GrayImage, color: Color) -> RgbaImage {
    let [r, g, b, a] = color.rgba;
    let pixels = ink.as_raw().iter().flat_map(|&ink| [r, g, b, (u32::from(ink) * u32::from(a) / 255) as u8]);
    RgbaImage::from_raw(ink.width(), ink.height(), pixels.collect()).expect("one pixel for each of the ink")
}

/// Ink that reaches `radius` pixels further in all directions.
fn grown(ink: &GrayImage, radius: f64) -> GrayImage {
    let mut solid = ink.clone();
    solid.iter_mut().for_each(|covered| *covered = if *covered >= 128 { 255 } else { 0 });
    let distances = euclidean_squared_distance_transform(&solid);
    let mut grown = ink.clone();
    for (covered, distance) in grown.iter_mut().zip(distances.iter()) {
        let share = (radius + 0.5 - distance.sqrt()).clamp(0.0, 1.0);
        *covered = (*covered).max((share * 255.0).round() as u8);
    }
    grown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style() -> Lettering {
        Lettering {
            font: Font::Bold,
            size: 48.0,
            color: Color { rgba: [255, 255, 255, 255] },
            place: Place::Center,
            margin: 0,
            outline: 0.0,
            outline_color: Color { rgba: [0, 0, 0, 255] },
            background: Color { rgba: [0; 4] },
        }
    }

    fn drawn(text: &str, style: &Lettering) -> RgbaImage {
        text_picture(text, style, 600).unwrap().unwrap()
    }

    #[test]
    fn an_outline_surrounds_the_letters() {
        let plain = drawn("Hi", &style());
        let outlined = drawn("Hi", &Lettering { outline: 4.0, ..style() });
        let opaque = |picture: &RgbaImage| picture.pixels().filter(|pixel| pixel.0[3] > 200).count();
        let black = outlined.pixels().filter(|pixel| pixel.0[3] > 200 && pixel.0[0] < 50).count();
        assert!(opaque(&outlined) > opaque(&plain) + 500, "{} {}", opaque(&outlined), opaque(&plain));
        assert!(black > 500, "{black}");
    }

    #[test]
    fn a_long_text_wraps_within_its_width() {
        let narrow = text_picture("A rather long title for a film", &style(), 200).unwrap().unwrap();
        assert!(narrow.width() <= 202 && narrow.height() > 150, "{:?}", narrow.dimensions());
    }

    #[test]
    fn an_unknown_letter_is_refused_by_name() {
        let error = text_picture("漢", &style(), 600).unwrap_err();
        let failure = error.failure().unwrap();
        assert_eq!((failure.field.as_deref(), failure.message.contains('漢')), (Some("text"), true));
    }

    #[test]
    fn places_keep_their_margin() {
        assert_eq!(Place::TopLeft.upper_left((100, 50), (20, 10), 5), (5, 5));
        assert_eq!(Place::BottomRight.upper_left((100, 50), (20, 10), 5), (75, 35));
        assert_eq!(Place::Center.upper_left((100, 50), (20, 10), 5), (40, 20));
    }

    #[test]
    fn a_margin_narrows_lines_only_where_they_touch_a_side() {
        assert_eq!(Place::Bottom.line_room(1000, 0.9, 200), 900);
        assert_eq!(Place::BottomLeft.line_room(1000, 0.9, 200), 600);
        assert_eq!(Place::Left.line_room(100, 0.9, 80), 1);
    }
}
