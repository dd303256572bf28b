use std::{fs::File, path::Path, sync::Mutex};

use candle_core::quantized::{
    GgmlDType, QTensor,
    gguf_file::{self, Value},
};
use candle_transformers::generation::{LogitsProcessor, Sampling};
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use super::{assert_close, files, fill, reference, shape_of};
use crate::{LocalError, local::run::chat::Chatter, provider::ChatRequest};

const TEMPLATE: &str = "{%- for m in messages %}{{- '<|im_start|>' + m.role + '\n' + m.content.strip() + '<|im_end|>\n' }}\
    {%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}";

/// The header of a tiny model of this family.
pub(super) fn header(family: &str, expected: &Json) -> Vec<(String, Value)> {
    let sizes = &expected["sizes"];
    let number = |name: &str| Value::U32(sizes[name].as_u64().unwrap() as u32);
    let float = |name: &str| Value::F32(sizes[name].as_f64().unwrap() as f32);
    let texts = |json: &Json| {
        Value::Array(json.as_array().unwrap().iter().map(|text| Value::String(text.as_str().unwrap().into())).collect())
    };
    let types = (0..262).map(|id| Value::I32(if id < 259 { 1 } else { 3 })).collect();
    let own = [
        ("context_length", number("context")),
        ("embedding_length", number("width")),
        ("block_count", number("layers")),
        ("feed_forward_length", number("inner")),
        ("attention.head_count", number("heads")),
        ("attention.head_count_kv", number("kv_heads")),
        ("attention.layer_norm_rms_epsilon", float("eps")),
        ("attention.key_length", Value::U32(16)),
        ("rope.freq_base", float("base")),
        ("rope.dimension_count", Value::U32(16)),
    ];
    let mut header: Vec<(String, Value)> =
        own.into_iter().map(|(name, value)| (format!("{family}.{name}"), value)).collect();
    header.extend([
        ("general.architecture".into(), Value::String(family.into())),
        ("tokenizer.ggml.model".into(), Value::String("gpt2".into())),
        ("tokenizer.ggml.pre".into(), Value::String("qwen2".into())),
        ("tokenizer.ggml.tokens".into(), texts(&expected["tokens"])),
        ("tokenizer.ggml.merges".into(), texts(&expected["merges"])),
        ("tokenizer.ggml.token_type".into(), Value::Array(types)),
        ("tokenizer.ggml.eos_token_id".into(), Value::U32(260)),
        ("tokenizer.ggml.bos_token_id".into(), Value::U32(261)),
        ("tokenizer.ggml.add_bos_token".into(), Value::Bool(false)),
        ("tokenizer.chat_template".into(), Value::String(TEMPLATE.into())),
    ]);
    header
}

/// Writes a GGUF file; tables become `dtype`.
pub(super) fn write(path: &Path, header: &[(String, Value)], tensors: &Json, dtype: GgmlDType) {
    let tensor = |(name, shape): (&String, &Json)| {
        let shape = shape_of(shape);
        let dtype = if shape.len() == 1 { GgmlDType::F32 } else { dtype };
        (name.clone(), QTensor::quantize(&fill(name, &shape), dtype).unwrap())
    };
    let tensors: Vec<(String, QTensor)> = tensors.as_object().unwrap().iter().map(tensor).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let header: Vec<(&str, &Value)> = header.iter().map(|(name, value)| (name.as_str(), value)).collect();
    gguf_file::write(&mut File::create(path).unwrap(), &header, &tensors).unwrap();
}

pub(super) fn tiny(family: &str, dtype: GgmlDType) -> (Chatter, Json) {
    let expected = reference(&format!("chat_{family}"));
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("tiny.gguf"), &header(family, &expected), &expected["tensors"], dtype);
    (Chatter::load("tiny", &files(folder.path())).unwrap(), expected)
}

fn tokens(json: &Json) -> Vec<u32> {
    serde_json::from_value(json.clone()).unwrap()
}

