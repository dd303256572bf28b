//! Tools in a conversation: what a model may call, what it called, and what came of it. No tool is run here; the agent's
//! node does that (`nodes/model/agent`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A tool, as it is told to the model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolSpec {
    /// Letters, digits, `_` and `-`, at most 64.
    pub name: String,
    pub description: String,
    /// The JSON schema of its arguments: an object.
    pub parameters: Json,
}

/// What the model wants to be called.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ToolCall {
    /// As the vendor names the call, or a name of ours where it does not.
    pub id: String,
    pub name: String,
    /// As the model wrote them: JSON, in the best case.
    pub arguments: String,
}

impl ToolCall {
    /// The arguments, if they are what they should be. None at all are an empty object.
    pub fn object(&self) -> Result<Map<String, Json>, String> {
        if self.arguments.trim().is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_str(&self.arguments) {
            Ok(Json::Object(arguments)) => Ok(arguments),
            Ok(_) => Err("the arguments are not a JSON object".to_owned()),
            Err(error) => Err(format!("the arguments are not JSON: {error}")),
        }
    }
}

/// What a tool gave back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ToolResult {
    /// Of the call.
    pub id: String,
    /// Of the tool.
    pub name: String,
    pub text: String,
    pub failed: bool,
}

/// One answer of the model that called for tools, and their results.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Turn {
    pub text: String,
    pub calls: Vec<ToolCall>,
    /// See [`super::ChatAnswer::kept`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Json>,
    #[serde(default)]
    pub results: Vec<ToolResult>,
}
