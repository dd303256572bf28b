//! Pictures, and whatever a hosted model makes.

use super::{
    super::answers::*,
    Answer::{self, Job, Json},
    Case, FAL as fal, GOOGLE, Vendor, bearer,
};

pub fn all() -> Vec<Case> {
    let mut cases = vec![
        fal.does("model.hosted", "fal-ai/some/model", "/fal-ai/some/model", Job(FAL_WHOLE)),
        bearer("replicate").does("model.hosted", "somebody/model:0123abcd", "/predictions", Job(REPLICATE)),
    ];
    for (vendor, answer, rows) in jobs() {
        cases.extend(rows.iter().map(|(capability, model, path)| vendor.does(capability, model, path, answer)));
    }
    for capability in ["image.generate", "image.edit"] {
        let kling = bearer("kling").does(capability, "kling-v3-image", "/v1/images/generations", Job(KLING));
        cases.push(kling.blocking(kling_blocked));
    }
    cases.extend(at_once());
    cases
}

type Row = (&'static str, &'static str, &'static str);

/// Vendors with jobs: capability, model, path.
fn jobs() -> Vec<(Vendor, Answer, &'static [Row])> {
    vec![
        (
            fal,
            Job(FAL),
            &[
                ("image.generate", "flux-2-pro", "/fal-ai/flux-2-pro"),
                ("image.edit", "flux-2-pro", "/fal-ai/flux-2-pro/edit"),
                ("image.vary", "sdxl-depth", "/fal-ai/sdxl-controlnet-union/image-to-image"),
                ("image.inpaint", "flux-fill", "/fal-ai/flux-pro/v1/fill"),
                ("image.outpaint", "flux-2-pro", "/fal-ai/flux-2-pro/outpaint"),
                ("image.upscale", "esrgan", "/fal-ai/esrgan"),
                ("image.remove_background", "birefnet", "/fal-ai/birefnet/v2"),
            ],
        ),
        (
            bearer("replicate"),
            Job(REPLICATE),
            &[
                ("image.generate", "nano-banana-2", "/models/google/nano-banana-2/predictions"),
                ("image.edit", "flux-kontext-pro", "/models/black-forest-labs/flux-kontext-pro/predictions"),
                ("image.vary", "flux-dev-lora", "/models/black-forest-labs/flux-dev-lora/predictions"),
                ("image.inpaint", "flux-fill", "/models/black-forest-labs/flux-fill-pro/predictions"),
                ("image.upscale", "esrgan", "/models/nightmareai/real-esrgan/predictions"),
                ("image.remove_background", "bria-remove-background", "/models/bria/remove-background/predictions"),
            ],
        ),
        (
            Vendor("bfl", ("x-key", "")),
            Job(BFL),
            &[
                ("image.generate", "flux-2-pro", "/flux-2-pro"),
                ("image.edit", "flux-kontext-pro", "/flux-kontext-pro"),
                ("image.inpaint", "flux-fill", "/flux-pro-1.0-fill"),
                ("image.outpaint", "flux-fill", "/flux-pro-1.0-expand"),
            ],
        ),
        (
            bearer("runway"),
            Job(RUNWAY),
            &[
                ("image.generate", "gen4_image", "/v1/text_to_image"),
                ("image.edit", "gen4_image", "/v1/text_to_image"),
                ("image.upscale", "magnific-upscaler", "/v1/image_upscale"),
            ],
        ),
        (
            bearer("runpod"),
            Job(RUNPOD),
            &[("image.generate", "qwen-image", "/qwen-image/run"), ("image.edit", "qwen-image", "/qwen-image/run")],
        ),
        (bearer("luma"), Job(LUMA), &[("image.generate", "photon-1", "/generations/image")]),
    ]
}

/// Vendors that answer with the picture.
fn at_once() -> Vec<Case> {
    let mut cases = Vec::new();
    let (openai, model) = (bearer("openai"), "gpt-image-2.6-flare");
    cases.push(openai.does("image.generate", model, "/images/generations", Json(openai_picture)));
    for capability in ["image.edit", "image.inpaint", "image.outpaint"] {
        cases.push(openai.does(capability, model, "/images/edits", Json(openai_picture)));
    }
    let minimax = bearer("minimax").does("image.generate", "image-01", "/v1/image_generation", Json(minimax_picture));
    cases.push(minimax.blocking(minimax_blocked));
    for capability in ["image.generate", "image.edit"] {
        let path = "/models/gemini-nano-banana-2.1:generateContent";
        let google = GOOGLE.does(capability, "gemini-nano-banana-2.1", path, Json(gemini_made));
        cases.push(google.blocking(gemini_blocked));
        cases.push(bearer("openrouter").does(capability, "google/some-image", "/images", Json(openai_picture)));
        cases.push(bearer("together").does(capability, "some/flux", "/images/generations", Json(openai_picture)));
        let path = "/hf-inference/models/some/flux";
        cases.push(bearer("huggingface").does(capability, "some/flux", path, Answer::Bytes("image/png")));
    }
    for (capability, model, path) in [
        ("image.generate", "stable-image-ultra", "/v2beta/stable-image/generate/ultra"),
        ("image.edit", "sd3.5-large", "/v2beta/stable-image/generate/sd3"),
        ("image.vary", "stability-structure", "/v2beta/stable-image/control/structure"),
        ("image.inpaint", "stability-inpaint", "/v2beta/stable-image/edit/inpaint"),
        ("image.outpaint", "stability-outpaint", "/v2beta/stable-image/edit/outpaint"),
        ("image.upscale", "stability-upscale-fast", "/v2beta/stable-image/upscale/fast"),
        ("image.remove_background", "stability-remove-background", "/v2beta/stable-image/edit/remove-background"),
    ] {
        let stability = bearer("stability").does(capability, model, path, Json(stability_picture));
        cases.push(stability.blocking(stability_blocked));
    }
    for (capability, model, path, answer) in [
        ("image.generate", "recraftv4_1", "/images/generations", Json(openai_picture)),
        ("image.edit", "recraftv3", "/images/imageToImage", Json(openai_picture)),
        ("image.vary", "recraftv3", "/images/imageToImage", Json(openai_picture)),
        ("image.inpaint", "recraftv3", "/images/inpaint", Json(openai_picture)),
        ("image.outpaint", "recraftv3", "/images/inpaint", Json(openai_picture)),
        ("image.upscale", "recraft-crisp-upscale", "/images/crispUpscale", Json(recraft_picture)),
        ("image.remove_background", "recraft-remove-background", "/images/removeBackground", Json(recraft_picture)),
    ] {
        cases.push(bearer("recraft").does(capability, model, path, answer));
    }
    for (capability, model, path) in [
        ("image.generate", "ideogram-v4", "/v1/ideogram-v4/generate"),
        ("image.edit", "ideogram-v3", "/v1/ideogram-v3/remix"),
        ("image.vary", "ideogram-v3", "/v1/ideogram-v3/remix"),
        ("image.inpaint", "ideogram-v3", "/v1/ideogram-v3/edit"),
        ("image.outpaint", "ideogram-v3", "/v1/ideogram-v3/edit"),
        ("image.upscale", "ideogram-upscale", "/upscale"),
    ] {
        let ideogram = Vendor("ideogram", ("api-key", "")).does(capability, model, path, Json(ideogram_picture));
        cases.push(ideogram.blocking(ideogram_blocked));
    }
    cases
}
