use std::path::Path;

use candle_core::{IndexOp, Tensor};
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

use super::{assert_close, byte_tokenizer, files, noise, reference, write_json, write_tensors};
use crate::{
    LocalError,
    local::run::{mel::Mel, speech::Listener},
};

/// The sound that the script made.
pub(super) fn sound(seconds: usize) -> Vec<f32> {
    let count = seconds * 16_000;
    let tone = |(index, noise): (usize, f64)| {
        let t = index as f64 / 16_000.0;
        (0.5 * (2.0 * std::f64::consts::PI * (200.0 * t + 300.0 * t * t)).sin() + 0.05 * noise) as f32
    };
    noise("sound", count).enumerate().map(tone).collect()
}

pub(super) fn write(folder: &Path, expected: &Json) {
    let mut specials: Vec<String> =
        ["endoftext", "startoftranscript", "en", "de", "translate", "transcribe", "nospeech", "notimestamps"]
            .iter()
            .map(|name| format!("<|{name}|>"))
            .collect();
    specials.extend((0..=1500).map(|mark| format!("<|{:.2}|>", f64::from(mark) / 50.0)));
    write_json(&folder.join("tokenizer.json"), &byte_tokenizer(&specials));
    write_json(&folder.join("config.json"), &expected["config"]);
    write_tensors(&folder.join("model.safetensors"), &expected["tensors"], "");
}

fn tiny() -> (Listener, Json) {
    let expected = reference("speech");
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &expected);
    (Listener::load("tiny", &files(folder.path())).unwrap(), expected)
}

fn row(tensor: &Tensor, row: usize) -> Vec<f32> {
    tensor.i((0, row)).unwrap().to_vec1().unwrap()
}

#[test]
fn a_sound_is_heard_as_in_transformers() {
    let expected = reference("speech");
    let mel = Mel::new(80).unwrap().of(&sound(3)).unwrap();
    assert_eq!(mel.dims(), [1, 80, 3000]);
    let columns: Vec<usize> = serde_json::from_value(expected["mel"]["columns"].clone()).unwrap();
    for (row_of, values) in
        expected["mel"]["rows"].as_array().unwrap().iter().zip(expected["mel"]["values"].as_array().unwrap())
    {
        let row = row(&mel, row_of.as_u64().unwrap() as usize);
        let found: Vec<f32> = columns.iter().map(|&column| row[column]).collect();
        assert_close(&found, values, 2e-3);
    }
}

#[test]
fn a_whisper_model_writes_as_in_transformers() {
    let (model, expected) = tiny();
    let (hidden, scores, made) = model.trace(&sound(3), &[257, 258, 261], 32);
    for (at, values) in [0, 77, 1499].into_iter().zip(expected["hidden"].as_array().unwrap()) {
        assert_close(&row(&hidden, at)[..8], values, 5e-3);
    }
    assert_close(&scores[..300], &expected["scores"], 5e-3);
    assert_eq!(json!(made), expected["made"]);
}

#[test]
fn a_transcript_has_times_and_a_language() {
    let (model, expected) = tiny();
    let (stop, seen) = (CancellationToken::new(), std::cell::RefCell::new(Vec::new()));
    let on_progress = |done: f64| seen.borrow_mut().push(done);
    // Longer than one window.
    let transcript = model.transcribe(&sound(40), (None, false), &stop, &on_progress).unwrap();
    assert_eq!(transcript.language.as_deref(), expected["language"].as_str());
    assert!(!transcript.segments.is_empty() && !transcript.text.is_empty());
    for segment in &transcript.segments {
        assert!(segment.start_seconds <= segment.end_seconds && segment.end_seconds <= 40.0, "{segment:?}");
    }
    let seen = seen.into_inner();
    assert!(seen.len() >= 3 && seen.is_sorted() && seen.last() == Some(&1.0), "{seen:?}");
    let german = model.transcribe(&sound(2), (Some("de"), true), &stop, &|_| ()).unwrap();
    assert_eq!(german.language.as_deref(), Some("de"));
}

#[test]
fn a_language_the_model_does_not_know_is_refused() {
    let (model, _) = tiny();
    let error = model.transcribe(&sound(1), (Some("tlh"), false), &CancellationToken::new(), &|_| ()).unwrap_err();
    assert!(matches!(error, LocalError::Input { field: "language", .. }), "{error}");
}
