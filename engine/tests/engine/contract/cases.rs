//! Every vendor with everything it does but films (those have a folder of their own): which node and model it is tried
//! with, where it takes the request, and how it answers when all goes well.

use serde_json::{Value, json};

use super::answers::*;

/// One vendor with one thing it does.
#[derive(Clone, Copy)]
pub struct Case {
    pub provider: &'static str,
    pub capability: &'static str,
    pub model: &'static str,
    /// The header that the key stands in, and what stands before it.
    pub key: (&'static str, &'static str),
    /// Where the request goes.
    pub path: &'static str,
    pub answer: Answer,
    /// What HTTP 200 says when the content policy is at work.
    pub blocked: Option<fn() -> Value>,
}

/// What a result can be made of.
pub struct Made<'a> {
    pub base64: &'a str,
    pub hex: &'a str,
    /// At another origin.
    pub url: &'a str,
    /// The vendor's own address.
    pub base: &'a str,
}

#[derive(Clone, Copy)]
pub enum Answer {
    /// The result itself.
    Bytes(&'static str),
    /// The result, or its address, within JSON.
    Json(fn(&Made<'_>) -> Value),
    /// A job: what the order is answered with, and the questions about it.
    Job(Job),
    /// A stream of events.
    Events(fn() -> Vec<Value>),
}

#[derive(Clone, Copy)]
pub struct Job {
    pub taken: fn(&Made<'_>) -> Value,
    /// Answers to a question at this path: 0 waits, 1 works, 2 is done.
    pub state: fn(&str, usize, &Made<'_>) -> Option<Value>,
    /// The path that stops it; empty: there is none.
    pub cancel: &'static str,
}

const BEARER: (&str, &str) = ("authorization", "Bearer ");

/// All of them. A line is: provider, capability, model, key, path, answer, what is blocked.
pub fn all() -> Vec<Case> {
    let case = |provider, capability, model, key, path, answer, blocked| Case {
        provider,
        capability,
        model,
        key,
        path,
        answer,
        blocked,
    };
    let (google, xi, fal) = (("x-goog-api-key", ""), ("xi-api-key", ""), ("authorization", "Key "));
    let (x_key, api_key, anthropic) = (("x-key", ""), ("api-key", ""), ("x-api-key", ""));
    let picture = Answer::Json(openai_picture);
    let recraft = Answer::Json(|made| json!({"image": {"url": made.url}}));
    let mut cases = vec![
        case("openai", "image.generate", "gpt-image-2.6-flare", BEARER, "/images/generations", picture, None),
        case("openai", "image.edit", "gpt-image-2.6-flare", BEARER, "/images/edits", picture, None),
        case("openai", "image.inpaint", "gpt-image-2.6-flare", BEARER, "/images/edits", picture, None),
        case("openai", "image.outpaint", "gpt-image-2.6-flare", BEARER, "/images/edits", picture, None),
        case("openai", "audio.speak", "gpt-4o-mini-tts", BEARER, "/audio/speech", Answer::Bytes("audio/mpeg"), None),
        case(
            "google",
            "image.generate",
            "gemini-nano-banana-2.1",
            google,
            "/models/gemini-nano-banana-2.1:generateContent",
            Answer::Json(gemini_made),
            Some(gemini_blocked),
        ),
        case(
            "google",
            "image.edit",
            "gemini-nano-banana-2.1",
            google,
            "/models/gemini-nano-banana-2.1:generateContent",
            Answer::Json(gemini_made),
            Some(gemini_blocked),
        ),
        case(
            "google",
            "audio.speak",
            "gemini-3.8-flash-tts",
            google,
            "/models/gemini-3.8-flash-tts:generateContent",
            Answer::Json(gemini_speech),
            Some(gemini_blocked),
        ),
        case(
            "google",
            "audio.music",
            "lyria-3.5",
            google,
            "/models/lyria-3.5:generateContent",
            Answer::Json(gemini_speech),
            Some(gemini_blocked),
        ),
        case("fal", "image.generate", "flux-2-pro", fal, "/fal-ai/flux-2-pro", Answer::Job(FAL), None),
        case("fal", "image.edit", "flux-2-pro", fal, "/fal-ai/flux-2-pro/edit", Answer::Job(FAL), None),
        case("fal", "image.inpaint", "flux-fill", fal, "/fal-ai/flux-pro/v1/fill", Answer::Job(FAL), None),
        case("fal", "image.outpaint", "flux-2-pro", fal, "/fal-ai/flux-2-pro/outpaint", Answer::Job(FAL), None),
        case("fal", "image.upscale", "esrgan", fal, "/fal-ai/esrgan", Answer::Job(FAL), None),
        case("fal", "image.remove_background", "birefnet", fal, "/fal-ai/birefnet/v2", Answer::Job(FAL), None),
        case("fal", "audio.speak", "kokoro", fal, "/fal-ai/kokoro/american-english", Answer::Job(FAL_SOUND), None),
        case("fal", "audio.music", "music_v2_5", fal, "/fal-ai/elevenlabs/music", Answer::Job(FAL_SOUND), None),
        case(
            "fal",
            "audio.effect",
            "eleven_text_to_sound_v2",
            fal,
            "/fal-ai/elevenlabs/sound-effects/v2",
            Answer::Job(FAL_SOUND),
            None,
        ),
        case(
            "replicate",
            "image.generate",
            "nano-banana-2",
            BEARER,
            "/models/google/nano-banana-2/predictions",
            Answer::Job(REPLICATE),
            None,
        ),
        case(
            "replicate",
            "image.edit",
            "flux-kontext-pro",
            BEARER,
            "/models/black-forest-labs/flux-kontext-pro/predictions",
            Answer::Job(REPLICATE),
            None,
        ),
        case(
            "replicate",
            "image.inpaint",
            "flux-fill",
            BEARER,
            "/models/black-forest-labs/flux-fill-pro/predictions",
            Answer::Job(REPLICATE),
            None,
        ),
        case(
            "replicate",
            "image.upscale",
            "esrgan",
            BEARER,
            "/models/nightmareai/real-esrgan/predictions",
            Answer::Job(REPLICATE),
            None,
        ),
        case(
            "replicate",
            "image.remove_background",
            "bria-remove-background",
            BEARER,
            "/models/bria/remove-background/predictions",
            Answer::Job(REPLICATE),
            None,
        ),
        case("replicate", "audio.speak", "bark", BEARER, "/predictions", Answer::Job(REPLICATE), None),
        case("replicate", "audio.music", "musicgen", BEARER, "/predictions", Answer::Job(REPLICATE), None),
        case("bfl", "image.generate", "flux-2-pro", x_key, "/flux-2-pro", Answer::Job(BFL), None),
        case("bfl", "image.edit", "flux-kontext-pro", x_key, "/flux-kontext-pro", Answer::Job(BFL), None),
        case("bfl", "image.inpaint", "flux-fill", x_key, "/flux-pro-1.0-fill", Answer::Job(BFL), None),
        case("bfl", "image.outpaint", "flux-fill", x_key, "/flux-pro-1.0-expand", Answer::Job(BFL), None),
        case("runway", "image.generate", "gen4_image", BEARER, "/v1/text_to_image", Answer::Job(RUNWAY), None),
        case("runway", "image.edit", "gen4_image", BEARER, "/v1/text_to_image", Answer::Job(RUNWAY), None),
    ];
    let stability = Answer::Json(stability_picture);
    for (capability, model, path) in [
        ("image.generate", "stable-image-ultra", "/v2beta/stable-image/generate/ultra"),
        ("image.edit", "sd3.5-large", "/v2beta/stable-image/generate/sd3"),
        ("image.inpaint", "stability-inpaint", "/v2beta/stable-image/edit/inpaint"),
        ("image.outpaint", "stability-outpaint", "/v2beta/stable-image/edit/outpaint"),
        ("image.upscale", "stability-upscale-fast", "/v2beta/stable-image/upscale/fast"),
        ("image.remove_background", "stability-remove-background", "/v2beta/stable-image/edit/remove-background"),
    ] {
        cases.push(case("stability", capability, model, BEARER, path, stability, Some(stability_blocked)));
    }
    let sound = Answer::Json(|made| json!({"audio": made.base64, "finish_reason": "SUCCESS"}));
    cases.push(case(
        "stability",
        "audio.music",
        "stable-audio-2.5",
        BEARER,
        "/v2beta/audio/stable-audio-2/text-to-audio",
        sound,
        Some(stability_blocked),
    ));
    for (capability, model, path, answer) in [
        ("image.generate", "recraftv4_1", "/images/generations", picture),
        ("image.edit", "recraftv3", "/images/imageToImage", picture),
        ("image.inpaint", "recraftv3", "/images/inpaint", picture),
        ("image.outpaint", "recraftv3", "/images/inpaint", picture),
        ("image.upscale", "recraft-crisp-upscale", "/images/crispUpscale", recraft),
        ("image.remove_background", "recraft-remove-background", "/images/removeBackground", recraft),
    ] {
        cases.push(case("recraft", capability, model, BEARER, path, answer, None));
    }
    for (capability, model, path) in [
        ("image.generate", "ideogram-v4", "/v1/ideogram-v4/generate"),
        ("image.edit", "ideogram-v3", "/v1/ideogram-v3/remix"),
        ("image.inpaint", "ideogram-v3", "/v1/ideogram-v3/edit"),
        ("image.outpaint", "ideogram-v3", "/v1/ideogram-v3/edit"),
    ] {
        cases.push(case(
            "ideogram",
            capability,
            model,
            api_key,
            path,
            Answer::Json(ideogram_picture),
            Some(ideogram_blocked),
        ));
    }
    for (capability, model, path) in [
        ("audio.speak", "eleven_v4", "/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM"),
        ("audio.music", "music_v2_5", "/v1/music"),
        ("audio.effect", "eleven_text_to_sound_v3", "/v1/sound-generation"),
    ] {
        cases.push(case("elevenlabs", capability, model, xi, path, Answer::Bytes("audio/mpeg"), None));
    }
    for (capability, model, path) in
        [("audio.speak", "speech-2.8-hd", "/v1/t2a_v2"), ("audio.music", "music-2.6", "/v1/music_generation")]
    {
        cases.push(case(
            "minimax",
            capability,
            model,
            BEARER,
            path,
            Answer::Json(minimax_sound),
            Some(minimax_blocked),
        ));
    }
    for (provider, model, key, path, job) in [
        ("fal", "fal-ai/some/model", fal, "/fal-ai/some/model", FAL_WHOLE),
        ("replicate", "somebody/model:0123abcd", BEARER, "/predictions", REPLICATE),
    ] {
        cases.push(case(provider, "model.hosted", model, key, path, Answer::Job(job), None));
    }
    // From here on vendors are asked, and nothing is ordered.
    let speakers = ["openai", "openrouter", "together", "huggingface", "ollama", "llamacpp", "lmstudio", "vllm", "mlx"];
    for provider in speakers {
        cases.push(case(
            provider,
            "text.chat",
            "some-model",
            BEARER,
            "/chat/completions",
            Answer::Events(openai_words),
            None,
        ));
        if provider != "huggingface" {
            cases.push(case(
                provider,
                "text.embed",
                "some-model",
                BEARER,
                "/embeddings",
                Answer::Json(openai_vectors),
                None,
            ));
        }
    }
    for provider in ["openai", "openrouter", "together", "ollama", "vllm"] {
        cases.push(case(
            provider,
            "audio.transcribe",
            "some-model",
            BEARER,
            "/audio/transcriptions",
            Answer::Json(openai_said),
            None,
        ));
    }
    cases.extend([
        case(
            "anthropic",
            "text.chat",
            "claude-haiku-5-5",
            anthropic,
            "/v1/messages",
            Answer::Events(anthropic_words),
            None,
        ),
        case(
            "google",
            "text.chat",
            "gemini-3.8-flash",
            google,
            "/models/gemini-3.8-flash:streamGenerateContent",
            Answer::Events(gemini_words),
            Some(gemini_blocked),
        ),
        case(
            "google",
            "text.embed",
            "gemini-embedding-2",
            google,
            "/models/gemini-embedding-2:batchEmbedContents",
            Answer::Json(gemini_vectors),
            None,
        ),
        case(
            "google",
            "audio.transcribe",
            "gemini-3.5-transcribe",
            google,
            "/models/gemini-3.5-transcribe:generateContent",
            Answer::Json(gemini_said),
            Some(gemini_blocked),
        ),
        case(
            "elevenlabs",
            "audio.transcribe",
            "scribe_v2",
            xi,
            "/v1/speech-to-text",
            Answer::Json(elevenlabs_said),
            None,
        ),
    ]);
    cases
}
