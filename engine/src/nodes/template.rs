//! Texts with gaps: Jinja templates, fenced in fuel and size.
//!
//! A template reaches nothing but the values on its wires: there is no loader, no include, no function with effects.

use std::io;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};

use crate::{NodeError, node};

use super::text::TEXT_MAX_BYTES;

/// Instructions a template may take. A page of text needs some hundreds.
const FUEL: u64 = 200_000;

/// Fills values into a text. Write `{{ a }}` where the text of input A belongs, `{{ title }}` for a field of the wired
/// JSON object, `{% for item in items %}…{% endfor %}` to repeat; filters such as `{{ a | upper }}` work too.
#[node(
    "text.template",
    title = "Template",
    example = r#"{"inputs":{"a":"evening","values":{"type":"json","value":{"mood":"slow"}}},"params":{"template":"A {{ mood }} {{ a }}"}}"#
)]
fn template(
    /// The text that `{{ a }}` stands for.
    a: Option<String>,
    /// The text that `{{ b }}` stands for.
    b: Option<String>,
    /// The text that `{{ c }}` stands for.
    c: Option<String>,
    /// A JSON object whose fields the template can name; anything else is called `values`.
    values: Option<serde_json::Value>,
    /// The text with its gaps.
    #[param(title = "Template", prompt, default = "{{ a }}")]
    template: String,
) -> Result<String, NodeError> {
    let mut variables = match values {
        Some(serde_json::Value::Object(fields)) => fields,
        Some(other) => serde_json::Map::from_iter([("values".to_owned(), other)]),
        None => serde_json::Map::new(),
    };
    let texts = [("a", a), ("b", b), ("c", c)];
    variables.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into()))));
    render(&template, &variables)
}

fn render(template: &str, variables: &serde_json::Map<String, serde_json::Value>) -> Result<String, NodeError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(50);
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
    environment.set_syntax(syntax.map_err(|error| NodeError::internal("the template syntax is refused", error))?);
    let template = environment.template_from_str(template).map_err(|error| invalid(&error))?;
    let mut text = Limited(Vec::new());
    template.render_captured_to(Serde(variables), &mut text).map_err(|error| invalid(&error))?;
    String::from_utf8(text.0).map_err(|error| NodeError::internal("the template made broken text", error))
}

fn invalid(error: &minijinja::Error) -> NodeError {
    let what = match error.kind() {
        ErrorKind::OutOfFuel => "the template takes too long".to_owned(),
        ErrorKind::UndefinedError => "the template names a value that is not there".to_owned(),
        ErrorKind::WriteFailure => format!("the text would be longer than {} MiB", TEXT_MAX_BYTES >> 20),
        _ => error.detail().map_or_else(|| error.kind().to_string(), str::to_owned),
    };
    let line = error.line().map(|line| format!(" (line {line})")).unwrap_or_default();
    NodeError::invalid("template", format!("{what}{line}")).with_raw(&error.to_string())
}

/// Refuses to grow beyond the limit for texts.
struct Limited(Vec<u8>);

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > TEXT_MAX_BYTES {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(text: &str, values: serde_json::Value) -> Result<String, NodeError> {
        template(Some("one".into()), None, None, Some(values), text.into())
    }

    fn message(result: Result<String, NodeError>) -> String {
        let error = result.unwrap_err();
        let failure = error.failure().unwrap();
        assert_eq!(failure.field.as_deref(), Some("template"));
        failure.message.clone()
    }

    #[test]
    fn wires_and_fields_fill_the_gaps() {
        let text = filled(
            "{{ a | upper }}{% for s in shots %}\n{{ loop.index }}. {{ s.name }}{% endfor %}",
            json!({
                "shots": [{"name": "dawn"}, {"name": "noon"}]
            }),
        );
        assert_eq!(text.unwrap(), "ONE\n1. dawn\n2. noon");
        assert_eq!(filled("{{ values[1] }}\n", json!([1, 2])).unwrap(), "2\n");
    }

    #[test]
    fn a_missing_value_is_named_with_its_line() {
        assert_eq!(
            message(filled("fine\n{{ b }}", json!({}))),
            "the template names a value that is not there (line 2)"
        );
    }

    #[test]
    fn an_endless_template_ends() {
        let nested = "{% for x in range(9999) %}{% for y in range(9999) %}x{% endfor %}{% endfor %}";
        assert!(message(filled(nested, json!({}))).starts_with("the template takes too long"));
        let long = format!("{{{{ {:?} * 200000 }}}}", "0123456789012345678901234567890123456789");
        assert!(message(filled(&long, json!({}))).contains("lo"), "a text of 8 MB is refused");
    }

    #[test]
    fn a_template_reaches_no_files() {
        assert!(filled("{% include '/etc/passwd' %}", json!({})).is_err());
    }
}
