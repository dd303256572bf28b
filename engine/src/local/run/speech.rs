//! Speech to text with Whisper models.
//!
//! A sound is heard in windows of thirty seconds; the model writes text and marks of time, and where its last mark
//! stands, the next window begins. Words are chosen as the most likely ones, under the rules that Whisper's authors give
//! for marks of time.

use std::sync::{Mutex, PoisonError};

use candle_core::{DType, Tensor};
use candle_transformers::models::whisper::{Config, model::Whisper};
use serde::Deserialize;
use tokenizers::Tokenizer;
use tokio_util::sync::CancellationToken;

use super::{
    broken, check,
    device::device,
    failed,
    mel::{Mel, RATE, WINDOW},
    timing::{Marks, pieces},
    weights::Weights,
};
use crate::{
    local::{LocalError, kind::read_text, store::ModelFiles},
    provider::{Segment, Transcript, Usage},
};

/// Above this a window without a likely word counts as silence.
const SILENCE: f32 = 0.6;
/// The mean logarithm below which words are not likely.
const LIKELY: f32 = -1.0;

/// A loaded model that writes down what it hears.
pub(super) struct Listener {
    name: String,
    /// Has a memory of what it hears: one call at a time.
    model: Mutex<Whisper>,
    tokenizer: Tokenizer,
    mel: Mel,
    words: Words,
    /// Never written.
    suppressed: Vec<u32>,
    longest: usize,
}

/// The model's special tokens.
struct Words {
    start: u32,
    end: u32,
    transcribe: Option<u32>,
    translate: Option<u32>,
    no_speech: Option<u32>,
    no_marks: u32,
    /// The first mark of time, and how many there are; a mark is a fiftieth of a second.
    marks: Marks,
    /// Code and token; empty: the model knows one language only.
    languages: Vec<(String, u32)>,
}

/// What Whisper's configurations say besides the model's sizes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Generation {
    suppress_tokens: Vec<i64>,
}

/// What the model takes in memory.
pub(super) fn size_bytes(name: &str, files: &ModelFiles) -> Result<u64, LocalError> {
    Ok(Weights::find(name, files, "model")?.size_bytes(DType::F32))
}

