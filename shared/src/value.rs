//! What flows along wires: typed values, with media as references to blobs.
//!
//! Bytes never stand in a value: a [`Media`] names a blob by its BLAKE3 hash and carries what probing found.

use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a blob: the BLAKE3 hash of its bytes, 64 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobHash(Arc<str>);

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a blob is named by 64 lower-case hexadecimal digits")]
pub struct BlobHashError;

impl BlobHash {
    /// Hashes `bytes`. Large files are hashed while they stream: see [`BlobHash::from`] a [`blake3::Hash`].
    pub fn of(bytes: &[u8]) -> Self {
        blake3::hash(bytes).into()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<blake3::Hash> for BlobHash {
    fn from(hash: blake3::Hash) -> Self {
        Self(hash.to_hex().as_str().into())
    }
}

impl FromStr for BlobHash {
    type Err = BlobHashError;

    fn from_str(text: &str) -> Result<Self, BlobHashError> {
        let valid = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if valid { Ok(Self(text.into())) } else { Err(BlobHashError) }
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "blob {}", &self.0[..12])
    }
}

impl Serialize for BlobHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for BlobHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A reference to a picture, film, sound or file in the blob store, with what probing found. Absent means unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Media {
    pub blob: BlobHash,
    /// As detected from the bytes, for example `video/mp4`.
    pub mime: String,
    pub size_bytes: u64,
    /// In pixels, as displayed (rotation applied).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_millis: Option<u64>,
    /// Frames a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fps: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    /// Whether a film has a sound track.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_audio: Option<bool>,
    /// A small still picture (WebP or JPEG) to show before, or instead of, the whole thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster: Option<BlobHash>,
    /// The file name a person gave it, for downloads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Media {
    /// A reference that says no more than where the bytes are.
    pub fn new(blob: BlobHash, mime: impl Into<String>, size_bytes: u64) -> Self {
        Self {
            blob,
            mime: mime.into(),
            size_bytes,
            width: None,
            height: None,
            duration_millis: None,
            fps: None,
            codec: None,
            has_audio: None,
            poster: None,
            name: None,
        }
    }
}

/// One value on a wire. JSON: `{"type":"text","value":"…"}`, `{"type":"image","value":{"blob":"…",…}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    Text(String),
    Number(f64),
    Bool(bool),
    Json(serde_json::Value),
    Image(Media),
    /// A single-channel picture; white (255) is the part that is meant.
    Mask(Media),
    Video(Media),
    Audio(Media),
    File(Media),
    Embedding(Vec<f32>),
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    List(Vec<Value>),
}

impl Value {
    /// The narrowest type this value has. An empty list is a list of [`ValueType::Any`].
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Text(_) => ValueType::Text,
            Self::Number(_) => ValueType::Number,
            Self::Bool(_) => ValueType::Bool,
            Self::Json(_) => ValueType::Json,
            Self::Image(_) => ValueType::Image,
            Self::Mask(_) => ValueType::Mask,
            Self::Video(_) => ValueType::Video,
            Self::Audio(_) => ValueType::Audio,
            Self::File(_) => ValueType::File,
            Self::Embedding(_) => ValueType::Embedding,
            Self::List(items) => {
                let mut types = items.iter().map(Value::value_type);
                let first = types.next().unwrap_or(ValueType::Any);
                let same = types.all(|t| t == first);
                ValueType::List(Box::new(if same { first } else { ValueType::Any }))
            }
        }
    }

    /// The blob behind a media value, if it is one.
    pub fn media(&self) -> Option<&Media> {
        match self {
            Self::Image(m) | Self::Mask(m) | Self::Video(m) | Self::Audio(m) | Self::File(m) => Some(m),
            Self::Text(_) | Self::Number(_) | Self::Bool(_) | Self::Json(_) | Self::Embedding(_) | Self::List(_) => {
                None
            }
        }
    }
}

/// Values by port name.
pub type Values = BTreeMap<String, Value>;

/// What a port carries. Text form: `text`, `image`, `list<image>`, `any`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueType {
    Any,
    Text,
    Number,
    Bool,
    Json,
    Image,
    Mask,
    Video,
    Audio,
    File,
    Embedding,
    List(Box<ValueType>),
}

