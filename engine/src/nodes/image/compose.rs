//! Several pictures in one, and one in several.

use image::{DynamicImage, Rgba, RgbaImage, imageops};

use crate::{Color, Image, Mask, NodeContext, NodeError, node};

use super::{
    overlay::{Blend, blend_over},
    picture::{compact, decode, decode_mask, encode},
    pixel,
    size::scaled,
};

/// The most pixels of a picture that is put together.
const PIXELS_MAX: u64 = 128 << 20;
const PICTURES_MAX: usize = 400;

/// Lays a picture over another one of the same size, through a mask and with a blend mode.
#[node(
    "image.composite",
    title = "Composite",
    resource = "cpu",
    example = r#"{"inputs":{"below":"sample:photo","above":"sample:photo5","mask":"sample:mask"},"params":{"blend":"screen","opacity":80}}"#
)]
async fn composite(
    /// The picture below. It decides the size.
    below: Image,
    /// The picture above. It is stretched to the same size.
    above: Image,
    /// Where the picture above shows: white. Without it, everywhere.
    mask: Option<Mask>,
    /// How the colours meet.
    #[param(title = "Blend", default = Blend::Normal)]
    blend: Blend,
    /// How much the picture above covers.
    #[param(title = "Opacity", default = 100.0, min = 0.0, max = 100.0, step = 1.0, unit = "%")]
    opacity: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let below = decode(&below, "below", ctx).await?;
    let above = decode(&above, "above", ctx).await?;
    let size = (below.width(), below.height());
    let mask = match mask {
        Some(mask) => Some(decode_mask(&mask, size, ctx).await?),
        None => None,
    };
    let work = move || {
        let same = (above.width(), above.height()) == size;
        let mut above = if same { above } else { scaled(&above, None, size)? }.into_rgba8();
        if let Some(mask) = mask {
            for (pixel, share) in above.as_mut().chunks_exact_mut(4).zip(mask.as_raw()) {
                pixel[3] = (u32::from(pixel[3]) * u32::from(*share) / 255) as u8;
            }
        }
        let mut pixels = below.into_rgba8();
        blend_over(&mut pixels, &above, (0, 0), opacity / 100.0, blend);
        encode(&compact(pixels))
    };
    Ok(Image(ctx.store(ctx.blocking(work).await?).await?))
}

/// Lays many pictures side by side on one: a contact sheet, a comparison, a mood board.
#[node(
    "image.grid",
    title = "Grid",
    resource = "cpu",
    example = r#"{"inputs":{"images":["sample:photo2","sample:photo4","sample:photo6"]},"params":{"columns":2,"cell_width":200,"cell_height":150}}"#
)]
async fn grid(
    /// The pictures, in the order of their wires.
    images: Vec<Image>,
    /// How many in a row. 0: about as many as rows.
    #[param(title = "Columns", default = 0, min = 0, max = 50)]
    columns: u32,
    /// The width of each picture.
    #[param(title = "Picture width", default = 512, min = 8, max = 4096, unit = "px")]
    cell_width: u32,
    /// The height of each picture.
    #[param(title = "Picture height", default = 512, min = 8, max = 4096, unit = "px")]
    cell_height: u32,
    /// The space between and around them.
    #[param(title = "Gap", default = 8, min = 0, max = 500, unit = "px")]
    gap: u32,
    /// The colour between them.
    #[param(title = "Colour", default = "#14151a")]
    color: Color,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    if images.is_empty() || images.len() > PICTURES_MAX {
        return Err(NodeError::invalid("images", format!("1 to {PICTURES_MAX} pictures fit on a sheet")));
    }
    let count = images.len() as u32;
    let columns = if columns == 0 { f64::from(count).sqrt().ceil() as u32 } else { columns.min(count) };
    let rows = count.div_ceil(columns);
    let (width, height) = (columns * (cell_width + gap) + gap, rows * (cell_height + gap) + gap);
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        let message = format!("the sheet would have {width}x{height} pixels: make the pictures smaller");
        return Err(NodeError::invalid("cell_width", message));
    }
    let mut sheet = RgbaImage::from_pixel(width, height, pixel(color));
    for (i, image) in (0u32..).zip(&images) {
        ctx.check_cancelled()?;
        let picture = decode(image, "images", ctx).await?;
        sheet = ctx
            .blocking(move || {
                let scale = f64::min(
                    f64::from(cell_width) / f64::from(picture.width()),
                    f64::from(cell_height) / f64::from(picture.height()),
                );
                let side = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
                let small = scaled(&picture, None, (side(picture.width()), side(picture.height())))?.into_rgba8();
                let x = gap + i % columns * (cell_width + gap) + (cell_width - small.width().min(cell_width)) / 2;
                let y = gap + i / columns * (cell_height + gap) + (cell_height - small.height().min(cell_height)) / 2;
                imageops::overlay(&mut sheet, &small, x.into(), y.into());
                Ok(sheet)
            })
            .await?;
        ctx.progress(f64::from(i + 1) / f64::from(count));
    }
    let bytes = ctx.blocking(move || encode(&compact(sheet))).await?;
    Ok(Image(ctx.store(bytes).await?))
}

