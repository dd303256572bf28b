//! `image.caption`.

use serde_json::{Value as Json, json};

use super::{Call, finish, require_text};
use crate::{
    Image, NodeContext, NodeError,
    generation::GenerationKind,
    node,
    provider::{CaptionRequest, LOCAL, Made, Picture, connect},
};

/// Says in one sentence what is to be seen in a picture.
///
/// The connection `local` runs a BLIP model on this machine, and fetches it when it is used for the first time. For
/// questions about a picture, connect it to Chat with a model that can see.
#[node(
    "image.caption",
    title = "Caption",
    resource = "network",
    timeout_seconds = 1800,
    returns = "The sentence.",
    example = r#"{"inputs":{"image":"sample:photo"}}"#
)]
async fn caption(
    /// The picture.
    image: Image,
    /// The model that looks.
    #[param(title = "Model", model = "image.caption", default = "Salesforce/blip-image-captioning-large")]
    model: String,
    /// `local`, or the key to use: a provider's name, or `provider:name` where the workspace has several of one.
    #[param(title = "Connection", default = "local", wire = false)]
    connection: String,
    /// How the sentence begins, such as `a photograph of`. May be empty.
    #[param(title = "Begin with", default = "")]
    beginning: String,
    /// The longest caption, in tokens.
    #[param(title = "Longest caption", min = 1, max = 500, unit = "tokens", advanced)]
    max_tokens: Option<u32>,
    ctx: &NodeContext,
) -> Result<String, NodeError> {
    require_text("model", &model)?;
    let connection = connect(ctx, &connection, &model, "image.caption", LOCAL).await?;
    let mut call = Call::new(ctx, &connection.name, &model, GenerationKind::Text);
    call.note("image", json!(image.media().blob));
    call.note_if("prompt", (!beginning.trim().is_empty()).then(|| json!(beginning)));
    call.note_if("max_tokens", max_tokens.map(Json::from));
    let picture = Picture { mime: image.media().mime.clone(), bytes: image.bytes(ctx).await? };
    let request = CaptionRequest { model, picture, beginning, max_tokens };
    call.leave().await?;
    let answer = tokio::select! {
        answer = connection.provider.caption(&request) => answer,
        () = ctx.cancel().cancelled() => return Err(call.cancelled()),
    };
    let answer = answer.map_err(|error| call.failed(error))?;
    call.generation.output.text = Some(answer.text.clone());
    finish(&mut call, &connection, answer.usage, answer.retries, Made::Text);
    Ok(answer.text)
}
