//! Workflows of other programs, and of ours, out of whatever they come in: text, pictures, films.
//!
//! Reads ComfyUI's two formats, nodetool's, and the exchange format; finds ComfyUI's workflow in PNG and MP4 files.
//! Kinds of nodes that have a counterpart here become that; all others keep name, place, wires and values under a
//! type of their own (`comfy.KSampler`), which every part shows as a placeholder. Nothing is executed, fetched or
//! trusted: a file may come from anybody. Called by the client when something is pasted or dropped.

mod build;
mod comfy_api;
mod comfy_ui;
mod known;
mod mp4;
mod nodetool;
mod png;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::{
    exchange::{self, ExchangeError, Limits},
    graph::Graph,
    node::Catalog,
};

/// Whose workflow it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    OpenFlow,
    /// As it is drawn.
    ComfyUi,
    /// As it is executed: without places.
    ComfyApi,
    Nodetool,
}

impl Source {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::OpenFlow => "OpenFlow",
            Self::ComfyUi | Self::ComfyApi => "ComfyUI",
            Self::Nodetool => "nodetool",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    pub graph: Graph,
    pub source: Source,
}

/// Why nothing could be brought over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("there is no workflow in it")]
    NoWorkflow,
    /// It says that it is an OpenFlow workflow, and is not.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error("the workflow has {count} nodes, more than the {max} that are read")]
    TooMany { count: usize, max: usize },
}

/// Reads a text. `catalog` says which kinds of nodes there are here.
pub fn read_text(text: &str, limits: Limits, catalog: &Catalog) -> Result<Imported, ImportError> {
    if text.len() > limits.bytes {
        return Err(ExchangeError::TooLarge { bytes: text.len(), max: limits.bytes }.into());
    }
    // Most of what is pasted is no JSON at all: not worth a parser's error.
    if !text.trim_start().starts_with('{') {
        return Err(ImportError::NoWorkflow);
    }
    let value: Value = serde_json::from_str(text).map_err(|_| ImportError::NoWorkflow)?;
    read_value(&value, limits, catalog)
}

/// Reads a file: a picture or film with a workflow in it, or a text.
pub fn read_file(bytes: &[u8], limits: Limits, catalog: &Catalog) -> Result<Imported, ImportError> {
    let texts = if png::is_png(bytes) {
        png::texts(bytes)
    } else if mp4::is_mp4(bytes) {
        mp4::texts(bytes)
    } else {
        let text = std::str::from_utf8(bytes).map_err(|_| ImportError::NoWorkflow)?;
        return read_text(text.trim_start_matches('\u{feff}'), limits, catalog);
    };
    // What is drawn tells more than what is executed.
    let rank = |name: &str| ["openflow", "workflow", "prompt", "comment"].iter().position(|known| *known == name);
    let mut found: Vec<_> = texts.into_iter().filter_map(|(name, text)| Some((rank(&name)?, text))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    let mut outcome = Err(ImportError::NoWorkflow);
    for (_, text) in found {
        outcome = read_text(&text, limits, catalog);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn read_value(value: &Value, limits: Limits, catalog: &Catalog) -> Result<Imported, ImportError> {
    let Some(top) = value.as_object() else { return Err(ImportError::NoWorkflow) };
    let (graph, source) = if top.contains_key("openflow") {
        (exchange::read_value_with(value, limits)?, Source::OpenFlow)
    } else if let Some(graph) = comfy_ui::read(top, limits, catalog)? {
        (graph, Source::ComfyUi)
    } else if let Some(graph) = nodetool::read(top, limits, catalog)? {
        (graph, Source::Nodetool)
    } else if let Some(graph) = comfy_api::read(top, limits, catalog)? {
        (graph, Source::ComfyApi)
    } else {
        // Some programs put both into one text, each as an object or as a text of its own.
        for name in ["workflow", "prompt"] {
            let inner = match top.get(name) {
                Some(Value::String(text)) if text.len() <= limits.bytes => serde_json::from_str(text).ok(),
                Some(inner @ Value::Object(_)) => Some(inner.clone()),
                _ => None,
            };
            if let Some(Value::Object(inner)) = inner
                && !inner.contains_key("workflow")
                && !inner.contains_key("prompt")
            {
                return read_value(&Value::Object(inner), limits, catalog);
            }
        }
        return Err(ImportError::NoWorkflow);
    };
    Ok(Imported { graph, source })
}
