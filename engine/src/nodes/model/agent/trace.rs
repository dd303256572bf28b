//! What an agent called, as data and as text; both grow while it works.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One use of a tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Step {
    /// Counted from 1.
    pub turn: u32,
    pub tool: String,
    /// As an object, or as the text that the model wrote in its place.
    pub arguments: Json,
    /// What the model was told of it; absent while the tool works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Since the agent began.
    pub started_millis: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_millis: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}

/// Longer arguments and results are shortened in the text; the data have them whole.
const SHOWN_MAX_BYTES: usize = 400;

impl Step {
    /// `1. text_case {"text":"HELLO"}`
    pub fn begin(&self) -> String {
        let arguments = match &self.arguments {
            Json::String(text) => text.clone(),
            json => json.to_string(),
        };
        format!("{}. {} {}\n", self.turn, self.tool, shown(&arguments))
    }

    /// `   = hello (12 ms)`
    pub fn end(&self) -> String {
        let mut line = match (&self.result, &self.error) {
            (_, Some(error)) => format!("   {}: failed: {}", self.tool, shown(error)),
            (Some(result), None) => format!("   {} = {}", self.tool, shown(result)),
            (None, None) => return String::new(),
        };
        if let Some(millis) = self.duration_millis {
            let _ = write!(line, " ({millis} ms)");
        }
        line + "\n"
    }
}

fn shown(text: &str) -> String {
    let text = text.replace('\n', " ");
    if text.len() <= SHOWN_MAX_BYTES {
        return text;
    }
    format!("{}…", &text[..text.floor_char_boundary(SHOWN_MAX_BYTES)])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_step_reads_as_two_lines() {
        let arguments = json!({"text": "HI"});
        let mut step = Step { turn: 2, tool: "text_case".into(), arguments, ..Step::default() };
        assert_eq!((step.begin().as_str(), step.end().as_str()), ("2. text_case {\"text\":\"HI\"}\n", ""));
        (step.result, step.duration_millis) = (Some("a\nb".into()), Some(3));
        assert_eq!(step.end(), "   text_case = a b (3 ms)\n");
        step.error = Some("é".repeat(300));
        assert!(step.end().len() < 500 && step.end().contains("failed"));
    }
}
