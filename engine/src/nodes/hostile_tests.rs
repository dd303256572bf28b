//! Every input for media is handed what is no media. Nodes say so, soon, and open nothing else.

use std::{
    io::Write,
    net::TcpListener,
    time::{Duration, Instant},
};

use flate2::{Compression, Crc, write::ZlibEncoder};
use serde_json::{Value as Json, json};
use shared::{
    node::{NodeSpec, Resource},
    run::FailureCode,
    value::ValueType,
};

use super::testing::Bench;
use crate::{BlobStore, NodeError};

/// Far more than any refusal takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// A real PNG of one bit a pixel: 30,000 by 30,000 of them in a few hundred kilobytes.
fn bomb() -> Vec<u8> {
    const SIDE: u32 = 30_000;
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let mut crc = Crc::new();
        crc.update(kind);
        crc.update(data);
        [&(data.len() as u32).to_be_bytes()[..], kind, data, &crc.sum().to_be_bytes()].concat()
    };
    let line = vec![0u8; 1 + SIDE as usize / 8];
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    (0..SIDE).for_each(|_| packed.write_all(&line).unwrap());
    let header = [&SIDE.to_be_bytes()[..], &SIDE.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    let data = packed.finish().unwrap();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &data), chunk(b"IEND", b"")].concat()
}

/// Playlists that name a file of this machine and an address that is listened to.
fn playlists(port: u16) -> Vec<Vec<u8>> {
    vec![
        format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXTINF:5,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n"
        )
        .into_bytes(),
        format!("ffconcat version 1.0\nfile 'file:///etc/passwd'\nfile 'http://127.0.0.1:{port}/a.mp4'\n").into_bytes(),
        format!("<?xml version=\"1.0\"?><MPD><Period><BaseURL>http://127.0.0.1:{port}/</BaseURL></Period></MPD>").into_bytes(),
    ]
}

/// The inputs of a node that read media. Nodes that hand references on without a look have none.
fn media_inputs(spec: &NodeSpec) -> Vec<(String, &'static str, bool)> {
    let passes_on = ["output", "list", "flow", "file"].contains(&spec.category())
        || spec.resource == Resource::Network
        || spec.node_type == "text.agent";
    let kind = |value_type: &ValueType| match value_type {
        ValueType::Image => Some("image"),
        ValueType::Mask => Some("mask"),
        ValueType::Video => Some("video"),
        ValueType::Audio => Some("audio"),
        ValueType::File => Some("file"),
        _ => None,
    };
    let port = |(name, value_type): (String, ValueType)| match &value_type {
        ValueType::List(item) => kind(item).map(|kind| (name, kind, true)),
        single => kind(single).map(|kind| (name, kind, false)),
    };
    let ports = spec.inputs.iter().map(|port| (port.name.clone(), port.value_type.clone()));
    if passes_on { Vec::new() } else { ports.filter_map(port).collect() }
}

async fn refusal(bench: &Bench, spec: &NodeSpec, inputs: Json) -> shared::run::NodeFailure {
    let params = spec.example.get("params").cloned().unwrap_or(Json::Null);
    let begin = Instant::now();
    let result = bench.run(&spec.node_type, inputs.clone(), params).await;
    assert!(begin.elapsed() < PATIENCE, "{} took {:?}", spec.node_type, begin.elapsed());
    match result {
        Ok(outputs) => panic!("{} made {outputs:?} of {inputs}", spec.node_type),
        Err(NodeError::Cancelled) => panic!("{} was not cancelled", spec.node_type),
        Err(error) => error.failure().unwrap().clone(),
    }
}

#[tokio::test]
async fn every_input_for_media_refuses_what_is_none() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut files = vec![("nothing", Vec::new()), ("a bomb", bomb())];
    files.extend(playlists(listener.local_addr().unwrap().port()).into_iter().take(1).map(|list| ("a playlist", list)));
    let bench = Bench::new();
    let mut stored = Vec::new();
    for (what, bytes) in files {
        let size = bytes.len();
        stored.push((what, bench.blobs.put(bytes.into()).await.unwrap(), size));
    }
    let specs: Vec<&NodeSpec> = crate::catalog().iter().filter(|spec| !media_inputs(spec).is_empty()).collect();
    assert!(specs.len() > 90, "{}", specs.len());
    for spec in specs {
        for (name, kind, is_list) in media_inputs(spec) {
            for (what, blob, size) in &stored {
                // As a hand-written graph would say it: nothing but the hash, and what it is said to be.
                let mime = if kind == "mask" { "image/png".to_owned() } else { format!("{kind}/mp4") };
                let fake = json!({"type": kind, "value": {"blob": blob, "mime": mime, "size_bytes": size}});
                let mut inputs = spec.example.get("inputs").cloned().unwrap_or_else(|| json!({}));
                inputs[&name] = if is_list { json!([fake]) } else { fake };
                let failure = refusal(&bench, spec, inputs).await;
                let clear = failure.code == FailureCode::InvalidInput && !failure.message.is_empty();
                assert!(clear, "{} with {what} on `{name}`: {failure:?}", spec.node_type);
            }
        }
    }
    assert!(listener.accept().is_err(), "an address in a playlist was opened");
}

/// A reference that claims to be probed already: ffmpeg itself meets the file, and has to refuse it.
#[tokio::test]
async fn ffmpeg_opens_no_playlist_and_no_bomb_whatever_the_reference_claims() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let bench = Bench::new();
    let mut files = playlists(listener.local_addr().unwrap().port());
    files.extend([bomb(), Vec::new()]);
    for bytes in files {
        let size = bytes.len();
        let blob = bench.blobs.put(bytes.into()).await.unwrap();
        let claims = json!({
            "blob": blob, "mime": "video/mp4", "size_bytes": size, "width": 640, "height": 360,
            "duration_millis": 4000, "fps": 24.0, "codec": "h264", "has_audio": true,
        });
        for (node_type, input, kind) in [
            ("video.trim", "video", "video"),
            ("video.extract_frame", "video", "video"),
            ("video.scenes", "video", "video"),
            ("video.analyze", "video", "video"),
            ("video.cut_silence", "video", "video"),
            ("audio.trim", "audio", "audio"),
            ("audio.waveform", "audio", "audio"),
            ("audio.metadata", "audio", "audio"),
        ] {
            let spec = crate::catalog().get(node_type).unwrap();
            let failure = refusal(&bench, spec, json!({input: {"type": kind, "value": claims}})).await;
            assert_eq!(failure.code, FailureCode::InvalidInput, "{node_type}: {failure:?}");
            let told = format!("{} {}", failure.message, failure.raw.unwrap_or_default());
            assert!(!told.contains("root:"), "{node_type} read a file of this machine: {told}");
        }
    }
    assert!(listener.accept().is_err(), "an address in a playlist was opened");
}
