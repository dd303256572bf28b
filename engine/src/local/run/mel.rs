//! Sound as a Whisper model hears it: the logarithm of its energy on the mel scale, a hundred times a second.
//!
//! Computed with matrix products, a window at a time: they are fast in every build, and on every device.

use candle_core::{Result, Tensor};

use super::device::device;

pub(super) const RATE: usize = 16_000;
/// Samples of one window: the model always hears thirty seconds.
pub(super) const WINDOW: usize = 30 * RATE;
const FFT: usize = 400;
const HOP: usize = 160;
const BINS: usize = FFT / 2 + 1;
const FRAMES: usize = WINDOW / HOP;

/// What turns samples into mel energies; made once for a model.
pub(super) struct Mel {
    /// `[FFT, BINS]` each, with the window's shape in them.
    cos: Tensor,
    sin: Tensor,
    /// `[BINS, bands]`.
    filters: Tensor,
}

impl Mel {
    pub fn new(bands: usize) -> Result<Self> {
        let turn = |n: usize, k: usize| 2.0 * std::f64::consts::PI * (n * k % FFT) as f64 / FFT as f64;
        let hann = |n: usize| 0.5 - 0.5 * (2.0 * std::f64::consts::PI * n as f64 / FFT as f64).cos();
        let table = |wave: fn(f64) -> f64| {
            let values: Vec<f32> =
                (0..FFT).flat_map(|n| (0..BINS).map(move |k| (hann(n) * wave(turn(n, k))) as f32)).collect();
            Tensor::from_vec(values, (FFT, BINS), device())
        };
        let filters = Tensor::from_vec(filters(bands), (BINS, bands), device())?;
        Ok(Self { cos: table(f64::cos)?, sin: table(f64::sin)?, filters })
    }

    /// One window, `[1, bands, FRAMES]`. Shorter sounds are followed by silence.
    pub fn of(&self, samples: &[f32]) -> Result<Tensor> {
        let mut sound = samples[..samples.len().min(WINDOW)].to_vec();
        sound.resize(WINDOW, 0.0);
        // Frames are centred on their time, so the sound is mirrored at both ends.
        let half = FFT / 2;
        let begin = sound[1..=half].iter().rev().copied();
        let end = sound[WINDOW - half - 1..WINDOW - 1].iter().rev().copied();
        let padded: Vec<f32> = begin.chain(sound.iter().copied()).chain(end).collect();
        let frames: Vec<f32> =
            (0..FRAMES).flat_map(|frame| padded[frame * HOP..frame * HOP + FFT].iter().copied()).collect();
        let frames = Tensor::from_vec(frames, (FRAMES, FFT), device())?;
        let power = (frames.matmul(&self.cos)?.sqr()? + frames.matmul(&self.sin)?.sqr()?)?;
        let mel = power.matmul(&self.filters)?.clamp(1e-10f32, f32::MAX)?;
        let log = (mel.log()? / std::f64::consts::LN_10)?;
        let floor = log.max_all()?.to_scalar::<f32>()? - 8.0;
        let scaled = ((log.clamp(floor, f32::MAX)? + 4.0)? / 4.0)?;
        scaled.t()?.contiguous()?.unsqueeze(0)
    }
}

/// Triangles on the mel scale, as in Slaney's toolbox: linear below 1 kHz, logarithmic above, of equal area.
fn filters(bands: usize) -> Vec<f32> {
    const STEP: f64 = 200.0 / 3.0;
    const CORNER_HZ: f64 = 1000.0;
    let corner = CORNER_HZ / STEP;
    let log_step = 6.4f64.ln() / 27.0;
    let mel_of = |hz: f64| if hz < CORNER_HZ { hz / STEP } else { corner + (hz / CORNER_HZ).ln() / log_step };
    let hz_of = |mel: f64| if mel < corner { mel * STEP } else { CORNER_HZ * (log_step * (mel - corner)).exp() };
    let top = mel_of(RATE as f64 / 2.0);
    let edges: Vec<f64> = (0..bands + 2).map(|i| hz_of(top * i as f64 / (bands + 1) as f64)).collect();
    let mut values = vec![0.0; BINS * bands];
    for bin in 0..BINS {
        let hz = (bin * RATE) as f64 / FFT as f64;
        for band in 0..bands {
            let (low, middle, high) = (edges[band], edges[band + 1], edges[band + 2]);
            let height = ((hz - low) / (middle - low)).min((high - hz) / (high - middle)).max(0.0);
            values[bin * bands + band] = (height * 2.0 / (high - low)) as f32;
        }
    }
    values
}
