//! What a call cost, by list prices.

use serde::{Deserialize, Serialize};

use super::{Model, models};
use crate::provider::Usage;

/// US dollars for a million tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prices {
    /// Text that goes in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_in: Option<f64>,
    /// Text that comes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_out: Option<f64>,
    /// Pictures that go in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_in: Option<f64>,
    /// Pictures that come out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_out: Option<f64>,
}

/// What comes out of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Text,
    Picture,
}

/// What a call of a vendor's model cost; `None` where the price or the usage is unknown.
pub(crate) fn cost_usd(provider: &str, model: &str, usage: Usage, made: Made) -> Option<f64> {
    let listed = |model: &&Model, id: &str| model.provider == provider && model.id == id;
    if usage.cost_usd.is_some() {
        return usage.cost_usd;
    }
    let entry = models().models.iter().find(|entry| listed(entry, model)).or_else(|| {
        // Vendors answer with a dated name, `gpt-6-luna-2026-09-01`, for the one that was asked.
        models().models.iter().filter(|entry| entry.provider == provider).find(|entry| {
            let dated = model.strip_prefix(&entry.id).and_then(|rest| rest.strip_prefix('-'));
            dated.is_some_and(|date| date.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
        })
    })?;
    let prices = entry.usd_per_million.as_ref()?;
    let (input, output) = (usage.input_tokens?, usage.output_tokens?);
    let pictures = usage.input_picture_tokens.unwrap_or(0).min(input);
    let text_in = (input - pictures) as f64 * prices.text_in?;
    let image_in = if pictures == 0 { 0.0 } else { pictures as f64 * prices.image_in.or(prices.text_in)? };
    let out = output as f64
        * match made {
            Made::Text => prices.text_out?,
            Made::Picture => prices.image_out?,
        };
    Some((text_in + image_in + out) / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_tokens_times_price_and_never_guessed() {
        let usage = Usage { input_tokens: Some(1000), output_tokens: Some(100), ..Usage::default() };
        assert_eq!(cost_usd("openai", "gpt-6.1-sol", usage, Made::Text), Some(0.003));
        assert_eq!(cost_usd("openai", "gpt-6.1-sol-2026-10-01", usage, Made::Text), Some(0.003));
        assert_eq!(cost_usd("openai", "gpt-6.1-sol-mini", usage, Made::Text), None);
        assert_eq!(cost_usd("openai", "gpt-image-2.6-sunburst", usage, Made::Picture), None);
        assert_eq!(cost_usd("openai", "gpt-6.1-sol", Usage::default(), Made::Text), None);
        let pictures = Usage { input_picture_tokens: Some(500), ..usage };
        let cost = cost_usd("openai", "gpt-image-2.6-flare", pictures, Made::Picture).unwrap();
        assert!((cost - (500.0 * 5.0 + 500.0 * 8.0 + 100.0 * 30.0) / 1e6).abs() < 1e-12);
    }
}
