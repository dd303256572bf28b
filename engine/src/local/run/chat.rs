//! Conversations with quantised models of the Llama and Qwen families.

use std::sync::{Mutex, PoisonError};

use candle_core::{Tensor, quantized::gguf_file::Content};
use candle_transformers::{
    generation::{LogitsProcessor, Sampling},
    models::{quantized_llama, quantized_qwen2, quantized_qwen3},
};
use tokio_util::sync::CancellationToken;

use super::{
    broken, check,
    device::device,
    failed,
    gguf::{Family, Gguf},
    stop::StopAt,
    template::{self, Message, Words},
    words::Vocabulary,
};
use crate::{
    local::{LocalError, store::ModelFiles},
    provider::{ChatAnswer, ChatRequest, Usage},
};

/// Tokens of a prompt that are read at once: attention takes memory by the square of it.
const READ_AT_ONCE: usize = 256;
/// The longest answer, where nobody says otherwise.
const ANSWER_TOKENS: usize = 2048;
const TEMPERATURE: f64 = 0.7;
const TOP_P: f64 = 0.95;

/// A loaded model that chats.
pub(super) struct Chatter {
    name: String,
    /// Has a memory of the conversation: one call at a time.
    model: Mutex<Weights>,
    vocabulary: Vocabulary,
    template: String,
    context: usize,
}

enum Weights {
    Llama(Box<quantized_llama::ModelWeights>),
    Qwen2(Box<quantized_qwen2::ModelWeights>),
    Qwen3(Box<quantized_qwen3::ModelWeights>),
}

impl Weights {
    fn load(
        family: Family,
        content: Content,
        file: &mut (impl std::io::Read + std::io::Seek),
    ) -> candle_core::Result<Self> {
        Ok(match family {
            Family::Llama => Self::Llama(Box::new(quantized_llama::ModelWeights::from_gguf(content, file, device())?)),
            Family::Qwen2 => Self::Qwen2(Box::new(quantized_qwen2::ModelWeights::from_gguf(content, file, device())?)),
            Family::Qwen3 => Self::Qwen3(Box::new(quantized_qwen3::ModelWeights::from_gguf(content, file, device())?)),
        })
    }

    fn forget(&mut self) {
        match self {
            Self::Llama(model) => model.clear_kv_cache(),
            Self::Qwen2(model) => model.clear_kv_cache(),
            Self::Qwen3(model) => model.clear_kv_cache(),
        }
    }

    /// What follows `tokens`, which stand at `position`: a score for each word.
    fn forward(&mut self, tokens: &[u32], position: usize) -> candle_core::Result<Tensor> {
        let input = Tensor::new(tokens, device())?.unsqueeze(0)?;
        let scores = match self {
            Self::Llama(model) => model.forward(&input, position)?,
            Self::Qwen2(model) => model.forward(&input, position)?,
            Self::Qwen3(model) => model.forward(&input, position)?,
        };
        scores.flatten_all()
    }
}

/// What the model takes in memory.
pub(super) fn size_bytes(name: &str, files: &ModelFiles) -> Result<u64, LocalError> {
    Ok(Gguf::open(name, files)?.size_bytes)
}

impl Chatter {
    pub fn load(name: &str, files: &ModelFiles) -> Result<Self, LocalError> {
        let mut gguf = Gguf::open(name, files)?;
        let unsound = |why: String| LocalError::Broken { name: name.to_owned(), why };
        let vocabulary = Vocabulary::read(&mut gguf).map_err(unsound)?;
        let template = match gguf.text("tokenizer.chat_template") {
            Some(template) => template.to_owned(),
            None if vocabulary.tokenizer.token_to_id("<|im_start|>").is_some() => template::CHATML.to_owned(),
            None => template::PLAIN.to_owned(),
        };
        let Gguf { mut file, content, family, context, .. } = gguf;
        let model = Weights::load(family, content, &mut file).map_err(broken(name))?;
        Ok(Self { name: name.to_owned(), model: Mutex::new(model), vocabulary, template, context })
    }

