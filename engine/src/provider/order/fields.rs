//! An order as a list of names and values: what the catalogue's limits and field names are about.

use serde_json::{Value as Json, json};

use super::{Attachment, FilmOrder, HostedOrder, HostedValue, Order, PictureOrder, SoundOrder};

/// A value of an order.
#[derive(Debug, Clone)]
pub(crate) enum FieldValue<'a> {
    Plain(Json),
    Media(&'a Attachment),
}

/// The size of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    /// Of `1024x768`.
    pub fn parse(text: &str) -> Option<Self> {
        let (width, height) = text.split_once('x')?;
        Some(Self { width: width.parse().ok()?, height: height.parse().ok()? })
    }

    /// About a million pixels of this shape, in steps that every model takes.
    pub fn of_aspect(aspect: &str) -> Option<Self> {
        const STEP: f64 = 32.0;
        let ratio = ratio(aspect)?;
        let side = |length: f64| ((length / STEP).round() * STEP) as u32;
        let height = (1024.0 * 1024.0 / ratio).sqrt();
        Some(Self { width: side(height * ratio), height: side(height) })
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Width through height of `16:9`.
pub(super) fn ratio(aspect: &str) -> Option<f64> {
    let (width, height) = aspect.split_once(':')?;
    let (width, height): (f64, f64) = (width.parse().ok()?, height.parse().ok()?);
    (width > 0.0 && height > 0.0).then_some(width / height)
}

impl Order {
    /// What the order says, by our names. What is left to the model does not appear.
    pub fn fields(&self) -> Vec<(&str, FieldValue<'_>)> {
        match self {
            Self::Film(film) => film.fields(),
            Self::Picture(picture) => picture.fields(),
            Self::Sound(sound) => sound.fields(),
            Self::Hosted(hosted) => hosted.fields(),
        }
    }
}

impl Order {
    /// What the order says, for the record: media by their blobs.
    pub fn noted(&self) -> Vec<(&str, Json)> {
        let mut noted: Vec<(&str, Json)> = Vec::new();
        for (name, value) in self.fields() {
            let value = match value {
                FieldValue::Plain(value) => value,
                FieldValue::Media(attachment) => json!(attachment.blob.as_str()),
            };
            match noted.iter_mut().find(|(noted, _)| *noted == name) {
                // Several pictures.
                Some((_, Json::Array(values))) => values.push(value),
                Some((_, first)) => *first = json!([first.take(), value]),
                None => noted.push((name, value)),
            }
        }
        noted
    }
}

fn there<'a, const N: usize>(
    fields: [(&'static str, Option<FieldValue<'a>>); N],
) -> impl Iterator<Item = (&'static str, FieldValue<'a>)> {
    fields.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

fn plain<'a, T: Clone + Into<Json>>(value: &Option<T>) -> Option<FieldValue<'a>> {
    value.clone().map(|value| FieldValue::Plain(value.into()))
}

fn media(value: &Option<Attachment>) -> Option<FieldValue<'_>> {
    value.as_ref().map(FieldValue::Media)
}

fn words<'a>(text: &str) -> Option<FieldValue<'a>> {
    (!text.is_empty()).then(|| FieldValue::Plain(json!(text)))
}

impl FilmOrder {
    fn fields(&self) -> Vec<(&'static str, FieldValue<'_>)> {
        there([
            ("prompt", words(&self.prompt)),
            ("negative_prompt", plain(&self.negative_prompt)),
            ("first_frame", media(&self.first_frame)),
            ("last_frame", media(&self.last_frame)),
            ("film", media(&self.film)),
            ("seconds", plain(&self.seconds)),
            ("aspect", plain(&self.aspect)),
            ("resolution", plain(&self.resolution)),
            ("audio", plain(&self.audio)),
            ("factor", plain(&self.factor)),
            ("speech", media(&self.speech)),
            ("sync_mode", plain(&self.sync_mode)),
            ("seed", plain(&self.seed)),
        ])
        .collect()
    }
}

impl PictureOrder {
    fn fields(&self) -> Vec<(&'static str, FieldValue<'_>)> {
        let margin =
            |of: fn(&super::Margins) -> u32| self.margins.map(|margins| FieldValue::Plain(json!(of(&margins))));
        let size = self.size.map(|size| FieldValue::Plain(json!(size.to_string())));
        let mut fields: Vec<_> =
            there([("prompt", words(&self.prompt)), ("negative_prompt", plain(&self.negative_prompt))]).collect();
        fields.extend(self.images.iter().map(|image| ("image", FieldValue::Media(image))));
        fields.extend(there([
            ("mask", media(&self.mask)),
            ("left", margin(|margins| margins.left)),
            ("top", margin(|margins| margins.top)),
            ("right", margin(|margins| margins.right)),
            ("bottom", margin(|margins| margins.bottom)),
            ("factor", plain(&self.factor)),
            ("size", size),
            ("aspect", plain(&self.aspect)),
            ("resolution", plain(&self.resolution)),
            ("quality", plain(&self.quality)),
            ("background", plain(&self.background)),
            ("style", plain(&self.style)),
            ("steps", plain(&self.steps)),
            ("guidance", plain(&self.guidance)),
            ("strength", plain(&self.strength)),
            ("control", media(&self.control)),
            ("control_strength", plain(&self.control_strength)),
            ("lora", plain(&self.lora)),
            ("lora_strength", plain(&self.lora_strength)),
            ("seed", plain(&self.seed)),
        ]));
        fields
    }
}

impl SoundOrder {
    fn fields(&self) -> Vec<(&'static str, FieldValue<'_>)> {
        there([
            ("prompt", words(&self.prompt)),
            ("voice", plain(&self.voice)),
            ("instructions", plain(&self.instructions)),
            ("language", plain(&self.language)),
            ("speed", plain(&self.speed)),
            ("seconds", plain(&self.seconds)),
            ("lyrics", plain(&self.lyrics)),
            ("instrumental", plain(&self.instrumental)),
            ("looped", plain(&self.looped)),
            ("seed", plain(&self.seed)),
        ])
        .collect()
    }
}

impl HostedOrder {
    fn fields(&self) -> Vec<(&str, FieldValue<'_>)> {
        let each = self.values.iter().flat_map(|(name, value)| -> Vec<(&str, FieldValue<'_>)> {
            match value {
                HostedValue::Plain(value) => vec![(name, FieldValue::Plain(value.clone()))],
                HostedValue::Media(media) => vec![(name, FieldValue::Media(media))],
                HostedValue::List(media) => media.iter().map(|one| (name.as_str(), FieldValue::Media(one))).collect(),
            }
        });
        each.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_becomes_a_million_pixels_in_steps() {
        assert_eq!(Size::of_aspect("1:1"), Some(Size { width: 1024, height: 1024 }));
        assert_eq!(Size::of_aspect("16:9"), Some(Size { width: 1376, height: 768 }));
        assert_eq!(Size::of_aspect("0:9"), None);
        assert_eq!(Size::parse("1536x1024"), Some(Size { width: 1536, height: 1024 }));
        assert_eq!(Size::parse("large"), None);
    }
}
