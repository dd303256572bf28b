//! The provider `local`: finds a model's files, loads it, and runs it for one node.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    caption,
    caption::Describer,
    chat,
    chat::Chatter,
    embed,
    embed::Embedder,
    loaded::InUse,
    paint,
    paint::{Order, Painter},
    sound, speech,
    speech::Listener,
};
use crate::{
    NodeContext, NodeError,
    context::Reporter,
    local::{DownloadProgress, HUB_PROVIDER, Inner, LocalError, LocalModels, kind, kind::ModelKind, store::ModelFiles},
    provider::{
        CaptionRequest, ChatAnswer, ChatRequest, DeltaSink, EmbedAnswer, EmbedRequest, PictureAnswer, PictureRequest,
        Provider, ProviderError, TranscribeRequest, Transcript, Usage,
    },
};

/// How far a node is, when its model is here and its work begins.
const FETCHED: f64 = 0.5;
/// Pieces of an answer on their way from the thread that computes.
const PIECES_MAX: usize = 256;

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
    async fn chat(&self, request: &ChatRequest, on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError> {
        if !request.tools.is_empty() {
            return Err(ProviderError::not_offered("tools"));
        }
        let found = self.find(&request.model, ModelKind::Chat).await?;
        let model = self.load(&found, chat::size_bytes, Chatter::load).await?;
        let (stop, _guard) = self.stop();
        let (sender, mut pieces) = mpsc::channel(PIECES_MAX);
        let request = request.clone();
        let work = move || {
            let mut send = |piece: String| {
                // Whoever listened is gone; `stop` ends the work.
                let _ = sender.blocking_send(piece);
            };
            model.answer(&request, &stop, &mut send)
        };
        let computing = self.inner()?.loaded.compute(&found.name, work);
        let listening = async {
            while let Some(piece) = pieces.recv().await {
                on_delta(&piece);
            }
        };
        let (answer, ()) = tokio::join!(computing, listening);
        Ok(answer?)
    }

    async fn picture(&self, request: &PictureRequest) -> Result<PictureAnswer, ProviderError> {
        let found = self.find(&request.model, ModelKind::Picture).await?;
        let model = self.load(&found, paint::size_bytes, Painter::load).await?;
        let (stop, _guard) = self.stop();
        let order = order(request)?;
        let reporter = self.reporter.clone();
        let work = move || model.paint(&order, &stop, &|done| reporter.progress(FETCHED + done * (1.0 - FETCHED)));
        let bytes = self.inner()?.loaded.compute(&found.name, work).await?;
        Ok(PictureAnswer { bytes: bytes.into(), usage: Usage::default(), retries: 0 })
    }

    async fn transcribe(&self, request: &TranscribeRequest) -> Result<Transcript, ProviderError> {
        let found = self.find(&request.model, ModelKind::Transcribe).await?;
        let model = self.load(&found, speech::size_bytes, Listener::load).await?;
        let (stop, _guard) = self.stop();
        let samples = sound::samples(&request.sound, &stop).await.map_err(of_media)?;
        let (language, translate) = (request.language.clone(), request.translate);
        let reporter = self.reporter.clone();
        let work = move || {
            let on_progress = |done: f64| reporter.progress(FETCHED + done * (1.0 - FETCHED));
            model.transcribe(&samples, (language.as_deref(), translate), &stop, &on_progress)
        };
        Ok(self.inner()?.loaded.compute(&found.name, work).await?)
    }

    async fn caption(&self, request: &CaptionRequest) -> Result<ChatAnswer, ProviderError> {
        let found = self.find(&request.model, ModelKind::Caption).await?;
        let model = self.load(&found, caption::size_bytes, Describer::load).await?;
        let (stop, _guard) = self.stop();
        let request = request.clone();
        let work = move || model.describe(&request.picture.bytes, (&request.beginning, request.max_tokens), &stop);
        let (text, tokens) = self.inner()?.loaded.compute(&found.name, work).await?;
        let usage = Usage { output_tokens: Some(tokens), ..Usage::default() };
        Ok(ChatAnswer { text, model: Some(found.name), usage, retries: 0, ..ChatAnswer::default() })
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<EmbedAnswer, ProviderError> {
        let found = self.find(&request.model, ModelKind::Embed).await?;
        let model = Arc::new(self.load(&found, embed::size_bytes, Embedder::load).await?);
        let (stop, _guard) = self.stop();
        let mut answered = model.waiting.add(request.texts.clone(), stop);
        // Whoever may compute next takes along all who wait.
        let answer = loop {
            let model = model.clone();
            let computing = self.inner()?.loaded.compute(&found.name, move || Ok(model.embed_waiting()));
            tokio::select! {
                biased;
                answer = &mut answered => break answer,
                // Nobody waits: somebody else has the answer in hand. Otherwise it was others' turn, or theirs went wrong.
                turn = computing => if matches!(turn, Ok(false)) { break answered.await },
            }
        };
        let lost = |_| LocalError::Failed { name: found.name, detail: "it led the tensor library astray".into() };
        let (vectors, tokens) = answer.map_err(lost)??;
        let usage = Usage { input_tokens: Some(tokens), ..Usage::default() };
        Ok(EmbedAnswer { vectors, usage, retries: 0 })
    }
}

/// The request in a painter's words.
fn order(request: &PictureRequest) -> Result<Order, LocalError> {
    let refused = |field: &'static str, message: String| LocalError::Input { field, message };
    if request.background.as_deref() == Some("transparent") {
        return Err(refused("background", "local models paint no transparency".into()));
    }
    let size = request.size.as_deref().map(|size| {
        let (width, height) = size.split_once('x')?;
        Some((width.parse().ok()?, height.parse().ok()?))
    });
    let size = match size {
        Some(None) => return Err(refused("size", "the size is not known".into())),
        Some(size) => size,
        None => None,
    };
    Ok(Order {
        prompt: request.prompt.clone(),
        negative: request.negative_prompt.clone().unwrap_or_default(),
        size,
        steps: request.steps,
        guidance: request.guidance,
        seed: request.seed.unwrap_or_default(),
    })
}

/// What our media tools said, as a provider says it.
fn of_media(error: NodeError) -> ProviderError {
    match error.failure() {
        Some(failure) => {
            let told = ProviderError::new(failure.code, failure.message.clone()).in_field("audio");
            told.with_raw(failure.raw.as_deref().unwrap_or_default())
        }
        None => LocalError::Cancelled.into(),
    }
}
