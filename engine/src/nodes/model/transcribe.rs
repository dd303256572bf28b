//! `audio.transcribe`.

use engine_macros::Outputs;
use serde_json::{Value as Json, json};

use super::{ask, finish, require_text};
use crate::{
    Audio, NodeContext, NodeError,
    generation::GenerationKind,
    node,
    provider::{Candidates, LOCAL, Made, TranscribeRequest},
};

/// What was said, and when.
#[derive(Outputs)]
struct Said {
    /// All of it.
    text: String,
    /// Piece by piece: `start_seconds`, `end_seconds` and `text` of each.
    segments: Json,
    /// The language that is spoken, where the model knows it.
    language: Option<String>,
}

/// Writes down what is said in a sound, with the time of each sentence.
///
/// The connection `local` runs a Whisper model on this machine, and fetches it when it is used for the first time.
#[node(
    "audio.transcribe",
    title = "Transcribe",
    resource = "network",
    timeout_seconds = 7200,
    example = r#"{"inputs":{"audio":"sample:audio"}}"#
)]
async fn transcribe(
    /// The sound; take it from a film with Extract sound.
    audio: Audio,
    /// The model that listens.
    #[param(title = "Model", model = "audio.transcribe", default = "openai/whisper-base")]
    model: String,
    /// `local`, or the key to use: a provider's name, or `provider:name` where the workspace has several of one. Left empty,
    /// the model's own provider, and `local` for a model that is in no catalogue.
    #[param(title = "Connection", default = "", wire = false)]
    connection: String,
    /// The language that is spoken, such as `en` or `de`. Left empty, the model finds out.
    #[param(title = "Language", default = "")]
    language: String,
    /// Writes English, whatever is spoken.
    #[param(title = "Into English", default = false, advanced)]
    translate: bool,
    ctx: &NodeContext,
) -> Result<Said, NodeError> {
    require_text("model", &model)?;
    let candidates = Candidates::of(ctx, &connection, &model, "audio.transcribe", LOCAL)?;
    let language = Some(language.trim().to_lowercase()).filter(|language| !language.is_empty());
    let request = TranscribeRequest { model, sound: audio.path(ctx).await?, language, translate };
    let (transcript, mut call, connection) = ask(
        ctx,
        candidates,
        (&request.model, GenerationKind::Text),
        |call| {
            call.note("audio", json!(audio.media().blob));
            call.note_if("language", request.language.clone().map(Json::from));
            call.note_if("translate", translate.then_some(json!(true)));
        },
        |provider| {
            let request = &request;
            async move { provider.transcribe(request).await }
        },
        || false,
    )
    .await?;
    call.generation.output.text = Some(transcript.text.clone());
    finish(&mut call, &connection, transcript.usage, transcript.retries, Made::Text);
    Ok(Said { text: transcript.text, segments: json!(transcript.segments), language: transcript.language })
}
