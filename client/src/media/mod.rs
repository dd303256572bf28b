//! Pictures, films and sounds on the page: showing them, and taking in new ones.
//!
//! Bytes come from `/api/blobs`; what is known of them (size, duration, poster) stands in [`Media`].

mod by_hand;
mod film;
mod picture;
mod shown;
mod sound;
mod upload;

use dioxus::prelude::*;
use shared::value::{BlobHash, Media, Value};

use crate::{
    api::blob_url,
    ui::{Glyph, Icon},
};

pub use by_hand::{CropBox, CropDialog, MaskDialog, Room, RoomDialog};
pub use film::Film;
pub use picture::Picture;
pub use shown::Shown;
pub use sound::Sound;
pub use upload::{MediaField, place_files, use_drop};

/// The still picture to show for a value, if it has one.
pub fn poster_of(value: &Value) -> Option<BlobHash> {
    match value {
        Value::Image(media) | Value::Mask(media) => Some(media.poster.clone().unwrap_or_else(|| media.blob.clone())),
        Value::Video(media) | Value::File(media) | Value::Audio(media) => media.poster.clone(),
        Value::List(items) => items.iter().find_map(poster_of),
        Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Json(_) | Value::Embedding(_) => None,
    }
}

/// The same for a file that a parameter holds; `None` for any other parameter.
pub fn loaded_poster(param: &serde_json::Value) -> Option<BlobHash> {
    param.get("blob")?;
    let media: Media = serde_json::from_value(param.clone()).ok()?;
    let picture = media.mime.starts_with("image/").then(|| media.blob.clone());
    media.poster.or(picture)
}

/// Width by height, so that the place is kept while it loads.
pub fn aspect(media: &Media) -> Option<String> {
    match (media.width, media.height) {
        (Some(width), Some(height)) if width > 0 && height > 0 => Some(format!("{width} / {height}")),
        _ => None,
    }
}

/// The style of a place where a picture is worked on: as wide as there is room, but all of it in sight.
fn stage(media: &Media) -> Option<String> {
    let (width, height) = media.width.zip(media.height).filter(|(width, height)| *width > 0 && *height > 0)?;
    let ratio = f64::from(width) / f64::from(height);
    Some(format!("aspect-ratio: {width} / {height}; width: min(100%, 58vh * {ratio:.4})"))
}

/// `1920 × 1080 · 12.4 s · 3.1 MB`.
pub fn facts(media: &Media) -> String {
    let size = media.width.zip(media.height).map(|(width, height)| format!("{width} × {height}"));
    let duration = media.duration_millis.map(|millis| format!("{:.1} s", millis as f64 / 1000.0));
    let fps = media.fps.map(|fps| format!("{} fps", (fps * 100.0).round() / 100.0));
    let parts = [size, duration, fps, Some(bytes(media.size_bytes))];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{:.0} kB", count as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", count as f64 / 1e6),
        _ => format!("{:.2} GB", count as f64 / 1e9),
    }
}

/// `1:05`, or `0:04.2` where tenths matter.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

/// Anything else: a file to take away.
#[component]
pub fn FileLink(media: Media) -> Element {
    let name = media.name.clone().unwrap_or_else(|| media.mime.clone());
    rsx! {
        a { class: "file-link", href: blob_url(&media.blob), download: "{name}",
            Icon { glyph: Glyph::File }
            span { "{name}" }
            small { "{facts(&media)}" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film() -> Media {
        let mut media = Media::new(BlobHash::of(b"film"), "video/mp4", 3_140_000);
        (media.width, media.height, media.duration_millis, media.fps) =
            (Some(1920), Some(1080), Some(12_400), Some(30.0));
        media
    }

    #[test]
    fn facts_are_what_is_known() {
        assert_eq!(facts(&film()), "1920 × 1080 · 12.4 s · 30 fps · 3.1 MB");
        assert_eq!(facts(&Media::new(BlobHash::of(b""), "text/plain", 12)), "12 B");
    }

    #[test]
    fn a_film_without_a_poster_is_not_loaded_as_a_picture() {
        assert_eq!(poster_of(&Value::Video(film())), None);
        assert_eq!(poster_of(&Value::Image(film())), Some(BlobHash::of(b"film")));
    }

    #[test]
    fn a_loaded_picture_is_its_own_poster() {
        let mut picture = film();
        picture.mime = "image/png".into();
        assert_eq!(loaded_poster(&serde_json::to_value(&picture).unwrap()), Some(picture.blob));
        assert_eq!(loaded_poster(&serde_json::json!({"a": 1})), None);
    }

    #[test]
    fn a_clock_reads_minutes_and_seconds() {
        assert_eq!(clock(65.9), "1:05");
        assert_eq!(clock(-1.0), "0:00");
    }
}
