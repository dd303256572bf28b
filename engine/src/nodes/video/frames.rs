//! The frames of a film made of pictures: where the camera is at each moment, and what it sees. No ffmpeg here.

use std::path::PathBuf;

use bytes::Bytes;
use engine_pixels::{Channels, Kernel, Scaler, View, fade};
use image::{DynamicImage, RgbImage, RgbaImage, imageops::FilterType};

use crate::{
    NodeError,
    nodes::image::{covering, decode_bytes},
};

/// What the camera does while a picture is on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Move {
    ZoomIn,
    ZoomOut,
    PanRight,
    PanLeft,
    PanUp,
    PanDown,
    Still,
}

/// A film made of pictures, not drawn yet.
#[derive(Debug)]
pub(super) struct Frames {
    pub size: (u32, u32),
    pub fps: u32,
    /// How long each picture is on, fades included.
    pub seconds: f64,
    pub crossfade: f64,
    /// How far the camera moves: 0.1 is a tenth of the picture.
    pub strength: f64,
    /// One for each picture.
    pub moves: Vec<Move>,
}

/// A picture in the size in which it is looked at.
struct Source {
    index: usize,
    pixels: RgbImage,
}

impl Frames {
    /// How many there are.
    fn count(&self) -> u64 {
        let pictures = self.moves.len() as f64;
        let seconds = pictures * self.seconds - (pictures - 1.0) * self.crossfade;
        ((seconds * f64::from(self.fps)).round() as u64).max(1)
    }

    /// Draws all frames, as RGB, until `take` wants no more. Pictures are read when they come on, and at most two are
    /// held: a film of hundreds of photos fits into memory.
    pub fn draw(&self, paths: &[PathBuf], mut take: impl FnMut(Bytes) -> bool) -> Result<(), NodeError> {
        let mut scaler = Scaler::default();
        let mut current: Option<Source> = None;
        let mut next: Option<Source> = None;
        for frame in 0..self.count() {
            let (index, share) = self.scene(frame);
            if current.as_ref().is_none_or(|source| source.index != index) {
                current = match next.take().filter(|source| source.index == index) {
                    Some(ready) => Some(ready),
                    None => Some(self.read(index, &paths[index])?),
                };
            }
            let source = current.as_ref().expect("the picture that is on was just read");
            let mut pixels = self.look(source, frame, &mut scaler)?;
            if share > 0 {
                if next.is_none() {
                    next = Some(self.read(index + 1, &paths[index + 1])?);
                }
                let source = next.as_ref().expect("the next picture was just read");
                fade(&mut pixels, &self.look(source, frame, &mut scaler)?, share);
            }
            if !take(pixels.into()) {
                break;
            }
        }
        Ok(())
    }

    /// Which picture is on, and how much of the next one already shines through (0 to 256).
    fn scene(&self, frame: u64) -> (usize, u32) {
        let time = frame as f64 / f64::from(self.fps);
        let step = self.seconds - self.crossfade;
        let last = self.moves.len() - 1;
        let index = ((time / step) as usize).min(last);
        // The beginning of a picture is the end of the one before: the earlier one is the lower layer.
        let fading = index > 0 && time - (index as f64) * step < self.crossfade;
        if !fading {
            return (index, 0);
        }
        let share = (time - index as f64 * step) / self.crossfade;
        (index - 1, ((share * 256.0).round() as u32).clamp(1, 256))
    }

    /// What the camera sees of a picture at a frame.
    fn view(&self, index: usize, frame: u64, size: (u32, u32)) -> View {
        let begin = index as f64 * (self.seconds - self.crossfade);
        let time = frame as f64 / f64::from(self.fps) - begin;
        let share = (time / self.seconds).clamp(0.0, 1.0);
        let (left, top, width, height) = covering(size, self.size, (0.5, 0.5));
        // A pan needs room at the sides, so it looks a little closer all the time.
        let near = 1.0 / (1.0 + self.strength);
        let (zoom, x, y) = match self.moves[index] {
            Move::Still => (1.0, 0.5, 0.5),
            Move::ZoomIn => (1.0 / (1.0 + self.strength * share), 0.5, 0.5),
            Move::ZoomOut => (1.0 / (1.0 + self.strength * (1.0 - share)), 0.5, 0.5),
            Move::PanRight => (near, share, 0.5),
            Move::PanLeft => (near, 1.0 - share, 0.5),
            Move::PanDown => (near, 0.5, share),
            Move::PanUp => (near, 0.5, 1.0 - share),
        };
        let (w, h) = (width * zoom, height * zoom);
        (left + (width - w) * x, top + (height - h) * y, w, h)
    }

