//! Models as nodes: few and generic. Which model answers is a parameter, who serves it is a connection.
//!
//! Every call leaves one generation record, however it ends.

use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::call::{Call, require_text};
use crate::{
    Choice, Image, NodeContext, NodeError, ParamValue, Seed,
    generation::GenerationKind,
    node,
    provider::{ChatRequest, Connection, Made, Picture, PictureRequest, ProviderError, Usage, connect, cost_usd},
};

/// How long a model thinks before it answers.
#[derive(Choice)]
enum Effort {
    /// The model's own way.
    Auto,
    None,
    Low,
    Medium,
    High,
}

/// Asks a language model and hands out its answer, while it is being written.
///
/// The connection names a key of the workspace. With the key of a local server (Ollama, LM Studio, llama.cpp, vLLM) the
/// model's name is the one that server knows.
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
    /// The key to use: a provider's name, or `provider:name` where the workspace has several of one provider.
    #[param(title = "Connection", default = "openai", wire = false)]
    connection: String,
    /// How freely words are chosen. Left empty, the model decides; some models take no value here.
    #[param(title = "Temperature", min = 0.0, max = 2.0, step = 0.1, advanced)]
    temperature: Option<f64>,
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
    ctx: &NodeContext,
) -> Result<String, NodeError> {
    require_text("prompt", &prompt)?;
    require_text("model", &model)?;
    let images = images.unwrap_or_default();
    let mut pictures = Vec::new();
    for image in &images {
        pictures.push(Picture { mime: image.media().mime.clone(), bytes: image.bytes(ctx).await? });
    }
    let reasoning_effort = match effort {
        Effort::Auto => None,
        Effort::None | Effort::Low | Effort::Medium | Effort::High => effort.to_json().as_str().map(str::to_owned),
    };
    let connection = connect(ctx, &connection).await?;
    let mut call = Call::new(ctx, &connection.name, &model, GenerationKind::Text);
    call.note("prompt", json!(prompt));
    call.note_if("system", (!system.is_empty()).then(|| json!(system)));
    call.note_if("temperature", temperature.map(Json::from));
    call.note_if("max_tokens", max_tokens.map(Json::from));
    call.note_if("seed", seed.map(Json::from));
    call.note_if("reasoning_effort", reasoning_effort.clone().map(Json::from));
    call.note_if("json", json.then_some(json!(true)));
    let blobs: Vec<_> = images.iter().map(|image| image.media().blob.as_str()).collect();
    call.note_if("image", (!blobs.is_empty()).then(|| json!(blobs)));
    let request =
        ChatRequest { model, system, prompt, pictures, temperature, max_tokens, seed, reasoning_effort, json };

    let on_delta = |delta: &str| ctx.text("text", delta);
    let answer = tokio::select! {
        answer = connection.provider.chat(&request, &on_delta) => answer,
        // Dropping the call closes the connection, which is how these APIs are told to stop.
        () = ctx.cancel().cancelled() => return Err(call.cancelled()),
    };
    let answer = answer.map_err(|error| call.failed(error))?;
    if let Some(model) = &answer.model {
        call.generation.model.clone_from(model);
    }
    call.generation.output.text = Some(answer.text.clone());
    finish(&mut call, &connection, answer.usage, answer.retries, Made::Text);
    Ok(answer.text)
}

/// The shape of a picture.
#[derive(Choice)]
enum Size {
    Auto,
    #[choice(value = "1024x1024", title = "Square, 1024 x 1024")]
    Square,
    #[choice(value = "1536x1024", title = "Wide, 1536 x 1024")]
    Wide,
    #[choice(value = "1024x1536", title = "Tall, 1024 x 1536")]
    Tall,
}

/// How carefully a picture is made, and how much it costs.
#[derive(Choice)]
enum Quality {
    Auto,
    Low,
    Medium,
    High,
}

