//! Whether a literal value may stand in a parameter.

use serde_json::Value;

use super::ProblemCode;
use crate::{
    node::{ChoiceOption, ParamKind, ParamSpec},
    seed::SeedPolicy,
    value::{Media, ValueType},
};

type Refusal = (ProblemCode, String);

pub(super) fn check_value(param: &ParamSpec, value: &Value) -> Result<(), Refusal> {
    // "Not given": the default stands in, and where there is none that is another problem.
    if value.is_null() {
        return Ok(());
    }
    match &param.kind {
        ParamKind::Text | ParamKind::Prompt | ParamKind::Model { .. } => {
            value.as_str().map(drop).ok_or_else(|| wrong_kind(param, "a text"))
        }
        ParamKind::Bool => value.as_bool().map(drop).ok_or_else(|| wrong_kind(param, "true or false")),
        // What is within, the plan reads.
        ParamKind::Json | ParamKind::Workflow | ParamKind::Tools => Ok(()),
        ParamKind::Number { min, max, unit, .. } => {
            let number = value.as_f64().ok_or_else(|| wrong_kind(param, "a number"))?;
            in_range(param, number, *min, *max, unit.as_deref())
        }
        ParamKind::Integer { min, max, unit } => {
            let number = value.as_f64().filter(|n| n.fract() == 0.0);
            let number = number.ok_or_else(|| wrong_kind(param, "a whole number"))?;
            in_range(param, number, min.map(|n| n as f64), max.map(|n| n as f64), unit.as_deref())
        }
        ParamKind::Seed => SeedPolicy::read(value).map(drop).ok_or_else(|| {
            wrong_kind(param, "a whole number from 0 up, empty for a random one, or one that counts up")
        }),
        ParamKind::Choice { options } => choice(param, options, value),
        ParamKind::Color => {
            let is_color = value.as_str().and_then(|text| text.strip_prefix('#')).is_some_and(|digits| {
                matches!(digits.len(), 6 | 8) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
            });
            if is_color { Ok(()) } else { Err(wrong_kind(param, "a color like `#ff8800`")) }
        }
        ParamKind::Media { accept } => media(param, accept, value),
    }
}

fn wrong_kind(param: &ParamSpec, expected: &str) -> Refusal {
    (ProblemCode::WrongKind, format!("`{}` is not {expected}", param.name))
}

fn in_range(
    param: &ParamSpec,
    number: f64,
    min: Option<f64>,
    max: Option<f64>,
    unit: Option<&str>,
) -> Result<(), Refusal> {
    let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
    let refusal = |limit: &str, bound: f64| {
        Err((ProblemCode::OutOfRange, format!("`{}` is {number}{unit}, {limit} {bound}{unit}", param.name)))
    };
    match (min, max) {
        (Some(min), _) if number < min => refusal("below its minimum of", min),
        (_, Some(max)) if number > max => refusal("above its maximum of", max),
        _ => Ok(()),
    }
}

fn choice(param: &ParamSpec, options: &[ChoiceOption], value: &Value) -> Result<(), Refusal> {
    let text = value.as_str().ok_or_else(|| wrong_kind(param, "a text"))?;
    if options.iter().any(|option| option.value == text) {
        return Ok(());
    }
    let options: Vec<String> = options.iter().map(|option| format!("`{}`", option.value)).collect();
    let text: String = text.chars().take(48).collect();
    let message = format!("`{}` is `{text}`, which is none of {}", param.name, options.join(", "));
    Err((ProblemCode::UnknownChoice, message))
}

fn media(param: &ParamSpec, accept: &ValueType, value: &Value) -> Result<(), Refusal> {
    let media: Media = serde_json::from_value(value.clone()).map_err(|_| wrong_kind(param, "a picked file"))?;
    let family = match accept {
        ValueType::Image | ValueType::Mask => "image/",
        ValueType::Video => "video/",
        ValueType::Audio => "audio/",
        _ => "",
    };
    if media.mime.starts_with(family) {
        Ok(())
    } else {
        Err((ProblemCode::WrongKind, format!("`{}` takes {accept}, not `{}`", param.name, media.mime)))
    }
}
