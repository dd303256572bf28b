//! The graph in which a case is tried: the node with the case's model, and samples for what it takes.

use serde_json::json;

use super::cases::Case;

/// The workflow that tries a case.
pub fn workflow(case: &Case) -> String {
    let mut params = json!({"model": case.model, "connection": case.provider});
    let says = match case.capability {
        "text.embed" | "audio.speak" => Some("text"),
        "audio.transcribe" | "image.upscale" | "image.remove_background" => None,
        _ => Some("prompt"),
    };
    if let Some(says) = says {
        params[says] = json!("A boat");
    }
    if case.capability == "image.outpaint" {
        params["left"] = json!(16);
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
        "audio.transcribe" => text.push_str("said:test.sound -> a(audio)\n"),
        _ => {}
    }
    text
}
