//! A model that this provider calls by another name than the catalogue does.

use std::sync::Arc;

use super::{
    ChatAnswer, ChatRequest, DeltaSink, EmbedAnswer, EmbedRequest, Provider, ProviderError, TranscribeRequest,
    Transcript, models,
};

struct Renamed {
    provider: Arc<dyn Provider>,
    model: String,
}

/// The client, asking for `model` by the name that its route in the catalogue gives.
pub(super) fn by_its_name(
    client: Arc<dyn Provider>,
    provider: &str,
    model: &str,
    capability: &str,
) -> Arc<dyn Provider> {
    let known = models::model(model, capability).into_iter().flat_map(|known| &known.routes);
    let named = known.filter(|route| route.provider == provider).find_map(|route| route.serves.get(capability));
    match named.filter(|named| *named != model) {
        Some(named) => Arc::new(Renamed { provider: client, model: named.clone() }),
        None => client,
    }
}

#[async_trait::async_trait]
impl Provider for Renamed {
    async fn chat(&self, request: &ChatRequest, on_delta: DeltaSink<'_>) -> Result<ChatAnswer, ProviderError> {
        let request = ChatRequest { model: self.model.clone(), ..request.clone() };
        self.provider.chat(&request, on_delta).await
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<EmbedAnswer, ProviderError> {
        let request = EmbedRequest { model: self.model.clone(), ..request.clone() };
        self.provider.embed(&request).await
    }

    async fn transcribe(&self, request: &TranscribeRequest) -> Result<Transcript, ProviderError> {
        let request = TranscribeRequest { model: self.model.clone(), ..request.clone() };
        self.provider.transcribe(&request).await
    }
}
