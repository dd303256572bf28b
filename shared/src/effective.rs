//! The graph a run executes: bypassed nodes and reroutes short-circuited, muted ones gone with all that depends on
//! them, pinned ones cut off from what they would need, notes left out, and wires that lead nowhere dropped.
//!
//! Pure: the client shows with it what a run would do, the engine plans with it, [`crate::merkle`] hashes it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    graph::{Edge, EdgeId, Graph, Mode, Node},
    id::NodeId,
    node::{Catalog, NodeRole, NodeSpec, PortSpec},
    value::ValueType,
};

/// What is left of `graph` to execute. All nodes in it are active, and both ends of every wire are there.
pub fn effective(graph: &Graph, catalog: &Catalog) -> Graph {
    let mut left = graph.clone();
    left.edges.retain(|_, edge| graph.nodes.contains_key(&edge.from) && graph.nodes.contains_key(&edge.to));
    let role = |node: &Node| catalog.get(&node.node_type).map(|spec| spec.role);
    let goes_through =
        |node: &Node| node.mode == Mode::Bypass || node.mode == Mode::Active && role(node) == Some(NodeRole::Reroute);
    let pinned = |node: &Node| node.mode == Mode::Active && node.pin.is_some() && !goes_through(node);
    left.edges.retain(|_, edge| !pinned(&graph.nodes[&edge.to]));
    let is_note = |id: &NodeId| role(&graph.nodes[id]) == Some(NodeRole::Note);
    left.nodes.retain(|id, _| !is_note(id));
    left.edges.retain(|_, edge| !is_note(&edge.from) && !is_note(&edge.to));
    let mut bypassed = graph.nodes.iter().filter(|(_, node)| goes_through(node)).map(|(id, _)| id).peekable();
    // Most graphs have none, and this is asked after every edit.
    if bypassed.peek().is_some() {
        let mut wires = Wires::new(&left);
        bypassed.for_each(|id| bypass(&mut left, &mut wires, id, catalog));
    }
    mute(&mut left, graph.nodes.iter().filter(|(_, node)| node.mode == Mode::Mute).map(|(id, _)| id));
    left
}

/// What is run where a person points at `id`: the node itself, or whatever feeds a reroute. `None`: nothing is, for
/// it is a note, a reroute that nothing is wired to, or not there.
pub fn source<'g>(graph: &'g Graph, catalog: &Catalog, id: &'g NodeId) -> Option<&'g NodeId> {
    let mut at = id;
    // No more steps than there are nodes: wires may run in a circle.
    for _ in 0..=graph.nodes.len() {
        let node = graph.nodes.get(at)?;
        match catalog.get(&node.node_type).map(|spec| spec.role) {
            Some(NodeRole::Note) => return None,
            Some(NodeRole::Reroute) => at = &graph.edges.values().find(|edge| edge.to == *at)?.from,
            _ => return Some(at),
        }
    }
    None
}

/// The edges at each node, so that a long chain of bypassed nodes costs no scan of all edges for each.
struct Wires {
    into: BTreeMap<NodeId, BTreeSet<EdgeId>>,
    out_of: BTreeMap<NodeId, BTreeSet<EdgeId>>,
}

impl Wires {
    fn new(graph: &Graph) -> Self {
        let mut wires = Self { into: BTreeMap::new(), out_of: BTreeMap::new() };
        for (id, edge) in &graph.edges {
            wires.add(id, edge);
        }
        wires
    }

    fn add(&mut self, id: &EdgeId, edge: &Edge) {
        self.into.entry(edge.to.clone()).or_default().insert(id.clone());
        self.out_of.entry(edge.from.clone()).or_default().insert(id.clone());
    }

    fn remove(&mut self, graph: &mut Graph, id: &EdgeId) -> Option<Edge> {
        let edge = graph.edges.remove(id)?;
        for (ends, node) in [(&mut self.into, &edge.to), (&mut self.out_of, &edge.from)] {
            if let Some(ids) = ends.get_mut(node) {
                ids.remove(id);
            }
        }
        Some(edge)
    }
}

