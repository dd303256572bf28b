//! A `<canvas>` that a mask is painted on: lines come in, a PNG of black and white goes out.
//!
//! What is painted is opaque, everything else is clear, so that the picture below is seen. Which strokes there are, and
//! taking one back, is not known here.

use js_sys::Promise;
use wasm_bindgen::{Clamped, JsCast};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, Element, File, FilePropertyBag, HtmlCanvasElement, HtmlImageElement, ImageData,
};

use super::document;

/// A line from one point to another, in the canvas's own pixels. A line of no length is a dot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dab {
    pub from: [f64; 2],
    pub to: [f64; 2],
    pub width: f64,
    pub erases: bool,
}

#[derive(Clone, PartialEq)]
pub struct Paint(HtmlCanvasElement);

impl Paint {
    pub fn from_element(element: &Element) -> Option<Self> {
        element.clone().dyn_into().ok().map(Self)
    }

    /// Keeps the pointer's events coming when it leaves the canvas.
    pub fn hold(&self, pointer: i32) {
        let _ = self.0.set_pointer_capture(pointer);
    }

    pub fn clear(&self) {
        if let Some(context) = context(&self.0) {
            context.clear_rect(0.0, 0.0, f64::from(self.0.width()), f64::from(self.0.height()));
        }
    }

    pub fn fill(&self, color: &str) {
        if let Some(context) = context(&self.0) {
            context.set_fill_style_str(color);
            context.fill_rect(0.0, 0.0, f64::from(self.0.width()), f64::from(self.0.height()));
        }
    }

    /// Paints what is clear, and clears what is painted.
    pub fn invert(&self, color: &str) {
        if let Some(context) = context(&self.0) {
            let _ = context.set_global_composite_operation("source-out");
            self.fill(color);
            let _ = context.set_global_composite_operation("source-over");
        }
    }

    pub fn dab(&self, dab: Dab, color: &str) {
        let Some(context) = context(&self.0) else { return };
        let _ = context.set_global_composite_operation(if dab.erases { "destination-out" } else { "source-over" });
        context.set_stroke_style_str(color);
        context.set_line_width(dab.width);
        context.set_line_cap("round");
        context.begin_path();
        context.move_to(dab.from[0], dab.from[1]);
        context.line_to(dab.to[0], dab.to[1]);
        context.stroke();
        let _ = context.set_global_composite_operation("source-over");
    }

    /// Paints what is bright in a picture of this site. Answers whether it could be loaded.
    pub async fn trace(&self, url: &str, color: [u8; 3]) -> bool {
        self.try_trace(url, color).await.is_some()
    }

    async fn try_trace(&self, url: &str, color: [u8; 3]) -> Option<()> {
        let image = HtmlImageElement::new().ok()?;
        image.set_src(url);
        wasm_bindgen_futures::JsFuture::from(image.decode()).await.ok()?;
        let (width, height) = (self.0.width(), self.0.height());
        let context = context(&self.0)?;
        let [w, h] = [f64::from(width), f64::from(height)];
        context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, w, h).ok()?;
        let mut pixels = context.get_image_data(0.0, 0.0, w, h).ok()?.data().0;
        for pixel in pixels.chunks_exact_mut(4) {
            let bright = pixel[..3].iter().map(|part| u32::from(*part)).sum::<u32>() / 3;
            let alpha = bright * u32::from(pixel[3]) / 255;
            pixel[..3].copy_from_slice(&color);
            pixel[3] = alpha as u8;
        }
        let traced = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels), width, height).ok()?;
        context.put_image_data(&traced, 0.0, 0.0).ok()
    }

    /// White where it is painted, black elsewhere.
    pub async fn png(&self, name: &str) -> Option<File> {
        let sheet: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
        sheet.set_width(self.0.width());
        sheet.set_height(self.0.height());
        let [width, height] = [f64::from(sheet.width()), f64::from(sheet.height())];
        let context = context(&sheet)?;
        context.draw_image_with_html_canvas_element(&self.0, 0.0, 0.0).ok()?;
        for (mode, color) in [("source-in", "#ffffff"), ("destination-over", "#000000")] {
            context.set_global_composite_operation(mode).ok()?;
            context.set_fill_style_str(color);
            context.fill_rect(0.0, 0.0, width, height);
        }
        let mut asked = Ok(());
        let taken = JsFuture::from(Promise::new(&mut |resolve, _| asked = sheet.to_blob(&resolve)));
        asked.ok()?;
        let blob = taken.await.ok()?.dyn_into::<Blob>().ok()?;
        let options = FilePropertyBag::new();
        options.set_type("image/png");
        File::new_with_blob_sequence_and_options(&js_sys::Array::of1(&blob), name, &options).ok()
    }
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten()?.dyn_into().ok()
}
