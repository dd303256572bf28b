//! Starting a workflow from a file in the exchange format.

use dioxus::prelude::*;

use super::Starter;
use crate::ui::{Glyph, Icon, Tone, use_toaster};

/// What the server takes; a larger file need not be sent to be refused.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

#[component]
pub fn ImportButton(onimport: Starter, busy: bool) -> Element {
    let toaster = use_toaster();
    let import = move |event: FormEvent| async move {
        let Some(file) = event.files().into_iter().next() else { return };
        if file.size() > MAX_BYTES {
            toaster.say(Tone::Danger, "This file is larger than 8 MiB: it cannot be a workflow.");
            return;
        }
        let text = file.read_string().await.unwrap_or_default();
        match read(&text, &file.name()) {
            Ok((title, graph)) => onimport.start(title, Some(graph)),
            Err(message) => toaster.say(Tone::Danger, message),
        }
    };
    rsx! {
        // A label, because only a click on a file input (or its label) opens the browser's file dialog everywhere.
        label { class: "button", "data-variant": "secondary", aria_busy: busy.then_some("true"),
            Icon { glyph: Glyph::Upload }
            "Import"
            input {
                class: "spoken",
                r#type: "file",
                name: "import",
                aria_label: "Import a workflow file",
                accept: ".json,application/json",
                onchange: import,
            }
        }
    }
}

/// Title and graph. Only the outermost shape is looked at: the server names what is wrong inside.
fn read(text: &str, file_name: &str) -> Result<(String, serde_json::Value), String> {
    let Ok(graph) = serde_json::from_str::<serde_json::Value>(text) else {
        return Err(format!("{file_name} is not JSON."));
    };
    if graph.get("openflow").is_none() {
        return Err(format!("{file_name} is not an OpenFlow workflow: it has no \"openflow\" version."));
    }
    let title = graph.pointer("/meta/title").and_then(|title| title.as_str()).filter(|title| !title.trim().is_empty());
    let stem = file_name.strip_suffix(".json").unwrap_or(file_name);
    Ok((title.unwrap_or(stem).to_owned(), graph))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_without_title_is_named_after_its_file() {
        let named = |text| read(text, "film.json").map(|(title, _)| title);
        assert_eq!(named(r#"{"openflow":1,"meta":{"title":"Photos"}}"#), Ok("Photos".into()));
        assert_eq!(named(r#"{"openflow":1}"#), Ok("film".into()));
        assert!(named("{}").unwrap_err().contains("not an OpenFlow workflow"));
        assert!(named("nodes:").unwrap_err().contains("not JSON"));
    }
}
