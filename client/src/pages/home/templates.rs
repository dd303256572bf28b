//! The gallery of starter workflows: one click makes a copy of one's own and opens it.

use dioxus::prelude::*;
use shared::{api::Template, exchange};

use super::{Starter, mini_graph::MiniGraph};
use crate::{
    api::Api,
    session::use_session,
    ui::{Glyph, Icon, Skeleton, Tone, use_toaster},
};

/// `first`: there is nothing else on the page yet.
#[component]
pub fn Templates(first: bool, starter: Starter) -> Element {
    let session = use_session();
    let templates = use_resource(move || async move {
        let answer = Api.templates().await;
        if let Err(error) = &answer {
            session.failed(error);
        }
        answer
    });
    let templates = templates.read();
    // Without templates the page is whole: their failure is not worth a message beside the list's own.
    let found = match &*templates {
        Some(Ok(found)) if !found.is_empty() => Some(found.clone()),
        Some(_) => return rsx! {},
        None => None,
    };
    rsx! {
        section { class: "templates", "data-first": first, aria_labelledby: "templates-title",
            h2 { id: "templates-title", if first { "Start from a template" } else { "Templates" } }
            ul { class: "grid",
                match found {
                    Some(found) => rsx! {
                        for template in found {
                            TemplateCard { key: "{template.slug}", template, starter }
                        }
                    },
                    None => rsx! {
                        for place in 0..4 {
                            li { key: "{place}", class: "card", Skeleton { height: "172px" } }
                        }
                    },
                }
            }
        }
    }
}

#[component]
fn TemplateCard(template: Template, starter: Starter) -> Element {
    let toaster = use_toaster();
    let title = template.graph.meta.title.clone();
    let graph = template.graph.clone();
    let start = move |_| {
        // The exchange format is what the server reads; the graph's own JSON lacks its version mark.
        match serde_json::from_str(&exchange::write(&graph)) {
            Ok(json) => starter.start(graph.meta.title.clone(), Some(json)),
            Err(_) => toaster.say(Tone::Danger, "This template cannot be read."),
        }
    };
    rsx! {
        li { class: "card",
            button {
                class: "card-link template",
                "data-testid": "template-{template.slug}",
                r#type: "button",
                disabled: starter.busy(),
                onclick: start,
                div { class: "card-picture",
                    if let Some(poster) = &template.poster {
                        img { src: "{poster}", alt: "", loading: "lazy" }
                    } else {
                        MiniGraph { graph: template.graph.clone() }
                    }
                    if template.needs_key {
                        span { class: "card-badge", "data-tip": "Needs a provider key to run", Icon { glyph: Glyph::Key } }
                    }
                }
                div { class: "card-foot",
                    div { class: "card-words",
                        p { class: "card-title",
                            span { class: "spoken", "Start from " }
                            "{title}"
                        }
                        p { class: "card-note two-lines", "{template.graph.meta.description}" }
                    }
                }
            }
        }
    }
}