fn most_likely() -> LogitsProcessor {
    LogitsProcessor::from_sampling(0, Sampling::ArgMax)
}

fn check_family(family: &str) {
    let (model, expected) = tiny(family, GgmlDType::F32);
    let prompt = tokens(&expected["prompt"]);
    assert_close(&model.scores(&prompt), &expected["scores"], 2e-3);
    let made = Mutex::new(Vec::new());
    let mut note = |token: u32| {
        made.lock().unwrap().push(token);
        Ok(false)
    };
    model.generate(&prompt, 24, most_likely(), &CancellationToken::new(), &mut note).unwrap();
    assert_eq!(made.into_inner().unwrap(), tokens(&expected["made"]));
    // Eight bits a weight say nearly the same.
    let (small, _) = tiny(family, GgmlDType::Q8_0);
    assert_close(&small.scores(&prompt), &expected["scores"], 0.25);
}

#[test]
fn a_llama_file_answers_as_in_transformers() {
    check_family("llama");
}

#[test]
fn a_qwen2_file_answers_as_in_transformers() {
    check_family("qwen2");
}

#[test]
fn a_qwen3_file_answers_as_in_transformers() {
    let (model, expected) = tiny("qwen3", GgmlDType::F32);
    // Its positions are computed in half precision.
    assert_close(&model.scores(&tokens(&expected["prompt"])), &expected["scores"], 3e-2);
}

fn ask(prompt: &str) -> ChatRequest {
    ChatRequest { prompt: prompt.into(), temperature: Some(0.0), max_tokens: Some(20), ..ChatRequest::default() }
}

fn answer(model: &Chatter, request: &ChatRequest) -> Result<(String, Vec<String>), LocalError> {
    let mut pieces = Vec::new();
    let answer = model.answer(request, &CancellationToken::new(), &mut |piece| pieces.push(piece))?;
    assert_eq!(pieces.concat(), answer.text);
    Ok((answer.text, pieces))
}

#[test]
fn the_template_makes_the_prompt_that_the_model_was_given() {
    let (model, expected) = tiny("llama", GgmlDType::F32);
    let request = ChatRequest { max_tokens: Some(24), ..ask(" hello 12 ") };
    let mut streamed = String::new();
    let stop = CancellationToken::new();
    let answer = model.answer(&request, &stop, &mut |piece| streamed.push_str(&piece)).unwrap();
    assert_eq!(answer.usage.input_tokens, Some(tokens(&expected["prompt"]).len() as u64));
    assert_eq!(answer.usage.output_tokens, Some(24));
    let bytes: Vec<u8> = tokens(&expected["made"]).iter().map(|&token| token as u8).collect();
    let known = String::from_utf8_lossy(&bytes);
    let first = known.split('\u{fffd}').next().unwrap();
    assert!(answer.text.starts_with(first) && !first.is_empty(), "{:?} begins with {first:?}", answer.text);
}

#[test]
fn an_answer_ends_at_a_stop_and_at_its_length() {
    let (model, _) = tiny("llama", GgmlDType::F32);
    let (whole, pieces) = answer(&model, &ask("hello 12")).unwrap();
    assert!(pieces.len() > 3, "{pieces:?}");
    let mut letters = whole.char_indices().skip(3);
    let (at, letter) = letters.find(|(at, letter)| !whole[..*at].contains(*letter)).unwrap();
    let stopped = ChatRequest { stop: vec![letter.to_string()], ..ask("hello 12") };
    assert_eq!(answer(&model, &stopped).unwrap().0, whole[..at]);
    let short = ChatRequest { max_tokens: Some(2), ..ask("hello 12") };
    assert!(whole.starts_with(&answer(&model, &short).unwrap().0));
}

