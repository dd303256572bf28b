//! What vendors' files have in common: an order in a route's own names, addresses of attachments, and answers.

use serde_json::{Map, Value as Json, json};
use shared::run::FailureCode;

use crate::{
    provider::{
        ProviderError,
        models::{Field, Form, Route},
        order::{Attachment, FieldValue, Order, OrderError, PictureOrder, Size, SoundOrder},
        refusal::{filtered_request, sounds_filtered},
    },
    run::VendorJob,
};

/// The text of an attachment as part of an answer's `data:` address.
pub(super) fn data_url(attachment: &Attachment) -> String {
    data_url_of(&attachment.mime, &attachment.bytes)
}

pub(super) fn data_url_of(mime: &str, bytes: &[u8]) -> String {
    format!("data:{mime};base64,{}", base64(bytes))
}

pub(super) fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

/// Bytes that an answer holds as base64, or what it says in their place.
pub(super) fn decoded(json: &Json, pointer: &str) -> Result<Vec<u8>, ProviderError> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let text = required(json, pointer)?;
    STANDARD.decode(text.trim()).map_err(|error| {
        let message = format!("the provider's answer holds no bytes in `{}`", pointer.trim_start_matches('/'));
        ProviderError::new(FailureCode::ProviderDown, message).with_raw(&error.to_string())
    })
}

/// The job's id as part of an address. It came from outside.
pub(super) fn path_part(job: &VendorJob) -> Result<&str, ProviderError> {
    let plain = |id: &&str| {
        !id.is_empty() && !id.contains("..") && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
    };
    job.id
        .as_deref()
        .filter(plain)
        .ok_or_else(|| ProviderError::new(FailureCode::ProviderDown, "the provider gave the job an id that is none"))
}

/// A state that this code does not know.
pub(super) fn unknown_state(raw: &str) -> ProviderError {
    let message = "the provider answered with a state that is not known here";
    ProviderError::new(FailureCode::ProviderDown, message).with_raw(raw)
}

/// What the vendor said about a job that ended badly.
pub(super) fn failed(said: &str) -> ProviderError {
    match sounds_filtered(said) {
        true => filtered_request(Some(said)),
        false => ProviderError::new(FailureCode::ProviderDown, format!("the provider could not do the work: {said}")),
    }
}

/// What the provider calls the model for this order.
pub(super) fn endpoint<'r>(route: &'r Route, order: &Order) -> Result<&'r str, OrderError> {
    route.endpoint(order).ok_or_else(|| not_offered(order))
}

/// An order that this vendor's file does not know.
pub(super) fn not_offered(order: &Order) -> OrderError {
    let message = format!("this provider offers no `{}`", order.capability());
    OrderError::Refused(ProviderError::new(FailureCode::InvalidInput, message).in_field("model"))
}

pub(super) fn picture(order: &Order) -> Result<&PictureOrder, OrderError> {
    if let Order::Picture(picture) = order { Ok(picture) } else { Err(not_offered(order)) }
}

pub(super) fn sound(order: &Order) -> Result<&SoundOrder, OrderError> {
    if let Order::Sound(sound) = order { Ok(sound) } else { Err(not_offered(order)) }
}

/// The picture that is worked on.
pub(super) fn first_image(order: &PictureOrder) -> Result<&Attachment, OrderError> {
    order.images.first().ok_or_else(|| missing("image"))
}

/// An attachment without which the work makes no sense.
pub(super) fn missing(field: &'static str) -> OrderError {
    let error = ProviderError::new(FailureCode::InvalidInput, format!("the model needs `{field}`"));
    OrderError::Refused(error.in_field(field))
}

/// A text of a vendor's answer that has to be there.
pub(super) fn required<'j>(json: &'j Json, pointer: &str) -> Result<&'j str, ProviderError> {
    json.pointer(pointer).and_then(Json::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
        let message = format!("the provider's answer lacks `{}`", pointer.trim_start_matches('/'));
        ProviderError::new(FailureCode::ProviderDown, message).with_raw(&json.to_string())
    })
}

/// An object of what is there.
pub(super) fn object<const N: usize>(fields: [(&str, Option<Json>); N]) -> Json {
    let there = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Json::Object(there.collect::<Map<_, _>>())
}