/// What is behind the subject.
#[derive(Choice)]
enum Background {
    Auto,
    Opaque,
    Transparent,
}

/// Makes a picture from a description.
///
/// The connection names a key of the workspace, of OpenAI or of a server that speaks its language.
#[node(
    "image.generate",
    title = "Generate picture",
    resource = "network",
    timeout_seconds = 900,
    returns = "The picture.",
    example = r#"{"params":{"prompt":"A paper boat on a green river, soft morning light","model":"gpt-image-2.6-flare"}}"#
)]
async fn generate(
    /// What is to be seen.
    #[param(title = "Prompt", prompt)]
    prompt: String,
    /// The model that paints.
    #[param(title = "Model", model = "image.generate", default = "gpt-image-2.6-flare")]
    model: String,
    /// The key to use: a provider's name, or `provider:name` where the workspace has several of one provider.
    #[param(title = "Connection", default = "openai", wire = false)]
    connection: String,
    /// The shape of the picture.
    #[param(title = "Size", default = Size::Auto)]
    size: Size,
    /// How carefully it is made. Better takes longer and costs more.
    #[param(title = "Quality", default = Quality::Auto)]
    quality: Quality,
    /// What is behind the subject.
    #[param(title = "Background", default = Background::Auto, advanced)]
    background: Background,
    /// Left empty, every run makes another picture. A number keeps the picture until something else changes; these
    /// models take no seed themselves, so the number alone does not bring back the same picture elsewhere.
    #[param(title = "Take", advanced)]
    take: Seed,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    require_text("prompt", &prompt)?;
    require_text("model", &model)?;
    let set = |value: Json| value.as_str().filter(|text| *text != "auto").map(str::to_owned);
    let connection = connect(ctx, &connection).await?;
    let request = PictureRequest {
        model,
        prompt,
        size: set(size.to_json()),
        quality: set(quality.to_json()),
        background: set(background.to_json()),
    };
    let mut call = Call::new(ctx, &connection.name, &request.model, GenerationKind::Image);
    call.note("prompt", json!(request.prompt));
    call.note("take", json!(take.0));
    if let Some((width, height)) = request.size.as_deref().and_then(|size| size.split_once('x')) {
        call.note_if("width", width.parse::<u32>().ok().map(Json::from));
        call.note_if("height", height.parse::<u32>().ok().map(Json::from));
    }
    call.note_if("quality", request.quality.clone().map(Json::from));
    call.note_if("background", request.background.clone().map(Json::from));

    let answer = tokio::select! {
        answer = connection.provider.picture(&request) => answer,
        () = ctx.cancel().cancelled() => return Err(call.cancelled()),
    };
    let answer = answer.map_err(|error| call.failed(error))?;
    let media = match ctx.store(answer.bytes).await {
        Ok(media) if media.mime.starts_with("image/") => media,
        Ok(media) => {
            let message = format!("the provider answered with `{}` and not with a picture", media.mime);
            return Err(call.failed(ProviderError::new(FailureCode::ProviderDown, message)));
        }
        Err(error) => {
            let message = format!("the provider's picture cannot be read: {error}");
            return Err(call.failed(ProviderError::new(FailureCode::ProviderDown, message)));
        }
    };
    call.made(&media);
    finish(&mut call, &connection, answer.usage, answer.retries, Made::Picture);
    Ok(Image(media))
}

/// Records a call that went well. A server that only speaks a vendor's language has prices of its own.
fn finish(call: &mut Call<'_>, connection: &Connection, usage: Usage, retries: u32, made: Made) {
    let generation = &mut call.generation;
    let metrics = &mut generation.metrics;
    (metrics.input_tokens, metrics.output_tokens) = (usage.input_tokens, usage.output_tokens);
    metrics.retries = retries;
    if connection.is_vendor {
        metrics.cost_usd = cost_usd(&generation.provider, &generation.model, usage, made);
    }
    call.record();
}
