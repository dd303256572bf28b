//! Pictures in words, with BLIP models.

use std::sync::{Mutex, PoisonError};

use candle_core::{DType, IndexOp, Module, Tensor};
use candle_nn::Activation;
use candle_transformers::models::{
    blip::{BlipForConditionalGeneration, Config, VisionConfig},
    blip_text,
};
use serde::Deserialize;
use tokenizers::Tokenizer;
use tokio_util::sync::CancellationToken;

use super::{broken, check, device::device, failed, weights::Weights};
use crate::local::{LocalError, kind::read_text, store::ModelFiles};

/// The mean and spread of the pictures that these models were trained on.
const MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const SPREAD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];
const CAPTION_TOKENS: usize = 50;
/// Larger pictures are no photographs; 16384x8192, as for ffmpeg.
const PIXELS_MAX: u64 = 134_217_728;

/// A loaded model that describes.
pub(super) struct Describer {
    name: String,
    /// Has a memory of what it says: one call at a time.
    model: Mutex<BlipForConditionalGeneration>,
    tokenizer: Tokenizer,
    side: usize,
    longest: usize,
    begin: u32,
    end: u32,
}

/// `config.json`, with the values that its authors leave out.
#[derive(Debug, Deserialize)]
struct File {
    text_config: TextFile,
    vision_config: VisionFile,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
struct TextFile {
    vocab_size: usize,
    hidden_size: usize,
    encoder_hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    layer_norm_eps: f64,
    bos_token_id: u32,
    sep_token_id: u32,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
struct VisionFile {
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    image_size: usize,
    patch_size: usize,
    layer_norm_eps: f64,
}

impl Default for TextFile {
    fn default() -> Self {
        Self {
            vocab_size: 30524,
            hidden_size: 768,
            encoder_hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 8,
            max_position_embeddings: 512,
            layer_norm_eps: 1e-12,
            bos_token_id: 30522,
            sep_token_id: 102,
        }
    }
}

impl Default for VisionFile {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            image_size: 384,
            patch_size: 16,
            layer_norm_eps: 1e-5,
        }
    }
}

/// What the model takes in memory.
pub(super) fn size_bytes(name: &str, files: &ModelFiles) -> Result<u64, LocalError> {
    Ok(Weights::find(name, files, "model")?.size_bytes(DType::F32))
}

impl Describer {
    pub fn load(name: &str, files: &ModelFiles) -> Result<Self, LocalError> {
        let unsound = |why: String| LocalError::Broken { name: name.to_owned(), why };
        let required = |file: &str| files.find(file).ok_or_else(|| unsound(format!("it has no `{file}`")));
        let file: File = serde_json::from_str(&read_text(&required("config.json")?)?)
            .map_err(|error| unsound(format!("`config.json`: {error}")))?;
        check_config(&file).map_err(unsound)?;
        let tokenizer = Tokenizer::from_file(required("tokenizer.json")?)
            .map_err(|error| unsound(format!("`tokenizer.json`: {error}")))?;
        if tokenizer.get_vocab_size(true) > file.text_config.vocab_size {
            return Err(unsound("its tokenizer knows more words than the model".into()));
        }
        let (begin, end) = (file.text_config.bos_token_id, file.text_config.sep_token_id);
        let (side, longest) = (file.vision_config.image_size, file.text_config.max_position_embeddings);
        let vars = Weights::find(name, files, "model")?.builder(DType::F32, device());
        let model = BlipForConditionalGeneration::new(&file.into_config(), vars).map_err(broken(name))?;
        Ok(Self { name: name.to_owned(), model: Mutex::new(model), tokenizer, side, longest, begin, end })
    }

    /// A caption that begins with `beginning`, and the number of its tokens.
    pub fn describe(
        &self,
        picture: &[u8],
        (beginning, max_tokens): (&str, Option<u32>),
        stop: &CancellationToken,
    ) -> Result<(String, u64), LocalError> {
        let pixels = self.pixels(picture)?;
        let beginning = self.tokenizer.encode(beginning.trim(), false);
        let beginning = beginning.map_err(|error| self.failed(error.to_string()))?;
        let mut tokens: Vec<u32> = std::iter::once(self.begin).chain(beginning.get_ids().iter().copied()).collect();
        let room = max_tokens.map_or(CAPTION_TOKENS, |tokens| tokens as usize);
        let longest = (tokens.len() + room).min(self.longest);
        if tokens.len() >= longest {
            return Err(LocalError::ContextFull { tokens: tokens.len(), limit: self.longest });
        }
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = model.vision_model().forward(&pixels).map_err(failed(&self.name))?;
        model.reset_kv_cache();
        let mut read = 0;
        while tokens.len() < longest {
            check(stop)?;
            let scores = Self::follow(&mut model, &tokens[read..], &seen).map_err(failed(&self.name))?;
            read = tokens.len();
            let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
            let token = best.expect("a model knows words") as u32;
            if token == self.end {
                break;
            }
            tokens.push(token);
        }
        let text = self.tokenizer.decode(&tokens[1..], true).map_err(|error| self.failed(error.to_string()))?;
        Ok((text, tokens.len() as u64 - 1))
    }

