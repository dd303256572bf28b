use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::{assert_close, files, reference};
use crate::local::run::embed::{Embedder, size_bytes};

/// Real weights, which `cargo xtask test` brings: see `docs/local-models.md`.
pub(super) fn minilm() -> PathBuf {
    let folder = std::env::var_os("OPENFLOW_TEST_MINILM").map(PathBuf::from);
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/test-models/minilm"));
    let folder = folder.unwrap_or_else(beside);
    assert!(folder.join("model.safetensors").is_file(), "no model: `cargo xtask test-models` brings it");
    folder
}

#[test]
fn minilm_embeds_as_sentence_transformers_does() {
    let expected = reference("minilm");
    let files = files(&minilm());
    assert_eq!(size_bytes("minilm", &files).unwrap(), 22_713_728 * 4);
    let model = Embedder::load("minilm", &files).unwrap();
    let texts: Vec<String> = serde_json::from_value(expected["texts"].clone()).unwrap();
    let (vectors, tokens) = model.embed(&texts, &CancellationToken::new()).unwrap();
    for (vector, expected) in vectors.iter().zip(expected["vectors"].as_array().unwrap()) {
        assert_close(vector, expected, 2e-5);
    }
    assert_eq!(vectors.len(), texts.len());
    // The longest text is cut where the model's authors say: at 256 tokens.
    let tokens: u64 = tokens.iter().sum();
    assert!((256..350).contains(&tokens), "{tokens}");
}

#[test]
fn a_text_is_the_same_vector_alone_and_among_others() {
    let model = Embedder::load("minilm", &files(&minilm())).unwrap();
    let stop = CancellationToken::new();
    let texts: Vec<String> = (1..70).map(|n| "green boats ".repeat(n % 9 + 1) + n.to_string().as_str()).collect();
    let (together, _) = model.embed(&texts, &stop).unwrap();
    for index in [0, 7, 68] {
        let (alone, _) = model.embed(&texts[index..=index], &stop).unwrap();
        let difference = alone[0].iter().zip(&together[index]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference < 1e-5, "{difference}");
    }
}

#[test]
fn a_cancelled_call_computes_no_further() {
    let model = Embedder::load("minilm", &files(&minilm())).unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    let error = model.embed(&["a text".to_owned()], &stop).unwrap_err();
    assert!(matches!(error, crate::LocalError::Cancelled));
}

#[test]
fn calls_that_wait_are_computed_together_and_each_gets_its_own() {
    let model = Embedder::load("minilm", &files(&minilm())).unwrap();
    assert!(!model.embed_waiting(), "nobody waits");
    let stop = CancellationToken::new();
    let calls = [vec!["a quiet harbour"], vec!["the desert at noon, and nobody far and wide", "a port"], vec!["gone"]];
    let calls = calls.map(|texts| texts.into_iter().map(str::to_owned).collect::<Vec<_>>());
    let mut answers: Vec<_> = calls.iter().map(|texts| model.waiting.add(texts.clone(), stop.child_token())).collect();
    // Nobody hears this one's answer, and that is nobody's trouble.
    drop(answers.pop());
    assert!(model.embed_waiting() && !model.embed_waiting(), "all of them in one turn");
    for (texts, mut answer) in calls.iter().zip(answers) {
        let (vectors, tokens) = answer.try_recv().unwrap().unwrap();
        let (alone, tokens_alone) = model.embed(texts, &stop).unwrap();
        assert_eq!((vectors.len(), tokens), (texts.len(), tokens_alone.iter().sum()));
        for (together, alone) in vectors.iter().flatten().zip(alone.iter().flatten()) {
            assert!((together - alone).abs() < 1e-5, "{together} and {alone}");
        }
    }
}
