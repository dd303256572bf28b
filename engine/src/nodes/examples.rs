//! Every node's example is run, on real media: what the palette shows works.

use serde_json::Value as Json;
use shared::{
    node::{NodeSpec, Resource},
    value::{Value, ValueType},
};

use super::testing::Bench;

fn library() -> impl Iterator<Item = &'static NodeSpec> {
    crate::catalog().iter().filter(|spec| !spec.node_type.starts_with("test."))
}

/// Which output ports may stay without a value, because the function says `Option`.
fn optional(spec: &NodeSpec, port: &str) -> bool {
    (spec.node_type.as_str(), port) == ("http.get", "json")
}

#[tokio::test]
async fn every_example_runs_and_fills_every_output() {
    for spec in library().filter(|spec| spec.resource != Resource::Network) {
        let bench = Bench::new();
        let part = |name: &str| spec.example.get(name).cloned().unwrap_or(Json::Null);
        let outputs = bench.run(&spec.node_type, part("inputs"), part("params")).await;
        let outputs = outputs.unwrap_or_else(|error| panic!("{}: {error:?}", spec.node_type));
        for port in &spec.outputs {
            let Some(value) = outputs.get(&port.name) else {
                assert!(optional(spec, &port.name), "{}: no `{}`", spec.node_type, port.name);
                continue;
            };
            assert!(port.value_type.accepts(&value.value_type()), "{}: {value:?}", spec.node_type);
            if port.value_type != ValueType::Any {
                assert_ne!(value, &Value::Text(String::new()), "{}", spec.node_type);
            }
        }
        assert_eq!(outputs.len(), spec.outputs.len(), "{}: {outputs:?}", spec.node_type);
    }
}

/// Nodes that call services elsewhere are not called here: their own tests bring a service along.
#[test]
fn every_example_names_what_the_node_has() {
    for spec in library() {
        let names = |part: &str| {
            let fields = spec.example.get(part).and_then(Json::as_object);
            fields.into_iter().flatten().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        for name in names("inputs") {
            assert!(spec.input_type(&name).is_some(), "{}: input `{name}`", spec.node_type);
        }
        for name in names("params") {
            assert!(spec.param(&name).is_some(), "{}: parameter `{name}`", spec.node_type);
        }
        for port in spec.inputs.iter().filter(|port| port.required) {
            assert!(names("inputs").contains(&port.name), "{}: input `{}` is required", spec.node_type, port.name);
        }
    }
}

#[test]
fn descriptions_read_well_in_a_palette() {
    for spec in library() {
        let summary = &spec.summary;
        let plain = summary.starts_with(char::is_uppercase) && summary.ends_with('.') && summary.len() <= 110;
        assert!(plain, "{}: {summary}", spec.node_type);
        assert!(spec.title.starts_with(char::is_uppercase) && spec.title.len() <= 24, "{}", spec.node_type);
        for output in &spec.outputs {
            assert!(!output.name.is_empty(), "{}", spec.node_type);
        }
    }
}

#[test]
fn every_promised_node_is_there() {
    let promised = [
        "text.input",
        "text.template",
        "text.join",
        "text.replace",
        "text.split",
        "text.case",
        "json.pick",
        "json.input",
        "number.input",
        "number.math",
        "http.get",
        "image.load",
        "image.resize",
        "image.crop",
        "image.blur",
        "image.overlay",
        "image.draw_text",
        "image.rotate",
        "image.adjust",
        "image.grayscale",
        "image.cutout",
        "image.fill",
        "image.info",
        "video.load",
        "video.from_images",
        "video.trim",
        "video.concat",
        "video.add_audio",
        "video.extract_frame",
        "video.extract_audio",
        "video.info",
        "video.transition",
        "video.speed",
        "video.title",
        "video.resize",
        "video.gif",
        "audio.load",
        "audio.tone",
        "audio.trim",
        "audio.mix",
        "audio.fade",
        "audio.gain",
        "audio.info",
        "output.text",
        "output.image",
        "output.video",
        "output.audio",
        "output.value",
    ];
    for node_type in promised {
        assert!(crate::catalog().get(node_type).is_some(), "{node_type}");
    }
}
