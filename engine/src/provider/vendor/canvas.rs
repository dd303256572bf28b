//! Masks and larger canvases, in the way a vendor wants them. Ours are grey, and white is what is to be painted.

use std::io::Cursor;

use image::{DynamicImage, GenericImageView, GrayImage, ImageFormat, Luma, Rgba, RgbaImage, imageops};
use shared::run::FailureCode;

use crate::provider::{
    ProviderError,
    order::{Attachment, Margins, OrderError},
};

/// Larger canvases than any model takes.
const SIDE_MAX: u32 = 16_384;

/// White is kept and black painted.
pub(super) fn inverted(mask: &Attachment) -> Result<Vec<u8>, OrderError> {
    let mut mask = read(mask, "mask")?.to_luma8();
    imageops::invert(&mut mask);
    png(&mask.into())
}

/// What is to be painted is transparent.
pub(super) fn transparent(mask: &Attachment) -> Result<Vec<u8>, OrderError> {
    let mask = read(mask, "mask")?.to_luma8();
    let clear = RgbaImage::from_fn(mask.width(), mask.height(), |x, y| {
        let Luma([white]) = *mask.get_pixel(x, y);
        Rgba([0, 0, 0, 255 - white])
    });
    png(&clear.into())
}

/// A picture on a larger canvas, and the mask of what was added, for vendors that can only inpaint.
pub(super) fn padded(image: &Attachment, margins: Margins) -> Result<(Attachment, Attachment), OrderError> {
    let picture = read(image, "image")?;
    let (width, height) = picture.dimensions();
    let total = |side: u32, a: u32, b: u32| side.checked_add(a)?.checked_add(b).filter(|total| *total <= SIDE_MAX);
    let size = total(width, margins.left, margins.right).zip(total(height, margins.top, margins.bottom));
    let (wide, high) = size.ok_or_else(|| refused("the picture would become too large".into(), "left"))?;
    let mut canvas = RgbaImage::new(wide, high);
    imageops::replace(&mut canvas, &picture.to_rgba8(), margins.left.into(), margins.top.into());
    let mut mask = GrayImage::from_pixel(wide, high, Luma([255]));
    let kept = GrayImage::new(width, height);
    imageops::replace(&mut mask, &kept, margins.left.into(), margins.top.into());
    let attached =
        |bytes: Vec<u8>| Attachment { blob: image.blob.clone(), mime: "image/png".into(), bytes: bytes.into() };
    Ok((attached(png(&canvas.into())?), attached(png(&mask.into())?)))
}

fn read(attachment: &Attachment, field: &'static str) -> Result<DynamicImage, OrderError> {
    image::load_from_memory(&attachment.bytes)
        .map_err(|error| refused(format!("`{field}` cannot be read: {error}"), field))
}

fn png(image: &DynamicImage) -> Result<Vec<u8>, OrderError> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).map_err(|error| refused(error.to_string(), "image"))?;
    Ok(bytes.into_inner())
}

fn refused(message: String, field: &'static str) -> OrderError {
    OrderError::Refused(ProviderError::new(FailureCode::InvalidInput, message).in_field(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attached(image: DynamicImage) -> Attachment {
        let blob = shared::value::BlobHash::of(b"x");
        Attachment { blob, mime: "image/png".into(), bytes: png(&image).unwrap().into() }
    }

    fn half_white() -> Attachment {
        attached(GrayImage::from_fn(4, 2, |x, _| Luma([if x < 2 { 255 } else { 0 }])).into())
    }

    #[test]
    fn masks_are_turned_into_each_vendors_habit() {
        let black = image::load_from_memory(&inverted(&half_white()).unwrap()).unwrap().to_luma8();
        assert_eq!((black.get_pixel(0, 0).0, black.get_pixel(3, 0).0), ([0], [255]));
        let clear = image::load_from_memory(&transparent(&half_white()).unwrap()).unwrap().to_rgba8();
        assert_eq!((clear.get_pixel(0, 0).0[3], clear.get_pixel(3, 0).0[3]), (0, 255));
    }

    #[test]
    fn a_canvas_grows_and_the_new_part_is_to_be_painted() {
        let margins = Margins { left: 1, top: 2, right: 3, bottom: 0 };
        let (canvas, mask) = padded(&half_white(), margins).unwrap();
        assert_eq!(image::load_from_memory(&canvas.bytes).unwrap().dimensions(), (8, 4));
        let mask = image::load_from_memory(&mask.bytes).unwrap().to_luma8();
        assert_eq!((mask.get_pixel(0, 0).0, mask.get_pixel(1, 2).0, mask.get_pixel(5, 2).0), ([255], [0], [255]));
        assert!(padded(&half_white(), Margins { left: u32::MAX, ..margins }).is_err());
    }
}