/// The order in the names of this route's model. `addresses` are those of its attachments, in the order's own sequence.
pub(super) fn fields(route: &Route, order: &Order, addresses: Vec<String>) -> Map<String, Json> {
    let mut body = Map::new();
    let mut addresses = addresses.into_iter();
    for (ours, value) in order.fields() {
        let value = match value {
            FieldValue::Plain(value) => value,
            FieldValue::Media(_) => json!(addresses.next().expect("every attachment has an address")),
        };
        let Some(field) = route.fields.get(ours) else { continue };
        let (name, form) = match field {
            Field::Name(name) => (name, None),
            Field::Formed { name, form } => (name, Some(*form)),
        };
        let value = match form {
            None => value,
            Some(Form::Text) => json!(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
            Some(Form::Seconds) => json!(format!("{value}s")),
            Some(Form::Millis) => json!((value.as_f64().unwrap_or_default() * 1000.0).round() as u64),
            Some(Form::Upper) => json!(value.as_str().unwrap_or_default().to_uppercase()),
            Some(Form::Size) => match value.as_str().and_then(Size::parse) {
                Some(Size { width, height }) => json!({"width": width, "height": height}),
                None => continue,
            },
            Some(Form::Loras) => json!([{"path": value}]),
            Some(Form::LoraScale) => {
                // Without a LoRA there is nothing to weigh.
                if let Some(lora) = body.get_mut(name).and_then(|list| list.get_mut(0)) {
                    lora["scale"] = value;
                }
                continue;
            }
            Some(Form::Voice) => json!({"voice_id": value}),
            Some(Form::List) => {
                // Several of ours may go into one list.
                let list = body.entry(name.clone()).or_insert_with(|| json!([]));
                list.as_array_mut().into_iter().for_each(|list| list.push(value.clone()));
                continue;
            }
        };
        // Of several images, a model that takes one gets the first.
        body.entry(name.clone()).or_insert(value);
    }
    for (name, value) in &route.fixed {
        body.insert(name.clone(), value.clone());
    }
    body
}

/// The attachments that this route's model takes.
pub(super) fn attachments<'o>(route: &Route, order: &'o Order) -> Vec<(bool, &'o Attachment)> {
    let media = order.fields().into_iter().filter_map(|(ours, value)| match value {
        FieldValue::Media(attachment) => Some((route.fields.contains_key(ours), attachment)),
        FieldValue::Plain(_) => None,
    });
    media.collect()
}

/// The address of the result in the answer of a platform with many models: a text, a list, or under the medium's name.
pub(super) fn address_in(output: &Json) -> Option<&str> {
    const PLACES: [&str; 17] = [
        "",
        "/0",
        "/video",
        "/video/url",
        "/images/0/url",
        "/image/url",
        "/image",
        "/audio/url",
        "/audio_file/url",
        "/audio",
        "/audio_out",
        "/video_url",
        "/image_url",
        "/audio_url",
        "/result",
        "/output",
        "/images/0",
    ];
    PLACES.iter().find_map(|place| output.pointer(place)?.as_str().filter(|text| text.contains("://")))
}

/// Samples of 16 bits without a head, as a file that programs know.
pub(super) fn wav(samples: &[u8], rate: u32) -> Vec<u8> {
    let length = samples.len() as u32;
    let mut file = Vec::with_capacity(samples.len() + 44);
    file.extend(b"RIFF");
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    // PCM, one channel, 16 bits.
    for half in [1u16, 1] {
        file.extend(half.to_le_bytes());
    }
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    for half in [2u16, 16] {
        file.extend(half.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    file
}

/// Bytes that an answer holds as hexadecimal digits.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    (digits.len().is_multiple_of(2) && !digits.is_empty())
        .then(|| digits.chunks_exact(2).map(|pair| Some((digit(pair[0])? << 4) | digit(pair[1])?)).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_are_bytes() {
        assert_eq!(from_hex("00ffa1"), Some(vec![0, 255, 161]));
        assert!(from_hex("0").is_none() && from_hex("0g").is_none() && from_hex("").is_none());
    }

    #[test]
    fn the_result_is_found_wherever_a_model_puts_it() {
        for output in [
            json!("https://a/b"),
            json!(["https://a/b"]),
            json!({"images": [{"url": "https://a/b"}]}),
            json!({"audio_file": {"url": "https://a/b"}}),
            json!({"video": {"url": "https://a/b"}}),
        ] {
            assert_eq!(address_in(&output), Some("https://a/b"), "{output}");
        }
        assert_eq!(address_in(&json!({"text": "https://a/b"})), None);
    }

    #[test]
    fn samples_become_a_file() {
        let file = wav(&[1, 2, 3, 4], 24_000);
        assert_eq!((file.len(), &file[..4], &file[40..44]), (48, b"RIFF".as_slice(), 4u32.to_le_bytes().as_slice()));
    }
}