/// Takes a node out. Each of its output wires goes on from where the first input that fits by type got its value.
fn bypass(graph: &mut Graph, wires: &mut Wires, id: &NodeId, catalog: &Catalog) {
    let incoming: Vec<EdgeId> = wires.into.get(id).into_iter().flatten().cloned().collect();
    let incoming: Vec<Edge> = incoming.iter().filter_map(|edge| wires.remove(graph, edge)).collect();
    let outgoing: Vec<EdgeId> = wires.out_of.get(id).into_iter().flatten().cloned().collect();
    for edge_id in outgoing {
        let Some(edge) = wires.remove(graph, &edge_id) else { continue };
        for (n, source) in sources(graph, id, &edge, &incoming, catalog).into_iter().enumerate() {
            let through = Edge { from: source.from.clone(), output: source.output.clone(), ..edge.clone() };
            // Behind the wire it stands for in the order of ids, which is the order of a list.
            let through_id = match n {
                0 => edge_id.clone(),
                n => {
                    let random = edge_id.as_str().rsplit(':').next().unwrap_or_default();
                    EdgeId::listed(&edge.to, &edge.input, &format!("{random}~{n:04}"))
                }
            };
            wires.add(&through_id, &through);
            graph.edges.insert(through_id, through);
        }
    }
    graph.nodes.remove(id);
}

/// Which of a bypassed node's incoming wires stand in for its outgoing wire `edge`: one, or for a list all of one input.
fn sources<'e>(graph: &Graph, id: &NodeId, edge: &Edge, incoming: &'e [Edge], catalog: &Catalog) -> Vec<&'e Edge> {
    let spec_of = |node: &NodeId| graph.nodes.get(node).and_then(|node| catalog.of(node));
    let target = spec_of(&edge.to);
    let wanted = target.as_deref().and_then(|spec| spec.input_type(&edge.input));
    let given = |wire: &Edge| spec_of(&wire.from).and_then(|spec| spec.output_type(&wire.output).cloned());
    // A reroute is no node of its own: what does not fit behind it is a mistake to be told, not a way that is not taken.
    let is_reroute = |spec: &NodeSpec| spec.role == NodeRole::Reroute;
    let always = spec_of(id).as_deref().is_some_and(is_reroute);
    let fits = |wire: &Edge| match (wanted, given(wire)) {
        (Some(wanted), Some(given)) => always || wanted.takes(&given),
        // Of an unknown type nothing is known against it.
        _ => true,
    };
    let spec = spec_of(id);
    let spec = spec.as_deref();
    let output = spec.and_then(|spec| spec.output_type(&edge.output));
    // An input of the very type of the output is what a person means by "through"; then the order of the ports.
    let rank = |wire: &Edge| {
        let port = spec.and_then(|spec| spec.inputs.iter().position(|port| port.name == wire.input));
        let input = spec.and_then(|spec| spec.input_type(&wire.input));
        (input != output, port.unwrap_or(usize::MAX))
    };
    let mut candidates: Vec<&Edge> = incoming.iter().filter(|wire| wire.from != *id && fits(wire)).collect();
    candidates.sort_by_key(|wire| rank(wire));
    let Some(first) = candidates.first().copied() else { return Vec::new() };
    let collects = |port: Option<&PortSpec>| port.is_some_and(PortSpec::is_list);
    let both_lists = collects(spec.and_then(|spec| spec.input(&first.input)))
        && matches!(wanted, Some(ValueType::List(_)))
        && collects(target.as_deref().and_then(|spec| spec.input(&edge.input)));
    if both_lists { candidates.into_iter().filter(|wire| wire.input == first.input).collect() } else { vec![first] }
}

