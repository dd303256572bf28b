//! Nodes that bring what the nodes under test work on.

use std::sync::LazyLock;

use engine::{Audio, Image, Mask, NodeContext, NodeError, Video, node};

static PICTURE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(64, 64, image::Rgb([200, 9, 9])).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
});

/// A small picture.
#[node("test.picture", title = "Picture", example = "{}")]
async fn picture(ctx: &NodeContext) -> Result<Image, NodeError> {
    ctx.store(PICTURE.clone().into()).await.map(Image)
}

/// A small mask.
#[node("test.mask", title = "Mask", example = "{}")]
async fn mask(ctx: &NodeContext) -> Result<Mask, NodeError> {
    ctx.store(PICTURE.clone().into()).await.map(Mask)
}

/// A short sound.
#[node("test.sound", title = "Sound", example = "{}")]
async fn sound(ctx: &NodeContext) -> Result<Audio, NodeError> {
    let bytes: &[u8] = include_bytes!("../../../../assets/samples/guitar.mp3");
    ctx.store(bytes.into()).await.map(Audio)
}

/// A short film.
#[node("test.clip", title = "Film", example = "{}")]
async fn clip(ctx: &NodeContext) -> Result<Video, NodeError> {
    let bytes: &[u8] = include_bytes!("../../../../assets/samples/clip.mp4");
    ctx.store(bytes.into()).await.map(Video)
}

/// A picture that is larger than what vendors take as a part of a request.
#[node("test.poster", title = "Poster", example = "{}")]
async fn poster(ctx: &NodeContext) -> Result<Image, NodeError> {
    // What cannot be pressed together: a step of a well-known generator for each sample.
    let mut state = 1_u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let pixels = image::RgbImage::from_vec(1300, 1000, noise.take(1300 * 1000 * 3).collect()).unwrap();
    let mut png = std::io::Cursor::new(Vec::new());
    pixels.write_to(&mut png, image::ImageFormat::Png).unwrap();
    ctx.store(png.into_inner().into()).await.map(Image)
}
