//! Parameters: the JSON a person set, turned into Rust types, and the spec that says how they are edited.

use shared::{
    node::{ParamKind, ParamSpec},
    value::{Media, Value, ValueType},
};

/// What `#[param(…)]` says beyond the Rust type.
#[derive(Debug, Clone, Default)]
pub struct ParamHints {
    /// The least number allowed.
    pub min: Option<f64>,
    /// The greatest number allowed.
    pub max: Option<f64>,
    /// The step of a slider.
    pub step: Option<f64>,
    /// For example `px`.
    pub unit: Option<&'static str>,
    /// For media: `image`, `video`, `audio` or `file`.
    pub accept: Option<&'static str>,
    /// For texts: the capability whose models are offered, for example `text.chat`.
    pub model: Option<&'static str>,
    /// For texts: several people may type into it at once.
    pub prompt: bool,
    /// Shown only when unfolded.
    pub advanced: bool,
    /// No wire may replace the literal, although its type would allow one.
    pub unwired: bool,
}

/// A Rust type that a parameter may have.
pub trait ParamValue: Sized {
    /// Whether `null` is a value of the type.
    const OPTIONAL: bool = false;

    /// How the parameter is edited.
    fn kind(hints: &ParamHints) -> ParamKind;

    /// The type of wire that may replace the literal.
    fn wire() -> Option<ValueType>;

    /// Reads the literal; the error says what was expected.
    fn from_json(json: &serde_json::Value) -> Result<Self, String>;

    /// The literal: for defaults.
    fn to_json(&self) -> serde_json::Value;
}

/// Parameters that several nodes have in common: a struct with `#[derive(Params)]`.
pub trait NodeParams: Sized {
    /// How they are edited, in their order.
    fn specs() -> Vec<ParamSpec>;

    /// Reads them.
    fn take(args: &mut crate::Args) -> Result<Self, crate::NodeError>;
}

/// The spec of one parameter. Panics on a default that is not of the type; the catalogue's test meets every one.
pub(crate) fn param_spec<T: ParamValue>(
    name: &str,
    title: &str,
    description: &str,
    default: serde_json::Value,
    hints: ParamHints,
) -> ParamSpec {
    let default = match default {
        serde_json::Value::Null => default,
        // Through the type and back: `4` for a number becomes `4.0`, as a person's input does.
        literal => match T::from_json(&literal) {
            Ok(value) => value.to_json(),
            Err(why) => panic!("the default of parameter `{name}`: {why}"),
        },
    };
    ParamSpec {
        name: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        kind: T::kind(&hints),
        default,
        optional: T::OPTIONAL,
        wire: if hints.unwired || hints.model.is_some() { None } else { T::wire() },
        advanced: hints.advanced,
    }
}

impl<T: ParamValue> ParamValue for Option<T> {
    const OPTIONAL: bool = true;

    fn kind(hints: &ParamHints) -> ParamKind {
        T::kind(hints)
    }

    fn wire() -> Option<ValueType> {
        T::wire()
    }

    fn from_json(json: &serde_json::Value) -> Result<Self, String> {
        if json.is_null() { Ok(None) } else { T::from_json(json).map(Some) }
    }

    fn to_json(&self) -> serde_json::Value {
        self.as_ref().map_or(serde_json::Value::Null, T::to_json)
    }
}

impl ParamValue for f64 {
    fn kind(hints: &ParamHints) -> ParamKind {
        ParamKind::Number { min: hints.min, max: hints.max, step: hints.step, unit: hints.unit.map(str::to_owned) }
    }

    fn wire() -> Option<ValueType> {
        Some(ValueType::Number)
    }

    fn from_json(json: &serde_json::Value) -> Result<Self, String> {
        json.as_f64().filter(|number| number.is_finite()).ok_or_else(|| format!("expected a number, got {json}"))
    }

    fn to_json(&self) -> serde_json::Value {
        (*self).into()
    }
}

macro_rules! integer_params {
    ($($name:ty),*) => {$(
        impl ParamValue for $name {
            fn kind(hints: &ParamHints) -> ParamKind {
                // What the Rust type cannot hold, the editor does not offer.
                let least = <$name>::MIN as i64;
                let min = hints.min.map(|n| n as i64).or((least == 0).then_some(0));
                ParamKind::Integer { min, max: hints.max.map(|n| n as i64), unit: hints.unit.map(str::to_owned) }
            }

            fn wire() -> Option<ValueType> {
                Some(ValueType::Number)
            }

            fn from_json(json: &serde_json::Value) -> Result<Self, String> {
                // A browser writes 4.0 and 4 alike.
                let whole = json.as_i64().or_else(|| json.as_f64().filter(|n| n.fract() == 0.0).map(|n| n as i64));
                whole
                    .and_then(|n| <$name>::try_from(n).ok())
                    .ok_or_else(|| format!("expected a whole number, got {json}"))
            }

            fn to_json(&self) -> serde_json::Value {
                (*self).into()
            }
        }
    )*};
}

integer_params!(i64, i32, u32, u64);

impl ParamValue for bool {
    fn kind(_hints: &ParamHints) -> ParamKind {
        ParamKind::Bool
    }