    fn look(&self, source: &Source, frame: u64, scaler: &mut Scaler) -> Result<Vec<u8>, NodeError> {
        let size = source.pixels.dimensions();
        let view = self.view(source.index, frame, size);
        scaler
            .scale(source.pixels.as_raw(), size, Channels::Rgb, view, self.size, Kernel::CatmullRom)
            .map_err(|error| NodeError::internal("a frame could not be drawn", error))
    }

    fn read(&self, index: usize, path: &PathBuf) -> Result<Source, NodeError> {
        let unreadable = |error: &dyn std::fmt::Display| {
            let message = format!("picture {} of {} cannot be read", index + 1, self.moves.len());
            NodeError::invalid("images", message).with_raw(&error.to_string())
        };
        let bytes = std::fs::read(path)?;
        let picture = decode_bytes(&bytes).map_err(|error| unreadable(&error))?;
        let pixels = if picture.color().has_alpha() { on_black(&picture.into_rgba8()) } else { picture.into_rgb8() };
        Ok(Source { index, pixels: self.reduced(pixels) })
    }

    /// A photo of 50 megapixels need not be read anew for each frame: it is reduced once, to what the closest look needs.
    fn reduced(&self, pixels: RgbImage) -> RgbImage {
        let (_, _, width, _) = covering(pixels.dimensions(), self.size, (0.5, 0.5));
        let needed = f64::from(self.size.0) * (1.0 + self.strength) * 1.25;
        let scale = needed / width;
        if scale >= 1.0 {
            return pixels;
        }
        let side = |side: u32| (f64::from(side) * scale).ceil() as u32;
        let (width, height) = (side(pixels.width()), side(pixels.height()));
        DynamicImage::ImageRgb8(pixels).resize_exact(width, height, FilterType::Triangle).into_rgb8()
    }
}

fn on_black(picture: &RgbaImage) -> RgbImage {
    let mut opaque = RgbImage::new(picture.width(), picture.height());
    for (to, from) in opaque.as_mut().chunks_exact_mut(3).zip(picture.as_raw().chunks_exact(4)) {
        for (to, from_channel) in to.iter_mut().zip(from) {
            *to = (u32::from(*from_channel) * u32::from(from[3]) / 255) as u8;
        }
    }
    opaque
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(moves: Vec<Move>) -> Frames {
        Frames { size: (160, 90), fps: 10, seconds: 2.0, crossfade: 0.5, strength: 0.2, moves }
    }

    #[test]
    fn fades_overlap_the_pictures() {
        let film = film(vec![Move::Still; 3]);
        assert_eq!(film.count(), 50);
        let scenes: Vec<(usize, u32)> = [0, 14, 15, 17, 19, 20, 29, 31, 49].map(|frame| film.scene(frame)).to_vec();
        assert_eq!(scenes, [(0, 0), (0, 0), (0, 1), (0, 102), (0, 205), (1, 0), (1, 0), (1, 51), (2, 0)]);
    }

    #[test]
    fn without_fades_pictures_change_at_once() {
        let film = Frames { crossfade: 0.0, ..film(vec![Move::Still; 2]) };
        assert_eq!((film.scene(19), film.scene(20), film.count()), ((0, 0), (1, 0), 40));
    }

    #[test]
    fn the_camera_never_leaves_the_picture() {
        for motion in [Move::ZoomIn, Move::ZoomOut, Move::PanLeft, Move::PanRight, Move::PanUp, Move::PanDown] {
            let film = film(vec![motion]);
            for frame in 0..film.count() {
                let (left, top, width, height) = film.view(0, frame, (300, 200));
                let inside = left >= -1e-9 && top >= -1e-9 && left + width <= 300.001 && top + height <= 200.001;
                assert!(inside, "{motion:?} at {frame}: {left} {top} {width} {height}");
                assert!((width / height - 16.0 / 9.0).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_zoom_moves_on_every_frame() {
        let film = film(vec![Move::ZoomIn]);
        let widths: Vec<f64> = (0..film.count()).map(|frame| film.view(0, frame, (300, 200)).2).collect();
        assert!(widths.windows(2).all(|pair| pair[1] < pair[0]), "{widths:?}");
    }
}
