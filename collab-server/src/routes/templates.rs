//! `templates`: the starter workflows that ship with the program.

use std::sync::LazyLock;

use shared::{
    api::Template,
    error::ErrorBody,
    exchange,
    graph::Graph,
    node::{Catalog, ParamKind},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::AppJson;
use crate::auth::CurrentUser;
use crate::state::AppState;

/// Slug, exchange-format text, and whether a poster lies beside it: made by the build script from assets/templates.
static FILES: &[(&str, &str, bool)] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// What a person sees first comes first: films, then pictures, then text, and what needs a key last.
const ORDER: [&str; 10] = [
    "photos-to-film",
    "vertical-teaser",
    "poster-maker",
    "subtitled-clip",
    "picture-in-picture",
    "boomerang-and-sheet",
    "film-kit",
    "title-card-and-cut",
    "storyboard-text",
    "prompt-to-picture",
];

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let template = |&(slug, text, poster): &(&str, &str, bool)| {
        // A test reads every one of them.
        let graph = exchange::read(text, exchange::Limits::default()).expect("a shipped template is a workflow");
        Template {
            slug: slug.to_owned(),
            needs_key: needs_key(&graph, engine::catalog()),
            graph,
            poster: poster.then(|| format!("/assets/templates/{slug}.webp")),
        }
    };
    let mut templates: Vec<Template> = FILES.iter().map(template).collect();
    // A template that nobody gave a place comes last.
    templates.sort_by_key(|template| ORDER.iter().position(|slug| *slug == template.slug).unwrap_or(ORDER.len()));
    templates
});

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_templates))
}

/// Starter workflows, ready to be made one's own with `POST workflows`.
#[utoipa::path(
    get, path = "/templates", tag = "workflows",
    responses((status = 200, body = Vec<Template>), (status = 401, body = ErrorBody)),
)]
async fn list_templates(_: CurrentUser) -> AppJson<&'static [Template]> {
    AppJson(&TEMPLATES)
}

/// Whether a node calls a model: those are the ones with a model to pick.
fn needs_key(graph: &Graph, catalog: &Catalog) -> bool {
    let mut specs = graph.nodes.values().filter_map(|node| catalog.get(&node.node_type));
    specs.any(|spec| spec.params.iter().any(|param| matches!(param.kind, ParamKind::Model { .. })))
}

#[cfg(test)]
mod tests {
    use shared::check::{Severity, check};

    use super::*;

    #[test]
    fn every_template_has_its_place() {
        let shown: Vec<&str> = TEMPLATES.iter().map(|template| template.slug.as_str()).collect();
        assert_eq!(shown, ORDER);
    }

    #[test]
    fn every_template_can_be_run() {
        for template in TEMPLATES.iter() {
            let problems = check(&template.graph, engine::catalog());
            let errors: Vec<_> = problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", template.slug);
        }
    }
}
