//! What vendors answer when all goes well, and what HTTP 200 says when the content policy is at work.

use serde_json::{Value, json};

use super::cases::{Job, Made};

pub const FAL: Job = Job {
    taken: |made| {
        let of = |what: &str| format!("{}/requests/job-1{what}", made.base);
        json!({"request_id": "job-1", "status_url": of("/status"), "response_url": of(""), "cancel_url": of("/cancel")})
    },
    state: |path, step, made| match path {
        "/requests/job-1/status" => Some(json!({"status": (["IN_QUEUE", "IN_PROGRESS", "COMPLETED"][step])})),
        "/requests/job-1" => Some(json!({"images": [{"url": made.url}], "seed": 7})),
        _ => None,
    },
    cancel: "/requests/job-1/cancel",
    content: "",
};
pub const FAL_FILM: Job = Job {
    state: |path, step, made| match path {
        "/requests/job-1/status" => Some(json!({"status": (["IN_QUEUE", "IN_PROGRESS", "COMPLETED"][step])})),
        "/requests/job-1" => Some(json!({"video": {"url": made.url}, "seed": 7})),
        _ => None,
    },
    ..FAL
};
/// The content is at the vendor, behind the key.
pub const OPENROUTER: Job = Job {
    taken: |made| json!({"id": "job-1", "status": "pending", "polling_url": format!("{}/videos/job-1", made.base)}),
    state: |path, step, _| {
        let status = ["pending", "in_progress", "completed"][step];
        (path == "/videos/job-1").then(|| json!({"id": "job-1", "status": status, "usage": {"cost": 0.4}}))
    },
    cancel: "",
    content: "/videos/job-1/content",
};
pub const TOGETHER: Job = Job {
    taken: |_| json!({"id": "job-1", "object": "video", "status": "queued"}),
    state: |path, step, made| {
        let status = ["queued", "in_progress", "completed"][step];
        let outputs = json!({"cost": 0.4, "video_url": made.url});
        (path == "/videos/job-1").then(|| json!({"id": "job-1", "status": status, "outputs": outputs}))
    },
    cancel: "",
    content: "",
};
pub const FAL_SOUND: Job = Job {
    state: |path, step, made| match path {
        "/requests/job-1/status" => Some(json!({"status": (["IN_QUEUE", "IN_PROGRESS", "COMPLETED"][step])})),
        "/requests/job-1" => Some(json!({"audio": {"url": made.url}})),
        _ => None,
    },
    ..FAL
};
pub const REPLICATE: Job = Job {
    taken: |_| json!({"id": "job-1", "status": "starting"}),
    state: |path, step, made| {
        let status = ["starting", "processing", "succeeded"][step];
        (path == "/predictions/job-1").then(|| json!({"status": status, "output": [made.url], "completed_at": null}))
    },
    cancel: "/predictions/job-1/cancel",
    content: "",
};
pub const FAL_WHOLE: Job = Job {
    state: |path, step, made| match path {
        "/requests/job-1/status" => Some(json!({"status": (["IN_QUEUE", "IN_PROGRESS", "COMPLETED"][step])})),
        "/requests/job-1" => Some(json!({"pictures": [{"url": made.url, "width": 32}], "words": "a boat"})),
        _ => None,
    },
    ..FAL
};
pub const BFL: Job = Job {
    taken: |made| json!({"id": "job-1", "polling_url": format!("{}/get_result?id=job-1", made.base), "cost": 4.0}),
    state: |path, step, made| {
        let status = ["Pending", "Pending", "Ready"][step];
        (path == "/get_result").then(|| json!({"status": status, "result": {"sample": made.url, "seed": 9}}))
    },
    cancel: "",
    content: "",
};
pub const RUNWAY: Job = Job {
    taken: |_| json!({"id": "job-1"}),
    state: |path, step, made| {
        let status = ["PENDING", "RUNNING", "SUCCEEDED"][step];
        (path == "/v1/tasks/job-1").then(|| json!({"status": status, "output": [made.url], "cost": {"credits": 5}}))
    },
    cancel: "/v1/tasks/job-1",
    content: "",
};

pub const RUNPOD: Job = Job {
    taken: |_| json!({"id": "job-1", "status": "IN_QUEUE"}),
    state: |path, step, made| {
        let status = ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"][step];
        let output = json!({"image_url": made.url, "cost": 0.02});
        (path == "/qwen-image/status/job-1").then(|| json!({"id": "job-1", "status": status, "output": output}))
    },
    cancel: "/qwen-image/cancel/job-1",
    content: "",
};
pub const LUMA: Job = Job {
    taken: |_| json!({"id": "job-1", "state": "queued"}),
    state: |path, step, made| {
        let state = ["queued", "dreaming", "completed"][step];
        (path == "/generations/job-1").then(|| json!({"id": "job-1", "state": state, "assets": {"image": made.url}}))
    },
    cancel: "",
    content: "",
};
/// Pictures are of the API before the one for films.
pub const KLING: Job = Job {
    taken: |_| json!({"code": 0, "message": "", "data": {"task_id": "job-1", "task_status": "submitted"}}),
    state: |path, step, made| {
        let status = ["submitted", "processing", "succeed"][step];
        let data = json!({"task_status": status, "task_result": {"images": [{"index": 0, "url": made.url}]}});
        (path == "/v1/images/generations/job-1").then(|| json!({"code": 0, "data": data}))
    },
    cancel: "",
    content: "",
};

