use serde_json::json;

use super::*;

fn model() -> HostedModel {
    HostedModel::read(&json!({
        "provider": "fal", "endpoint": "a/b",
        "inputs": [
            {"name": "prompt", "kind": "text", "required": true},
            {"name": "steps", "kind": "integer", "min": 1, "max": 50, "default": 28},
            {"name": "duration", "kind": "choice", "options": [5, 10]},
            {"name": "model", "kind": "choice", "options": ["light", "heavy"], "default": "light"},
            {"name": "image_urls", "kind": "media", "media": "image", "list": true, "required": true},
            {"name": "seed", "kind": "seed"},
            {"name": "steps", "kind": "text"},
            {"name": "a b", "kind": "text"},
            {"name": "strange", "kind": "media", "media": "number"},
        ],
        "outputs": [
            {"name": "images", "type": "list<image>", "pointer": "/images"},
            {"name": "seed", "type": "number", "pointer": "/seed"},
        ],
    }))
    .expect("a note")
}

#[test]
fn ports_and_parameters_follow_from_the_note() {
    let (inputs, outputs, params) = model().ports();
    let named = |port: &PortSpec| format!("{}: {} {}", port.name, port.value_type, port.required);
    assert_eq!(inputs.iter().map(named).collect::<Vec<_>>(), ["image_urls: list<image> true"]);
    assert_eq!(outputs.iter().map(named).collect::<Vec<_>>(), ["images: list<image> false", "seed: number false"]);
    let params: Vec<_> = params.iter().map(|param| format!("{} = {}", param.name, param.default)).collect();
    assert_eq!(params, ["prompt = null", "steps = 28", "duration = \"\"", "model_ = \"light\""]);
}

#[test]
fn values_are_written_as_the_vendor_wants_them() {
    let model = model();
    let takes = |name: &str, value: Json| {
        let input = model.inputs.iter().find(|input| input.name == name).expect("an input");
        input.takes(&value)
    };
    assert_eq!(takes("duration", json!("5")), Some(json!(5)), "a number of a choice stays a number");
    assert_eq!(takes("duration", json!("7")), None);
    assert_eq!(takes("steps", json!(20.0)), Some(json!(20)));
    assert_eq!((takes("steps", json!(51)), takes("steps", json!(1.5))), (None, None));
    assert_eq!(takes("prompt", json!(3)), None);
}

#[test]
fn addresses_are_found_in_what_the_output_points_at() {
    let output = |pointer: &str, value_type: &str| HostedOutput {
        name: "x".into(),
        value_type: value_type.parse().expect("a type"),
        pointer: pointer.into(),
    };
    let answer =
        json!({"images": [{"url": "https://a"}, {"url": 3}], "video": {"url": "https://v"}, "seed": "https://s"});
    assert_eq!(output("/images", "list<image>").addresses(&answer), ["https://a"]);
    assert_eq!(output("/video", "video").addresses(&answer), ["https://v"]);
    assert!(output("/seed", "text").addresses(&answer).is_empty(), "a text is no address");
    assert_eq!(output("", "any").addresses(&json!(["https://b"])), ["https://b"]);
}

#[test]
fn what_is_no_note_gives_nothing() {
    for wild in
        [json!(null), json!([]), json!({"provider": 3}), json!({"provider": "x", "endpoint": "y", "inputs": {}})]
    {
        assert_eq!(HostedModel::read(&wild), None, "{wild}");
    }
}
