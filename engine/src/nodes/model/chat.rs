//! `text.chat`.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value as Json, json};

use super::{Call, ask, finish, require_text};
use crate::{
    Choice, Image, NodeContext, NodeError, ParamValue,
    generation::GenerationKind,
    node,
    provider::{Candidates, ChatRequest, Made, Picture},
};

/// How long a model thinks before it answers.
#[derive(Choice)]
pub(super) enum Effort {
    /// The model's own way.
    Auto,
    None,
    Low,
    Medium,
    High,
}

impl Effort {
    /// As it is told to the model; not at all where the model decides.
    pub(super) fn said(&self) -> Option<String> {
        match self {
            Self::Auto => None,
            Self::None | Self::Low | Self::Medium | Self::High => self.to_json().as_str().map(str::to_owned),
        }
    }
}

/// Asks a language model and hands out its answer, while it is being written.
///
/// The connection names a key of the workspace. With the key of a local server (Ollama, LM Studio, llama.cpp, vLLM) the
/// model's name is the one that server knows. The connection `local` runs a GGUF model of this machine.
#[node(
    "text.chat",
    title = "Chat",
    resource = "network",
    timeout_seconds = 1800,
    returns = "The answer.",
    example = r#"{"params":{"prompt":"Describe a quiet harbour at dawn in one sentence.","model":"gpt-6-luna"}}"#
)]
async fn chat(
    /// Pictures the model looks at, if it can see.
    images: Option<Vec<Image>>,
    /// What is asked.
    #[param(title = "Prompt", prompt)]
    prompt: String,
    /// Who the model is to be and how it is to answer.
    #[param(title = "System prompt", prompt, default = "")]
    system: String,
    /// The model that answers.
    #[param(title = "Model", model = "text.chat", default = "gpt-6-luna")]
    model: String,
    /// The key to use: a provider's name, or `provider:name` where the workspace has several of one provider. Left empty,
    /// the model's own provider, and `openai` for a model that is in no catalogue.
    #[param(title = "Connection", default = "", wire = false)]
    connection: String,
    /// How freely words are chosen. Left empty, the model decides; some models take no value here.
    #[param(title = "Temperature", min = 0.0, max = 2.0, step = 0.1, advanced)]
    temperature: Option<f64>,
    /// Words are chosen among the likeliest that together reach this share. Left empty, the model decides.
    #[param(title = "Top p", min = 0.0, max = 1.0, step = 0.05, advanced)]
    top_p: Option<f64>,
    /// Words are chosen among so many of the likeliest; local models and many servers take it, OpenAI itself does not.
    #[param(title = "Top k", min = 1, max = 1000, advanced)]
    top_k: Option<u32>,
    /// The answer ends before any of these, one a line.
    #[param(title = "Stop at", prompt, default = "", advanced)]
    stop: String,
    /// The longest answer, in tokens; for models that think first, the thinking counts.
    #[param(title = "Longest answer", min = 1, unit = "tokens", advanced)]
    max_tokens: Option<u32>,
    /// Asks for the same answer to the same question. Providers promise their best, not more.
    #[param(title = "Seed", advanced)]
    seed: Option<u32>,
    /// How long the model thinks before it answers, where it can.
    #[param(title = "Thinking", default = Effort::Auto, advanced)]
    effort: Effort,
    /// The answer is to be one JSON object. The prompt has to say so too.
    #[param(title = "Answer as JSON", default = false, advanced)]
    json: bool,
    /// The JSON schema that the answer is to fit, for models that hold to one. May be empty.
    #[param(title = "Answer's schema", prompt, default = "", advanced)]
    schema: String,
    ctx: &NodeContext,
) -> Result<String, NodeError> {
    require_text("prompt", &prompt)?;
    require_text("model", &model)?;
    let schema = match schema.trim() {
        "" => None,
        text => Some(
            serde_json::from_str::<Json>(text)
                .ok()
                .filter(Json::is_object)
                .ok_or_else(|| NodeError::invalid("schema", "the schema is not a JSON object"))?,
        ),
    };
    let images = images.unwrap_or_default();
    let mut pictures = Vec::new();
    for image in &images {
        pictures.push(Picture { mime: image.media().mime.clone(), bytes: image.bytes(ctx).await? });
    }
    let reasoning_effort = effort.said();
    let candidates = Candidates::of(ctx, &connection, &model, "text.chat", "openai")?;
    let stop: Vec<String> = stop.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let blobs: Vec<_> = images.iter().map(|image| image.media().blob.as_str()).collect();
    let request = ChatRequest {
        model,
        system,
        prompt,
        pictures,
        temperature,
        top_p,
        top_k,
        stop,
        max_tokens,
        seed,
        reasoning_effort,
        json,
        schema,
        ..ChatRequest::default()
    };
    let has_begun = AtomicBool::new(false);
    let on_delta = |delta: &str| {
        has_begun.store(true, Ordering::Relaxed);
        ctx.text("text", delta);
    };
    let (answer, mut call, connection) = ask(
        ctx,
        candidates,
        (&request.model, GenerationKind::Text),
        |call| {
            note(call, &request);
            call.note_if("image", (!blobs.is_empty()).then(|| json!(blobs)));
        },
        |provider| {
            let (request, on_delta) = (&request, &on_delta);
            async move { provider.chat(request, on_delta).await }
        },
        || has_begun.load(Ordering::Relaxed),
    )
    .await?;
    if let Some(model) = &answer.model {
        call.generation.model.clone_from(model);
    }
    call.generation.output.text = Some(answer.text.clone());
    finish(&mut call, &connection, answer.usage, answer.retries, Made::Text);
    Ok(answer.text)
}

/// Everything that was asked, but for pictures.
fn note(call: &mut Call<'_>, request: &ChatRequest) {
    call.note("prompt", json!(request.prompt));
    call.note_if("system", (!request.system.is_empty()).then(|| json!(request.system)));
    call.note_if("temperature", request.temperature.map(Json::from));
    call.note_if("top_p", request.top_p.map(Json::from));
    call.note_if("top_k", request.top_k.map(Json::from));
    call.note_if("stop", (!request.stop.is_empty()).then(|| json!(request.stop)));
    call.note_if("max_tokens", request.max_tokens.map(Json::from));
    call.note_if("seed", request.seed.map(Json::from));
    call.note_if("reasoning_effort", request.reasoning_effort.clone().map(Json::from));
    call.note_if("json", request.json.then_some(json!(true)));
    call.note_if("schema", request.schema.clone());
}
