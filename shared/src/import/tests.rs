//! Files as the other programs write them, and files that mean harm.

use expect_test::expect;
use serde_json::{Value as Json, json};

use super::*;
use crate::{graph::Mode, node::NodeSpec};

fn catalog() -> Catalog {
    let spec = |node_type: &str, input: Option<(&str, &str)>, output: (&str, &str), param: Option<(&str, &str)>| {
        let port = |(name, value_type): (&str, &str)| json!({"name": name, "type": value_type, "description": ""});
        let setting = |(name, kind): (&str, &str)| json!({"name": name, "title": name, "description": "", "kind": kind, "default": ""});
        serde_json::from_value::<NodeSpec>(json!({
            "type": node_type, "version": 2, "title": node_type, "summary": "", "description": "", "role": "step",
            "resource": "light", "cacheable": true, "example": {},
            "inputs": input.into_iter().map(port).collect::<Vec<_>>(), "outputs": [port(output)],
            "params": param.into_iter().map(setting).collect::<Vec<_>>(),
        }))
        .expect("a spec")
    };
    [
        spec("image.load", None, ("image", "image"), None),
        spec("video.load", None, ("video", "video"), Some(("name", "text"))),
        spec("output.image", Some(("image", "image")), ("image", "image"), Some(("name", "text"))),
        spec("note.text", None, ("text", "text"), Some(("text", "prompt"))),
        spec("flow.reroute", Some(("value", "any")), ("value", "any"), None),
    ]
    .into_iter()
    .collect()
}

/// Nodes, then wires, then frames, a line each, in an order of their own.
fn lines(graph: &Graph) -> Vec<String> {
    let name = |id: &crate::id::NodeId| graph.nodes[id].node_type.clone();
    let mut nodes: Vec<String> =
        graph.nodes.values().map(|node| format!("{} {:?} {}", node.node_type, node.pos, json!(node.params))).collect();
    let mut wires: Vec<String> = graph
        .edges
        .values()
        .map(|edge| format!("{}.{} -> {}.{}", name(&edge.from), edge.output, name(&edge.to), edge.input))
        .collect();
    nodes.sort();
    wires.sort();
    nodes.extend(wires);
    nodes
}

fn read(text: &str) -> Imported {
    read_text(text, Limits::default(), &catalog()).expect("it can be read")
}

