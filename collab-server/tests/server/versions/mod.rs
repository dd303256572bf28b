//! `workflows/{id}/versions`: states that are kept, and going back to them.

mod keeping;
mod naming;
mod restoring;
mod rights;

use serde_json::{Value, json};
use shared::{id::WorkflowId, version::Version};

use crate::support::Person;

/// One text node, whose prompt is `text`.
pub fn note(text: &str) -> Value {
    json!({
        "openflow": 1,
        "nodes": {"a": {"type": "text.input", "params": {"name": "a", "value": text}}},
        "edges": {},
    })
}

/// Where the versions of a workflow are.
pub fn path(workflow: WorkflowId) -> String {
    format!("/api/workflows/{workflow}/versions")
}

pub async fn create(person: &Person<'_>, graph: Value) -> WorkflowId {
    let answer = person.post("/api/workflows", json!({"title": "Versioned", "graph": graph})).await.ok();
    answer.read_as::<shared::api::Workflow>().id
}

pub async fn rename(person: &Person<'_>, workflow: WorkflowId, title: &str) {
    person.patch(&format!("/api/workflows/{workflow}"), json!({"title": title})).await.ok();
}

/// Newest first.
pub async fn list(person: &Person<'_>, workflow: WorkflowId) -> Vec<Version> {
    person.get(&path(workflow)).await.ok().read_as()
}

pub async fn name(person: &Person<'_>, workflow: WorkflowId, name: &str) -> Version {
    person.post(&path(workflow), json!({"name": name})).await.ok().read_as()
}

/// Of each version: why it is there, its name, and who edited.
pub fn told(versions: &[Version]) -> Vec<String> {
    let tell = |version: &Version| {
        let authors: Vec<&str> = version.authors.iter().map(|author| author.name.as_str()).collect();
        let name = version.name.as_deref().map(|name| format!(" `{name}`")).unwrap_or_default();
        format!("{}{name} by {}", version.reason.as_str(), authors.join(", "))
    };
    versions.iter().map(tell).collect()
}
