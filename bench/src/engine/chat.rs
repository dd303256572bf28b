//! A chat model with random weights, beside llama.cpp with the same file.

use std::sync::Arc;

use anyhow::Context;
use engine::{Engine, LocalConfig, LocalModels, MemoryBlobs, generation::GenerationLog};
use serde::Deserialize;
use serde_json::json;
use shared::graph::Graph;

use super::{
    Options, done, engine_with, graphs, median, peer,
    report::{Report, Row},
    request_told, runtime,
};

const ANSWER_TOKENS: u32 = 64;
const TRIES: usize = 3;

#[derive(Deserialize)]
struct Measured {
    prompt_tokens_per_second: f64,
    answer_tokens_per_second: f64,
}

pub fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let model = options.work_dir.join("chat.gguf").display().to_string();
    peer::run(options, "chat.py", &["make", &model])?;
    let prompt = "the quick boat lies in the port ".repeat(20);
    let (count, threads) = (ANSWER_TOKENS.to_string(), peer::threads().to_string());
    let theirs: Measured = peer::measured(options, "chat.py", &["run", &model, &prompt, &count, &threads])?;

    let folder = tempfile::tempdir_in(&options.work_dir)?;
    let config = LocalConfig { paths: true, ..LocalConfig::in_folder(folder.path()) };
    let engine = engine_with(Arc::new(MemoryBlobs::new()), |outbound| LocalModels::new(config, outbound));
    let runtime = runtime(peer::threads())?;
    // Loads the model.
    runtime.block_on(asked(&engine, &model, "boat", 1))?;
    let (mut reading, mut answering) = (Vec::new(), Vec::new());
    for round in 0..TRIES {
        // What is remembered is not computed.
        let prompt = format!("{prompt} {}", ["a", "b", "c"][round % 3]);
        let (tokens, short) = runtime.block_on(asked(&engine, &model, &prompt, 1))?;
        let (_, long) = runtime.block_on(asked(&engine, &model, &prompt, 1 + ANSWER_TOKENS))?;
        reading.push(tokens as f64 / short);
        answering.push(f64::from(ANSWER_TOKENS) / (long - short));
    }
    let row = |what: &str, ours: Vec<f64>, theirs: f64| {
        Row::new("chat", format!("120 million weights of 4 bits, {what} tokens a second"), median(ours), "/s")
            .beside("llama.cpp", theirs)
    };
    report.add(row("prompt", reading, theirs.prompt_tokens_per_second));
    report.add(row("answer", answering, theirs.answer_tokens_per_second));
    Ok(())
}

fn graph(model: &str, prompt: &str, tokens: u32) -> Graph {
    let params = json!({
        "prompt": prompt, "model": model, "connection": "local", "temperature": 0, "max_tokens": tokens, "seed": 1,
    });
    let mut graph = Graph::default();
    graphs::add(&mut graph, graphs::named("ask"), "text.chat", params);
    graph
}

/// How many tokens the prompt is, and the seconds it took to read it and to answer.
async fn asked(engine: &Engine, model: &str, prompt: &str, tokens: u32) -> anyhow::Result<(u64, f64)> {
    let log = Arc::new(GenerationLog::default());
    let report = done(engine, &request_told(graph(model, prompt, tokens), log.clone())).await?;
    let records = log.records();
    let metrics = &records.first().context("a chat is recorded")?.generation.metrics;
    let made = metrics.output_tokens.context("tokens are counted")?;
    anyhow::ensure!(made == u64::from(tokens), "the answer has {made} tokens and not {tokens}");
    Ok((metrics.input_tokens.context("tokens are counted")?, report.duration.as_secs_f64()))
}
