//! The answers of OpenAI's language, as far as they are of interest. Unknown fields are ignored, absent ones are unknown.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::stream::{Collect, no_tokens_left, nonsense, refused};
use crate::provider::{ChatAnswer, ProviderError, ToolCall, ToolResult, ToolSpec, Turn, Usage, refusal};

/// One chunk of a stream; also a whole answer, whose choices hold a `message` in the place of a `delta`.
#[derive(Debug, Deserialize)]
struct Chunk {
    model: Option<String>,
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<ChatUsage>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallPiece>>,
}

/// A call for a tool comes in pieces: id and name once, the arguments bit by bit. Whole answers have one piece each.
#[derive(Debug, Deserialize)]
struct CallPiece {
    index: Option<u64>,
    id: Option<String>,
    function: Option<FunctionPiece>,
}

#[derive(Debug, Deserialize)]
struct FunctionPiece {
    name: Option<String>,
    arguments: Option<Json>,
}

/// More calls at once are a fault of the server.
const CALLS_MAX: usize = 256;

#[derive(Debug, Deserialize)]
pub(super) struct ChatUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    /// Dollars; only some vendors say so.
    cost: Option<f64>,
}

impl From<ChatUsage> for Usage {
    fn from(usage: ChatUsage) -> Self {
        Self {
            input_tokens: usage.prompt_tokens,
            output_tokens: usage.completion_tokens,
            input_picture_tokens: None,
            cost_usd: usage.cost,
        }
    }
}

/// Puts an answer together from its chunks.
#[derive(Debug, Default)]
pub(super) struct Collected {
    text: String,
    refusal: String,
    model: Option<String>,
    usage: Usage,
    finish_reason: Option<String>,
    /// By the index that the server gives them.
    calls: Vec<(u64, ToolCall)>,
}

impl Collected {
    fn add_call(&mut self, piece: CallPiece) -> Result<(), ProviderError> {
        // Some servers count nothing: there, a new id is a new call.
        let named = piece.id.as_deref().is_some_and(|id| !id.is_empty());
        let next = self.calls.len() as u64;
        let index = piece.index.unwrap_or(if named { next } else { next.saturating_sub(1) });
        let at = match self.calls.iter().position(|(known, _)| *known == index) {
            Some(at) => at,
            None if self.calls.len() < CALLS_MAX => {
                self.calls.push((index, ToolCall { id: format!("call_{next}"), ..ToolCall::default() }));
                self.calls.len() - 1
            }
            None => return Err(nonsense("more calls for tools than anybody makes")),
        };
        let call = &mut self.calls[at].1;
        call.id = piece.id.filter(|id| !id.is_empty()).unwrap_or(std::mem::take(&mut call.id));
        let Some(function) = piece.function else { return Ok(()) };
        call.name.push_str(&function.name.unwrap_or_default());
        match function.arguments {
            Some(Json::String(piece)) => call.arguments.push_str(&piece),
            Some(Json::Null) | None => {}
            // Against the rule, but clear enough.
            Some(whole) => call.arguments = whole.to_string(),
        }
        if call.arguments.len() > ARGUMENTS_MAX_BYTES { Err(nonsense("arguments without an end")) } else { Ok(()) }
    }
}

/// What a model writes as arguments of one call at most.
pub(super) const ARGUMENTS_MAX_BYTES: usize = 4 << 20;

