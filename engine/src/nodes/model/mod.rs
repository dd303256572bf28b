//! Models as nodes: few and generic. Which model answers is a parameter, who serves it is a connection.
//!
//! Every call leaves one generation record, however it ends.

mod agent;
mod ask;
mod caption;
mod chat;
mod comfy;
mod embed;
mod film;
mod generate;
mod hosted;
mod picture;
mod refilm;
mod sound;
mod transcribe;
mod work;

use super::call::{Call, require_text};
use crate::provider::{Connection, Made, Usage, cost_usd};
use ask::ask;

/// Records a call that went well. A server that only speaks a vendor's language has prices of its own.
fn finish(call: &mut Call<'_>, connection: &Connection, usage: Usage, retries: u32, made: Made) {
    let generation = &mut call.generation;
    generation.payer = connection.payer;
    let metrics = &mut generation.metrics;
    (metrics.input_tokens, metrics.output_tokens) = (usage.input_tokens, usage.output_tokens);
    metrics.retries = retries;
    if connection.is_vendor {
        metrics.cost_usd = cost_usd(&generation.provider, &generation.model, usage, made);
    }
    call.record();
}
