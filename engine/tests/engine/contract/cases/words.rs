//! Vendors that are asked, and not ordered from: conversations, vectors, transcripts.

use super::{
    super::answers::*,
    Answer::{Events, Json},
    Case, ELEVENLABS, FAL, GOOGLE, Vendor, bearer,
};

pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for provider in ["openai", "openrouter", "together", "huggingface", "ollama", "llamacpp", "lmstudio", "vllm", "mlx"]
    {
        let vendor = bearer(provider);
        cases.push(vendor.does("text.chat", "some-model", "/chat/completions", Events(openai_words)));
        if provider != "huggingface" {
            cases.push(vendor.does("text.embed", "some-model", "/embeddings", Json(openai_vectors)));
        }
    }
    for provider in ["openai", "openrouter", "together", "ollama", "vllm"] {
        let path = "/audio/transcriptions";
        cases.push(bearer(provider).does("audio.transcribe", "some-model", path, Json(openai_said)));
    }
    let vectors = "/hf-inference/models/some/vectors/pipeline/feature-extraction";
    let google = |capability, model, path, answer| GOOGLE.does(capability, model, path, answer);
    cases.extend([
        bearer("huggingface").does("text.embed", "some/vectors", vectors, Json(huggingface_vectors)),
        bearer("huggingface").does(
            "audio.transcribe",
            "some/ears",
            "/hf-inference/models/some/ears",
            Json(huggingface_said),
        ),
        Vendor("anthropic", ("x-api-key", "")).does(
            "text.chat",
            "claude-haiku-5-5",
            "/v1/messages",
            Events(anthropic_words),
        ),
        google("text.chat", "gemini-3.8-flash", "/models/gemini-3.8-flash:streamGenerateContent", Events(gemini_words))
            .blocking(gemini_blocked),
        google(
            "text.embed",
            "gemini-embedding-2",
            "/models/gemini-embedding-2:batchEmbedContents",
            Json(gemini_vectors),
        ),
        google(
            "audio.transcribe",
            "gemini-3.5-transcribe",
            "/models/gemini-3.5-transcribe:generateContent",
            Json(gemini_said),
        )
        .blocking(gemini_blocked),
        FAL.does("audio.transcribe", "openai/whisper-large-v3", "/fal-ai/wizper", Json(huggingface_said)),
        bearer("minimax").does("text.chat", "some-model", "/v1/chat/completions", Events(openai_words)),
        ELEVENLABS.does("audio.transcribe", "scribe_v2", "/v1/speech-to-text", Json(elevenlabs_said)),
    ]);
    cases
}
