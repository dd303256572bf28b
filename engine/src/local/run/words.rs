//! The tokenizer of a GGUF file.
//!
//! candle builds the byte-level kind (Llama 3, Qwen); the sentence-piece kind (Llama 2, Mistral, TinyLlama) is built here
//! from its pieces and their scores.

use std::collections::{HashMap, HashSet};

use candle_core::quantized::{
    gguf_file::{Content, Value},
    tokenizer::TokenizerFromGguf,
};
use tokenizers::{
    AddedToken, Tokenizer,
    decoders::{byte_fallback::ByteFallback, fuse::Fuse, sequence::Sequence as Decoders, strip::Strip},
    models::bpe::BPE,
    normalizers::{Prepend, Replace, Sequence as Normalizers},
};

use super::gguf::Gguf;

/// Longer vocabularies are no vocabularies.
const TOKENS_MAX: usize = 1 << 20;
/// How GGUF marks pieces that stand for no text.
const CONTROL: [i64; 2] = [3, 4];

/// A tokenizer, and the tokens that mean something to whoever runs the model.
pub(super) struct Vocabulary {
    pub tokenizer: Tokenizer,
    pub bos: Option<(u32, String)>,
    /// Whether a text begins with `bos`, whatever its template says.
    pub begins_with_bos: bool,
    pub eos: String,
    /// Any of these ends an answer.
    pub ends: HashSet<u32>,
}

impl Vocabulary {
    pub fn read(gguf: &mut Gguf) -> Result<Self, String> {
        let tokens = texts(&gguf.content, "tokenizer.ggml.tokens")?;
        if tokens.is_empty() || tokens.len() > TOKENS_MAX {
            return Err("its vocabulary is not sound".into());
        }
        let rows = gguf.content.tensor_infos.get("token_embd.weight").and_then(|info| info.shape.dims().first());
        if rows.is_none_or(|&rows| rows < tokens.len()) {
            return Err("its vocabulary has more words than the model".into());
        }
        let pieces = gguf.text("tokenizer.ggml.model") == Some("llama");
        let tokenizer = if pieces { from_pieces(&gguf.content, &tokens)? } else { from_bytes(&mut gguf.content)? };
        let word = |key: &str| {
            let id = gguf.number(&format!("tokenizer.ggml.{key}"))?;
            Some((id, tokens.get(id as usize)?.clone()))
        };
        let named = ["<|eot_id|>", "<|im_end|>", "<|end|>", "<|endoftext|>", "<|end_of_text|>", "</s>"];
        let mut ends: HashSet<u32> = named.iter().filter_map(|name| tokenizer.token_to_id(name)).collect();
        ends.extend(["eos_token_id", "eot_token_id"].iter().filter_map(|key| Some(word(key)?.0)));
        let eos = word("eos_token_id").map(|(_, text)| text).unwrap_or_default();
        let begins = match gguf.content.metadata.get("tokenizer.ggml.add_bos_token") {
            Some(Value::Bool(begins)) => *begins,
            _ => pieces,
        };
        Ok(Self { bos: word("bos_token_id"), begins_with_bos: begins, eos, ends, tokenizer })
    }

    /// The tokens of a text in which the template's marks stand.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoded = self.tokenizer.encode(text, false).map_err(|error| error.to_string())?;
        let mut ids = encoded.get_ids().to_vec();
        if let Some((bos, _)) = self.bos.as_ref().filter(|(bos, _)| self.begins_with_bos && ids.first() != Some(bos)) {
            ids.insert(0, *bos);
        }
        Ok(ids)
    }
}

fn texts(content: &Content, key: &str) -> Result<Vec<String>, String> {
    let missing = || format!("its header has no sound `{key}`");
    let values = content.metadata.get(key).and_then(|value| value.to_vec().ok()).ok_or_else(missing)?;
    values.iter().map(|value| value.to_string().cloned().map_err(|_| missing())).collect()
}

fn from_bytes(content: &mut Content) -> Result<Tokenizer, String> {
    // The name that files of Llama 3 really carry, in the words that candle knows.
    if content
        .metadata
        .get("tokenizer.ggml.pre")
        .and_then(|pre| pre.to_string().ok())
        .is_some_and(|pre| pre == "llama-bpe")
    {
        content.metadata.insert("tokenizer.ggml.pre".into(), Value::String("llama3".into()));
        content.metadata.insert("tokenizer.ggml.ignore_merges".into(), Value::Bool(true));
    }
    Tokenizer::from_gguf(content).map_err(|error| super::first_line(&error.to_string()))
}

/// Byte-pair merges in the order of the scores: two pieces merge when they make a piece, the best one first.
fn from_pieces(content: &Content, tokens: &[String]) -> Result<Tokenizer, String> {
    let numbers = |key: &str| content.metadata.get(key).and_then(|value| value.to_vec().ok());
    let scores = numbers("tokenizer.ggml.scores").ok_or("its vocabulary has no scores")?;
    let score = |id: usize| scores.get(id).and_then(|score| score.to_f32().ok()).unwrap_or(f32::MIN);
    let ids: HashMap<&str, usize> = tokens.iter().enumerate().map(|(id, token)| (token.as_str(), id)).collect();
    let mut merges = Vec::new();
    for (id, token) in tokens.iter().enumerate() {
        let cuts = token.char_indices().skip(1).map(|(at, _)| token.split_at(at));
        for (left, right) in cuts {
            if let (Some(&l), Some(&r)) = (ids.get(left), ids.get(right)) {
                merges.push((score(id), l, r, left, right));
            }
        }
    }
    merges.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let merges = merges.into_iter().map(|(.., left, right)| (left.to_owned(), right.to_owned())).collect();
    let vocab = tokens
        .iter()
        .enumerate()
        .map(|(id, token)| (token.clone(), id as u32))
        .collect::<tokenizers::models::bpe::Vocab>();
    let unknown = tokens.first().cloned().unwrap_or_default();
    let bpe = BPE::builder().vocab_and_merges(vocab, merges).unk_token(unknown).fuse_unk(true).byte_fallback(true);
    let mut tokenizer = Tokenizer::new(bpe.build().map_err(|error| error.to_string())?);
    let text = |error: Box<dyn std::error::Error + Send + Sync>| error.to_string();
    let replace = |from: &str, to: &str| Replace::new(from, to).map_err(text);
    let normalizers = vec![Prepend::new("▁".into()).into(), replace(" ", "▁")?.into()];
    tokenizer.with_normalizer(Some(Normalizers::new(normalizers))).map_err(text)?;
    let decoders =
        vec![replace("▁", " ")?.into(), ByteFallback::new().into(), Fuse::new().into(), Strip::new(' ', 1, 0).into()];
    tokenizer.with_decoder(Some(Decoders::new(decoders)));
    let types = numbers("tokenizer.ggml.token_type").map(Vec::as_slice).unwrap_or_default();
    let is_control = |kind: &Value| match kind {
        Value::I32(kind) => CONTROL.contains(&i64::from(*kind)),
        other => other.to_u64().is_ok_and(|kind| CONTROL.contains(&(kind as i64))),
    };
    let specials: Vec<AddedToken> = tokens
        .iter()
        .zip(types)
        .filter(|(_, kind)| is_control(kind))
        .map(|(token, _)| AddedToken::from(token.clone(), true))
        .collect();
    tokenizer.add_special_tokens(specials).map_err(text)?;
    Ok(tokenizer)
}
