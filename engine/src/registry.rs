//! The catalogue of nodes: everything that `#[node]` registered, found at link time.
//!
//! Nobody lists nodes by hand. The server hands [`catalog`] out, the plan checks against it, the scheduler finds the
//! function of a type with [`NodeKind::find`].

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::LazyLock, time::Duration};

use serde_json::Value as Json;
use shared::{
    graph::Params,
    node::{Catalog, DynamicPorts, NodeRole, NodeSpec, ParamSpec, Renamed, Resource},
    value::{ValueType, Values},
};

use crate::{Args, Inputs, NodeContext, NodeError};

/// What a node's function gives back.
pub type NodeFuture<'a> = Pin<Box<dyn Future<Output = Result<Values, NodeError>> + Send + 'a>>;

/// A kind of node: what it is and how it is run. Made by `#[node]`.
pub struct NodeKind {
    #[doc(hidden)]
    pub node_type: &'static str,
    #[doc(hidden)]
    pub timeout: Option<Duration>,
    #[doc(hidden)]
    pub make_spec: fn() -> NodeSpec,
    #[doc(hidden)]
    pub call: for<'a> fn(&'a NodeContext, Args) -> NodeFuture<'a>,
}

inventory::collect!(NodeKind);

static KINDS: LazyLock<BTreeMap<&'static str, &'static NodeKind>> = LazyLock::new(|| {
    let mut kinds = BTreeMap::new();
    for kind in inventory::iter::<NodeKind> {
        // The type stands in documents: of two nodes with one type, one would silently change what workflows do.
        let twin = kinds.insert(kind.node_type, kind);
        assert!(twin.is_none(), "two nodes have the type `{}`", kind.node_type);
    }
    kinds
});

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| KINDS.values().map(|kind| (kind.make_spec)()).collect());

/// The specs of all nodes that are compiled in.
pub fn catalog() -> &'static Catalog {
    &CATALOG
}

impl NodeKind {
    /// The kind of this type.
    pub fn find(node_type: &str) -> Option<&'static NodeKind> {
        KINDS.get(node_type).copied()
    }

    /// What is known of the kind without running it.
    pub fn spec(&self) -> &'static NodeSpec {
        CATALOG.get(self.node_type).expect("the catalogue is made of all kinds")
    }

    /// How long one execution may take, where the node's author said so.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Runs the node once. Parameters that are not given have their defaults.
    pub async fn run(&self, ctx: &NodeContext, inputs: Inputs, params: Params) -> Result<Values, NodeError> {
        (self.call)(ctx, Args::new(self.spec(), inputs, params)).await
    }
}

/// What `#[node]` says about lists, cases and earlier names. Empty: nothing.
#[derive(Debug, Default)]
pub struct SpecHints {
    /// The input whose value, and type, the outputs carry on.
    pub passes: &'static str,
    /// The parameter whose texts are outputs.
    pub cases: &'static str,
    /// Earlier types, separated by spaces.
    pub was: &'static str,
    /// Earlier names of parameters and ports: `old -> new, older -> newer`.
    pub renamed: &'static str,
    /// The items of the list outputs belong together.
    pub aligned: bool,
}

/// A step whose spec is written by hand, for its ports follow from a node's parameters. Goes through [`finish_spec`].
pub(crate) fn dynamic_step(
    node_type: &str,
    title: &str,
    description: &str,
    ports: DynamicPorts,
    params: Vec<ParamSpec>,
) -> NodeSpec {
    NodeSpec {
        node_type: node_type.to_owned(),
        version: 1,
        title: title.to_owned(),
        summary: String::new(),
        description: description.to_owned(),
        role: NodeRole::Step,
        resource: Resource::Network,
        cacheable: true,
        inputs: Vec::new(),
        outputs: Vec::new(),
        params,
        dynamic: Some(ports),
        was: Vec::new(),
        renamed: Vec::new(),
        example: Json::Null,
    }
}

/// Puts the finishing touches on a spec: the summary is the description's first sentence.
pub(crate) fn finish_spec(mut spec: NodeSpec, example: &str, hints: &SpecHints) -> NodeSpec {
    for port in &mut spec.outputs {
        port.aligned = hints.aligned && port.value_type.is_list();
        // What passes through keeps the name it has on the other side, where there is one.
        if *port.value_type.item() == ValueType::Any && !hints.passes.is_empty() {
            let own = spec.inputs.iter().find(|input| input.name == port.name);
            port.same_as = Some(own.map_or(hints.passes, |input| &input.name).to_owned());
        }
    }
    if !hints.cases.is_empty() {
        spec.dynamic = Some(DynamicPorts::Cases { param: hints.cases.to_owned() });
    }
    spec.was = hints.was.split_whitespace().map(str::to_owned).collect();
    spec.renamed = hints.renamed.split(',').filter(|pair| !pair.is_empty()).map(|pair| renamed(&spec, pair)).collect();
    spec.summary = first_sentence(&spec.description).to_owned();
    spec.example = serde_json::from_str(example)
        .unwrap_or_else(|error| panic!("the example of `{}` is not JSON: {error}", spec.node_type));
    spec
}

fn renamed(spec: &NodeSpec, pair: &str) -> Renamed {
    let (from, to) = pair
        .split_once("->")
        .unwrap_or_else(|| panic!("`{}`: a renaming reads `old -> new`, not `{pair}`", spec.node_type));
    Renamed { from: from.trim().to_owned(), to: to.trim().to_owned() }
}

fn first_sentence(text: &str) -> &str {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    // A full stop ends a sentence when a space or line break follows; "e.g." and "2.5" are the usual traps.
    let end = paragraph.match_indices(". ").chain(paragraph.match_indices(".\n")).map(|(at, _)| at + 1);
    let end = end.filter(|&end| !paragraph[..end].ends_with("e.g.") && !paragraph[..end].ends_with("i.e.")).min();
    paragraph[..end.unwrap_or(paragraph.len())].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_the_first_sentence() {
        assert_eq!(first_sentence("Blurs a picture. By 2.5 px."), "Blurs a picture.");
        assert_eq!(first_sentence("Blurs, e.g. a photo, a lot"), "Blurs, e.g. a photo, a lot");
        assert_eq!(first_sentence("Blurs\n\nMore. And more."), "Blurs");
    }
}
