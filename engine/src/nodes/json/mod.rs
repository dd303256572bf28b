//! JSON: written down, picked from, put together, and as tables.

mod build;

use serde_json_path::JsonPath;
use shared::value::Value;

use crate::{Any, NodeError, Outputs, node};

/// Longest path, in characters: parsing is recursive.
const PATH_MAX_CHARS: usize = 1000;

#[derive(Outputs)]
struct Picked {
    /// What was found first: a text, a number, a truth value, or JSON for everything else.
    value: Any,
    /// What was found first, as text.
    text: String,
    /// Everything that was found.
    all: serde_json::Value,
}

/// Picks a part of some JSON. The path is a JSONPath: `$.title`, `$.items[0].name`, `$..price`,
/// `$.items[?@.price < 10]`. A text that holds JSON, such as a model's answer, can be wired in as it is.
#[node(
    "json.pick",
    title = "Pick from JSON",
    example = r#"{"inputs":{"json":{"type":"json","value":{"shots":[{"title":"Dawn"}]}}},"params":{"path":"$.shots[0].title"}}"#
)]
fn pick(
    /// The JSON, or a text that holds JSON.
    json: serde_json::Value,
    /// Where to look, as a JSONPath.
    #[param(title = "Path", default = "$")]
    path: String,
) -> Result<Picked, NodeError> {
    if path.chars().count() > PATH_MAX_CHARS {
        return Err(NodeError::invalid("path", format!("a path has at most {PATH_MAX_CHARS} characters")));
    }
    let query = JsonPath::parse(path.trim())
        .map_err(|error| NodeError::invalid("path", "not a JSONPath").with_raw(&error.to_string()))?;
    let json = parsed(json)?;
    let found: Vec<serde_json::Value> = query.query(&json).all().into_iter().cloned().collect();
    let Some(first) = found.first().cloned() else {
        return Err(NodeError::invalid("path", format!("nothing is found at `{path}`")));
    };
    let text = match &first {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Ok(Picked { value: Any(value_of(first)), text, all: found.into() })
}

/// Writes down some JSON: a list of shots, a table of settings. Wire it into a template, or pick from it.
#[node(
    "json.input",
    title = "JSON",
    role = "input",
    output = "json",
    example = r#"{"params":{"name":"shots","value":{"mood":"slow"}}}"#
)]
fn input(
    /// What the JSON is called when the workflow is run from outside. Empty: it cannot be handed over.
    #[param(title = "Name", default = "", wire = false)]
    name: String,
    /// The JSON.
    #[param(title = "JSON", default = {})]
    value: serde_json::Value,
) -> Result<serde_json::Value, NodeError> {
    crate::nodes::input_name(&name)?;
    Ok(value)
}

/// Models like to put their JSON into text, and the text into a fence of back-ticks.
pub(super) fn parsed(json: serde_json::Value) -> Result<serde_json::Value, NodeError> {
    let serde_json::Value::String(text) = json else { return Ok(json) };
    let inner = text.trim();
    let inner = inner.strip_prefix("```json").or_else(|| inner.strip_prefix("```")).unwrap_or(inner);
    let inner = inner.strip_suffix("```").unwrap_or(inner);
    serde_json::from_str(inner)
        .map_err(|error| NodeError::invalid("json", "the text is not JSON").with_raw(&error.to_string()))
}

pub(super) fn value_of(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Bool(truth) => Value::Bool(truth),
        serde_json::Value::Number(number) => match number.as_f64() {
            Some(finite) => Value::Number(finite),
            None => Value::Json(number.into()),
        },
        other => Value::Json(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn film() -> serde_json::Value {
        json!({"title": "Dawn", "shots": [{"seconds": 2}, {"seconds": 3.5}]})
    }

    #[test]
    fn what_is_found_keeps_its_type() {
        assert_eq!(pick(film(), "$.title".into()).unwrap().value.0, Value::Text("Dawn".into()));
        let seconds = pick(film(), "$.shots[*].seconds".into()).unwrap();
        assert_eq!((seconds.value.0, seconds.all), (Value::Number(2.0), json!([2, 3.5])));
    }

    #[test]
    fn a_fenced_answer_is_json() {
        let answer = json!("```json\n{\"title\": \"Noon\"}\n```");
        assert_eq!(pick(answer, "$.title".into()).unwrap().text, "Noon");
    }

    #[test]
    fn what_cannot_be_found_names_the_path() {
        for (json, path, field) in
            [(film(), "$.mood", "path"), (film(), "title[", "path"), (json!("no json"), "$", "json")]
        {
            let error = pick(json, path.into()).map(|_| ()).unwrap_err();
            assert_eq!(error.failure().unwrap().field.as_deref(), Some(field), "{path}");
        }
    }
}
