//! Pictures from texts with Stable Diffusion 1.5, 2.1 and Turbo models, as folders in the layout of diffusers.

use candle_core::{DType, IndexOp, Module, Tensor};
use candle_transformers::models::{
    clip::text_model::{Activation, ClipTextConfig, ClipTextTransformer},
    stable_diffusion::{
        clip as clip_2,
        unet_2d::{BlockConfig, UNet2DConditionModel, UNet2DConditionModelConfig},
        vae::{AutoEncoderKL, AutoEncoderKLConfig},
    },
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::{Deserialize, de::DeserializeOwned};
use tokio_util::sync::CancellationToken;

use super::{
    broken, check,
    clip_words::ClipWords,
    ddim::{Ddim, SchedulerConfig},
    device::{device, picture_dtype},
    failed,
    weights::Weights,
};
use crate::local::{LocalError, kind::read_text, store::ModelFiles};

/// Picture pixels for each of the model's.
const SCALE: usize = 8;
const SIDE_MAX: usize = 2048;

/// A loaded model that paints.
pub(super) struct Painter {
    name: String,
    words: ClipWords,
    text: TextModel,
    unet: UNet2DConditionModel,
    vae: AutoEncoderKL,
    /// The model's values for each of the decoder's.
    vae_scale: f64,
    scheduler: SchedulerConfig,
    channels: usize,
    /// The side it was trained for, in pixels.
    side: usize,
    turbo: bool,
}

enum TextModel {
    /// That of 1.5, in any size.
    Quick(ClipTextTransformer),
    /// That of 2.1 and its Turbo.
    Gelu(clip_2::ClipTextTransformer),
}

/// What is to be painted.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    pub prompt: String,
    pub negative: String,
    /// Width and height.
    pub size: Option<(usize, usize)>,
    pub steps: Option<u32>,
    pub guidance: Option<f64>,
    pub seed: u64,
}