    fn wire() -> Option<ValueType> {
        Some(ValueType::Bool)
    }

    fn from_json(json: &serde_json::Value) -> Result<Self, String> {
        json.as_bool().ok_or_else(|| format!("expected `true` or `false`, got {json}"))
    }

    fn to_json(&self) -> serde_json::Value {
        (*self).into()
    }
}

impl ParamValue for String {
    fn kind(hints: &ParamHints) -> ParamKind {
        match hints.model {
            Some(capability) => ParamKind::Model { capability: capability.to_owned() },
            None if hints.prompt => ParamKind::Prompt,
            None => ParamKind::Text,
        }
    }

    fn wire() -> Option<ValueType> {
        Some(ValueType::Text)
    }

    fn from_json(json: &serde_json::Value) -> Result<Self, String> {
        json.as_str().map(str::to_owned).ok_or_else(|| format!("expected a text, got {json}"))
    }

    fn to_json(&self) -> serde_json::Value {
        self.as_str().into()
    }
}

impl ParamValue for serde_json::Value {
    const OPTIONAL: bool = true;

    fn kind(_hints: &ParamHints) -> ParamKind {
        ParamKind::Json
    }

    fn wire() -> Option<ValueType> {
        Some(ValueType::Json)
    }

    fn from_json(json: &serde_json::Value) -> Result<Self, String> {
        Ok(json.clone())
    }

    fn to_json(&self) -> serde_json::Value {
        self.clone()
    }
}

/// A colour with transparency, `#rrggbb` or `#rrggbbaa`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    /// Red, green, blue and opacity, 0 to 255, in sRGB.
    pub rgba: [u8; 4],
}

impl ParamValue for Color {
    fn kind(_hints: &ParamHints) -> ParamKind {
        ParamKind::Color
    }

    fn wire() -> Option<ValueType> {
        Some(ValueType::Text)
    }

    fn from_json(json: &serde_json::Value) -> Result<Self, String> {
        let refuse = || format!("expected a colour like `#ff8800`, got {json}");
        let digits = json.as_str().and_then(|text| text.strip_prefix('#')).ok_or_else(refuse)?;
        let hexadecimal = digits.bytes().all(|b| b.is_ascii_hexdigit());
        if !hexadecimal || !matches!(digits.len(), 6 | 8) {
            return Err(refuse());
        }
        let mut rgba = [255; 4];
        for (i, channel) in rgba.iter_mut().enumerate().take(digits.len() / 2) {
            *channel = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).map_err(|_| refuse())?;
        }
        Ok(Self { rgba })
    }

    fn to_json(&self) -> serde_json::Value {
        let [r, g, b, a] = self.rgba;
        let text = if a == 255 { format!("#{r:02x}{g:02x}{b:02x}") } else { format!("#{r:02x}{g:02x}{b:02x}{a:02x}") };
        text.into()
    }
}

/// What makes a random choice repeatable. Left empty, every run draws a new one, and the result says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// Seeds stay below this, because every vendor takes 31 bits and a browser's number holds them exactly.
    pub const END: u64 = 1 << 31;
}

impl ParamValue for Seed {
    // The engine puts a fresh number in the place of `null` before the node is called.
    const OPTIONAL: bool = true;

    fn kind(_hints: &ParamHints) -> ParamKind {
        ParamKind::Seed
    }

    fn wire() -> Option<ValueType> {
        Some(ValueType::Number)
    }

    fn from_json(json: &serde_json::Value) -> Result<Self, String> {
        u64::from_json(json).map(Self)
    }

    fn to_json(&self) -> serde_json::Value {
        self.0.into()
    }
}

/// A blob that the person picked or uploaded.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaFile(pub Media);

impl MediaFile {
    /// As a value of the kind that its bytes are.
    pub fn into_value(self) -> Value {
        crate::media::value_of(self.0)
    }
}

impl ParamValue for MediaFile {
    fn kind(hints: &ParamHints) -> ParamKind {
        let accept = hints.accept.unwrap_or("file");
        let accept = accept.parse().unwrap_or_else(|error| panic!("`accept`: {error}"));
        ParamKind::Media { accept }
    }

    fn wire() -> Option<ValueType> {
        None
    }

    fn from_json(json: &serde_json::Value) -> Result<Self, String> {
        serde_json::from_value(json.clone()).map(Self).map_err(|error| format!("expected a stored file: {error}"))
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(&self.0).expect("a media reference has only string keys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn colours_read_what_they_print() {
        for text in ["#ff8800", "#ff880080"] {
            assert_eq!(Color::from_json(&json!(text)).unwrap().to_json(), json!(text));
        }
        for bad in [json!("ff8800"), json!("#ff88"), json!("#ff880g"), json!(7), json!("#äääa")] {
            assert!(Color::from_json(&bad).is_err(), "{bad} was taken");
        }
    }

    #[test]
    fn integers_take_whole_numbers_only() {
        assert_eq!(u32::from_json(&json!(4.0)), Ok(4));
        for bad in [json!(4.5), json!(-1), json!("4"), json!(5e9)] {
            assert!(u32::from_json(&bad).is_err(), "{bad} was taken");
        }
    }
}
