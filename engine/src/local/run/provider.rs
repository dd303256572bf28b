//! The provider `local`: finds a model's files, loads it, and runs it for one node.

use std::sync::Arc;

use tokio_util::sync::{CancellationToken, DropGuard};

use super::{embed, embed::Embedder, loaded::InUse};
use crate::{
    NodeContext,
    context::Reporter,
    local::{DownloadProgress, HUB_PROVIDER, Inner, LocalError, LocalModels, kind, kind::ModelKind, store::ModelFiles},
    provider::{
        ChatAnswer, ChatRequest, DeltaSink, EmbedAnswer, EmbedRequest, PictureAnswer, PictureRequest, Provider,
        ProviderError, Usage,
    },
};

/// How far a node is, when its model is here and its work begins.
const FETCHED: f64 = 0.5;

/// Local models on behalf of one node.
pub(in crate::local) struct Local {
    models: LocalModels,
    reporter: Reporter,
}

/// A model's files, of the kind that a node needs.
struct Found {
    name: String,
    /// What it is called among the loaded ones.
    key: String,
    files: ModelFiles,
}

impl Local {
    pub fn new(models: LocalModels, ctx: &NodeContext) -> Self {
        Self { models, reporter: ctx.reporter() }
    }

    fn inner(&self) -> Result<&Arc<Inner>, LocalError> {
        self.models.inner()
    }

    /// The files of a model, fetched if need be; the download is the first half of the node's progress.
    async fn find(&self, model: &str, wanted: ModelKind) -> Result<Found, LocalError> {
        let on_progress = |progress: DownloadProgress| {
            let share = progress.done_bytes as f64 / progress.total_bytes.max(1) as f64;
            self.reporter.progress(share * FETCHED);
        };
        let token = self.reporter.secret(HUB_PROVIDER);
        let (name, files) = Inner::files(&self.models, model, token, &on_progress).await?;
        let text = name.to_string();
        match kind::of(&files) {
            Ok(kind) if kind == wanted => {}
            Ok(kind) => {
                let found = kind.title().to_owned();
                return Err(LocalError::WrongKind { name: text, found, wanted: wanted.title() });
            }
            Err(found) => return Err(LocalError::WrongKind { name: text, found, wanted: wanted.title() }),
        }
        self.inner()?.store.touch(&name);
        // A model that was fetched anew has another folder.
        let place = files.file.as_ref().unwrap_or(&files.folder);
        let key = format!("{} {}", wanted.capability(), place.display());
        Ok(Found { name: text, key, files })
    }

    /// Loads a model, unless it is loaded.
    async fn load<M: Send + Sync + 'static>(
        &self,
        found: &Found,
        size_bytes: fn(&str, &ModelFiles) -> Result<u64, LocalError>,
        load: fn(&str, &ModelFiles) -> Result<M, LocalError>,
    ) -> Result<InUse<M>, LocalError> {
        let (name, files) = (found.name.clone(), found.files.clone());
        // Reading a header is quick, but files may be on a slow disk, and headers may be odd.
        let measured = tokio::task::spawn_blocking(move || size_bytes(&name, &files)).await;
        let odd = |_| LocalError::Broken { name: found.name.clone(), why: "its header is not sound".to_owned() };
        let size_bytes = measured.map_err(odd)??;
        let (name, files) = (found.name.clone(), found.files.clone());
        self.inner()?.loaded.get(&found.key, &found.name, size_bytes, move || load(&name, &files)).await
    }

    /// Ends when the node is cancelled, and when its call is dropped.
    fn stop(&self) -> (CancellationToken, DropGuard) {
        let stop = self.reporter.cancel().child_token();
        (stop.clone(), stop.drop_guard())
    }
}

#[async_trait::async_trait]
impl Provider for Local {
    async fn chat(&self, _request: &ChatRequest, _on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError> {
        Err(LocalError::NotBuilt.into())
    }

    async fn picture(&self, _request: &PictureRequest) -> Result<PictureAnswer, ProviderError> {
        Err(LocalError::NotBuilt.into())
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<EmbedAnswer, ProviderError> {
        let found = self.find(&request.model, ModelKind::Embed).await?;
        let model = self.load(&found, embed::size_bytes, Embedder::load).await?;
        let (stop, _guard) = self.stop();
        let texts = request.texts.clone();
        let work = move || model.embed(&texts, &stop);
        let (vectors, tokens) = self.inner()?.loaded.compute(&found.name, work).await?;
        let usage = Usage { input_tokens: Some(tokens), output_tokens: None, input_picture_tokens: None };
        Ok(EmbedAnswer { vectors, usage, retries: 0 })
    }
}
