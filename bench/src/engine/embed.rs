//! Embeddings with the real MiniLM, beside onnxruntime with the same weights.

use std::{fmt::Write, sync::Arc};

use anyhow::{Context, ensure};
use engine::{Engine, LocalConfig, LocalModels, MemoryBlobs, generation::GenerationLog};
use serde::Deserialize;
use serde_json::json;
use shared::{graph::Graph, value::Value};

use super::{
    Options, done, engine_with, graphs, median, peer,
    report::{Report, Row},
    request_told, runtime,
};

const TEXTS: usize = 256;
const TRIES: usize = 3;

#[derive(Deserialize)]
struct Measured {
    tokens: u64,
    single_seconds: f64,
    batched_seconds: f64,
    first: Vec<f32>,
}

pub fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let texts: Vec<String> = (0..TEXTS).map(text).collect();
    let folder = tempfile::tempdir_in(&options.work_dir)?;
    let file = folder.path().join("texts.json");
    std::fs::write(&file, serde_json::to_vec(&texts)?)?;
    let minilm = options.minilm.display().to_string();
    let threads = peer::threads().to_string();
    let theirs: Measured = peer::measured(options, "embed.py", &[&minilm, &file.display().to_string(), &threads])?;

    let config = LocalConfig { paths: true, ..LocalConfig::in_folder(folder.path()) };
    let engine = engine_with(Arc::new(MemoryBlobs::new()), |outbound| LocalModels::new(config, outbound));
    let runtime = runtime(peer::threads())?;
    // Loads the model, and shows that it is the same one.
    let first = runtime.block_on(vectors(&engine, &graph(&minilm, &texts[..1])))?.0.remove(0);
    let alike: f32 = first.iter().zip(&theirs.first).map(|(ours, theirs)| ours * theirs).sum();
    ensure!(alike > 0.999, "the reference computes something else: likeness {alike}");
    let mut tries = Vec::new();
    for round in 0..TRIES {
        // Other texts each time: what is remembered is not computed.
        let texts: Vec<String> = texts.iter().map(|text| format!("{text} {round}")).collect();
        let (_, tokens, seconds) = runtime.block_on(vectors(&engine, &graph(&minilm, &texts)))?;
        tries.push(tokens as f64 / seconds);
    }
    let ours = median(tries);
    let rate = |seconds: f64| theirs.tokens as f64 / seconds;
    let what = format!("MiniLM, {TEXTS} texts as a list, tokens a second");
    report.add(
        Row::new("embed", what.clone(), ours, "/s").beside("onnxruntime, one by one", rate(theirs.single_seconds)),
    );
    report.add(Row::new("embed", what, ours, "/s").beside("onnxruntime, batches of 32", rate(theirs.batched_seconds)));
    Ok(())
}

/// Of different lengths, as people write.
fn text(number: usize) -> String {
    let mut text = format!("Scene {number}: a quiet harbour at dawn");
    for part in 0..number % 6 {
        let _ = write!(text, ", boat {part} lies still while the first light falls on the water");
    }
    text
}

/// The texts, cut from one, each embedded by the node.
fn graph(model: &str, texts: &[String]) -> Graph {
    let mut graph = Graph::default();
    let (split, embed, out) = (graphs::named("split"), graphs::named("embed"), graphs::named("out"));
    graphs::add(&mut graph, graphs::named("all"), "text.input", json!({"name": "all", "value": texts.join("\n")}));
    graphs::add(&mut graph, split.clone(), "text.split", json!({}));
    graphs::add(&mut graph, embed.clone(), "text.embed", json!({"model": model, "connection": "local"}));
    graphs::add(&mut graph, out.clone(), "output.value", json!({"name": "vectors"}));
    graphs::wire(&mut graph, (&graphs::named("all"), "text"), (&split, "text"));
    graphs::wire(&mut graph, (&split, "texts"), (&embed, "text"));
    graphs::wire(&mut graph, (&embed, "embedding"), (&out, "value"));
    graph
}

/// The vectors, how many tokens they are of, and the seconds it took.
async fn vectors(engine: &Engine, graph: &Graph) -> anyhow::Result<(Vec<Vec<f32>>, u64, f64)> {
    let log = Arc::new(GenerationLog::default());
    let report = done(engine, &request_told(graph.clone(), log.clone())).await?;
    let tokens = log.records().iter().filter_map(|record| record.generation.metrics.input_tokens).sum();
    let list = match report.outputs.get("vectors").context("no vectors")? {
        Value::List(list) => list.clone(),
        single => vec![single.clone()],
    };
    let vector = |value| match value {
        Value::Embedding(vector) => Ok(vector),
        other => Err(anyhow::anyhow!("{other:?} is no vector")),
    };
    let vectors = list.into_iter().map(vector).collect::<anyhow::Result<_>>()?;
    Ok((vectors, tokens, report.duration.as_secs_f64()))
}
