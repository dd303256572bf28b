use std::{fs, path::Path};

use candle_core::quantized::{GgmlDType, gguf_file::Value};

use super::{
    chat::{header, write},
    files,
    pictures::write_painter,
    reference, speech, write_json,
};
use crate::{
    LocalError,
    local::run::{chat, chat::Chatter, embed::Embedder, paint::Painter, speech::Listener},
};

/// A sound file, whose bytes a test may change.
fn gguf() -> Vec<u8> {
    let expected = reference("chat_llama");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gguf");
    write(&path, &header("llama", &expected), &expected["tensors"], GgmlDType::Q8_0);
    fs::read(path).unwrap()
}

/// Loads a file as the provider does: measured first, and on a thread whose panic is a refusal.
fn refusal(bytes: &[u8]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.gguf"), bytes).unwrap();
    let files = files(folder.path());
    let load = move || {
        chat::size_bytes("a", &files)?;
        Chatter::load("a", &files)
    };
    match std::thread::spawn(load).join() {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it panicked".into()),
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let whole = gguf();
    assert_eq!(refusal(&whole), Ok(()));
    for length in [0, 3, 8, 23, 24, 100, 1000, whole.len() / 2, whole.len() - 64] {
        let refused = refusal(&whole[..length]).unwrap_err();
        assert!(refused.contains("cannot be read"), "{length}: {refused}");
    }
    assert!(refusal(b"<!DOCTYPE html><html>not found</html>").unwrap_err().contains("cannot be read"));
}

#[test]
fn a_file_with_damaged_bytes_never_ends_the_program() {
    let whole = gguf();
    // Every byte of the beginning, and a walk through the rest of the header.
    let header = whole.len().min(9000);
    let places = (0..64).chain((64..header).step_by(97));
    for place in places {
        for value in [0x00, 0x7f, 0xff] {
            let mut damaged = whole.clone();
            damaged[place] = value;
            // It may still be a model; what matters is that this line is reached.
            let _ = refusal(&damaged);
        }
    }
}

fn with(changes: &[(&str, Value)]) -> Result<(), String> {
    let expected = reference("chat_llama");
    let mut header = header("llama", &expected);
    for (name, value) in changes {
        header.retain(|(known, _)| known != name);
        header.push(((*name).to_owned(), value.clone()));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gguf");
    write(&path, &header, &expected["tensors"], GgmlDType::F32);
    refusal(&fs::read(path).unwrap())
}

#[test]
fn numbers_that_describe_no_model_are_refused() {
    let impossible = [
        ("llama.attention.head_count", Value::U32(0)),
        ("llama.attention.head_count_kv", Value::U32(3)),
        ("llama.block_count", Value::U32(u32::MAX)),
        ("llama.embedding_length", Value::U32(u32::MAX)),
        ("llama.expert_count", Value::U32(u32::MAX)),
        ("llama.rope.dimension_count", Value::U32(1 << 30)),
        ("llama.context_length", Value::U32(0)),
        ("general.architecture", Value::String("mamba".into())),
        ("general.alignment", Value::U32(0)),
    ];
    for change in impossible {
        assert!(with(std::slice::from_ref(&change)).is_err(), "{change:?} was taken");
    }
    // A context longer than any machine has room for is cut, not believed.
    assert_eq!(with(&[("llama.context_length", Value::U32(u32::MAX))]), Ok(()));
    let many = Value::Array((0..300).map(|id| Value::String(format!("t{id}"))).collect());
    assert!(with(&[("tokenizer.ggml.tokens", many)]).unwrap_err().contains("vocabulary"));
}

#[test]
fn configurations_that_ask_for_the_impossible_are_refused() {
    let change = |folder: &Path, file: &str, name: &str, value: serde_json::Value| {
        let path = folder.join(file);
        let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        json[name] = value;
        write_json(&path, &json);
    };
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    speech::write(place, &reference("speech"));
    for (name, value) in [("max_target_positions", 1u64 << 40), ("d_model", 0), ("encoder_attention_heads", 5)] {
        let before = fs::read(place.join("config.json")).unwrap();
        change(place, "config.json", name, value.into());
        assert!(matches!(Listener::load("a", &files(place)), Err(LocalError::Broken { .. })), "{name}");
        fs::write(place.join("config.json"), before).unwrap();
    }
    assert!(Listener::load("a", &files(place)).is_ok());
    change(place, "config.json", "d_model", 64.into());
    let error = Listener::load("a", &files(place)).err().unwrap().to_string();
    assert!(error.contains("is [32"), "{error}");
    // Another family's files.
    assert!(matches!(Embedder::load("a", &files(place)), Err(LocalError::Broken { .. })));

    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    write_painter(place, &reference("picture"), "epsilon");
    change(place, "scheduler/scheduler_config.json", "num_train_timesteps", (1u64 << 50).into());
    assert!(matches!(Painter::load("a", &files(place)), Err(LocalError::Unsupported { .. })));
}
