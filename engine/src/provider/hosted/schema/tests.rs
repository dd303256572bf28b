//! Schemas as the vendors write them, and as somebody hostile would.

use serde_json::json;

use super::*;

fn told((inputs, outputs): Ports) -> (Vec<String>, Vec<String>) {
    let input = |input: &HostedInput| {
        let mut note = serde_json::to_value(input).expect("a note");
        note.as_object_mut().expect("an object").remove("description");
        note.to_string()
    };
    let output = |output: &HostedOutput| format!("{}: {} at `{}`", output.name, output.value_type, output.pointer);
    (inputs.iter().map(input).collect(), outputs.iter().map(output).collect())
}

#[test]
fn fals_document_is_read() {
    let document = json!({
        "paths": {
            "/fal-ai/some/model": {"post": {"requestBody": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/SomeModelInput"}}}}}},
            "/fal-ai/some/requests/{request_id}": {"get": {"responses": {"200": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/SomeModelOutput"}}}}}}},
            "/fal-ai/some/requests/{request_id}/status": {"get": {}},
        },
        "components": {"schemas": {
            "OtherInput": {"properties": {}},
            "SomeModelInput": {
                "required": ["prompt", "image_url"],
                "x-fal-order-properties": ["prompt", "image_url", "duration"],
                "properties": {
                    "duration": {"type": "string", "enum": ["5", "10"], "default": "5"},
                    "guidance_scale": {"type": "number", "minimum": 0, "maximum": 20, "default": 3.5},
                    "image_url": {"type": "string", "description": "Where it begins"},
                    "loras": {"type": "array", "items": {"$ref": "#/components/schemas/Lora"}},
                    "prompt": {"type": "string"},
                    "reference_image_urls": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]},
                    "seed": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                    "sync_mode": {"type": "boolean"},
                    "hf_token": {"type": "string"},
                    "webpage_url": {"type": "string"},
                },
            },
            "Lora": {"type": "object", "properties": {"path": {"type": "string"}}},
            "File": {"type": "object", "properties": {"url": {"type": "string"}}},
            "SomeModelOutput": {"properties": {
                "video": {"allOf": [{"$ref": "#/components/schemas/File"}]},
                "images": {"type": "array", "items": {"$ref": "#/components/schemas/File"}},
                "seed": {"type": "integer"},
            }},
        }},
    });
    let (inputs, outputs) = told(of_fal(&document, "fal-ai/some/model").expect("ports"));
    assert_eq!(
        inputs,
        [
            r#"{"kind":"text","name":"prompt","required":true}"#,
            r#"{"kind":"media","media":"image","name":"image_url","required":true}"#,
            r#"{"default":"5","kind":"choice","name":"duration","options":["5","10"]}"#,
            r#"{"default":3.5,"kind":"number","max":20.0,"min":0.0,"name":"guidance_scale"}"#,
            r#"{"kind":"json","name":"loras"}"#,
            r#"{"kind":"media","list":true,"media":"image","name":"reference_image_urls"}"#,
            r#"{"kind":"seed","name":"seed"}"#,
            r#"{"kind":"text","name":"webpage_url"}"#,
        ]
    );
    assert_eq!(outputs, ["images: list<image> at `/images`", "seed: number at `/seed`", "video: video at `/video`"]);
}

#[test]
fn replicates_schema_is_read() {
    let schema = |output: Json| {
        json!({"components": {"schemas": {
            "Input": {"type": "object", "required": ["prompt"], "properties": {
                "image": {"type": "string", "format": "uri", "x-order": 1},
                "prompt": {"type": "string", "x-order": 0},
                "format": {"allOf": [{"$ref": "#/components/schemas/format"}], "default": "webp", "x-order": 2},
                "steps": {"type": "integer", "minimum": 1, "maximum": 50, "default": 28, "x-order": 3},
                "key": {"type": "string", "format": "password", "x-order": 4},
            }},
            "format": {"type": "string", "enum": ["webp", "png"]},
            "Output": output,
        }}})
    };
    let uri = json!({"type": "string", "format": "uri"});
    let read = |output: Json, example: Json| told(of_replicate(&schema(output), &example).expect("ports"));
    let (inputs, outputs) = read(uri.clone(), json!("https://replicate.delivery/x/out.MP4?sig=a.b"));
    assert_eq!(
        inputs,
        [
            r#"{"kind":"text","name":"prompt","required":true}"#,
            r#"{"kind":"media","media":"image","name":"image"}"#,
            r#"{"default":"webp","kind":"choice","name":"format","options":["webp","png"]}"#,
            r#"{"default":28,"kind":"integer","max":50,"min":1,"name":"steps"}"#,
        ]
    );
    assert_eq!(outputs, ["output: video at ``"]);
    assert_eq!(read(uri.clone(), Json::Null).1, ["output: any at ``"], "nobody says of what");
    let list = json!({"type": "array", "items": uri});
    assert_eq!(read(list, json!(["https://a/b.png"])).1, ["output: list<image> at ``"]);
    let words = json!({"type": "array", "items": {"type": "string"}, "x-cog-array-type": "iterator"});
    assert_eq!(read(words, Json::Null).1, ["output: text at ``"]);
    let both = json!({"type": "object", "properties": {"audio_out": {"type": "string", "format": "uri"}, "text": {"type": "string"}}});
    assert_eq!(read(both, Json::Null).1, ["audio_out: audio at `/audio_out`", "text: text at `/text`"]);
}

#[test]
fn hostile_schemas_end() {
    let circle = json!({"components": {"schemas": {
        "Input": {"$ref": "#/components/schemas/Again"},
        "Again": {"allOf": [{"$ref": "#/components/schemas/Input"}]},
        "Output": {"type": "string"},
    }}});
    assert!(of_replicate(&circle, &Json::Null).is_none(), "references in a circle lead nowhere");
    for wild in [json!(null), json!([]), json!({"paths": 3}), json!({"paths": {}, "components": {"schemas": []}})] {
        assert!(of_fal(&wild, "a/b").is_none() && of_replicate(&wild, &wild).is_none(), "{wild}");
    }
    let many: Map<String, Json> = (0..5000)
        .map(|n| {
            (
                format!("p{n}"),
                json!({"type": "string", "description": "x".repeat(10_000), "default": "y".repeat(10_000)}),
            )
        })
        .collect();
    let options: Vec<Json> = (0..5000).map(|n| json!(format!("o{n}"))).collect();
    let crowd = json!({"components": {"schemas": {
        "Input": {"properties": many},
        "Output": {"properties": {"video": {"type": "string", "format": "uri"}, "a/b": {"type": "string"}}},
    }}});
    let (inputs, outputs) = of_replicate(&crowd, &Json::Null).expect("ports");
    assert_eq!((inputs.len(), outputs.len()), (HOSTED_PORTS_MAX, 1));
    assert!(inputs.iter().all(|input| input.description.len() <= DESCRIPTION_MAX_CHARS && input.default.is_null()));
    let choice = json!({"components": {"schemas": {
        "Input": {"properties": {"voice": {"enum": options}}}, "Output": {"type": "string", "format": "uri"},
    }}});
    let (inputs, _) = of_replicate(&choice, &Json::Null).expect("ports");
    assert!(matches!(&inputs[0].kind, HostedKind::Choice { options } if options.len() == HOSTED_CHOICES_MAX));
}
