//! Running local models with candle.
//!
//! Files of models come from strangers: their headers are checked before anything is allocated ([`weights`], [`gguf`]),
//! and a panic of the tensor library ends a call and not the server. Loading and computing happen on threads of their
//! own; [`Loaded`] decides how much of both.

mod device;
mod loaded;
mod weights;
mod waiting;
mod embed;
mod gguf;
mod stop;
mod template;
mod words;
mod chat;
mod mel;
mod timing;
mod sound;
mod speech;
mod caption;
mod clip_words;
mod ddim;
mod paint;
mod provider;
#[cfg(test)]
mod tests;

pub(super) use loaded::Loaded;
pub(super) use provider::Local;

use tokio_util::sync::CancellationToken;

use super::LocalError;

/// A failure of the tensor library while the model `name` runs.
fn failed(name: &str) -> impl Fn(candle_core::Error) -> LocalError + '_ {
    move |error| LocalError::Failed { name: name.to_owned(), detail: error.to_string() }
}

/// A failure of the tensor library while the model `name` is loaded: it misses weights, or has them in other shapes.
fn broken(name: &str) -> impl Fn(candle_core::Error) -> LocalError + '_ {
    move |error| LocalError::Broken { name: name.to_owned(), why: first_line(&error.to_string()) }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}

/// For loops that compute.
fn check(stop: &CancellationToken) -> Result<(), LocalError> {
    if stop.is_cancelled() { Err(LocalError::Cancelled) } else { Ok(()) }
}
