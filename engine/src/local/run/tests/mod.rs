//! Tiny models of every family against the numbers of reference implementations, and files that mean harm.
//!
//! The weights are functions of their names; `tests/fixtures/local/reference.py` says which, and wrote the numbers.

mod chat;
mod embed;
mod hostile;
mod node;
mod pictures;
mod speech;

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use candle_core::{Device, Tensor};
use serde_json::Value as Json;

use crate::local::store::ModelFiles;

/// What the script wrote for one family.
fn reference(name: &str) -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/local/{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Uniform in -1..1, from a name alone: `noise` of the script.
fn noise(name: &str, count: usize) -> impl Iterator<Item = f64> {
    let begin = name
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325u64, |value, byte| (value ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    (0..count as u64).map(move |index| {
        let z = index.wrapping_add(begin).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f64 / f64::from(1 << 23) - 1.0
    })
}

/// A tensor's weights: `fill` of the script.
fn fill(name: &str, shape: &[usize]) -> Tensor {
    let noise = noise(name, shape.iter().product());
    let values: Vec<f32> = match shape {
        [_] if name.ends_with("weight") => noise.map(|x| (1.0 + 0.1 * x) as f32).collect(),
        [_] => noise.map(|x| (0.1 * x) as f32).collect(),
        _ => {
            let scale = (3.0 / shape[1..].iter().product::<usize>() as f64).sqrt();
            noise.map(|x| (x * scale) as f32).collect()
        }
    };
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn shape_of(json: &Json) -> Vec<usize> {
    serde_json::from_value(json.clone()).unwrap()
}

/// Writes the tensors that the script listed, each name behind `prefix`.
fn write_tensors(path: &Path, tensors: &Json, prefix: &str) {
    let tensor = |(name, info): (&String, &Json)| {
        (format!("{prefix}{name}"), fill(info["as"].as_str().unwrap(), &shape_of(&info["shape"])))
    };
    let tensors: HashMap<String, Tensor> = tensors.as_object().unwrap().iter().map(tensor).collect();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    candle_core::safetensors::save(&tensors, path).unwrap();
}

fn write_json(path: &Path, json: &Json) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, serde_json::to_vec(json).unwrap()).unwrap();
}

/// The characters that byte-level vocabularies write bytes as, GPT-2's way.
fn byte_words() -> Vec<String> {
    let printable = |byte: u32| (33..127).contains(&byte) || (161..173).contains(&byte) || (174..256).contains(&byte);
    let mut extra = 256..;
    let character = |byte: u32| if printable(byte) { byte } else { extra.next().unwrap() };
    (0..256).map(character).map(|code| char::from_u32(code).unwrap().to_string()).collect()
}

/// A `tokenizer.json` of bytes and special tokens, without merges.
fn byte_tokenizer(specials: &[String]) -> Json {
    let words = byte_words();
    let vocab: BTreeMap<&String, usize> =
        words.iter().chain(specials).enumerate().map(|(id, word)| (word, id)).collect();
    let added: Vec<Json> = specials
        .iter()
        .enumerate()
        .map(|(index, word)| {
            serde_json::json!({
                "id": 256 + index, "content": word, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true,
            })
        })
        .collect();
    let level =
        serde_json::json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false});
    serde_json::json!({
        "version": "1.0", "added_tokens": added, "pre_tokenizer": level, "decoder": level,
        "model": {"type": "BPE", "vocab": vocab, "merges": []},
    })
}

fn files(folder: &Path) -> ModelFiles {
    ModelFiles { folder: folder.to_owned(), file: None }
}

/// The numbers are those of the reference, but for rounding.
#[track_caller]
fn assert_close(found: &[f32], expected: &Json, tolerance: f32) {
    let expected: Vec<f32> = serde_json::from_value(expected.clone()).unwrap();
    assert_eq!(found.len(), expected.len());
    for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert!((found - expected).abs() <= tolerance, "number {index} is {found} and not {expected}");
    }
}