impl Collect for Collected {
    fn add(&mut self, event: Json) -> Result<Option<String>, ProviderError> {
        let raw = event.to_string();
        let chunk: Chunk = serde_json::from_value(event).map_err(|_| nonsense(&raw))?;
        self.model = chunk.model.filter(|model| !model.is_empty()).or(self.model.take());
        if let Some(usage) = chunk.usage {
            self.usage = usage.into();
        }
        // We ask for one choice and get one, or none in the chunk with the usage.
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(None) };
        self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        let Some(delta) = choice.delta else { return Ok(None) };
        self.refusal.push_str(delta.refusal.as_deref().unwrap_or_default());
        delta.tool_calls.into_iter().flatten().try_for_each(|piece| self.add_call(piece))?;
        let Some(text) = delta.content else { return Ok(None) };
        self.text.push_str(&text);
        Ok(Some(text))
    }

    fn is_finished(&self) -> bool {
        self.finish_reason.is_some()
    }

    fn finish(self) -> Result<ChatAnswer, ProviderError> {
        if self.finish_reason.as_deref() == Some("content_filter") {
            let message = "the provider's content policy stopped the answer";
            return Err(ProviderError::new(FailureCode::Filtered, message).in_field("prompt").with_raw(&self.text));
        }
        if !self.refusal.trim().is_empty() {
            return Err(refused(&self.refusal));
        }
        if self.text.is_empty() && self.calls.is_empty() && self.finish_reason.as_deref() == Some("length") {
            return Err(no_tokens_left());
        }
        let calls = self.calls.into_iter().map(|(_, call)| call).collect();
        let Self { text, model, usage, .. } = self;
        Ok(ChatAnswer { text, model, usage, calls, ..ChatAnswer::default() })
    }
}

/// A tool, as the language has it.
pub(super) fn tool(tool: &ToolSpec) -> Json {
    let function = json!({"name": tool.name, "description": tool.description, "parameters": tool.parameters});
    json!({"type": "function", "function": function})
}

/// What the model called, and the results.
pub(super) fn turn(turn: &Turn) -> Vec<Json> {
    let calls: Vec<Json> = turn
        .calls
        .iter()
        .map(|call| {
            // Servers that read what they are given back would stumble over what the model got wrong.
            let arguments = Json::Object(call.object().unwrap_or_default()).to_string();
            let function = json!({"name": call.name, "arguments": arguments});
            json!({"id": call.id, "type": "function", "function": function})
        })
        .collect();
    let content = if turn.text.is_empty() { Json::Null } else { json!(turn.text) };
    let mut messages = vec![json!({"role": "assistant", "content": content, "tool_calls": calls})];
    let result = |result: &ToolResult| json!({"role": "tool", "tool_call_id": result.id, "content": result.text});
    messages.extend(turn.results.iter().map(result));
    messages
}

/// The answer of a server that does not stream.
pub(super) fn whole_answer(json: Json) -> Result<ChatAnswer, ProviderError> {
    if json.get("error").is_some_and(|error| !error.is_null()) {
        return Err(refusal::of_event(&json));
    }
    if json["choices"].as_array().is_none_or(Vec::is_empty) {
        return Err(nonsense(&json.to_string()));
    }
    let mut collected = Collected::default();
    collected.add(json)?;
    collected.finish()
}

#[derive(Debug, Deserialize)]
struct VectorsAnswer {
    data: Vec<VectorData>,
    usage: Option<ChatUsage>,
}

#[derive(Debug, Deserialize)]
struct VectorData {
    index: usize,
    embedding: Vec<f32>,
}

/// The vectors of an answer, in the order of the texts.
pub(super) fn vectors(answer: Json, count: usize) -> Result<(Vec<Vec<f32>>, Usage), ProviderError> {
    let answer: VectorsAnswer = serde_json::from_value(answer).map_err(|_| no_vectors())?;
    let mut vectors = vec![Vec::new(); count];
    for data in answer.data {
        *vectors.get_mut(data.index).ok_or_else(no_vectors)? = data.embedding;
    }
    whole(vectors, count).map(|vectors| (vectors, answer.usage.map(Usage::from).unwrap_or_default()))
}

/// As many vectors as texts, none of them empty.
pub(super) fn whole(vectors: Vec<Vec<f32>>, count: usize) -> Result<Vec<Vec<f32>>, ProviderError> {
    if vectors.len() != count || vectors.iter().any(Vec::is_empty) { Err(no_vectors()) } else { Ok(vectors) }
}

pub(super) fn no_vectors() -> ProviderError {
    ProviderError::new(FailureCode::ProviderDown, "the provider's answer holds no embeddings")
}