    /// Answers. Pieces of the answer go to `on_delta` as they come.
    pub fn answer(
        &self,
        request: &ChatRequest,
        stop: &CancellationToken,
        on_delta: &mut dyn FnMut(String),
    ) -> Result<ChatAnswer, LocalError> {
        let prompt = self.prompt(request)?;
        let limit = self.context;
        if prompt.len() >= limit {
            return Err(LocalError::ContextFull { tokens: prompt.len(), limit });
        }
        let room = (limit - prompt.len()).min(request.max_tokens.map_or(ANSWER_TOKENS, |tokens| tokens as usize));
        // A character may take several tokens: the stream gives text where it is whole.
        let mut words = self.vocabulary.tokenizer.decode_stream(true);
        let mut stop_at = StopAt::new(&request.stop);
        let mut text = String::new();
        let mut say = |piece: String| {
            if !piece.is_empty() {
                text.push_str(&piece);
                on_delta(piece);
            }
        };
        let made = self.generate(&prompt, room, sampler(request), stop, &mut |token| {
            let Some(piece) = words.step(token).map_err(|error| error.to_string())? else { return Ok(false) };
            let (certain, ended) = stop_at.push(&piece);
            say(certain);
            Ok(ended)
        })?;
        say(stop_at.finish());
        let usage =
            Usage { input_tokens: Some(prompt.len() as u64), output_tokens: Some(made as u64), ..Usage::default() };
        Ok(ChatAnswer { text, model: Some(self.name.clone()), usage, retries: 0, ..ChatAnswer::default() })
    }

    fn prompt(&self, request: &ChatRequest) -> Result<Vec<u32>, LocalError> {
        let refused = |field: &'static str, message: &str| LocalError::Input { field, message: message.to_owned() };
        if !request.pictures.is_empty() {
            return Err(refused("images", "this local model cannot look at pictures"));
        }
        if request.json {
            return Err(refused("json", "local models cannot be held to JSON: ask for it in the prompt instead"));
        }
        let system =
            (!request.system.trim().is_empty()).then(|| Message { role: "system", content: request.system.clone() });
        let user = Message { role: "user", content: request.prompt.clone() };
        let messages: Vec<Message> = system.into_iter().chain([user]).collect();
        let thinking = request.reasoning_effort.as_deref().map(|effort| effort != "none");
        let bos = self.vocabulary.bos.as_ref().map(|(_, text)| text.clone()).unwrap_or_default();
        let words = Words { bos, eos: self.vocabulary.eos.clone(), thinking };
        let text = template::render(&self.template, &messages, &words)
            .map_err(|why| refused("prompt", &format!("the model's chat template refuses the conversation: {why}")))?;
        self.vocabulary.encode(&text).map_err(|detail| LocalError::Failed { name: self.name.clone(), detail })
    }

    /// Continues `prompt` by at most `room` tokens, until one ends the answer or `on_token` says so. Returns how many
    /// were made.
    pub fn generate(
        &self,
        prompt: &[u32],
        room: usize,
        mut sampler: LogitsProcessor,
        stop: &CancellationToken,
        on_token: &mut dyn FnMut(u32) -> Result<bool, String>,
    ) -> Result<usize, LocalError> {
        let failed = failed(&self.name);
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        model.forget();
        let mut position = 0;
        let mut scores = None;
        for part in prompt.chunks(READ_AT_ONCE) {
            check(stop)?;
            scores = Some(model.forward(part, position).map_err(&failed)?);
            position += part.len();
        }
        let mut made = 0;
        while let Some(following) = scores.take() {
            check(stop)?;
            let token = sampler.sample(&following).map_err(&failed)?;
            if self.vocabulary.ends.contains(&token) {
                break;
            }
            made += 1;
            let ended = on_token(token).map_err(|detail| LocalError::Failed { name: self.name.clone(), detail })?;
            if ended || made >= room {
                break;
            }
            scores = Some(model.forward(&[token], position).map_err(&failed)?);
            position += 1;
        }
        // What it remembers of a long conversation takes as much memory as a small model.
        model.forget();
        Ok(made)
    }

    #[cfg(test)]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// What follows `prompt`: for comparing with other implementations.
    #[cfg(test)]
    pub fn scores(&self, prompt: &[u32]) -> Vec<f32> {
        let mut model = self.model.lock().expect("no test panics while it runs a model");
        model.forget();
        model.forward(prompt, 0).and_then(|scores| scores.to_vec1()).expect("the test's model runs")
    }
}

fn sampler(request: &ChatRequest) -> LogitsProcessor {
    let seed = request.seed.map_or_else(rand::random, u64::from);
    let temperature = request.temperature.unwrap_or(TEMPERATURE);
    let p = request.top_p.unwrap_or(TOP_P);
    let sampling = match request.top_k {
        _ if temperature <= 1e-7 => Sampling::ArgMax,
        Some(k) => Sampling::TopKThenTopP { k: k.max(1) as usize, p, temperature },
        None => Sampling::TopP { p, temperature },
    };
    LogitsProcessor::from_sampling(seed, sampling)
}
