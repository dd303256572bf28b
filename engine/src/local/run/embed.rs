//! Text embeddings with models of the BERT family: MiniLM, E5, BGE and others that come with a `tokenizer.json`.

use std::path::PathBuf;

use candle_core::{DType, Tensor};
use candle_transformers::models::bert::{BertModel, Config};
use serde::Deserialize;
use tokenizers::{Tokenizer, TruncationParams};
use tokio_util::sync::CancellationToken;

use super::{
    broken, check,
    device::device,
    failed,
    waiting::{Call, Waiting},
    weights::Weights,
};
use crate::local::{LocalError, kind::read_text, store::ModelFiles};

/// Texts that are computed at once.
const BATCH: usize = 32;

/// A loaded model that embeds.
pub(super) struct Embedder {
    name: String,
    model: BertModel,
    tokenizer: Tokenizer,
    pooling: Pooling,
    normalize: bool,
    /// Filled by calls, emptied by whichever of them may compute next.
    pub waiting: Waiting,
}

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Pooling {
    Mean,
    /// That of the first token.
    First,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PoolingConfig {
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
}

#[derive(Debug, Deserialize)]
struct Module {
    #[serde(rename = "type")]
    module_type: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LengthConfig {
    max_seq_length: Option<usize>,
}

/// What the model takes in memory.
pub(super) fn size_bytes(name: &str, files: &ModelFiles) -> Result<u64, LocalError> {
    Ok(Weights::find(name, files, "model")?.size_bytes(DType::F32))
}

impl Embedder {
    pub fn load(name: &str, files: &ModelFiles) -> Result<Self, LocalError> {
        let unsound = |why: String| LocalError::Broken { name: name.to_owned(), why };
        let required = |file: &str| files.find(file).ok_or_else(|| unsound(format!("it has no `{file}`")));
        let config: Config = serde_json::from_str(&read_text(&required("config.json")?)?)
            .map_err(|error| unsound(format!("`config.json`: {error}")))?;
        check_config(&config).map_err(unsound)?;

        let length: LengthConfig = optional(files.find("sentence_bert_config.json"));
        let longest =
            length.max_seq_length.unwrap_or(config.max_position_embeddings).min(config.max_position_embeddings);
        let mut tokenizer = Tokenizer::from_file(required("tokenizer.json")?)
            .map_err(|error| unsound(format!("`tokenizer.json`: {error}")))?;
        let truncation = TruncationParams { max_length: longest.max(2), ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(|error| unsound(error.to_string()))?;
        tokenizer.with_padding(None);
        if tokenizer.get_vocab_size(true) > config.vocab_size {
            return Err(unsound("its tokenizer knows more words than the model".into()));
        }

        let pooling: PoolingConfig = optional(files.find("1_Pooling/config.json"));
        let first = pooling.pooling_mode_cls_token && !pooling.pooling_mode_mean_tokens;
        let modules: Vec<Module> = optional(files.find("modules.json"));
        let normalize = modules.is_empty() || modules.iter().any(|module| module.module_type.ends_with("Normalize"));
        let vars = Weights::find(name, files, "model")?.builder(DType::F32, device());
        let model = BertModel::load(vars, &config).map_err(broken(name))?;
        let pooling = if first { Pooling::First } else { Pooling::Mean };
        Ok(Self { name: name.to_owned(), model, tokenizer, pooling, normalize, waiting: Waiting::default() })
    }

    /// Computes calls that wait, together. `false`: none did.
    pub fn embed_waiting(&self) -> bool {
        let calls = self.waiting.take(BATCH);
        if calls.is_empty() {
            return false;
        }
        // Nobody stops a batch: it is short, and others want it too.
        let together = match calls.as_slice() {
            [_] => None,
            several => {
                let texts: Vec<String> = several.iter().flat_map(|call| call.texts.iter().cloned()).collect();
                self.embed(&texts, &CancellationToken::new()).ok()
            }
        };
        match together {
            Some((vectors, tokens)) => {
                let mut made = vectors.into_iter().zip(tokens);
                for Call { texts, answer, .. } in calls {
                    let (vectors, tokens): (_, Vec<u64>) = made.by_ref().take(texts.len()).unzip();
                    // Whoever asked may be gone, here and below.
                    answer.send(Ok((vectors, tokens.iter().sum()))).ok();
                }
            }
            // What is wrong with one of them is no failure of the others.
            None => {
                for Call { texts, stop, answer } in calls {
                    let made = self.embed(&texts, &stop);
                    answer.send(made.map(|(vectors, tokens)| (vectors, tokens.iter().sum()))).ok();
                }
            }
        }
        true
    }

    /// One vector for each text, and how many tokens each was.
    pub fn embed(&self, texts: &[String], stop: &CancellationToken) -> Result<(Vec<Vec<f32>>, Vec<u64>), LocalError> {
        let encoded = self.tokenizer.encode_batch(texts.to_vec(), true);
        let encoded = encoded.map_err(|error| failed(&self.name)(candle_core::Error::Msg(error.to_string())))?;
        let tokens = encoded.iter().map(|encoding| encoding.len() as u64).collect();
        // Texts of like length together: the shorter ones of a batch are padded, and padding is computed too.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&index| encoded[index].len());
        let mut vectors = vec![Vec::new(); texts.len()];
        for batch in order.chunks(BATCH) {
            check(stop)?;
            let ids: Vec<&[u32]> = batch.iter().map(|&index| encoded[index].get_ids()).collect();
            let made = self.forward(&ids).map_err(failed(&self.name))?;
            for (&index, vector) in batch.iter().zip(made) {
                vectors[index] = vector;
            }
        }
        Ok((vectors, tokens))
    }

    fn forward(&self, texts: &[&[u32]]) -> candle_core::Result<Vec<Vec<f32>>> {
        let longest = texts.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let padded = |ids: &&[u32]| ids.iter().copied().chain(std::iter::repeat(0)).take(longest).collect::<Vec<_>>();
        let meant = |ids: &&[u32]| (0..longest).map(|at| f32::from(u8::from(at < ids.len()))).collect::<Vec<_>>();
        let shape = (texts.len(), longest);
        let ids = Tensor::from_vec(texts.iter().flat_map(padded).collect(), shape, device())?;
        let mask = Tensor::from_vec(texts.iter().flat_map(meant).collect(), shape, device())?;
        let hidden = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let pooled = match self.pooling {
            Pooling::First => hidden.narrow(1, 0, 1)?.squeeze(1)?,
            Pooling::Mean => {
                let sum = hidden.broadcast_mul(&mask.unsqueeze(2)?)?.sum(1)?;
                sum.broadcast_div(&mask.sum_keepdim(1)?)?
            }
        };
        let vectors = match self.normalize {
            true => pooled.broadcast_div(&pooled.sqr()?.sum_keepdim(1)?.sqrt()?.clamp(1e-12f32, f32::MAX)?)?,
            false => pooled,
        };
        vectors.to_vec2()
    }
}

/// A file that may be absent, and says nothing when it cannot be read.
fn optional<T: Default + for<'de> Deserialize<'de>>(path: Option<PathBuf>) -> T {
    let text = path.and_then(|path| read_text(&path).ok());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// The model's code divides by these numbers and allocates by them.
fn check_config(config: &Config) -> Result<(), String> {
    let heads = config.num_attention_heads;
    let sound = (1..=1 << 20).contains(&config.vocab_size)
        && (1..=1 << 16).contains(&config.hidden_size)
        && (1..=1 << 10).contains(&config.num_hidden_layers)
        && (1..=1 << 16).contains(&config.max_position_embeddings)
        && heads >= 1
        && config.hidden_size.is_multiple_of(heads);
    if sound { Ok(()) } else { Err("`config.json` describes no model that could be".into()) }
}