#[derive(Debug, Deserialize)]
struct TextFile {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    hidden_act: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Heads {
    All(usize),
    Each(Vec<usize>),
}

#[derive(Debug, Deserialize)]
struct UnetFile {
    in_channels: usize,
    out_channels: usize,
    sample_size: usize,
    block_out_channels: Vec<usize>,
    down_block_types: Vec<String>,
    layers_per_block: usize,
    cross_attention_dim: usize,
    attention_head_dim: Heads,
    #[serde(default = "groups")]
    norm_num_groups: usize,
    #[serde(default)]
    use_linear_projection: bool,
}

#[derive(Debug, Deserialize)]
struct VaeFile {
    block_out_channels: Vec<usize>,
    layers_per_block: usize,
    latent_channels: usize,
    #[serde(default = "groups")]
    norm_num_groups: usize,
    #[serde(default = "vae_scale")]
    scaling_factor: f64,
}

fn groups() -> usize {
    32
}

fn vae_scale() -> f64 {
    0.18215
}

const PARTS: [(&str, &str); 3] =
    [("text_encoder", "model"), ("unet", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model")];

fn part(files: &ModelFiles, folder: &str) -> ModelFiles {
    ModelFiles { folder: files.folder.join(folder), file: None }
}

/// What the model takes in memory.
pub(super) fn size_bytes(name: &str, files: &ModelFiles) -> Result<u64, LocalError> {
    PARTS.iter().try_fold(0u64, |sum, (folder, stem)| {
        Ok(sum + Weights::find(name, &part(files, folder), stem)?.size_bytes(picture_dtype()))
    })
}

impl Painter {
    pub fn load(name: &str, files: &ModelFiles) -> Result<Self, LocalError> {
        let unsound = |why: String| LocalError::Broken { name: name.to_owned(), why };
        let text_file: TextFile = config(name, files, "text_encoder/config.json")?;
        let unet_file: UnetFile = config(name, files, "unet/config.json")?;
        let vae_file: VaeFile = config(name, files, "vae/config.json")?;
        let scheduler: SchedulerConfig = config(name, files, "scheduler/scheduler_config.json")?;
        let blocks = check_config(&text_file, &unet_file, &vae_file).map_err(unsound)?;
        Ddim::new(&scheduler, 1).map_err(|why| LocalError::Unsupported { name: name.to_owned(), why })?;
        let words = ClipWords::load(&part(files, "tokenizer"), text_file.vocab_size).map_err(unsound)?;

        let vars = |(folder, stem): (&str, &str)| {
            Ok::<_, LocalError>(Weights::find(name, &part(files, folder), stem)?.builder(picture_dtype(), device()))
        };
        let text = text_file.load(name, vars(PARTS[0])?)?;
        let unet_config = UNet2DConditionModelConfig {
            blocks,
            layers_per_block: unet_file.layers_per_block,
            norm_num_groups: unet_file.norm_num_groups,
            cross_attention_dim: unet_file.cross_attention_dim,
            use_linear_projection: unet_file.use_linear_projection,
            ..UNet2DConditionModelConfig::default()
        };
        let (into, out) = (unet_file.in_channels, unet_file.out_channels);
        let unet = UNet2DConditionModel::new(vars(PARTS[1])?, into, out, false, unet_config).map_err(broken(name))?;
        let vae_config = AutoEncoderKLConfig {
            block_out_channels: vae_file.block_out_channels,
            layers_per_block: vae_file.layers_per_block,
            latent_channels: vae_file.latent_channels,
            norm_num_groups: vae_file.norm_num_groups,
            use_quant_conv: true,
            use_post_quant_conv: true,
        };
        let vae = AutoEncoderKL::new(vars(PARTS[2])?, 3, 3, vae_config).map_err(broken(name))?;
        Ok(Self {
            name: name.to_owned(),
            words,
            text,
            unet,
            vae,
            vae_scale: vae_file.scaling_factor,
            scheduler,
            channels: unet_file.in_channels,
            side: unet_file.sample_size * SCALE,
            turbo: name.to_lowercase().contains("turbo"),
        })
    }

    /// Paints. After each step `on_step` hears how far it is. A PNG comes back.
    pub fn paint(&self, order: &Order, stop: &CancellationToken, on_step: &dyn Fn(f64)) -> Result<Vec<u8>, LocalError> {
        let (width, height) = order.size.unwrap_or((self.side, self.side));
        if [width, height].iter().any(|&side| !side.is_multiple_of(64) || !(64..=SIDE_MAX).contains(&side)) {
            let message = format!("a local model takes sides of 64 to {SIDE_MAX} pixels that are multiples of 64");
            return Err(LocalError::Input { field: "size", message });
        }
        // A turbo model has its guidance trained in.
        let guidance = order.guidance.unwrap_or(if self.turbo { 0.0 } else { 7.5 });
        let steps = order.steps.map_or(if self.turbo { 1 } else { 25 }, |steps| steps as usize);
        let noise = self.noise(order.seed, (height / SCALE, width / SCALE)).map_err(failed(&self.name))?;
        let meanings = self.meanings(&order.prompt, (guidance > 1.0).then_some(order.negative.as_str()))?;
        let sample = self.denoise(noise, steps, &meanings, guidance, stop, on_step)?;
        check(stop)?;
        png(self.develop(&sample).map_err(failed(&self.name))?, width, height)
    }

    /// From noise to what the decoder makes a picture of.
    pub(super) fn denoise(
        &self,
        noise: Tensor,
        steps: usize,
        meanings: &Tensor,
        guidance: f64,
        stop: &CancellationToken,
        on_step: &dyn Fn(f64),
    ) -> Result<Tensor, LocalError> {
        let mut scheduler = self.scheduler.clone();
        if self.turbo {
            scheduler.begin_at_noise();
        }
        let ddim = Ddim::new(&scheduler, steps);
        let ddim = ddim.map_err(|why| LocalError::Unsupported { name: self.name.clone(), why })?;
        let mut sample = noise;
        for (index, &timestep) in ddim.timesteps.iter().enumerate() {
            check(stop)?;
            let told = self.tell(&sample, timestep, meanings, guidance).map_err(failed(&self.name))?;
            sample = ddim.step(&told, timestep, &sample).map_err(failed(&self.name))?;
            on_step((index + 1) as f64 / (ddim.timesteps.len() + 1) as f64);
        }
        Ok(sample)
    }

    /// Noise from the seed alone: the same on every device.
    fn noise(&self, seed: u64, (height, width): (usize, usize)) -> candle_core::Result<Tensor> {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut normal = || {
            let (a, b): (f64, f64) = (rng.random::<f64>(), rng.random::<f64>());
            ((-2.0 * (1.0 - a).ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()) as f32
        };
        let values: Vec<f32> = (0..self.channels * height * width).map(|_| normal()).collect();
        Tensor::from_vec(values, (1, self.channels, height, width), device())?.to_dtype(picture_dtype())
    }

    /// What the prompt means to the model; with a negative one, both, the negative first.
    pub(super) fn meanings(&self, prompt: &str, negative: Option<&str>) -> Result<Tensor, LocalError> {
        let one = |text: &str| -> Result<Tensor, LocalError> {
            let tokens =
                self.words.encode(text).map_err(|detail| LocalError::Failed { name: self.name.clone(), detail })?;
            let read = || {
                let ids = Tensor::new(tokens.as_slice(), device())?.unsqueeze(0)?;
                match &self.text {
                    TextModel::Quick(model) => model.forward_with_mask(&ids, usize::MAX),
                    TextModel::Gelu(model) => model.forward(&ids),
                }
            };
            read().map_err(failed(&self.name))
        };
        let positive = one(prompt)?;
        match negative {
            Some(negative) => Tensor::cat(&[one(negative)?, positive], 0).map_err(failed(&self.name)),
            None => Ok(positive),
        }
    }

    /// What the model tells about the sample, drawn away from the negative prompt by the guidance.
    fn tell(&self, sample: &Tensor, timestep: usize, meanings: &Tensor, guidance: f64) -> candle_core::Result<Tensor> {
        if meanings.dim(0)? == 1 {
            return self.unet.forward(sample, timestep as f64, meanings);
        }
        let told = self.unet.forward(&Tensor::cat(&[sample, sample], 0)?, timestep as f64, meanings)?;
        let (negative, positive) = (told.i(0..1)?, told.i(1..2)?);
        &negative + ((positive - &negative)? * guidance)?
    }

    /// The pixels of a finished sample, row by row.
    pub(super) fn develop(&self, sample: &Tensor) -> candle_core::Result<Vec<u8>> {
        let picture = self.vae.decode(&(sample / self.vae_scale)?)?;
        let picture = ((picture.to_dtype(DType::F32)? / 2.0)? + 0.5)?.clamp(0f32, 1f32)?;
        let bytes = (picture * 255.0)?.round()?.to_dtype(DType::U8)?;
        bytes.i(0)?.permute((1, 2, 0))?.flatten_all()?.to_vec1()
    }
}

impl TextFile {
    fn load(self, name: &str, vars: candle_nn::VarBuilder<'static>) -> Result<TextModel, LocalError> {
        let vars = vars.pp("text_model");
        match self.hidden_act.as_str() {
            "quick_gelu" => {
                let config = ClipTextConfig {
                    vocab_size: self.vocab_size,
                    embed_dim: self.hidden_size,
                    activation: Activation::QuickGelu,
                    intermediate_size: self.intermediate_size,
                    max_position_embeddings: self.max_position_embeddings,
                    pad_with: None,
                    num_hidden_layers: self.num_hidden_layers,
                    num_attention_heads: self.num_attention_heads,
                    projection_dim: self.hidden_size,
                };
                ClipTextTransformer::new(vars, &config).map(TextModel::Quick).map_err(broken(name))
            }
            "gelu" if (self.hidden_size, self.num_hidden_layers) == (1024, 23) => {
                // candle's code adds the prefix itself.
                clip_2::ClipTextTransformer::new(vars.root(), &clip_2::Config::v2_1())
                    .map(TextModel::Gelu)
                    .map_err(broken(name))
            }
            _ => {
                let why = "its text encoder is neither that of Stable Diffusion 1.5 nor that of 2.1".to_owned();
                Err(LocalError::Unsupported { name: name.to_owned(), why })
            }
        }
    }
}

fn config<T: DeserializeOwned>(name: &str, files: &ModelFiles, file: &str) -> Result<T, LocalError> {
    let unsound = |why: String| LocalError::Broken { name: name.to_owned(), why };
    let path = files.find(file).ok_or_else(|| unsound(format!("it has no `{file}`")))?;
    serde_json::from_str(&read_text(&path)?).map_err(|error| unsound(format!("`{file}`: {error}")))
}

/// The model's code divides by these numbers, and allocates by them. The blocks of the model come back.
fn check_config(text: &TextFile, unet: &UnetFile, vae: &VaeFile) -> Result<Vec<BlockConfig>, String> {
    let heads = |index: usize| match &unet.attention_head_dim {
        Heads::All(heads) => Some(*heads),
        Heads::Each(heads) => heads.get(index).copied(),
    };
    let widths = |widths: &[usize], groups: usize| {
        let fits = |width: &usize| (1..=1 << 13).contains(width) && width.is_multiple_of(groups);
        groups >= 1 && (1..=8).contains(&widths.len()) && widths.iter().all(fits)
    };
    let headed =
        |index: usize, width: usize| heads(index).is_some_and(|heads| heads >= 1 && width.is_multiple_of(heads));
    let blocks = unet.block_out_channels.iter().enumerate();
    let sound = (1..=1 << 20).contains(&text.vocab_size)
        && text.num_attention_heads >= 1
        && text.hidden_size.is_multiple_of(text.num_attention_heads)
        && text.hidden_size == unet.cross_attention_dim
        && text.max_position_embeddings == 77
        && text.num_hidden_layers <= 256
        && widths(&unet.block_out_channels, unet.norm_num_groups)
        && widths(&vae.block_out_channels, vae.norm_num_groups)
        && blocks.clone().all(|(index, &width)| headed(index, width))
        && unet.down_block_types.len() == unet.block_out_channels.len()
        && (1..=8).contains(&unet.layers_per_block)
        && (1..=8).contains(&vae.layers_per_block)
        && unet.in_channels == vae.latent_channels
        && unet.out_channels == vae.latent_channels
        && (1..=64).contains(&vae.latent_channels)
        && (8..=256).contains(&unet.sample_size)
        && vae.scaling_factor > 0.0;
    if !sound {
        return Err("its configurations describe no model that could be".into());
    }
    let block = |(index, &width): (usize, &usize)| BlockConfig {
        out_channels: width,
        use_cross_attn: unet.down_block_types[index].starts_with("CrossAttn").then_some(1),
        attention_head_dim: heads(index).expect("all were looked up above"),
    };
    Ok(blocks.map(block).collect())
}

fn png(pixels: Vec<u8>, width: usize, height: usize) -> Result<Vec<u8>, LocalError> {
    let picture = image::RgbImage::from_raw(width as u32, height as u32, pixels);
    let picture = picture.expect("the decoder makes eight pixels of each, both ways");
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).map_err(std::io::Error::other)?;
    Ok(bytes.into_inner())
}
