//! Which ports a loose wire may end in, and which one is meant when it is let go.
//!
//! Pure. The types decide ([`ValueType::takes`]), and no wire may make a node feed itself.

use std::collections::{BTreeMap, BTreeSet};

use shared::{
    graph::{Edge, EdgeId, Node},
    id::NodeId,
    node::{Catalog, NodeSpec, PortSpec},
    value::ValueType,
};

use super::{
    carried::{is_reroute, port_type},
    geometry::{Point, Rect, distance},
    layout::Side,
};

/// How near to a port, in canvas units at zoom 1, a wire snaps to it.
const SNAP: f64 = 28.0;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRef {
    pub node: NodeId,
    pub side: Side,
    pub name: String,
}

impl PortRef {
    pub fn input(node: NodeId, name: impl Into<String>) -> Self {
        Self { node, side: Side::In, name: name.into() }
    }

    pub fn output(node: NodeId, name: impl Into<String>) -> Self {
        Self { node, side: Side::Out, name: name.into() }
    }

    /// As the page writes it: `in:image`.
    pub fn hook(&self) -> String {
        match self.side {
            Side::In => format!("in:{}", self.name),
            Side::Out => format!("out:{}", self.name),
        }
    }
}

/// A port the loose wire may end in.
#[derive(Debug, Clone, PartialEq)]
pub struct Partner {
    pub port: PortRef,
    /// In canvas units.
    pub at: Point,
    /// Of its node, in canvas units.
    pub node_rect: Rect,
    /// Nothing ends there yet, or several may.
    pub free: bool,
    /// The same type, not merely one that converts.
    pub exact: bool,
}

/// All ports of `spec` on one side that a wire of type `carried` fits, best first.
pub fn fitting_ports<'s>(spec: &'s NodeSpec, side: Side, carried: &ValueType) -> Vec<(&'s str, &'s ValueType)> {
    let ports: Vec<(&str, &ValueType)> = match side {
        Side::In => {
            let wired = spec.params.iter().filter_map(|param| Some((param.name.as_str(), param.wire.as_ref()?)));
            spec.inputs.iter().map(|port| (port.name.as_str(), &port.value_type)).chain(wired).collect()
        }
        Side::Out => spec.outputs.iter().map(|port| (port.name.as_str(), &port.value_type)).collect(),
    };
    let mut fitting: Vec<_> = ports.into_iter().filter(|(_, value_type)| fits(value_type, side, carried)).collect();
    // Stable: among equals the spec's own order stays.
    fitting.sort_by_key(|(_, value_type)| *value_type != carried);
    fitting
}

/// Whether a port on this side takes, or gives, what a wire carries.
fn fits(port: &ValueType, side: Side, carried: &ValueType) -> bool {
    match side {
        Side::In => port.takes(carried),
        Side::Out => carried.takes(port),
    }
}

/// The ports on the other side that a wire from `loose` may end in.
///
/// `place` says where a port is and what box its node has. A wire that was detached (`without`) does not count.
pub fn partners(
    loose: &PortRef,
    nodes: &BTreeMap<NodeId, Node>,
    edges: &BTreeMap<EdgeId, Edge>,
    without: Option<&EdgeId>,
    catalog: &Catalog,
    place: impl Fn(&PortRef) -> (Point, Rect),
) -> Vec<Partner> {
    let Some(carried) = port_type(loose, nodes, edges, catalog) else { return Vec::new() };
    let carried = &carried;
    let all = edges;
    let edges = || all.iter().filter(|(id, _)| Some(*id) != without).map(|(_, edge)| edge);
    let forbidden = reach(&loose.node, loose.side, edges());
    let other_side = match loose.side {
        Side::In => Side::Out,
        Side::Out => Side::In,
    };
    let taken: BTreeSet<(&NodeId, &str)> = edges().map(|edge| (&edge.to, edge.input.as_str())).collect();
    let mut found = Vec::new();
    for (id, node) in nodes.iter().filter(|(id, _)| !forbidden.contains(*id)) {
        let Some(spec) = catalog.of(node) else { continue };
        for (name, value_type) in fitting_ports(&spec, other_side, carried) {
            let port = PortRef { node: id.clone(), side: other_side, name: name.into() };
            if is_reroute(node, catalog)
                && !port_type(&port, nodes, all, catalog).is_some_and(|known| fits(&known, other_side, carried))
            {
                continue;
            }
            let (at, node_rect) = place(&port);
            let many = other_side == Side::Out || spec.input(name).is_some_and(PortSpec::is_list);
            let free = many || !taken.contains(&(id, name));
            found.push(Partner { port, at, node_rect, free, exact: value_type == carried });
        }
    }
    found
}

