//! The graph in which a case is tried: the node with the case's model, and samples for what it takes.

use serde_json::json;

use super::cases::Case;

/// The parameter by which the node is told something in words.
pub fn says(case: &Case) -> Option<&'static str> {
    match case.capability {
        "text.embed" | "audio.speak" => Some("text"),
        "audio.transcribe" | "image.upscale" | "image.remove_background" | "video.upscale" | "video.lip_sync" => None,
        _ => Some("prompt"),
    }
}

/// The workflow that tries a case.
pub fn workflow(case: &Case) -> String {
    let mut params = json!({"model": case.model, "connection": case.provider});
    if let Some(says) = says(case) {
        params[says] = json!("A boat");
    }
    if case.capability == "image.outpaint" {
        params["left"] = json!(16);
    }
    if case.capability == "image.vary" && case.model == "sdxl-depth" {
        params["lora"] = json!("somebody/style");
        params["lora_strength"] = json!(0.5);
        params["control_strength"] = json!(0.75);
    }
    if case.capability == "model.hosted" {
        let (name, pointer) = if case.provider == "fal" { ("pictures", "/pictures") } else { ("output", "") };
        params["connection"] = json!("");
        params["interface"] = json!({
            "provider": case.provider, "endpoint": case.model,
            "inputs": [
                {"name": "prompt", "kind": "text", "required": true},
                {"name": "model", "kind": "choice", "options": [5, 10]},
                {"name": "image_urls", "kind": "media", "media": "image", "list": true, "required": true},
                {"name": "seed", "kind": "seed"},
            ],
            "outputs": [{"name": name, "type": "list<image>", "pointer": pointer}],
        });
        params["model_"] = json!("10");
        return format!("a:model.hosted{params}\n a[{name}] -> out:test.output\n pic:test.picture -> a(image_urls)\n");
    }
    let mut text = format!("a:{}{params}\n a -> out:test.output\n", case.capability);
    match case.capability {
        "image.edit" => text.push_str("pic:test.picture -> a(images)\n"),
        "image.inpaint" => text.push_str("pic:test.picture -> a(image)\n mask:test.mask -> a(mask)\n"),
        "image.outpaint" | "image.upscale" | "image.remove_background" => {
            text.push_str("pic:test.picture -> a(image)\n")
        }
        "image.vary" if case.model.starts_with("sdxl-") => {
            text.push_str("pic:test.picture -> a(image)\n pose:test.picture -> a(control)\n")
        }
        "image.vary" => text.push_str("pic:test.picture -> a(image)\n"),
        "video.restyle" | "video.upscale" | "video.extend" => text.push_str("clip:test.clip -> a(video)\n"),
        "video.lip_sync" => text.push_str("clip:test.clip -> a(video)\n said:test.sound -> a(speech)\n"),
        "audio.transcribe" => text.push_str("said:test.sound -> a(audio)\n"),
        _ => {}
    }
    text
}
