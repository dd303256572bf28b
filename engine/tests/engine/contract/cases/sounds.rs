//! Speech, music and effects.

use super::{
    super::answers::*,
    Answer::{Bytes, Job, Json},
    Case, ELEVENLABS, FAL as fal, GOOGLE, bearer,
};

pub fn all() -> Vec<Case> {
    let (replicate, runway) = (bearer("replicate"), bearer("runway"));
    let (effects, stability) = ("eleven_text_to_sound_v2", bearer("stability"));
    let mut cases = vec![
        fal.does("audio.speak", "kokoro", "/fal-ai/kokoro/american-english", Job(FAL_SOUND)),
        fal.does("audio.music", "music_v2_5", "/fal-ai/elevenlabs/music", Job(FAL_SOUND)),
        fal.does("audio.effect", effects, "/fal-ai/elevenlabs/sound-effects/v2", Job(FAL_SOUND)),
        runway.does("audio.speak", "eleven_v4-runway", "/v1/text_to_speech", Job(RUNWAY)),
        runway.does("audio.effect", effects, "/v1/sound_effect", Job(RUNWAY)),
        replicate.does("audio.speak", "bark", "/predictions", Job(REPLICATE)),
        replicate.does("audio.music", "musicgen", "/predictions", Job(REPLICATE)),
        stability
            .does(
                "audio.music",
                "stable-audio-2.5",
                "/v2beta/audio/stable-audio-2/text-to-audio",
                Json(stability_sound),
            )
            .blocking(stability_blocked),
    ];
    for (provider, model) in [("openai", "gpt-4o-mini-tts"), ("openrouter", "some/voice"), ("together", "some/voice")] {
        cases.push(bearer(provider).does("audio.speak", model, "/audio/speech", Bytes("audio/mpeg")));
    }
    for (capability, model, path) in [
        ("audio.speak", "gemini-3.8-flash-tts", "/models/gemini-3.8-flash-tts:generateContent"),
        ("audio.music", "lyria-3.5", "/models/lyria-3.5:generateContent"),
    ] {
        cases.push(GOOGLE.does(capability, model, path, Json(gemini_speech)).blocking(gemini_blocked));
    }
    for (capability, model, path) in [
        ("audio.speak", "eleven_v4", "/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM"),
        ("audio.music", "music_v2_5", "/v1/music"),
        ("audio.effect", "eleven_text_to_sound_v3", "/v1/sound-generation"),
    ] {
        cases.push(ELEVENLABS.does(capability, model, path, Bytes("audio/mpeg")));
    }
    for (capability, model, path) in
        [("audio.speak", "speech-2.8-hd", "/v1/t2a_v2"), ("audio.music", "music-2.6", "/v1/music_generation")]
    {
        cases.push(bearer("minimax").does(capability, model, path, Json(minimax_sound)).blocking(minimax_blocked));
    }
    cases
}