/// The node and all that a wire must not reach, for it would close a circle.
fn reach<'e>(start: &NodeId, side: Side, edges: impl Iterator<Item = &'e Edge>) -> BTreeSet<NodeId> {
    let mut next: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for edge in edges {
        // From an output one must not go upstream, from an input not downstream.
        let (here, there) = match side {
            Side::Out => (&edge.to, &edge.from),
            Side::In => (&edge.from, &edge.to),
        };
        next.entry(here).or_default().push(there);
    }
    let mut seen = BTreeSet::from([start.clone()]);
    let mut waiting = vec![start];
    while let Some(node) = waiting.pop() {
        for &there in next.get(node).into_iter().flatten() {
            if seen.insert(there.clone()) {
                waiting.push(there);
            }
        }
    }
    seen
}

/// The port that is meant at `point`: the nearest one within reach, else the best one of the node underneath.
pub fn meant(partners: &[Partner], point: Point, zoom: f64) -> Option<&Partner> {
    // Zoomed out, ports are close together on screen, but so is the hand less exact.
    let reach = SNAP / zoom.clamp(0.35, 1.0);
    let near = partners.iter().map(|partner| (distance(partner.at, point), partner)).filter(|(far, _)| *far <= reach);
    let nearest = near.min_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, partner)| partner);
    nearest.or_else(|| {
        let under = partners.iter().filter(|partner| partner.node_rect.contains(point));
        // `min_by_key` keeps the first of equals: the order of the spec.
        under.min_by_key(|partner| (!partner.free, !partner.exact))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::layout::tests::blur;

    fn graph(chain: &[&str]) -> (BTreeMap<NodeId, Node>, BTreeMap<EdgeId, Edge>) {
        let ids: Vec<NodeId> = chain.iter().map(|id| id.parse().unwrap()).collect();
        let nodes = ids.iter().map(|id| (id.clone(), Node::new("image.blur"))).collect();
        let wire = |pair: &[NodeId]| Edge {
            from: pair[0].clone(),
            output: "image".into(),
            to: pair[1].clone(),
            input: "image".into(),
        };
        let edges = ids.windows(2).map(|pair| (EdgeId::single(&pair[1], "image"), wire(pair))).collect();
        (nodes, edges)
    }

    fn hooks(loose: &PortRef, without: Option<&EdgeId>) -> Vec<String> {
        let (nodes, edges) = graph(&["a", "b", "c"]);
        let catalog: Catalog = [blur()].into_iter().collect();
        partners(loose, &nodes, &edges, without, &catalog, |_| Default::default())
            .into_iter()
            .map(|partner| format!("{} {} {}", partner.port.node, partner.port.hook(), partner.free))
            .collect()
    }

    #[test]
    fn an_output_fits_inputs_of_its_type_but_never_upstream() {
        let out = PortRef::output("a".parse().unwrap(), "image");
        assert_eq!(hooks(&out, None), ["b in:image false", "c in:image false"]);
        let out = PortRef::output("c".parse().unwrap(), "image");
        assert_eq!(hooks(&out, None), Vec::<String>::new());
    }

    #[test]
    fn an_input_fits_outputs_but_never_downstream() {
        let input = PortRef::input("b".parse().unwrap(), "image");
        assert_eq!(hooks(&input, None), ["a out:image true"]);
    }

    #[test]
    fn a_detached_wire_leaves_its_input_free() {
        let out = PortRef::output("a".parse().unwrap(), "image");
        let detached = EdgeId::single(&"b".parse().unwrap(), "image");
        assert_eq!(hooks(&out, Some(&detached)), ["b in:image true", "c in:image false"]);
    }

    fn partner(name: &str, at: Point, free: bool, exact: bool) -> Partner {
        let node_rect = Rect::new([0.0, 0.0], [200.0, 200.0]);
        Partner { port: PortRef::input("n".parse().unwrap(), name), at, node_rect, free, exact }
    }

    #[test]
    fn the_nearest_port_wins_and_the_body_picks_the_best() {
        let partners = [
            partner("taken", [0.0, 40.0], false, true),
            partner("loose", [0.0, 80.0], true, false),
            partner("best", [0.0, 120.0], true, true),
        ];
        let name = |point, zoom| meant(&partners, point, zoom).map(|partner| partner.port.name.clone());
        assert_eq!(name([-10.0, 45.0], 1.0).as_deref(), Some("taken"));
        assert_eq!(name([150.0, 150.0], 1.0).as_deref(), Some("best"));
        assert_eq!(name([400.0, 400.0], 1.0), None);
    }
}