#[test]
fn a_drawn_comfyui_workflow_keeps_places_values_wires_and_groups() {
    let Imported { graph, source } = read(include_str!("fixtures/comfy_ui.json"));
    assert_eq!(source, Source::ComfyUi);
    expect![[r#"
        comfy.CLIPTextEncode [413.0, 389.0] {"text":"text, watermark"}
        comfy.CLIPTextEncode [415.0, 186.0] {"text":"beautiful scenery nature glass bottle landscape, purple galaxy bottle,"}
        comfy.CheckpointLoaderSimple [26.0, 474.0] {"ckpt_name":"v1-5-pruned-emaonly.safetensors"}
        comfy.EmptyLatentImage [473.0, 609.0] {"batch_size":1,"height":512,"width":512}
        comfy.KSampler [863.0, 186.0] {"cfg":8,"denoise":1,"sampler_name":"euler","scheduler":"normal","seed":156680208700286,"steps":20}
        comfy.VAEDecode [1209.0, 188.0] {}
        note.text [30.0, 200.0] {"text":"Pick a checkpoint first."}
        output.image [1451.0, 189.0] {"name":"ComfyUI"}
        comfy.CLIPTextEncode.CONDITIONING -> comfy.KSampler.negative
        comfy.CLIPTextEncode.CONDITIONING -> comfy.KSampler.positive
        comfy.CheckpointLoaderSimple.CLIP -> comfy.CLIPTextEncode.clip
        comfy.CheckpointLoaderSimple.CLIP -> comfy.CLIPTextEncode.clip
        comfy.CheckpointLoaderSimple.MODEL -> comfy.KSampler.model
        comfy.CheckpointLoaderSimple.VAE -> comfy.VAEDecode.vae
        comfy.EmptyLatentImage.LATENT -> comfy.KSampler.latent_image
        comfy.KSampler.LATENT -> comfy.VAEDecode.samples
        comfy.VAEDecode.IMAGE -> output.image.image"#]].assert_eq(&lines(&graph).join("\n"));
    let by_type = |node_type: &str| graph.nodes.values().filter(|node| node.node_type == node_type).collect::<Vec<_>>();
    let prompts = by_type("comfy.CLIPTextEncode");
    assert_eq!(prompts.iter().filter(|node| node.mode == Mode::Bypass && node.collapsed).count(), 1);
    assert_eq!(prompts.iter().filter(|node| node.title.as_deref() == Some("Positive")).count(), 1);
    assert!(prompts.iter().all(|node| node.frame.is_some()));
    assert!(by_type("comfy.KSampler")[0].frame.is_none());
    let frame = graph.frames.values().next().expect("a group");
    assert_eq!((frame.title.as_str(), frame.color.as_deref()), ("Prompts", Some("#3f789e")));
}

#[test]
fn newer_comfyui_files_name_their_widgets_and_hold_subgraphs() {
    let graph = read(include_str!("fixtures/comfy_ui_v1.json")).graph;
    expect![[r#"
        comfy.WanImageToVideoApi [400.0, 0.0] {"duration":5,"prompt":"the boat drifts away","seed":42}
        comfy.subgraph [800.0, 0.0] {}
        image.load [0.0, 0.0] {}
        comfy.WanImageToVideoApi.VIDEO -> comfy.subgraph.video
        image.load.image -> comfy.WanImageToVideoApi.image"#]]
    .assert_eq(&lines(&graph).join("\n"));
    let subgraph = graph.nodes.values().find(|node| node.node_type == "comfy.subgraph").expect("the instance");
    assert_eq!(subgraph.title.as_deref(), Some("Finish"));
    assert!(graph.nodes.values().any(|node| node.mode == Mode::Mute));
}

#[test]
fn an_executed_comfyui_workflow_is_laid_out_along_its_wires() {
    let Imported { graph, source } = read(include_str!("fixtures/comfy_api.json"));
    assert_eq!(source, Source::ComfyApi);
    expect![[r#"
        comfy.CLIPTextEncode [380.0, 0.0] {"text":"a harbour at dawn"}
        comfy.CLIPTextEncode [380.0, 260.0] {"text":"text, watermark"}
        comfy.CheckpointLoaderSimple [0.0, 0.0] {"ckpt_name":"v1-5-pruned-emaonly.safetensors"}
        comfy.EmptyLatentImage [0.0, 260.0] {"batch_size":1,"height":512,"width":512}
        comfy.KSampler [760.0, 0.0] {"cfg":8,"denoise":1,"sampler_name":"euler","scheduler":"normal","seed":8566257,"steps":20}
        comfy.VAEDecode [1140.0, 0.0] {}
        output.image [1520.0, 0.0] {"name":"ComfyUI"}
        comfy.CLIPTextEncode.output_0 -> comfy.KSampler.negative
        comfy.CLIPTextEncode.output_0 -> comfy.KSampler.positive
        comfy.CheckpointLoaderSimple.output_0 -> comfy.KSampler.model
        comfy.CheckpointLoaderSimple.output_1 -> comfy.CLIPTextEncode.clip
        comfy.CheckpointLoaderSimple.output_1 -> comfy.CLIPTextEncode.clip
        comfy.CheckpointLoaderSimple.output_2 -> comfy.VAEDecode.vae
        comfy.EmptyLatentImage.output_0 -> comfy.KSampler.latent_image
        comfy.KSampler.output_0 -> comfy.VAEDecode.samples
        comfy.VAEDecode.output_0 -> output.image.image"#]].assert_eq(&lines(&graph).join("\n"));
    for edge in graph.edges.values() {
        assert!(graph.nodes[&edge.from].pos[0] < graph.nodes[&edge.to].pos[0]);
    }
}

#[test]
fn a_nodetool_workflow_keeps_groups_as_frames_and_comments_as_notes() {
    let Imported { graph, source } = read(include_str!("fixtures/nodetool.json"));
    assert_eq!(source, Source::Nodetool);
    assert_eq!(graph.meta.title, "Subtitles");
    expect![[r#"
        nodetool.huggingface.automatic_speech_recognition.Whisper [700.0, 60.0] {"model":{"repo_id":"openai/whisper-large-v3","type":"hf.automatic_speech_recognition"},"task":"transcribe"}
        nodetool.nodetool.video.ExtractAudio [320.0, 60.0] {}
        note.text [50.0, 400.0] {"text":"Works with any language."}
        video.load [50.0, 60.0] {"name":"video"}
        nodetool.nodetool.video.ExtractAudio.output -> nodetool.huggingface.automatic_speech_recognition.Whisper.audio
        video.load.video -> nodetool.nodetool.video.ExtractAudio.video"#]].assert_eq(&lines(&graph).join("\n"));
    let inside = graph.nodes.values().find(|node| node.frame.is_some()).expect("one node is in the group");
    assert_eq!((inside.pos, inside.mode), ([320.0, 60.0], Mode::Bypass));
}

#[test]
fn a_comfyui_reroute_stays_one() {
    let node = |id: u32, class: &str, inputs: Json, outputs: Json| json!({"id": id, "type": class, "pos": [id * 100, 0], "inputs": inputs, "outputs": outputs});
    let file = json!({"version": 0.4, "nodes": [
        node(1, "LoadImage", json!([]), json!([{"name": "IMAGE", "type": "IMAGE", "links": [1]}])),
        node(2, "Reroute", json!([{"name": "", "type": "*", "link": 1}]), json!([{"name": "", "type": "IMAGE", "links": [2]}])),
        node(3, "SaveImage", json!([{"name": "images", "type": "IMAGE", "link": 2}]), json!([])),
    ], "links": [[1, 1, 0, 2, 0, "*"], [2, 2, 0, 3, 0, "IMAGE"]]});
    let lines = lines(&read(&file.to_string()).graph);
    assert_eq!(lines[3..], ["flow.reroute.value -> output.image.image", "image.load.image -> flow.reroute.value"]);
}

#[test]
fn our_own_format_is_read_as_it_is() {
    let graph =
        Graph { nodes: [("a".parse().unwrap(), crate::graph::Node::new("image.load"))].into(), ..Graph::default() };
    assert_eq!(read(&exchange::write(&graph)), Imported { graph, source: Source::OpenFlow });
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [&(data.len() as u32).to_be_bytes()[..], kind, data, &[0; 4]].concat()
}

fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &[0; 13]), chunks.concat(), chunk(b"IEND", &[])].concat()
}

#[test]
fn a_picture_gives_back_the_workflow_that_made_it() {
    let [drawn, executed] = [include_str!("fixtures/comfy_ui.json"), include_str!("fixtures/comfy_api.json")];
    let text = |name: &str, json: &str| chunk(b"tEXt", &[name.as_bytes(), b"\0", json.as_bytes()].concat());
    let both = png(&[text("prompt", executed), text("workflow", drawn)]);
    let read = |bytes: &[u8]| read_file(bytes, Limits::default(), &catalog());
    assert_eq!(read(&both).expect("a workflow").source, Source::ComfyUi);
    let international = chunk(b"iTXt", &[b"prompt\0\0\0\0\0", executed.as_bytes()].concat());
    assert_eq!(read(&png(&[international])).expect("a workflow").source, Source::ComfyApi);
    assert!(matches!(read(&png(&[])), Err(ImportError::NoWorkflow)));
    // Cut off anywhere, it is no workflow, and nothing worse.
    for end in (0..both.len()).step_by(97) {
        let _ = read(&both[..end]);
    }
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&((content.len() + 8) as u32).to_be_bytes()[..], kind, content].concat()
}

#[test]
fn a_film_gives_back_the_workflow_that_made_it() {
    let json = include_str!("fixtures/comfy_ui.json");
    let keys = boxed(b"keys", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &boxed(b"mdta", b"workflow")].concat());
    let data = |text: &str| boxed(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0][..], text.as_bytes()].concat());
    let list = boxed(b"ilst", &boxed(&[0, 0, 0, 1], &data(json)));
    let meta = boxed(b"meta", &[&[0; 4][..], &boxed(b"hdlr", &[0; 24]), &keys, &list].concat());
    let film = |meta: &[u8]| {
        let movie = boxed(b"moov", &[boxed(b"mvhd", &[0; 100]), boxed(b"udta", meta)].concat());
        [boxed(b"ftyp", b"isom\0\0\0\0"), boxed(b"mdat", &[7; 500]), movie].concat()
    };
    let read = |bytes: &[u8]| read_file(bytes, Limits::default(), &catalog());
    assert_eq!(read(&film(&meta)).expect("a workflow").source, Source::ComfyUi);
    // As another program writes it: both in one comment.
    let comment = json!({"prompt": include_str!("fixtures/comfy_api.json")}).to_string();
    let list = boxed(b"ilst", &boxed(b"\xa9cmt", &data(&comment)));
    let commented = film(&boxed(b"meta", &[&[0; 4][..], &boxed(b"hdlr", &[0; 24]), &list].concat()));
    assert_eq!(read(&commented).expect("a workflow").source, Source::ComfyApi);
    for end in (0..commented.len()).step_by(41) {
        let _ = read(&commented[..end]);
    }
}

#[test]
fn what_is_no_workflow_is_told_from_what_is_a_broken_one() {
    let outcome = |text: &str| read_text(text, Limits::default(), &catalog());
    for text in ["", "hello", "{}", "{\"a\":1}", "[1,2]", "{\"nodes\":[]}", "{\"workflow\":{\"workflow\":{}}}", "{"] {
        assert!(matches!(outcome(text), Err(ImportError::NoWorkflow)), "{text}");
    }
    assert!(matches!(outcome("{\"openflow\":99}"), Err(ImportError::Exchange(_))));
}

#[test]
fn a_hostile_file_is_bounded() {
    let limits = Limits { nodes: 3, ..Limits::default() };
    let nodes: Vec<_> = (0..4).map(|n| json!({"id": n, "type": "X"})).collect();
    let text = json!({"nodes": nodes, "links": []}).to_string();
    assert!(matches!(read_text(&text, limits, &catalog()), Err(ImportError::TooMany { count: 4, max: 3 })));
    let odd = json!({"nodes": [{"id": 1, "type": "\u{0}\u{7}x".repeat(200), "pos": [1e300, 0], "widgets_values": [null, {"a": [1]}]}],
        "links": [[1, 1, 0, 1, 0, "X"], [2, 9, 0, 1, 0, "X"], "nonsense", [1, 1, 99999999999u64, 1, 0]],
        "groups": [{"bounding": [0, 0, "x", 1]}, {"bounding": [0, 0, -5, 1], "title": "\n"}]})
    .to_string();
    let graph = read(&odd).graph;
    let node = graph.nodes.values().next().expect("a node");
    assert!(node.node_type.len() <= 128 && node.pos == [0.0, 0.0]);
    // What was made of it can be written and read again.
    assert_eq!(exchange::read(&exchange::write(&graph), Limits::default()).expect("it is valid"), graph);
}