impl Listener {
    pub fn load(name: &str, files: &ModelFiles) -> Result<Self, LocalError> {
        let unsound = |why: String| LocalError::Broken { name: name.to_owned(), why };
        let required = |file: &str| files.find(file).ok_or_else(|| unsound(format!("it has no `{file}`")));
        let text = read_text(&required("config.json")?)?;
        let mut json: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| unsound(format!("`config.json`: {error}")))?;
        // Absent and null mean the same, and the model's code takes neither.
        if let Some(fields) = json.as_object_mut() {
            fields.remove("suppress_tokens");
        }
        let config: Config =
            serde_json::from_value(json).map_err(|error| unsound(format!("`config.json`: {error}")))?;
        check_config(&config).map_err(unsound)?;
        let tokenizer = Tokenizer::from_file(required("tokenizer.json")?)
            .map_err(|error| unsound(format!("`tokenizer.json`: {error}")))?;
        let words = Words::of(&tokenizer).map_err(unsound)?;
        if words.marks.end() as usize > config.vocab_size || tokenizer.get_vocab_size(true) > config.vocab_size {
            return Err(unsound("its tokenizer knows more words than the model".into()));
        }
        let generation = files.find("generation_config.json").unwrap_or(required("config.json")?);
        let generation: Generation = serde_json::from_str(&read_text(&generation)?).unwrap_or_default();
        let suppressed = generation.suppress_tokens.into_iter().filter_map(|id| u32::try_from(id).ok()).collect();
        let longest = config.max_target_positions / 2;
        let mel = Mel::new(config.num_mel_bins).map_err(broken(name))?;
        let vars = Weights::find(name, files, "model")?.builder(DType::F32, device());
        let model = Whisper::load(&vars, config).map_err(broken(name))?;
        Ok(Self { name: name.to_owned(), model: Mutex::new(model), tokenizer, mel, words, suppressed, longest })
    }

    /// Writes down `samples`, of which there are 16,000 a second.
    pub fn transcribe(
        &self,
        samples: &[f32],
        (language, translate): (Option<&str>, bool),
        stop: &CancellationToken,
        on_progress: &dyn Fn(f64),
    ) -> Result<Transcript, LocalError> {
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let mut language = language.map(|code| self.words.language(code)).transpose()?;
        let mut transcript = Transcript::default();
        let (mut begin, mut made) = (0, 0);
        while begin < samples.len() {
            check(stop)?;
            on_progress(begin as f64 / samples.len() as f64);
            let window = &samples[begin..];
            let heard = self.hear(&mut model, window).map_err(failed(&self.name))?;
            if language.is_none() && !self.words.languages.is_empty() {
                language = Some(self.guess(&mut model, &heard).map_err(failed(&self.name))?);
            }
            let prompt = self.words.prompt(language, translate)?;
            let tokens = self.write(&mut model, &heard, &prompt, stop)?;
            made += tokens.len() as u64;
            let seconds = window.len().min(WINDOW) as f64 / RATE as f64;
            let (found, used_seconds) = pieces(&tokens, self.words.marks, seconds);
            for piece in found {
                let text = self.tokenizer.decode(&piece.tokens, true);
                let text = text.map_err(|error| self.failed(error.to_string()))?.trim().to_owned();
                let at = begin as f64 / RATE as f64;
                if !text.is_empty() {
                    let (start_seconds, end_seconds) = (at + piece.start_seconds, at + piece.end_seconds);
                    transcript.segments.push(Segment { start_seconds, end_seconds, text });
                }
            }
            begin += ((used_seconds * RATE as f64) as usize).clamp(RATE / 10, WINDOW);
        }
        on_progress(1.0);
        let texts: Vec<&str> = transcript.segments.iter().map(|segment| segment.text.as_str()).collect();
        transcript.text = texts.join(" ");
        transcript.language = language.and_then(|token| self.words.code(token));
        transcript.usage = Usage { output_tokens: Some(made), ..Usage::default() };
        Ok(transcript)
    }

    fn failed(&self, detail: String) -> LocalError {
        LocalError::Failed { name: self.name.clone(), detail }
    }

    fn hear(&self, model: &mut Whisper, samples: &[f32]) -> candle_core::Result<Tensor> {
        model.encoder.forward(&self.mel.of(samples)?, true)
    }

    /// Scores of what follows `tokens`.
    fn follow(model: &mut Whisper, tokens: &[u32], heard: &Tensor, first: bool) -> candle_core::Result<Vec<f32>> {
        let input = Tensor::new(tokens, device())?.unsqueeze(0)?;
        let hidden = model.decoder.forward(&input, heard, first)?;
        let last = hidden.narrow(1, tokens.len() - 1, 1)?;
        model.decoder.final_linear(&last)?.flatten_all()?.to_vec1()
    }

    fn guess(&self, model: &mut Whisper, heard: &Tensor) -> candle_core::Result<u32> {
        let scores = Self::follow(model, &[self.words.start], heard, true)?;
        let score = |token: u32| scores.get(token as usize).copied().unwrap_or(f32::MIN);
        let languages = self.words.languages.iter().map(|(_, token)| *token);
        let best = languages.max_by(|&a, &b| score(a).total_cmp(&score(b)));
        Ok(best.expect("it is asked only where there are languages"))
    }

    /// The tokens of one window, marks of time among them. Silence has none.
    fn write(
        &self,
        model: &mut Whisper,
        heard: &Tensor,
        prompt: &[u32],
        stop: &CancellationToken,
    ) -> Result<Vec<u32>, LocalError> {
        let mut tokens = prompt.to_vec();
        let (mut silence, mut likelihood) = (0.0, 0.0);
        while tokens.len() - prompt.len() < self.longest {
            check(stop)?;
            let first = tokens.len() == prompt.len();
            let mut scores = Self::follow(model, &tokens, heard, first).map_err(failed(&self.name))?;
            if let (true, Some(token)) = (first, self.words.no_speech) {
                silence = probability(&scores, token);
            }
            self.allow(&mut scores, &tokens[prompt.len()..]);
            let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
            let token = best.expect("a model knows words") as u32;
            likelihood += probability(&scores, token).max(f32::MIN_POSITIVE).ln();
            if token == self.words.end {
                break;
            }
            tokens.push(token);
        }
        let made = tokens.split_off(prompt.len());
        let mean = likelihood / (made.len() + 1) as f32;
        Ok(if silence > SILENCE && mean < LIKELY { Vec::new() } else { made })
    }

    /// What is heard, the scores behind `prompt`, and what is written: for comparing with other implementations.
    #[cfg(test)]
    pub fn trace(&self, samples: &[f32], prompt: &[u32], longest: usize) -> (Tensor, Vec<f32>, Vec<u32>) {
        let mut model = self.model.lock().expect("no test panics while it runs a model");
        let heard = self.hear(&mut model, samples).expect("the test's model runs");
        let scores = Self::follow(&mut model, prompt, &heard, true).expect("the test's model runs");
        let mut made =
            self.write(&mut model, &heard, prompt, &CancellationToken::new()).expect("the test's model runs");
        made.truncate(longest);
        (heard, scores, made)
    }

    /// Rules out what may not follow `made`.
    fn allow(&self, scores: &mut [f32], made: &[u32]) {
        let words = &self.words;
        for &token in &self.suppressed {
            forbid(scores, token);
        }
        // Special tokens are for prompts; the end of the text is the one that may be written.
        let specials = [Some(words.start), words.transcribe, words.translate, words.no_speech, Some(words.no_marks)];
        specials.into_iter().flatten().for_each(|token| forbid(scores, token));
        words.languages.iter().for_each(|(_, token)| forbid(scores, *token));
        words.marks.allow(scores, made, words.end);
    }
}