impl ValueType {
    /// Whether a wire from an output of type `from` may end in an input of type `self`.
    ///
    /// Besides equal types: `any` takes all, `text` takes numbers and truth values, `json` takes everything that is
    /// not media, pictures and masks stand for each other, `file` takes all media, and a list takes single items.
    pub fn accepts(&self, from: &ValueType) -> bool {
        use ValueType::*;
        match (self, from) {
            (Any, _) | (_, Any) => true,
            (List(to), List(from)) => to.accepts(from),
            (List(to), item) => to.accepts(item),
            (Text, Number | Bool) => true,
            (Json, Text | Number | Bool | Embedding) => true,
            (Json, List(item)) => Json.accepts(item),
            (Image, Mask) | (Mask, Image) => true,
            (File, Image | Mask | Video | Audio) => true,
            (to, from) => to == from,
        }
    }

    /// Whether a wire of type `from` may end here at all: as one value, or item by item.
    pub fn takes(&self, from: &ValueType) -> bool {
        self.accepts(from) || matches!(from, Self::List(item) if self.accepts(item))
    }

    /// What each item of a list is; anything else is its own item.
    pub fn item(&self) -> &ValueType {
        match self {
            Self::List(item) => item,
            single => single,
        }
    }

    pub fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }

    /// A list of it; a list stays what it is.
    pub fn listed(self) -> ValueType {
        match self {
            list @ Self::List(_) => list,
            item => Self::List(Box::new(item)),
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Text => f.write_str("text"),
            Self::Number => f.write_str("number"),
            Self::Bool => f.write_str("bool"),
            Self::Json => f.write_str("json"),
            Self::Image => f.write_str("image"),
            Self::Mask => f.write_str("mask"),
            Self::Video => f.write_str("video"),
            Self::Audio => f.write_str("audio"),
            Self::File => f.write_str("file"),
            Self::Embedding => f.write_str("embedding"),
            Self::List(item) => write!(f, "list<{item}>"),
        }
    }
}

/// A text that names no value type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a value type")]
pub struct ValueTypeError(String);

impl FromStr for ValueType {
    type Err = ValueTypeError;

    fn from_str(text: &str) -> Result<Self, ValueTypeError> {
        Ok(match text {
            "any" => Self::Any,
            "text" => Self::Text,
            "number" => Self::Number,
            "bool" => Self::Bool,
            "json" => Self::Json,
            "image" => Self::Image,
            "mask" => Self::Mask,
            "video" => Self::Video,
            "audio" => Self::Audio,
            "file" => Self::File,
            "embedding" => Self::Embedding,
            other => {
                let item = other.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>'));
                match item {
                    // One level is all that the design has; deeper nesting would also let a hostile text recurse.
                    Some(item) if !item.starts_with("list<") => Self::List(Box::new(item.parse()?)),
                    _ => return Err(ValueTypeError(other.chars().take(48).collect())),
                }
            }
        })
    }
}

impl Serialize for ValueType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ValueType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(to: &str, from: &str) -> bool {
        to.parse::<ValueType>().unwrap().accepts(&from.parse().unwrap())
    }

    #[test]
    fn wires_convert_only_what_loses_nothing() {
        for (to, from) in [
            ("text", "number"),
            ("json", "text"),
            ("image", "mask"),
            ("file", "video"),
            ("list<image>", "image"),
            ("any", "audio"),
            ("json", "list<text>"),
        ] {
            assert!(accepts(to, from), "{to} refuses {from}");
        }
        for (to, from) in [
            ("number", "text"),
            ("image", "video"),
            ("video", "file"),
            ("image", "list<image>"),
            ("text", "json"),
            ("json", "image"),
        ] {
            assert!(!accepts(to, from), "{to} takes {from}");
        }
    }

    #[test]
    fn a_list_is_taken_item_by_item_where_its_items_fit() {
        let takes = |to: &str, from: &str| to.parse::<ValueType>().unwrap().takes(&from.parse().unwrap());
        assert!(takes("image", "list<mask>") && takes("text", "list<number>") && takes("list<text>", "list<text>"));
        assert!(!takes("image", "list<video>") && !takes("number", "list<text>") && !takes("list<image>", "text"));
    }

    #[test]
    fn a_value_is_tagged_with_its_type() {
        let json = serde_json::to_string(&Value::Text("hi".into())).unwrap();
        assert_eq!(json, r#"{"type":"text","value":"hi"}"#);
    }

    #[test]
    fn nested_lists_are_no_type() {
        assert!("list<list<text>>".parse::<ValueType>().is_err());
    }
}
