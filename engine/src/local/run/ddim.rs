//! The steps from noise to a picture: DDIM, without randomness of its own, so that a seed is a picture.
//!
//! candle's own schedulers draw noise that cannot be seeded, or know only part of what models' files ask for.

use candle_core::{Result, Tensor};
use serde::Deserialize;

/// `scheduler_config.json`, with the values that its authors leave out.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(super) struct SchedulerConfig {
    num_train_timesteps: usize,
    beta_start: f64,
    beta_end: f64,
    beta_schedule: String,
    prediction_type: String,
    timestep_spacing: String,
    steps_offset: usize,
    set_alpha_to_one: bool,
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        Self {
            num_train_timesteps: 1000,
            beta_start: 0.00085,
            beta_end: 0.012,
            beta_schedule: "scaled_linear".into(),
            prediction_type: "epsilon".into(),
            timestep_spacing: "leading".into(),
            steps_offset: 1,
            set_alpha_to_one: false,
        }
    }
}

impl SchedulerConfig {
    /// Begins at pure noise, as models that need a single step were trained.
    pub fn begin_at_noise(&mut self) {
        self.timestep_spacing = "trailing".into();
    }
}

/// What the model tells: the noise, or a mixture of noise and picture.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Prediction {
    Noise,
    Velocity,
}

/// The steps of one picture.
#[derive(Debug, Clone)]
pub(super) struct Ddim {
    pub timesteps: Vec<usize>,
    alphas: Vec<f64>,
    last_alpha: f64,
    stride: usize,
    prediction: Prediction,
}

impl Ddim {
    pub fn new(config: &SchedulerConfig, steps: usize) -> std::result::Result<Self, String> {
        let trained = config.num_train_timesteps;
        if !(2..=100_000).contains(&trained) {
            return Err(format!("its scheduler was trained with {trained} steps"));
        }
        let steps = steps.clamp(1, trained);
        let at = |i: usize| i as f64 / (trained - 1) as f64;
        let between = |from: f64, to: f64, i: usize| from + (to - from) * at(i);
        let beta = |i: usize| match config.beta_schedule.as_str() {
            "scaled_linear" => Ok(between(config.beta_start.sqrt(), config.beta_end.sqrt(), i).powi(2)),
            "linear" => Ok(between(config.beta_start, config.beta_end, i)),
            other => Err(format!("its schedule `{}` is not known", other.chars().take(40).collect::<String>())),
        };
        let mut alphas = Vec::with_capacity(trained);
        let mut product = 1.0;
        for i in 0..trained {
            product *= 1.0 - beta(i)?;
            alphas.push(product);
        }
        let stride = trained / steps;
        let timesteps: Vec<usize> = match config.timestep_spacing.as_str() {
            "trailing" => {
                let ratio = trained as f64 / steps as f64;
                (0..steps).map(|i| ((trained as f64 - i as f64 * ratio).round() as usize).max(1) - 1).collect()
            }
            "linspace" => {
                let place = |i: usize| at(trained - 1) * (trained - 1) as f64 * i as f64 / (steps.max(2) - 1) as f64;
                (0..steps).rev().map(|i| place(i).round() as usize).collect()
            }
            _ => (0..steps).rev().map(|i| (i * stride + config.steps_offset).min(trained - 1)).collect(),
        };
        let prediction = match config.prediction_type.as_str() {
            "epsilon" => Prediction::Noise,
            "v_prediction" => Prediction::Velocity,
            other => {
                let other: String = other.chars().take(40).collect();
                return Err(format!("its prediction `{other}` is not known"));
            }
        };
        let last_alpha = if config.set_alpha_to_one { 1.0 } else { alphas[0] };
        Ok(Self { timesteps, alphas, last_alpha, stride, prediction })
    }

    /// One step nearer to the picture.
    pub fn step(&self, told: &Tensor, timestep: usize, sample: &Tensor) -> Result<Tensor> {
        let alpha = self.alphas[timestep];
        let next = timestep.checked_sub(self.stride).map_or(self.last_alpha, |next| self.alphas[next]);
        let (signal, noise) = (alpha.sqrt(), (1.0 - alpha).sqrt());
        let (picture, direction) = match self.prediction {
            Prediction::Noise => (((sample - (told * noise)?)? / signal)?, told.clone()),
            Prediction::Velocity => (((sample * signal)? - (told * noise)?)?, ((told * signal)? + (sample * noise)?)?),
        };
        (picture * next.sqrt())? + (direction * (1.0 - next).sqrt())?
    }
}
