//! Text into lines, and lines into a coverage of pixels. Knows fonts, not colours.

use ab_glyph::{Font as _, FontRef, GlyphId, PxScale, ScaleFont as _, point};
use image::GrayImage;

/// Where the lines of a block begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Align {
    Left,
    Center,
    Right,
}

/// From one line's base to the next, in font sizes.
const LINE_HEIGHT: f32 = 1.2;

/// A text, set in lines.
pub(super) struct Block<'f> {
    font: &'f FontRef<'f>,
    size_px: f32,
    lines: Vec<Line>,
    pub width: u32,
    pub height: u32,
}

struct Line {
    text: String,
    width: f32,
}

impl<'f> Block<'f> {
    /// Breaks `text` where it says so, and between words where a line would be wider than `width_max`.
    pub fn new(font: &'f FontRef<'f>, size_px: f32, text: &str, width_max: f32) -> Self {
        let mut lines = Vec::new();
        for paragraph in text.lines() {
            let mut line = String::new();
            for word in pieces(font, size_px, paragraph, width_max) {
                let longer = if line.is_empty() { word.clone() } else { format!("{line} {word}") };
                if line.is_empty() || advance(font, size_px, &longer) <= width_max {
                    line = longer;
                } else {
                    lines.push(std::mem::replace(&mut line, word));
                }
            }
            lines.push(line);
        }
        let lines: Vec<Line> =
            lines.into_iter().map(|text| Line { width: advance(font, size_px, &text), text }).collect();
        let width = lines.iter().map(|line| line.width).fold(0.0, f32::max).ceil() as u32;
        let scaled = font.as_scaled(px_scale(font, size_px));
        let below = (lines.len().saturating_sub(1)) as f32 * size_px * LINE_HEIGHT;
        let height = (scaled.ascent() - scaled.descent() + below).ceil() as u32;
        Self { font, size_px, lines, width: width.max(1), height: height.max(1) }
    }

    /// How much each pixel is covered with ink, in a picture with `margin` pixels around the block.
    pub fn coverage(&self, align: Align, margin: u32) -> GrayImage {
        let mut ink = GrayImage::new(self.width + 2 * margin, self.height + 2 * margin);
        let scale = px_scale(self.font, self.size_px);
        let scaled = self.font.as_scaled(scale);
        for (i, line) in self.lines.iter().enumerate() {
            let room = self.width as f32 - line.width;
            let mut x = margin as f32
                + match align {
                    Align::Left => 0.0,
                    Align::Center => room / 2.0,
                    Align::Right => room,
                };
            let base = margin as f32 + scaled.ascent() + i as f32 * self.size_px * LINE_HEIGHT;
            let mut before: Option<GlyphId> = None;
            for letter in line.text.chars() {
                let glyph = self.font.glyph_id(letter);
                x += before.map_or(0.0, |before| scaled.kern(before, glyph));
                self.draw(glyph.with_scale_and_position(scale, point(x, base)), &mut ink);
                x += scaled.h_advance(glyph);
                before = Some(glyph);
            }
        }
        ink
    }

    fn draw(&self, glyph: ab_glyph::Glyph, ink: &mut GrayImage) {
        let Some(outline) = self.font.outline_glyph(glyph) else { return };
        let bounds = outline.px_bounds();
        let (left, top) = (bounds.min.x as i64, bounds.min.y as i64);
        outline.draw(|x, y, share| {
            let (x, y) = (left + i64::from(x), top + i64::from(y));
            if (0..i64::from(ink.width())).contains(&x) && (0..i64::from(ink.height())).contains(&y) {
                let covered = &mut ink.get_pixel_mut(x as u32, y as u32).0[0];
                *covered = covered.saturating_add((share.clamp(0.0, 1.0) * 255.0).round() as u8);
            }
        });
    }
}

/// The first character that the font has no glyph for.
pub(super) fn missing_letter(font: &FontRef<'_>, text: &str) -> Option<char> {
    text.chars().find(|letter| !letter.is_whitespace() && font.glyph_id(*letter).0 == 0)
}

/// Words; those wider than a line are cut into pieces that fit.
fn pieces(font: &FontRef<'_>, size_px: f32, paragraph: &str, width_max: f32) -> Vec<String> {
    let mut pieces = Vec::new();
    for word in paragraph.split_whitespace() {
        let mut piece = String::new();
        for letter in word.chars() {
            piece.push(letter);
            if piece.chars().count() > 1 && advance(font, size_px, &piece) > width_max {
                piece.pop();
                pieces.push(std::mem::replace(&mut piece, letter.to_string()));
            }
        }
        pieces.push(piece);
    }
    pieces
}

/// ab_glyph scales a font's whole height; font sizes are by custom those of the em.
fn px_scale(font: &FontRef<'_>, size_px: f32) -> PxScale {
    let units = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(size_px * font.height_unscaled() / units)
}

fn advance(font: &FontRef<'_>, size_px: f32, text: &str) -> f32 {
    let scaled = font.as_scaled(px_scale(font, size_px));
    let mut before: Option<GlyphId> = None;
    text.chars().fold(0.0, |width, letter| {
        let glyph = font.glyph_id(letter);
        let kern = before.map_or(0.0, |before| scaled.kern(before, glyph));
        before = Some(glyph);
        width + kern + scaled.h_advance(glyph)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn font() -> FontRef<'static> {
        FontRef::try_from_slice(include_bytes!("../../../../assets/fonts/inter/Inter-Regular.ttf")).unwrap()
    }

    fn lines(text: &str, width_max: f32) -> Vec<String> {
        Block::new(&font(), 20.0, text, width_max).lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn lines_break_between_words_and_where_the_text_says() {
        assert_eq!(lines("one two\n\nthree", 1000.0), ["one two", "", "three"]);
        assert_eq!(lines("one two three", 80.0), ["one two", "three"]);
    }

    #[test]
    fn a_word_wider_than_the_line_is_cut() {
        let lines = lines("incomprehensible", 60.0);
        assert!(lines.len() > 1 && lines.concat() == "incomprehensible", "{lines:?}");
        let font = font();
        assert!(lines.iter().all(|line| advance(&font, 20.0, line) <= 60.0), "{lines:?}");
    }

    #[test]
    fn ink_stays_within_the_block() {
        let font = font();
        let block = Block::new(&font, 40.0, "Ågj", 1000.0);
        let ink = block.coverage(Align::Left, 4);
        let inked = ink.pixels().filter(|pixel| pixel.0[0] > 0).count();
        let border = ink.enumerate_pixels().filter(|(x, y, pixel)| {
            pixel.0[0] > 0 && (*x < 2 || *y < 2 || *x >= ink.width() - 2 || *y >= ink.height() - 2)
        });
        assert!(inked > 200);
        assert_eq!(border.count(), 0);
    }

    #[test]
    fn a_letter_without_glyph_is_found() {
        assert_eq!(missing_letter(&font(), "Grüße 漢"), Some('漢'));
        assert_eq!(missing_letter(&font(), "Größe, Жизнь, ελ"), None);
    }
}