fn mute<'g>(graph: &mut Graph, muted: impl Iterator<Item = &'g NodeId>) {
    let mut gone: BTreeSet<NodeId> = muted.cloned().collect();
    if gone.is_empty() {
        return;
    }
    let mut dependants: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for edge in graph.edges.values() {
        dependants.entry(&edge.from).or_default().push(&edge.to);
    }
    let mut queue: Vec<NodeId> = gone.iter().cloned().collect();
    while let Some(id) = queue.pop() {
        for dependant in dependants.get(&id).into_iter().flatten() {
            if gone.insert((*dependant).clone()) {
                queue.push((*dependant).clone());
            }
        }
    }
    graph.nodes.retain(|id, _| !gone.contains(id));
    graph.edges.retain(|_, edge| !gone.contains(&edge.from) && !gone.contains(&edge.to));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{catalog, graph, id};
    use crate::{graph::Pin, value::Values};

    /// Nodes and wires of what is executed, with `bypassed` and `muted` nodes by name.
    fn effective_of(text: &str, bypassed: &str, muted: &str) -> String {
        let mut graph = graph(text);
        for (names, mode) in [(bypassed, Mode::Bypass), (muted, Mode::Mute)] {
            for name in names.split_whitespace() {
                graph.nodes.get_mut(name).unwrap().mode = mode;
            }
        }
        let effective = effective(&graph, &catalog());
        let nodes: Vec<_> = effective.nodes.keys().map(|id| id.as_str()).collect();
        let wires = effective
            .edges
            .values()
            .map(|edge| format!("; {}.{} -> {}.{}", edge.from.as_str(), edge.output, edge.to.as_str(), edge.input));
        nodes.join(" ") + &wires.collect::<String>()
    }

    const CHAIN: &str = "a:photo; b:blur; c:blur; d:blur; a.image -> b.image; b.image -> c.image; c.image -> d.image";

    #[test]
    fn an_active_graph_stays_as_it_is() {
        let graph = graph(CHAIN);
        assert_eq!(effective(&graph, &catalog()), graph);
    }

    #[test]
    fn wires_pass_through_bypassed_nodes() {
        assert_eq!(effective_of(CHAIN, "b", ""), "a c d; a.image -> c.image; c.image -> d.image");
        assert_eq!(effective_of(CHAIN, "b c", ""), "a d; a.image -> d.image");
        assert_eq!(effective_of(CHAIN, "a", ""), "b c d; b.image -> c.image; c.image -> d.image");
    }

    #[test]
    fn a_wire_passes_only_where_the_type_fits() {
        // `describe` gives text and takes a picture and a text: its text passes, not its picture.
        let text = "a:photo; t:text; d:describe; e:describe; s:save
                    a.image -> d.image; t.text -> d.text; a.image -> e.image; d.text -> e.text; d.text -> s.value";
        let passed = effective_of(text, "d", "");
        assert_eq!(passed, "a e s t; a.image -> e.image; t.text -> e.text; t.text -> s.value");
        let without = "a:photo; d:describe; e:describe; a.image -> d.image; a.image -> e.image; d.text -> e.text";
        assert_eq!(effective_of(without, "d", ""), "a e; a.image -> e.image");
    }

    #[test]
    fn a_bypassed_list_passes_all_its_items_in_their_order() {
        let text = "a:photo; b:photo; c:collage; z:photo; d:collage; s:blur
                    a.image -> c.images; b.image -> c.images; c.images -> d.images; z.image -> d.images
                    c.image -> s.image";
        assert_eq!(
            effective_of(text, "c", ""),
            "a b d s z; a.image -> d.images; b.image -> d.images; z.image -> d.images; a.image -> s.image"
        );
    }

    const REROUTED: &str =
        "a:photo; r:reroute; s:reroute; b:blur; a.image -> r.value; r.value -> s.value; s.value -> b.image";

    #[test]
    fn a_rerouted_wire_is_a_wire() {
        assert_eq!(effective_of(REROUTED, "", ""), "a b; a.image -> b.image");
        assert_eq!(effective_of(REROUTED, "", "r"), "a", "a muted reroute is muted");
        assert_eq!(effective_of("r:reroute; b:blur; r.value -> b.image", "", ""), "b");
        let pinned = {
            let mut graph = graph(REROUTED);
            graph.nodes.get_mut("r").unwrap().pin = Some(Pin { values: Values::new(), run: None, seed: None });
            effective(&graph, &catalog())
        };
        assert_eq!(pinned.edges.len(), 1, "nothing can be pinned in the middle of a wire");
    }

    #[test]
    fn a_reroute_passes_what_does_not_fit_so_that_it_is_told() {
        let text = "t:text; r:reroute; b:blur; t.text -> r.value; r.value -> b.image";
        assert_eq!(effective_of(text, "", ""), "b t; t.text -> b.image");
    }

    #[test]
    fn notes_are_left_out() {
        assert_eq!(effective_of("a:photo; n:remark; b:blur; a.image -> b.image", "", ""), "a b; a.image -> b.image");
        assert_eq!(effective_of("a:photo; n:remark; a.image -> n.text", "", ""), "a");
    }

    #[test]
    fn who_points_at_a_reroute_means_what_feeds_it() {
        let (graph, catalog) = (
            graph(&format!(
                "{REROUTED}; n:remark; lone:reroute; u:reroute; v:reroute; u.value -> v.value; v.value -> u.value"
            )),
            catalog(),
        );
        let source_of = |name: &str| source(&graph, &catalog, &id(name)).map(|id| id.as_str().to_owned());
        assert_eq!([source_of("s"), source_of("b")], [Some("a".to_owned()), Some("b".to_owned())]);
        assert_eq!(["n", "lone", "u", "gone"].map(source_of), [None, None, None, None]);
    }

    #[test]
    fn muted_nodes_go_with_all_that_depends_on_them() {
        let text = format!("{CHAIN}; x:blur; a.image -> x.image");
        assert_eq!(effective_of(&text, "", "b"), "a x; a.image -> x.image");
        assert_eq!(effective_of(&text, "c", "b"), "a x; a.image -> x.image", "through a bypassed node too");
        assert_eq!(effective_of(&text, "", "a"), "");
    }

    #[test]
    fn a_node_behind_a_bypassed_one_does_not_depend_on_inputs_that_are_not_passed() {
        let text = "a:photo; t:text; d:describe; s:save; a.image -> d.image; t.text -> d.text; d.text -> s.value";
        assert_eq!(effective_of(text, "d", "a"), "s t; t.text -> s.value");
    }

    #[test]
    fn a_pinned_node_needs_nothing() {
        let mut graph = graph(CHAIN);
        graph.nodes.get_mut("c").unwrap().pin = Some(Pin { values: Values::new(), run: None, seed: None });
        let left = effective(&graph, &catalog());
        assert_eq!((left.nodes.len(), left.edges.len()), (4, 2));
        assert!(left.edges.values().all(|edge| edge.to != id("c")));
        graph.nodes.get_mut("c").unwrap().mode = Mode::Bypass;
        assert_eq!(
            effective(&graph, &catalog()).edges.len(),
            2,
            "a bypassed node passes on what it gets, pinned or not"
        );
    }

    #[test]
    fn wires_that_lead_nowhere_are_dropped() {
        assert_eq!(effective_of("a:photo; a.image -> gone.image; gone.image -> a.image", "", ""), "a");
    }

    #[test]
    fn circles_of_bypassed_nodes_end() {
        let circle = "a:blur; b:blur; s:save; a.image -> b.image; b.image -> a.image; b.image -> s.value";
        assert_eq!(effective_of(circle, "a b", ""), "s");
        assert_eq!(effective_of("a:blur; a.image -> a.image", "a", ""), "");
    }

    #[test]
    fn unknown_types_pass_what_they_get() {
        let text = "a:photo; x:pack.gone; b:blur; a.image -> x.anything; x.other -> b.image";
        assert_eq!(effective_of(text, "x", ""), "a b; a.image -> b.image");
        assert!(effective(&graph(text), &catalog()).nodes.contains_key(&id("x")));
    }
}
