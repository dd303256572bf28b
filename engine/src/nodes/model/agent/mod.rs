//! `text.agent`: a model that works with tools, turn by turn, until it answers.
//!
//! A turn is one question to the model and the use of whatever tools it calls. Each question is a call like any other:
//! recorded, counted, held to caps. What was said and done is stored before and after every question, so that a run that
//! is cut off goes on where it was, asks nothing twice and pays nothing twice. Which tools there are stands in the plan
//! (`plan/tool.rs`); this node only ever uses those.

mod schema;
mod shelf;
mod talk;
mod trace;

use serde_json::Value as Json;
use shared::{node::ParamKind, value::ValueType};

use super::{chat::Effort, require_text};
use crate::{Any, Image, NodeContext, NodeError, Outputs, ParamHints, ParamValue, node};
use talk::{Asked, Talk};

/// What an agent may use, as its author listed it.
struct Tools(Json);

impl ParamValue for Tools {
    fn kind(_hints: &ParamHints) -> ParamKind {
        ParamKind::Tools
    }

    fn wire() -> Option<ValueType> {
        None
    }

    fn from_json(json: &Json) -> Result<Self, String> {
        Ok(Self(json.clone()))
    }

    fn to_json(&self) -> Json {
        self.0.clone()
    }
}

/// What an agent did.
#[derive(Outputs)]
struct Worked {
    /// The answer.
    text: String,
    /// Everything that was called: which tool, with what, what came of it, when and for how long.
    trace: Json,
    /// The same, to be read.
    log: String,
    /// The pictures, films and sounds that came of it, in their order.
    made: Vec<Any>,
}

/// Gives a model tools, and lets it work until it has an answer.
///
/// A tool is a type of node, such as `"http.get"`, or a workflow with a name: `{"name": "poster", "workflow": "wf_…",
/// "version": "…", "description": "Makes a poster"}`. The model can use what is listed and nothing else. With `{"node":
/// "http.get", "params": {"url": "https://example.com/"}}`, what you set is fixed: the model neither sees nor changes it.
/// What a tool makes of pictures, films and sounds gets a name, by which the model hands it on. A tool that fails tells
/// the model so, and the work goes on.
#[node(
    "text.agent",
    title = "Agent",
    cacheable = false,
    timeout_seconds = 86400,
    example = r#"{"params":{"prompt":"Write HELLO in small letters.","model":"gpt-6-luna","tools":["text.case"]}}"#
)]
async fn agent(
    /// Pictures the model looks at, if it can see, and hands to its tools.
    images: Option<Vec<Image>>,
    /// Films, sounds and files that the model can hand to its tools.
    material: Option<Vec<Any>>,
    /// What is to be done.
    #[param(title = "Prompt", prompt)]
    prompt: String,
    /// Who the model is to be and how it is to work.
    #[param(title = "System prompt", prompt, default = "")]
    system: String,
    /// The model that works. It has to be one that can call tools.
    #[param(title = "Model", model = "text.chat", default = "gpt-6-luna")]
    model: String,
    /// The key to use: a provider's name, or `provider:name` where the workspace has several of one provider. Left empty,
    /// the model's own provider, and `openai` for a model that is in no catalogue.
    #[param(title = "Connection", default = "", wire = false, advanced)]
    connection: String,
    /// What the model may use: a list of types of nodes and of workflows.
    #[param(title = "Tools", default = [], wire = false)]
    tools: Tools,
    /// How often the model is asked, at most. The last time, it has to answer.
    #[param(title = "Most turns", default = 8, min = 1, max = 100, wire = false)]
    turns_max: u32,
    /// No further question is asked once this much is spent, tools included, as far as prices are known.
    #[param(title = "Most it may cost", min = 0.0, unit = "$", wire = false, advanced)]
    usd_max: Option<f64>,
    /// How freely words are chosen. Left empty, the model decides; some models take no value here.
    #[param(title = "Temperature", min = 0.0, max = 2.0, step = 0.1, advanced)]
    temperature: Option<f64>,
    /// The longest answer of a turn, in tokens; for models that think first, the thinking counts.
    #[param(title = "Longest answer", min = 1, unit = "tokens", advanced)]
    max_tokens: Option<u32>,
    /// How long the model thinks before each turn, where it can.
    #[param(title = "Thinking", default = Effort::Auto, advanced)]
    effort: Effort,
    ctx: &NodeContext,
) -> Result<Worked, NodeError> {
    require_text("prompt", &prompt)?;
    require_text("model", &model)?;
    // Read and checked by the plan.
    let Tools(_) = tools;
    let asked = Asked {
        prompt,
        system,
        model,
        connection,
        turns_max,
        usd_max,
        temperature,
        max_tokens,
        reasoning_effort: effort.said(),
    };
    let images = images.unwrap_or_default();
    let material: Vec<_> = material.unwrap_or_default().into_iter().map(|Any(value)| value).collect();
    if material.iter().any(|value| value.media().is_none()) {
        return Err(NodeError::invalid("material", "material is pictures, films, sounds and files"));
    }
    let mut talk = Talk::begin(ctx, asked, &images, material).await?;
    let text = talk.go().await?;
    let (trace, log) = talk.told();
    let made = talk.made().into_iter().map(Any).collect::<Vec<_>>();
    Ok(Worked { text, trace, log, made })
}
