//! Loops over all pixels of a picture: scaling, mixing, warping, finding out how a camera moved.
//!
//! A crate of its own for one reason: it is always optimised, also in debug builds and tests, where the rest of the
//! engine is not. No formats, no files, no nodes: `engine` calls it for every frame of a film.

mod motion;
mod warp;

use fast_image_resize::{
    FilterType, ImageBufferError, PixelTrait, ResizeAlg, ResizeError, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::{U8x3, U8x4, U16x3, U16x4},
};

pub use motion::{Gray, Movement, movement};
pub use warp::{inverse, projection, warp};

/// A box in a picture, in pixels: left, top, width, height. Fractions count.
pub type View = (f64, f64, f64, f64);

/// How many channels a pixel has, and of how many bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// Red, green, blue, 8 bits each.
    Rgb,
    /// Red, green, blue, opacity (not premultiplied), 8 bits each.
    Rgba,
    /// Like `Rgb`, 16 bits each, in this machine's order.
    Rgb16,
    /// Like `Rgba`, 16 bits each, in this machine's order.
    Rgba16,
}

/// How pixels are weighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// The sharpest: for pictures that stay.
    Lanczos,
    /// Nearly as sharp, and faster: for frames.
    CatmullRom,
}

/// Why a picture could not be scaled.
#[derive(Debug, thiserror::Error)]
pub enum ScaleError {
    /// There are not width times height pixels.
    #[error("the buffer does not hold the picture")]
    Buffer(#[from] ImageBufferError),
    /// The box lies outside the picture, or has no size.
    #[error("the part cannot be scaled")]
    Part(#[from] ResizeError),
}

/// Scales parts of pictures. Keeps its buffers from call to call.
#[derive(Default)]
pub struct Scaler(Resizer);

impl Scaler {
    /// Scales `view` of a picture of `size` to `target` pixels.
    pub fn scale(
        &mut self,
        pixels: &[u8],
        size: (u32, u32),
        channels: Channels,
        view: View,
        target: (u32, u32),
        kernel: Kernel,
    ) -> Result<Vec<u8>, ScaleError> {
        let filter = match kernel {
            Kernel::Lanczos => FilterType::Lanczos3,
            Kernel::CatmullRom => FilterType::CatmullRom,
        };
        let (left, top, width, height) = view;
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).crop(left, top, width, height);
        match channels {
            Channels::Rgb => self.typed::<U8x3>(pixels, size, target, &options),
            Channels::Rgba => self.typed::<U8x4>(pixels, size, target, &options),
            Channels::Rgb16 => self.typed::<U16x3>(pixels, size, target, &options),
            Channels::Rgba16 => self.typed::<U16x4>(pixels, size, target, &options),
        }
    }

    /// For one type of pixel: asking for all that there are would take the compiler minutes.
    fn typed<P: PixelTrait>(
        &mut self,
        pixels: &[u8],
        size: (u32, u32),
        target: (u32, u32),
        options: &ResizeOptions,
    ) -> Result<Vec<u8>, ScaleError> {
        let from = TypedImageRef::<P>::from_buffer(size.0, size.1, pixels)?;
        let mut buffer = vec![0; target.0 as usize * target.1 as usize * size_of::<P>()];
        let mut to = TypedImage::<P>::from_buffer(target.0, target.1, &mut buffer)?;
        self.0.resize_typed(&from, &mut to, options)?;
        Ok(buffer)
    }
}

/// Mixes `other` into `pixels`; 0 leaves them as they are, 256 is all of it.
pub fn fade(pixels: &mut [u8], other: &[u8], share: u32) {
    let come = share.min(256);
    let stay = 256 - come;
    for (a, b) in pixels.iter_mut().zip(other) {
        *a = ((u32::from(*a) * stay + u32::from(*b) * come) >> 8) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fade_meets_both_ends_and_the_middle() {
        for (share, least, most) in [(0, 0, 0), (128, 127, 128), (256, 255, 255)] {
            let mut pixels = vec![0u8; 19];
            fade(&mut pixels, &[255u8; 19], share);
            assert!(pixels.iter().all(|pixel| (least..=most).contains(pixel)), "{share}: {pixels:?}");
        }
    }

    #[test]
    fn half_a_pixel_counts() {
        // Black, white, black: a view that is half on black and half on white is grey.
        let pixels = [0, 0, 0, 255, 255, 255, 0, 0, 0];
        let mut scaler = Scaler::default();
        let mut scale =
            |view| scaler.scale(&pixels, (3, 1), Channels::Rgb, view, (1, 1), Kernel::CatmullRom).unwrap()[0];
        assert_eq!(scale((1.0, 0.0, 1.0, 1.0)), 255);
        assert!((100..=156).contains(&scale((0.5, 0.0, 1.0, 1.0))));
        assert!(scaler.scale(&pixels, (3, 1), Channels::Rgb, (2.5, 0.0, 1.0, 1.0), (1, 1), Kernel::Lanczos).is_err());
    }
}
