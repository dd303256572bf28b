//! Values in a conversation: how a model is told of them, and how it names them.
//!
//! Media get short names, such as `image-1`. A model can only hand on what it was shown under such a name: no hash and no
//! address that it makes up opens anything.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use shared::value::{Media, Value, ValueType};

/// What a model is told of one result, in bytes. More would only push out what it was asked.
const TOLD_MAX_BYTES: usize = 32 << 10;
const ITEMS_MAX: usize = 200;

/// The media of a conversation, by the names that the model knows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Shelf(Vec<(String, Value)>);

impl Shelf {
    /// The media that came out of tools, or went in, in that order.
    pub fn media(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().map(|(_, value)| value)
    }

    /// The name of a medium, its own for each.
    pub fn put(&mut self, value: &Value) -> String {
        if let Some((name, _)) = self.0.iter().find(|(_, known)| known == value) {
            return name.clone();
        }
        let kind = value.value_type().to_string();
        let nth = self.0.iter().filter(|(_, known)| known.value_type() == value.value_type()).count() + 1;
        let name = format!("{kind}-{nth}");
        self.0.push((name.clone(), value.clone()));
        name
    }

    fn find(&self, name: &Json) -> Result<&Value, String> {
        let name = name.as_str().ok_or_else(|| format!("takes the name of a medium, such as `image-1`, not {name}"))?;
        let found = self.0.iter().find(|(known, _)| known == name.trim());
        found.map(|(_, value)| value).ok_or_else(|| match self.0.is_empty() {
            true => format!("there is no `{name}`: no tool has made anything yet"),
            false => {
                let known: Vec<&str> = self.0.iter().map(|(known, _)| known.as_str()).collect();
                format!("there is no `{name}`: there are `{}`", known.join("`, `"))
            }
        })
    }

    /// A medium by its name, whatever stands in a parameter.
    pub fn parameter(&self, name: &Json) -> Result<Json, String> {
        let media = self.find(name)?.media().expect("only media are on the shelf");
        Ok(serde_json::to_value(media).expect("a reference is JSON"))
    }

    /// What the model wrote, as a value of this type.
    pub fn read(&self, json: &Json, value_type: &ValueType) -> Result<Value, String> {
        let wrong = |what: &str| format!("takes {what}, not {json}");
        Ok(match value_type {
            ValueType::Text => match json {
                Json::String(text) => Value::Text(text.clone()),
                Json::Number(_) | Json::Bool(_) => Value::Text(json.to_string()),
                _ => return Err(wrong("a text")),
            },
            ValueType::Number => Value::Number(json.as_f64().ok_or_else(|| wrong("a number"))?),
            ValueType::Bool => Value::Bool(json.as_bool().ok_or_else(|| wrong("a truth value"))?),
            ValueType::Json => Value::Json(json.clone()),
            ValueType::Any => match json {
                Json::String(text) => self.find(json).cloned().unwrap_or_else(|_| Value::Text(text.clone())),
                Json::Bool(truth) => Value::Bool(*truth),
                Json::Number(number) => Value::Number(number.as_f64().ok_or_else(|| wrong("a number"))?),
                Json::Null | Json::Array(_) | Json::Object(_) => Value::Json(json.clone()),
            },
            ValueType::List(item) => {
                let items = json.as_array().map_or(std::slice::from_ref(json), Vec::as_slice);
                Value::List(items.iter().map(|json| self.read(json, item)).collect::<Result<_, _>>()?)
            }
            ValueType::Embedding => {
                let vector = serde_json::from_value(json.clone());
                Value::Embedding(vector.map_err(|_| wrong("a list of numbers"))?)
            }
            ValueType::Image | ValueType::Mask | ValueType::Video | ValueType::Audio | ValueType::File => {
                let found = self.find(json)?;
                if !value_type.accepts(&found.value_type()) {
                    return Err(wrong(&format!("the name of a medium of type {value_type}")));
                }
                found.clone()
            }
        })
    }