#[test]
fn a_seed_brings_the_same_answer_back() {
    let (model, _) = tiny("qwen2", GgmlDType::Q8_0);
    let seeded = |seed: u32| ChatRequest { temperature: Some(1.0), top_k: Some(40), seed: Some(seed), ..ask("hi") };
    let first = answer(&model, &seeded(1)).unwrap();
    assert_eq!(first, answer(&model, &seeded(1)).unwrap());
    assert!((2..8).any(|seed| answer(&model, &seeded(seed)).unwrap() != first));
}

#[test]
fn a_conversation_longer_than_the_model_is_refused_with_numbers() {
    let (model, _) = tiny("llama", GgmlDType::F32);
    let error = answer(&model, &ask(&"boat ".repeat(60))).unwrap_err();
    assert!(matches!(error, LocalError::ContextFull { limit: 128, tokens } if tokens > 250), "{error}");
    // And one that fits leaves room for what is left.
    let (model, _) = tiny("llama", GgmlDType::F32);
    let request = ChatRequest { max_tokens: Some(500), ..ask(&"x".repeat(90)) };
    let mut count = 0;
    let answered = model.answer(&request, &CancellationToken::new(), &mut |_| count += 1).unwrap();
    let used = answered.usage.input_tokens.unwrap() + answered.usage.output_tokens.unwrap();
    assert_eq!(used, 128);
}

#[test]
fn a_cancelled_answer_ends_between_two_tokens() {
    let (model, _) = tiny("llama", GgmlDType::F32);
    let stop = CancellationToken::new();
    let mut made = 0;
    let request = ChatRequest { max_tokens: Some(60), ..ask("hello 12") };
    let result = model.answer(&request, &stop, &mut |_| {
        made += 1;
        if made == 3 {
            stop.cancel();
        }
    });
    assert!(matches!(result, Err(LocalError::Cancelled)));
    assert_eq!(made, 3);
}

/// Pieces and scores in the place of merges, as Llama 2 and Mistral have them.
#[test]
fn a_vocabulary_of_pieces_cuts_by_score() {
    let expected = reference("chat_llama");
    let mut pieces: Vec<(String, f32, i32)> =
        vec![("<unk>".into(), 0.0, 2), ("<s>".into(), 0.0, 3), ("</s>".into(), 0.0, 3)];
    pieces.extend((0..256).map(|byte| (format!("<0x{byte:02X}>"), 0.0, 6)));
    // `ab` is likelier than `bc`, and `▁ab` than `abc`.
    let words = [("▁", -9.0), ("a", -8.0), ("b", -8.5)];
    pieces.extend(words.map(|(piece, score)| (piece.to_owned(), score, 1)));
    let mut header: Vec<(String, Value)> = header("llama", &expected);
    header.retain(|(name, _)| !name.starts_with("tokenizer."));
    let array = |values: Vec<Value>| Value::Array(values);
    header.extend([
        ("tokenizer.ggml.model".to_owned(), Value::String("llama".into())),
        (
            "tokenizer.ggml.tokens".to_owned(),
            array(pieces.iter().map(|piece| Value::String(piece.0.clone())).collect()),
        ),
        ("tokenizer.ggml.scores".to_owned(), array(pieces.iter().map(|piece| Value::F32(piece.1)).collect())),
        ("tokenizer.ggml.token_type".to_owned(), array(pieces.iter().map(|piece| Value::I32(piece.2)).collect())),
        ("tokenizer.ggml.bos_token_id".to_owned(), Value::U32(1)),
        ("tokenizer.ggml.eos_token_id".to_owned(), Value::U32(2)),
    ]);
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("tiny.gguf"), &header, &expected["tensors"], GgmlDType::F32);
    let model = Chatter::load("tiny", &files(folder.path())).unwrap();
    let ids = model.vocabulary().encode("ab é").unwrap();
    // The beginning, a space, two letters, a space, and a letter that is not there as its two bytes.
    assert_eq!(ids, [1, 259, 260, 261, 259, 3 + 0xC3, 3 + 0xA9]);
    assert_eq!(model.vocabulary().tokenizer.decode(&ids, true).unwrap(), "ab é");
}
