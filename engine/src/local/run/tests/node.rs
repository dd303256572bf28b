use serde_json::json;
use shared::value::Value;

use super::{pictures, reference, speech};
use crate::{LocalConfig, LocalModels, Outbound, OutboundPolicy, nodes::testing::Bench};

/// A bench whose models are in a folder, named as an operator's own.
fn bench(folder: &std::path::Path) -> Bench {
    let outbound = Outbound::new(OutboundPolicy::default());
    Bench::with_local_models(LocalModels::new(LocalConfig::in_folder(folder), outbound))
}

#[tokio::test]
async fn a_sound_becomes_text_with_times() {
    let folder = tempfile::tempdir().unwrap();
    speech::write(&folder.path().join("listener"), &reference("speech"));
    let params = json!({"model": "listener", "connection": "local", "language": "en"});
    let bench = bench(folder.path());
    let outputs = bench.run("audio.transcribe", json!({"audio": "sample:audio"}), params).await.unwrap();
    assert!(matches!(&outputs["text"], Value::Text(text) if !text.is_empty()), "{outputs:?}");
    assert_eq!(outputs["language"], Value::Text("en".into()));
    let Value::Json(segments) = &outputs["segments"] else { panic!("{outputs:?}") };
    assert!(segments[0]["end_seconds"].as_f64().unwrap() > 0.0, "{segments}");
    // A film without sound, and a picture, are no sounds.
    let params = json!({"model": "listener", "connection": "local"});
    let (field, _) =
        bench.refusal("audio.transcribe", json!({"audio": "sample:audio"}), json!({"model": "absent"})).await;
    assert_eq!(field, "model");
    let params_unknown = json!({"model": "listener", "language": "tlh"});
    let refused = bench.refusal("audio.transcribe", json!({"audio": "sample:audio"}), params_unknown).await;
    assert_eq!(refused.0, "language");
    drop(params);
}

#[tokio::test]
async fn a_picture_becomes_text_and_a_text_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    pictures::write_captioner(&folder.path().join("describer"), &reference("caption"));
    pictures::write_painter(&folder.path().join("painter"), &reference("picture"), "epsilon");
    let bench = bench(folder.path());
    let params = json!({"model": "describer", "max_tokens": 5});
    let outputs = bench.run("image.caption", json!({"image": "sample:photo"}), params).await.unwrap();
    assert!(matches!(&outputs["text"], Value::Text(text) if text.starts_with('w')), "{outputs:?}");

    let params = json!({"prompt": "abc", "model": "painter", "connection": "local", "steps": 2, "take": 3});
    let picture = bench.media_of("image.generate", json!({}), params).await;
    assert_eq!((picture.width, picture.height, picture.mime.as_str()), (Some(64), Some(64), "image/png"));
    let params = json!({"prompt": "abc", "model": "describer", "connection": "local", "take": 3});
    let (field, message) = bench.refusal("image.generate", json!({}), params).await;
    assert_eq!(field, "model");
    assert_eq!(message, "`describer` is a model for describing pictures, and this node needs one for making pictures");
}

#[tokio::test]
async fn texts_that_come_at_once_get_their_own_vectors_and_the_nearest_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("minilm");
    std::fs::create_dir(&model).unwrap();
    for file in std::fs::read_dir(super::embed::minilm()).unwrap().map(Result::unwrap) {
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), model.join(file.file_name())).unwrap();
        }
    }
    let bench = bench(folder.path());
    let texts = ["a boat in the port", "a bill for the dentist", "waves at the beach", "how to bake bread"];
    let vector = async |text: &str| {
        let params = json!({"text": text, "model": "minilm", "connection": "local"});
        serde_json::to_value(&bench.run("text.embed", json!({}), params).await.unwrap()["embedding"]).unwrap()
    };
    let together = futures_util::future::join_all(texts.iter().map(|text| vector(text))).await;
    let inputs = json!({"to": vector("ships in a harbour").await, "items": texts, "embeddings": together});
    let outputs = bench.run("embedding.nearest", inputs, json!({"count": 2})).await.unwrap();
    let Value::List(items) = &outputs["items"] else { panic!("{outputs:?}") };
    assert_eq!(items.as_slice(), [Value::Text(texts[0].into()), Value::Text(texts[2].into())]);
}
