//! `text.embed`.

use serde_json::json;

use super::{ask, finish, require_text};
use crate::{
    Embedding, NodeContext, NodeError,
    generation::GenerationKind,
    node,
    provider::{Candidates, EmbedRequest, LOCAL, Made},
};

/// Turns a text into a vector that stands for its meaning.
///
/// Texts that mean the same lie close to each other, in whatever words. The connection `local` runs a model of the BERT
/// family on this machine, and fetches it when it is used for the first time.
#[node(
    "text.embed",
    title = "Embed text",
    resource = "network",
    timeout_seconds = 1800,
    returns = "The vector.",
    example = r#"{"params":{"text":"A quiet harbour at dawn"}}"#
)]
async fn embed(
    /// What is turned into a vector.
    #[param(title = "Text", prompt)]
    text: String,
    /// The model that reads it. Vectors of different models cannot be compared.
    #[param(title = "Model", model = "text.embed", default = "sentence-transformers/all-MiniLM-L6-v2")]
    model: String,
    /// `local`, or the key to use: a provider's name, or `provider:name` where the workspace has several of one. Left empty,
    /// the model's own provider, and `local` for a model that is in no catalogue.
    #[param(title = "Connection", default = "", wire = false)]
    connection: String,
    ctx: &NodeContext,
) -> Result<Embedding, NodeError> {
    require_text("text", &text)?;
    require_text("model", &model)?;
    let candidates = Candidates::of(ctx, &connection, &model, "text.embed", LOCAL)?;
    let request = EmbedRequest { model, texts: vec![text] };
    let (mut answer, mut call, connection) = ask(
        ctx,
        candidates,
        (&request.model, GenerationKind::Embedding),
        |call| call.note("prompt", json!(request.texts[0])),
        |provider| {
            let request = &request;
            async move { provider.embed(request).await }
        },
        || false,
    )
    .await?;
    finish(&mut call, &connection, answer.usage, answer.retries, Made::Text);
    Ok(Embedding(answer.vectors.pop().unwrap_or_default()))
}
