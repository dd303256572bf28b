//! Every node's example is run, on real media: what the palette shows works.

use futures_util::{StreamExt, stream};
use serde_json::Value as Json;
use shared::{
    node::{DynamicPorts, NodeSpec, ParamKind, Resource},
    value::{Value, ValueType},
};

use super::testing::Bench;
use crate::BlobStore;

fn library() -> impl Iterator<Item = &'static NodeSpec> {
    crate::catalog().iter().filter(|spec| !spec.node_type.starts_with("test."))
}

/// Which output ports may stay without a value, because the function says `Option`.
fn optional(spec: &NodeSpec, port: &str) -> bool {
    // Which way a value goes is what those nodes are about.
    spec.category() == "flow"
        || matches!((spec.node_type.as_str(), port), ("http.get", "json") | ("image.compare", "psnr"))
}

/// Pictures that promise to be transparent somewhere.
const TRANSPARENT: [&str; 6] =
    ["image.cutout", "image.chroma_key", "image.gradient", "image.transform", "image.perspective", "audio.waveform"];

/// Examples that run at the same time: ffmpeg waits for its files now and then.
const TOGETHER: usize = 3;

#[tokio::test]
async fn every_example_runs_and_every_output_is_what_it_says() {
    // Workflows within workflows take a plan: see `engine/tests/engine/flow.rs`.
    let alone = |spec: &&NodeSpec| spec.dynamic != Some(DynamicPorts::Workflow);
    // Models are elsewhere, also those of nodes that hold no connection all the time.
    let here = |spec: &&NodeSpec| {
        let asks = spec.params.iter().any(|param| matches!(param.kind, ParamKind::Model { .. }));
        spec.resource != Resource::Network && !asks
    };
    let specs = library().filter(alone).filter(here);
    stream::iter(specs.map(run_example)).buffer_unordered(TOGETHER).collect::<()>().await;
}

async fn run_example(spec: &'static NodeSpec) {
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
        let name = format!("{}: `{}`", spec.node_type, port.name);
        let items = match value {
            Value::List(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        // The clip of the example has no cuts.
        assert!(!items.is_empty() || name == "video.scenes: `cuts`", "{name} is an empty list");
        for item in items {
            probed(&bench, &name, item).await;
        }
        if TRANSPARENT.contains(&spec.node_type.as_str()) {
            let pixels = bench.pixels(value.media().expect("a picture is promised")).await;
            assert!(pixels.pixels().any(|pixel| pixel.0[3] < 255), "{name} is nowhere transparent");
        }
    }
    assert!(outputs.keys().all(|name| spec.dynamic.is_some() || spec.output_type(name).is_some()), "{outputs:?}");
}

/// What a reference says of a file is compared with the file.
async fn probed(bench: &Bench, name: &str, value: &Value) {
    let Some(media) = value.media() else { return };
    let bytes = bench.blobs.read(&media.blob).await.unwrap();
    assert_eq!(media.size_bytes, bytes.len() as u64, "{name}");
    match value {
        Value::Image(_) | Value::Mask(_) => {
            assert!(media.mime.starts_with("image/") && media.poster.is_some(), "{name}: {media:?}");
            let picture = image::load_from_memory(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((media.width, media.height), (Some(picture.width()), Some(picture.height())), "{name}");
        }
        Value::Video(_) | Value::Audio(_) => {
            let report = bench.probe(media).await;
            let track = |kind: &str| {
                let mut streams = report["streams"].as_array().into_iter().flatten();
                streams.find(|stream| stream["codec_type"] == kind).cloned()
            };
            let seconds: f64 = report["format"]["duration"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0.0);
            assert!(seconds > 0.0, "{name} has no length");
            assert!((media.duration_millis.unwrap() as f64 / 1000.0 - seconds).abs() < 0.01, "{name}: {media:?}");
            if matches!(value, Value::Video(_)) {
                let pictures = track("video").unwrap_or_else(|| panic!("{name} has no pictures"));
                assert!(media.mime.starts_with("video/") && media.poster.is_some(), "{name}: {media:?}");
                assert_eq!(media.codec.as_deref(), pictures["codec_name"].as_str(), "{name}");
                let size = (pictures["width"].as_u64(), pictures["height"].as_u64());
                assert_eq!((media.width.map(u64::from), media.height.map(u64::from)), size, "{name}");
                assert_eq!(media.has_audio, Some(track("audio").is_some()), "{name}");
                assert!(media.fps.is_some_and(|fps| fps >= 1.0), "{name}: {media:?}");
            } else {
                assert!(media.mime.starts_with("audio/") && track("audio").is_some(), "{name}: {media:?}");
            }
        }
        _ => assert!(!bytes.is_empty(), "{name} is empty"),
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

/// The table in docs/nodes.md is written by this test when `UPDATE_EXPECT=1` is set, and compared otherwise.
#[test]
fn the_documentation_lists_every_node() {
    const FAMILIES: [&str; 19] = [
        "video",
        "image",
        "mask",
        "audio",
        "text",
        "number",
        "list",
        "flow",
        "embedding",
        "json",
        "date",
        "document",
        "file",
        "code",
        "http",
        "comfyui",
        "model",
        "output",
        "note",
    ];
    let stranger = library().find(|spec| !FAMILIES.contains(&spec.category()));
    assert_eq!(stranger.map(|spec| &spec.node_type), None, "its family has no table");
    let mut table = String::new();
    for family in FAMILIES {
        let nodes: Vec<&NodeSpec> = library().filter(|spec| spec.category() == family).collect();
        table += &format!(
            "\n### {family} ({})\n\n| node | title | what it does | outputs |\n|---|---|---|---|\n",
            nodes.len()
        );
        for spec in nodes {
            let outputs: Vec<String> =
                spec.outputs.iter().map(|port| format!("{}: {}", port.name, port.value_type)).collect();
            let summary = spec.summary.replace('|', "\\|");
            table += &format!("| `{}` | {} | {summary} | {} |\n", spec.node_type, spec.title, outputs.join(", "));
        }
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/nodes.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("<!-- nodes -->\n").expect("the page has a place for the table");
    let (_, after) = rest.split_once("<!-- /nodes -->").expect("the place for the table ends");
    let expected = format!("{before}<!-- nodes -->\n{table}\n<!-- /nodes -->{after}");
    expect_test::expect_file![path].assert_eq(&expected);
    let count = table.lines().filter(|line| line.starts_with("| `")).count();
    assert!(count >= 120, "{count} nodes");
}