/// Cuts a picture into rows and columns of equal parts, for sheets that models draw and for tiles.
#[node(
    "image.split_grid",
    title = "Split grid",
    resource = "cpu",
    output = "images",
    example = r#"{"inputs":{"image":"sample:photo2"},"params":{"columns":3,"rows":2}}"#
)]
async fn split_grid(
    /// The picture.
    image: Image,
    /// How many columns.
    #[param(title = "Columns", default = 2, min = 1, max = 20)]
    columns: u32,
    /// How many rows.
    #[param(title = "Rows", default = 2, min = 1, max = 20)]
    rows: u32,
    /// The space between the parts, which is left out.
    #[param(title = "Gap", default = 0, min = 0, max = 500, unit = "px")]
    gap: u32,
    ctx: &NodeContext,
) -> Result<Vec<Image>, NodeError> {
    let picture = decode(&image, "image", ctx).await?;
    let room = |side: u32, parts: u32| side.checked_sub(gap * (parts - 1)).map(|room| room / parts).filter(|w| *w > 0);
    let (Some(width), Some(height)) = (room(picture.width(), columns), room(picture.height(), rows)) else {
        return Err(NodeError::invalid("gap", "nothing is left of the parts between the gaps"));
    };
    let parts = ctx.blocking(move || {
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
        let part = |(x, y): (u32, u32)| encode(&picture.crop_imm(x * (width + gap), y * (height + gap), width, height));
        places.map(part).collect::<Result<Vec<_>, _>>()
    });
    let mut images = Vec::new();
    for part in parts.await? {
        images.push(Image(ctx.store(part).await?));
    }
    Ok(images)
}

/// Repeats a picture in rows and columns, as a pattern. Every second one can be mirrored, so that no seams show.
#[node(
    "image.tile",
    title = "Tile",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo6"},"params":{"columns":2,"rows":2,"mirror":true}}"#
)]
async fn tile(
    /// The picture.
    image: Image,
    /// How many in a row.
    #[param(title = "Columns", default = 2, min = 1, max = 50)]
    columns: u32,
    /// How many rows.
    #[param(title = "Rows", default = 2, min = 1, max = 50)]
    rows: u32,
    /// Mirrors every second one.
    #[param(title = "Mirror", default = false)]
    mirror: bool,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let picture = decode(&image, "image", ctx).await?;
    let (width, height) = (picture.width(), picture.height());
    let pixels = u64::from(width) * u64::from(columns) * u64::from(height) * u64::from(rows);
    if pixels > PIXELS_MAX {
        return Err(NodeError::invalid("columns", "the pattern would be larger than any picture: use fewer"));
    }
    let work = move || {
        let tile = picture.into_rgba8();
        let turned = |side: u32, at: u32| {
            let (index, at) = (at / side, at % side);
            if mirror && index % 2 == 1 { side - 1 - at } else { at }
        };
        let pattern = RgbaImage::from_fn(width * columns, height * rows, |x, y| -> Rgba<u8> {
            *tile.get_pixel(turned(width, x), turned(height, y))
        });
        encode(&compact(pattern))
    };
    Ok(Image(ctx.store(ctx.blocking(work).await?).await?))
}

/// Takes a plain screen away behind what stands in front of it: a green or blue background becomes transparent.
#[node(
    "image.chroma_key",
    title = "Remove background colour",
    resource = "cpu",
    example = r##"{"inputs":{"image":"sample:photo2"},"params":{"color":"#e0d8d0","tolerance":20}}"##
)]
async fn chroma_key(
    /// The picture.
    image: Image,
    /// The colour of the screen.
    #[param(title = "Screen", default = "#00b140")]
    color: Color,
    /// How different a colour may be and still be the screen.
    #[param(title = "Tolerance", default = 15.0, min = 0.0, max = 100.0, step = 0.5, unit = "%")]
    tolerance: f64,
    /// How softly the edges go over.
    #[param(title = "Softness", default = 5.0, min = 0.0, max = 100.0, step = 0.5, unit = "%")]
    softness: f64,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    super::changed(&image, ctx, move |picture| {
        let tint = |[r, g, b]: [f64; 3]| {
            let y = 0.299 * r + 0.587 * g + 0.114 * b;
            [(b - y) * 0.564, (r - y) * 0.713]
        };
        let [r, g, b, _] = color.rgba.map(f64::from);
        let screen = tint([r, g, b]);
        let mut pixels = picture.into_rgba8();
        for Rgba(pixel) in pixels.pixels_mut() {
            // By tint and not by brightness: a screen has shadows.
            let [u, v] = tint([f64::from(pixel[0]), f64::from(pixel[1]), f64::from(pixel[2])]);
            let distance = (u - screen[0]).hypot(v - screen[1]) / 255.0 * 100.0;
            let share = ((distance - tolerance) / softness.max(0.01)).clamp(0.0, 1.0);
            pixel[3] = (f64::from(pixel[3]) * share).round() as u8;
        }
        Ok(DynamicImage::ImageRgba8(pixels))
    })
    .await
}