    /// Scores of what follows; the model remembers what it was given before.
    fn follow(
        model: &mut BlipForConditionalGeneration,
        tokens: &[u32],
        seen: &Tensor,
    ) -> candle_core::Result<Vec<f32>> {
        let input = Tensor::new(tokens, device())?.unsqueeze(0)?;
        let scores = model.text_decoder().forward(&input, seen)?;
        scores.i((0, tokens.len() - 1))?.to_vec1()
    }

    /// What is seen, and the scores behind `prompt`: for comparing with other implementations.
    #[cfg(test)]
    pub fn trace(&self, picture: &[u8], prompt: &[u32]) -> (Tensor, Vec<f32>) {
        let mut model = self.model.lock().expect("no test panics while it runs a model");
        let pixels = self.pixels(picture).expect("the test's picture is one");
        let seen = model.vision_model().forward(&pixels).expect("the test's model runs");
        model.reset_kv_cache();
        let scores = Self::follow(&mut model, prompt, &seen).expect("the test's model runs");
        (seen, scores)
    }

    fn failed(&self, detail: String) -> LocalError {
        LocalError::Failed { name: self.name.clone(), detail }
    }

    /// The picture in the model's size and scale, `[1, 3, side, side]`.
    fn pixels(&self, picture: &[u8]) -> Result<Tensor, LocalError> {
        let refused = |message: String| LocalError::Input { field: "image", message };
        let reader = image::ImageReader::new(std::io::Cursor::new(picture)).with_guessed_format()?;
        let unreadable = |error: image::ImageError| refused(format!("the picture cannot be read: {error}"));
        let (width, height) = reader.into_dimensions().map_err(unreadable)?;
        if u64::from(width) * u64::from(height) > PIXELS_MAX {
            return Err(refused(format!("the picture is too large: {width}x{height}")));
        }
        let decoded = image::load_from_memory(picture).map_err(unreadable)?;
        let side = self.side as u32;
        let small = decoded.resize_exact(side, side, image::imageops::FilterType::CatmullRom).into_rgb8();
        let channel = |channel: usize| {
            let scaled = move |value: u8| (f32::from(value) / 255.0 - MEAN[channel]) / SPREAD[channel];
            small.pixels().map(move |pixel| scaled(pixel.0[channel])).collect::<Vec<_>>()
        };
        let values: Vec<f32> = (0..3).flat_map(channel).collect();
        Tensor::from_vec(values, (1, 3, self.side, self.side), device()).map_err(failed(&self.name))
    }
}

impl File {
    fn into_config(self) -> Config {
        let (text, vision) = (self.text_config, self.vision_config);
        Config {
            text_config: blip_text::Config {
                vocab_size: text.vocab_size,
                hidden_size: text.hidden_size,
                encoder_hidden_size: vision.hidden_size,
                intermediate_size: text.intermediate_size,
                projection_dim: text.hidden_size,
                num_hidden_layers: text.num_hidden_layers,
                num_attention_heads: text.num_attention_heads,
                max_position_embeddings: text.max_position_embeddings,
                hidden_act: Activation::Gelu,
                layer_norm_eps: text.layer_norm_eps,
                is_decoder: true,
            },
            vision_config: VisionConfig {
                hidden_size: vision.hidden_size,
                intermediate_size: vision.intermediate_size,
                projection_dim: vision.hidden_size,
                num_hidden_layers: vision.num_hidden_layers,
                num_attention_heads: vision.num_attention_heads,
                image_size: vision.image_size,
                patch_size: vision.patch_size,
                hidden_act: Activation::Gelu,
                layer_norm_eps: vision.layer_norm_eps,
            },
            projection_dim: text.hidden_size,
            image_text_hidden_size: text.hidden_size,
        }
    }
}

/// The model's code divides by these numbers, and allocates by them.
fn check_config(file: &File) -> Result<(), String> {
    let (text, vision) = (&file.text_config, &file.vision_config);
    let divides =
        |heads: usize, width: usize| heads >= 1 && (1..=1 << 14).contains(&width) && width.is_multiple_of(heads);
    let sound = divides(text.num_attention_heads, text.hidden_size)
        && divides(vision.num_attention_heads, vision.hidden_size)
        && text.num_hidden_layers <= 256
        && vision.num_hidden_layers <= 256
        && (2..=1 << 14).contains(&text.max_position_embeddings)
        && (1..=1 << 20).contains(&text.vocab_size)
        && (1..=2048).contains(&vision.image_size)
        && (1..=vision.image_size).contains(&vision.patch_size);
    if sound { Ok(()) } else { Err("`config.json` describes no model that could be".into()) }
}