fn forbid(scores: &mut [f32], token: u32) {
    if let Some(score) = scores.get_mut(token as usize) {
        *score = f32::NEG_INFINITY;
    }
}

fn probability(scores: &[f32], token: u32) -> f32 {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = scores.iter().map(|score| (score - highest).exp()).sum();
    scores.get(token as usize).map_or(0.0, |score| (score - highest).exp() / sum)
}

impl Words {
    fn of(tokenizer: &Tokenizer) -> Result<Self, String> {
        let find = |name: &str| tokenizer.token_to_id(name);
        let required = |name: &str| find(name).ok_or_else(|| format!("its tokenizer has no `{name}`"));
        let first = required("<|0.00|>")?;
        let last = required("<|30.00|>")?;
        if last.checked_sub(first) != Some(1500) {
            return Err("its tokenizer's marks of time are not sound".into());
        }
        let transcribe = find("<|transcribe|>");
        // Languages stand between the start and the tasks; a model of one language has no such prompt.
        let mut languages = Vec::new();
        if let (Some(task), Some(start)) = (find("<|translate|>"), find("<|startoftranscript|>")) {
            for token in start + 1..task.min(start + 200) {
                let name = tokenizer.id_to_token(token).unwrap_or_default();
                if let Some(code) = name.strip_prefix("<|").and_then(|name| name.strip_suffix("|>")) {
                    languages.push((code.to_owned(), token));
                }
            }
        }
        Ok(Self {
            start: required("<|startoftranscript|>")?,
            end: required("<|endoftext|>")?,
            transcribe,
            translate: find("<|translate|>"),
            no_speech: find("<|nospeech|>").or_else(|| find("<|nocaptions|>")),
            no_marks: required("<|notimestamps|>")?,
            marks: Marks { first },
            languages,
        })
    }

    fn language(&self, code: &str) -> Result<u32, LocalError> {
        let found = self.languages.iter().find(|(known, _)| known == code).map(|(_, token)| *token);
        let unknown = || format!("this model knows no language `{}`", code.chars().take(20).collect::<String>());
        found.ok_or_else(|| LocalError::Input { field: "language", message: unknown() })
    }

    fn code(&self, token: u32) -> Option<String> {
        self.languages.iter().find(|(_, known)| *known == token).map(|(code, _)| code.clone())
    }

    fn prompt(&self, language: Option<u32>, translate: bool) -> Result<Vec<u32>, LocalError> {
        let task = if translate { self.translate } else { self.transcribe };
        match (language, task) {
            (Some(language), Some(task)) => Ok(vec![self.start, language, task]),
            _ if translate => {
                let message = "this model cannot translate".to_owned();
                Err(LocalError::Input { field: "translate", message })
            }
            _ => Ok(vec![self.start]),
        }
    }
}

/// The model's code makes tables by these numbers, and divides by them.
fn check_config(config: &Config) -> Result<(), String> {
    let width = config.d_model;
    let divides = |heads: usize| heads >= 1 && width.is_multiple_of(heads);
    let sound = (2..=1 << 13).contains(&width)
        && width.is_multiple_of(2)
        && divides(config.encoder_attention_heads)
        && divides(config.decoder_attention_heads)
        && (1..=256).contains(&config.num_mel_bins)
        && config.max_source_positions == 1500
        && (8..=4096).contains(&config.max_target_positions)
        && config.encoder_layers <= 256
        && config.decoder_layers <= 256
        && (1..=1 << 20).contains(&config.vocab_size);
    if sound { Ok(()) } else { Err("`config.json` describes no model that could be".into()) }
}