pub fn kling_blocked() -> Value {
    json!({"code": 1301, "message": "the prompt is not allowed"})
}

pub fn minimax_picture(made: &Made<'_>) -> Value {
    json!({"data": {"image_base64": [made.base64]}, "base_resp": {"status_code": 0, "status_msg": "success"}})
}

pub fn openai_picture(made: &Made<'_>) -> Value {
    json!({"data": [{"b64_json": made.base64}], "usage": {"input_tokens": 10, "output_tokens": 200}})
}

pub fn gemini_made(made: &Made<'_>) -> Value {
    let part = json!({"inlineData": {"mimeType": "image/png", "data": made.base64}});
    json!({"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 5}})
}

pub fn gemini_speech(_: &Made<'_>) -> Value {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let data = STANDARD.encode([0u8; 48_000]);
    let part = json!({"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": data}});
    json!({"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]})
}

pub fn gemini_blocked() -> Value {
    json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
}

pub fn stability_picture(made: &Made<'_>) -> Value {
    json!({"image": made.base64, "finish_reason": "SUCCESS", "seed": 5})
}

pub fn stability_blocked() -> Value {
    json!({"image": "AAAA", "finish_reason": "CONTENT_FILTERED"})
}

pub fn ideogram_picture(made: &Made<'_>) -> Value {
    json!({"data": [{"url": made.url, "seed": 3, "is_image_safe": true}]})
}

pub fn ideogram_blocked() -> Value {
    json!({"data": [{"url": null, "is_image_safe": false}]})
}

pub fn minimax_sound(made: &Made<'_>) -> Value {
    json!({"data": {"audio": made.hex, "status": 2}, "base_resp": {"status_code": 0, "status_msg": "success"}})
}

pub fn minimax_blocked() -> Value {
    json!({"base_resp": {"status_code": 1026, "status_msg": "input is sensitive"}})
}

pub fn openai_words() -> Vec<Value> {
    let delta =
        |text: &str| json!({"model": "answering-7", "choices": [{"delta": {"content": text}, "finish_reason": null}]});
    vec![
        delta("Good "),
        delta("day"),
        json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
        json!({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 2}}),
    ]
}

pub fn anthropic_words() -> Vec<Value> {
    let delta =
        |text: &str| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}});
    vec![
        json!({"type": "message_start", "message": {"model": "answering-7", "usage": {"input_tokens": 11, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "ping"}),
        delta("Good "),
        delta("day"),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}),
        json!({"type": "message_stop"}),
    ]
}

pub fn gemini_words() -> Vec<Value> {
    let part =
        |text: &str| json!({"modelVersion": "answering-7", "candidates": [{"content": {"parts": [{"text": text}]}}]});
    let mut last = part("day");
    last["candidates"][0]["finishReason"] = json!("STOP");
    last["usageMetadata"] = json!({"promptTokenCount": 11, "candidatesTokenCount": 2});
    vec![part("Good "), last]
}

pub fn openai_vectors(_: &Made<'_>) -> Value {
    json!({"data": [{"index": 0, "embedding": [0.5, -0.25]}], "usage": {"prompt_tokens": 3}})
}

pub fn gemini_vectors(_: &Made<'_>) -> Value {
    json!({"embeddings": [{"values": [0.5, -0.25]}]})
}

pub fn openai_said(_: &Made<'_>) -> Value {
    json!({"text": "Good day", "usage": {"type": "tokens", "input_tokens": 11, "output_tokens": 2}})
}

pub fn gemini_said(_: &Made<'_>) -> Value {
    json!({"candidates": [{"content": {"parts": [{"text": "Good day"}]}, "finishReason": "STOP"}]})
}

pub fn elevenlabs_said(_: &Made<'_>) -> Value {
    let word = |text: &str, start: f64| json!({"text": text, "start": start, "end": start + 0.5, "type": "word"});
    json!({"text": "Good day", "language_code": "en", "words": [word("Good ", 0.0), word("day", 0.6)]})
}

pub fn recraft_picture(made: &Made<'_>) -> Value {
    json!({"image": {"url": made.url}})
}

pub fn stability_sound(made: &Made<'_>) -> Value {
    json!({"audio": made.base64, "finish_reason": "SUCCESS"})
}

pub fn huggingface_vectors(_: &Made<'_>) -> Value {
    json!([[0.5, -0.25]])
}

pub fn huggingface_said(_: &Made<'_>) -> Value {
    json!({"text": " Good day", "chunks": [{"timestamp": [0.0, 1.2], "text": " Good day"}]})
}
