//! Posters: small still pictures that stand for media in lists, on nodes that are zoomed out, and before a film loads.

use std::{io::Cursor, path::Path, time::Duration};

use bytes::Bytes;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder, imageops};
use tokio_util::sync::CancellationToken;

use super::ffmpeg::Ffmpeg;

/// A poster fits into a square of this many pixels a side.
pub(super) const SIDE_MAX: u32 = 512;
const JPEG_QUALITY: u8 = 82;
/// What decoding one picture may take: about 130 megapixels with transparency.
const DECODED_MAX_BYTES: u64 = 512 << 20;
/// Seeking in a damaged film can take for ever.
const FILM_TIME_MAX: Duration = Duration::from_secs(30);

/// A picture that was looked at.
pub(super) struct Picture {
    /// As displayed, in pixels.
    pub width: u32,
    pub height: u32,
    /// `None`: the picture is small, and of a kind every browser shows: it is its own poster.
    pub poster: Option<Bytes>,
}

/// Decodes a whole picture: a file that only begins like one is refused here and not in the middle of a run.
pub(super) fn look_at_picture(path: &Path) -> image::ImageResult<Picture> {
    let mut reader = ImageReader::open(path)?.with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_MAX_BYTES);
    reader.limits(limits.clone());
    let shown_by_browsers = !matches!(reader.format(), Some(ImageFormat::Tiff));
    let mut decoder = reader.into_decoder()?;
    // The decoder bounds what it needs itself, not the picture that it hands out.
    limits.reserve(decoder.total_bytes())?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    let small = width <= SIDE_MAX && height <= SIDE_MAX;
    let poster = if small && shown_by_browsers { None } else { Some(encode(&picture)?) };
    Ok(Picture { width, height, poster })
}

/// JPEG, or WebP where something is transparent.
fn encode(picture: &DynamicImage) -> image::ImageResult<Bytes> {
    let side = SIDE_MAX.min(picture.width().max(picture.height()));
    let small = picture.resize(side, side, imageops::FilterType::Triangle);
    let mut bytes = Cursor::new(Vec::new());
    let transparent = small.color().has_alpha() && small.to_rgba8().pixels().any(|pixel| pixel.0[3] < 255);
    if transparent {
        DynamicImage::ImageRgba8(small.to_rgba8()).write_to(&mut bytes, ImageFormat::WebP)?;
    } else {
        small.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
    }
    Ok(bytes.into_inner().into())
}

/// A frame of a film, a little behind its beginning, which often is black. `None` when ffmpeg cannot make one: a film
/// without a poster is still a film.
pub(super) async fn of_film(path: &Path, duration_millis: Option<u64>) -> Option<Bytes> {
    let folder = tempfile::tempdir().ok()?;
    let target = folder.path().join("poster.jpg");
    let at = duration_millis.unwrap_or(0).min(10_000) as f64 / 10_000.0;
    // Pixels are made square first, then the frame is fitted into the square.
    let scale = format!(
        "scale=iw*max(sar\\,1):ih/min(sar\\,1),setsar=1,scale={SIDE_MAX}:{SIDE_MAX}:force_original_aspect_ratio=decrease"
    );
    let mut ffmpeg = Ffmpeg::new();
    ffmpeg.args(["-ss", &format!("{at:.3}")]).input(path);
    ffmpeg.args(["-an", "-frames:v", "1", "-vf", &scale, "-q:v", "4", "-f", "image2", "-update", "1"]);
    ffmpeg.output(&target);
    let cancel = CancellationToken::new();
    let made = ffmpeg.run(Duration::ZERO, &cancel, &|_| ());
    tokio::time::timeout(FILM_TIME_MAX, made).await.ok()?.ok()?;
    tokio::fs::read(&target).await.ok().map(Bytes::from)
}
