//! The frozen graph of a run as text: the graph, and the workflows that it links as they were at the start.
//!
//! A graph without links is its exchange format, as it always was.

use std::sync::Arc;

use engine::{Library, WorkflowSource, WorkflowSourceError};
use serde_json::{Value as Json, json};
use shared::{
    exchange::{self, ExchangeError},
    graph::Graph,
    id::RunId,
};

use crate::{db, error::AppError, state::AppState};

/// Everything that a run works on.
pub struct Frozen {
    pub graph: Graph,
    pub linked: Library,
}

pub fn write(graph: &Graph, linked: &Library) -> String {
    if linked.is_empty() {
        return exchange::write(graph);
    }
    let linked: Vec<Json> = linked
        .iter()
        .map(|((workflow, version), graph)| {
            json!({"workflow": workflow, "version": version, "graph": exchange::write_value(graph)})
        })
        .collect();
    json!({"graph": exchange::write_value(graph), "linked": linked}).to_string()
}

pub fn read(text: &str) -> Result<Frozen, ExchangeError> {
    let json =
        serde_json::from_str::<Json>(text).map_err(|error| ExchangeError::Json { message: error.to_string() })?;
    let Some(graph) = json.get("graph") else {
        return Ok(Frozen { graph: exchange::read_value(&json)?, linked: Library::new() });
    };
    let text_at = |entry: &Json, field: &str| Some(entry.get(field)?.as_str()?.to_owned());
    let mut linked = Library::new();
    for entry in json.get("linked").and_then(Json::as_array).into_iter().flatten() {
        let graph = exchange::read_value(entry.get("graph").unwrap_or(&Json::Null))?;
        let link = (text_at(entry, "workflow").unwrap_or_default(), text_at(entry, "version"));
        linked.insert(link, Arc::new(graph));
    }
    Ok(Frozen { graph: exchange::read_value(graph)?, linked })
}

/// The graph that a run works on. What it links stays out: whoever reads the run may not be allowed to read that.
pub async fn graph(state: &AppState, run: RunId) -> Result<Graph, AppError> {
    let found = db::run_claim::find(&state.db, run).await?;
    // Runs from before there was a queue have none.
    let found = found.ok_or_else(|| AppError::not_found("graph of this run"))?;
    Ok(read(&found.graph).map_err(AppError::internal)?.graph)
}

/// Hands out what was frozen, and nothing else.
pub struct FrozenWorkflows(pub Library);

#[async_trait::async_trait]
impl WorkflowSource for FrozenWorkflows {
    async fn workflow(&self, workflow: &str, version: Option<&str>) -> Result<Graph, WorkflowSourceError> {
        let link = (workflow.to_owned(), version.map(str::to_owned));
        let graph = self.0.get(&link).ok_or_else(|| {
            WorkflowSourceError(format!("the workflow `{workflow}` was not there when the run was started"))
        })?;
        Ok((**graph).clone())
    }
}

#[cfg(test)]
mod tests {
    use shared::graph::Node;

    use super::*;

    #[test]
    fn what_was_frozen_comes_back() {
        let mut graph = Graph::default();
        graph.nodes.insert("a".parse().unwrap(), Node::new("text.join"));
        let alone = read(&write(&graph, &Library::new())).unwrap();
        assert_eq!((alone.graph, alone.linked.len()), (graph.clone(), 0));
        let links = [("wf_x".to_owned(), Some("ver_1".to_owned())), ("wf_x".to_owned(), None)];
        let linked: Library = links.map(|link| (link, Arc::new(graph.clone()))).into();
        let both = read(&write(&graph, &linked)).unwrap();
        assert_eq!((both.graph, both.linked), (graph, linked));
        assert!(read("{\"graph\": 7}").is_err() && read("[").is_err());
    }
}