    /// What a tool gave back, in words.
    pub fn tell(&mut self, values: &shared::value::Values) -> String {
        let mut told = match values.iter().next() {
            None => return "done, without a result".to_owned(),
            Some((_, Value::Text(text))) if values.len() == 1 => text.clone(),
            Some((_, value)) if values.len() == 1 => words(self.json(value)),
            Some(_) => {
                let json = values.iter().map(|(name, value)| (name.clone(), self.json(value)));
                Json::Object(json.collect()).to_string()
            }
        };
        if told.len() > TOLD_MAX_BYTES {
            told.truncate(told.floor_char_boundary(TOLD_MAX_BYTES));
            told.push_str("… (the rest is left out)");
        }
        told
    }

    fn json(&mut self, value: &Value) -> Json {
        match value {
            Value::Text(text) => json!(text),
            Value::Number(number) => json!(number),
            Value::Bool(truth) => json!(truth),
            Value::Json(json) => json.clone(),
            Value::Embedding(vector) => json!(format!("a vector of {} numbers", vector.len())),
            Value::List(items) if items.len() > ITEMS_MAX => {
                let shown: Vec<Json> = items[..ITEMS_MAX].iter().map(|item| self.json(item)).collect();
                json!({"items": shown, "left_out": items.len() - ITEMS_MAX})
            }
            Value::List(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Image(media)
            | Value::Mask(media)
            | Value::Video(media)
            | Value::Audio(media)
            | Value::File(media) => {
                json!(self.introduce(value, media))
            }
        }
    }

    /// The name of a medium, and what it is.
    pub fn introduce(&mut self, value: &Value, media: &Media) -> String {
        let mut what = vec![media.mime.clone()];
        what.extend(media.width.zip(media.height).map(|(width, height)| format!("{width} x {height}")));
        what.extend(media.duration_millis.map(|millis| format!("{} s", millis as f64 / 1000.0)));
        format!("{} ({})", self.put(value), what.join(", "))
    }
}

fn words(json: Json) -> String {
    match json {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use shared::value::BlobHash;

    use super::*;

    fn picture(content: &[u8]) -> Value {
        let media = Media::new(BlobHash::of(content), "image/png", 7);
        Value::Image(Media { width: Some(4), height: Some(2), ..media })
    }

    #[test]
    fn media_are_named_and_found_by_their_names_only() {
        let mut shelf = Shelf::default();
        let told = shelf.tell(&[("image".to_owned(), picture(b"a"))].into());
        assert_eq!(told, "image-1 (image/png, 4 x 2)");
        assert_eq!((shelf.put(&picture(b"b")), shelf.put(&picture(b"a"))), ("image-2".into(), "image-1".into()));
        assert_eq!(shelf.read(&json!("image-2"), &ValueType::Mask), Ok(picture(b"b")));
        assert!(shelf.read(&json!("image-1"), &ValueType::Video).is_err());
        let hash = BlobHash::of(b"a").to_string();
        let made_up = [json!(hash), json!({"blob": hash, "mime": "image/png", "size_bytes": 7}), json!(1)];
        for made_up in made_up {
            assert!(
                shelf.read(&made_up, &ValueType::Image).is_err() && shelf.parameter(&made_up).is_err(),
                "{made_up}"
            );
        }
    }

    #[test]
    fn values_are_read_by_their_type() {
        let shelf = Shelf::default();
        let read = |json: Json, value_type: &str| shelf.read(&json, &value_type.parse().unwrap());
        assert_eq!(read(json!(3), "text"), Ok(Value::Text("3".into())));
        assert_eq!(read(json!("a"), "list<text>"), Ok(Value::List(vec![Value::Text("a".into())])));
        assert_eq!(read(json!([1, 2]), "embedding"), Ok(Value::Embedding(vec![1.0, 2.0])));
        assert_eq!(read(json!({"a": 1}), "any"), Ok(Value::Json(json!({"a": 1}))));
        assert!(read(json!("3"), "number").is_err() && read(json!([]), "text").is_err());
    }

    #[test]
    fn long_results_are_shortened() {
        let mut shelf = Shelf::default();
        let told = shelf.tell(&[("text".to_owned(), Value::Text("é".repeat(40_000)))].into());
        assert!(told.len() < 33 << 10 && told.ends_with("left out)"));
        let list = Value::List(vec![Value::Number(1.0); 300]);
        assert!(shelf.tell(&[("numbers".to_owned(), list)].into()).contains("\"left_out\":100"));
    }
}
