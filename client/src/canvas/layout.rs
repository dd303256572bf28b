//! How large a node is and where its ports are, in canvas units from its upper left corner.
//!
//! Drawn nodes are measured by the browser. A node that was never drawn (out of sight, or a box) is estimated from its
//! spec, so that its wires have ends.

use std::collections::BTreeMap;

use shared::{
    graph::Node,
    node::{NodeRole, NodeSpec},
    value::ValueType,
};

use super::geometry::Point;

pub const WIDTH_MIN: f64 = 200.0;
pub const WIDTH_MAX: f64 = 960.0;
const HEADER: f64 = 40.0;
const PORT_ROW: f64 = 28.0;
const PARAM_ROW: f64 = 38.0;
/// How many parameters stand on a card; the others unfold, and are all in the inspector.
pub const CARD_PARAMS: usize = 4;
const PREVIEW_RATIO: f64 = 0.625;
/// A reroute is a grip between its two ports, and nothing else.
pub const REROUTE_SIZE: Point = [36.0, 20.0];
/// The height of a note that nobody sized.
pub const NOTE_HEIGHT: f64 = 132.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    In,
    Out,
}

/// Size of a node, and the middles of its ports by side and name.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeLayout {
    pub size: Point,
    pub ports: BTreeMap<(Side, String), Point>,
}

impl NodeLayout {
    /// Where a wire at this port begins or ends. A port that is folded away shares the middle of the header.
    pub fn port(&self, side: Side, name: &str) -> Point {
        let found = self.ports.get(&(side, name.to_owned())).copied();
        found.unwrap_or_else(|| match side {
            Side::In => [0.0, HEADER / 2.0],
            Side::Out => [self.size[0], HEADER / 2.0],
        })
    }

    /// The size alone, without the ports: asked of every node when the view moves.
    pub fn estimated_size(node: &Node, spec: Option<&NodeSpec>) -> Point {
        let width = width(node, spec);
        let Some(spec) = spec else { return [width, node.size.map_or(96.0, |size| size[1])] };
        match spec.role {
            NodeRole::Reroute => return REROUTE_SIZE,
            NodeRole::Note => return [width, node.size.map_or(NOTE_HEIGHT, |size| size[1])],
            NodeRole::Input | NodeRole::Step | NodeRole::Output => {}
        }
        let preview = if shows_media(spec) { width * PREVIEW_RATIO } else { 0.0 };
        let ports = spec.inputs.len().max(spec.outputs.len()) as f64 * PORT_ROW;
        let params = spec.params.iter().filter(|param| !param.advanced).count().min(CARD_PARAMS) as f64 * PARAM_ROW;
        [width, HEADER + preview + ports + params + 12.0]
    }

    /// A guess, good enough for wires to things out of sight.
    pub fn estimate(node: &Node, spec: Option<&NodeSpec>) -> Self {
        let width = width(node, spec);
        let Some(spec) = spec else {
            return Self { size: Self::estimated_size(node, None), ports: BTreeMap::new() };
        };
        if spec.role == NodeRole::Reroute {
            let [right, middle] = [REROUTE_SIZE[0], REROUTE_SIZE[1] / 2.0];
            let inputs = spec.inputs.iter().map(|port| ((Side::In, port.name.clone()), [0.0, middle]));
            let outputs = spec.outputs.iter().map(|port| ((Side::Out, port.name.clone()), [right, middle]));
            return Self { size: REROUTE_SIZE, ports: inputs.chain(outputs).collect() };
        }
        let preview = if shows_media(spec) { width * PREVIEW_RATIO } else { 0.0 };
        let top = HEADER + preview;
        let row = |index: usize| top + (index as f64 + 0.5) * PORT_ROW;
        let inputs = spec.inputs.iter().enumerate().map(|(i, port)| ((Side::In, port.name.clone()), [0.0, row(i)]));
        let outputs =
            spec.outputs.iter().enumerate().map(|(i, port)| ((Side::Out, port.name.clone()), [width, row(i)]));
        let rows = spec.inputs.len().max(spec.outputs.len()) as f64;
        let params_top = top + rows * PORT_ROW;
        let params = spec.params.iter().enumerate().filter(|(_, param)| param.wire.is_some()).map(|(i, param)| {
            ((Side::In, param.name.clone()), [0.0, params_top + (i.min(CARD_PARAMS - 1) as f64 + 0.5) * PARAM_ROW])
        });
        let ports = inputs.chain(outputs).chain(params).collect();
        Self { size: Self::estimated_size(node, Some(spec)), ports }
    }
}

/// The width a node is drawn with: its own, or what suits its kind.
pub fn width(node: &Node, spec: Option<&NodeSpec>) -> f64 {
    let usual = match spec {
        // Nothing of it grows.
        Some(spec) if spec.role == NodeRole::Reroute => return REROUTE_SIZE[0],
        Some(spec) if shows_media(spec) => 320.0,
        Some(spec) if spec.category() == "text" => 300.0,
        Some(_) | None => 264.0,
    };
    node.size.map_or(usual, |size| size[0].clamp(WIDTH_MIN, WIDTH_MAX))
}

/// Whether a node's card begins with a picture, film or sound.
pub fn shows_media(spec: &NodeSpec) -> bool {
    let mut types = spec.outputs.iter().chain(&spec.inputs).map(|port| &port.value_type);
    let first = match spec.outputs.first() {
        Some(port) => Some(&port.value_type),
        None => types.next(),
    };
    matches!(first, Some(ValueType::Image | ValueType::Mask | ValueType::Video))
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    pub fn blur() -> NodeSpec {
        serde_json::from_value(json!({
            "type": "image.blur", "version": 1, "title": "Blur", "summary": "Softens a picture.",
            "description": "Softens a picture.", "role": "step", "resource": "cpu", "cacheable": true,
            "inputs": [{"name": "image", "type": "image", "description": "", "required": true}],
            "outputs": [{"name": "image", "type": "image", "description": ""}],
            "params": [{"name": "radius", "title": "Radius", "description": "", "kind": "number", "min": 0.0,
                        "max": 100.0, "default": 4.0, "wire": "number"}],
            "example": {},
        }))
        .expect("a spec")
    }

    #[test]
    fn an_estimate_has_every_port_and_lies_within_the_node() {
        let layout = NodeLayout::estimate(&Node::new("image.blur"), Some(&blur()));
        assert_eq!(layout.port(Side::In, "image")[0], 0.0);
        assert_eq!(layout.port(Side::Out, "image")[0], layout.size[0]);
        assert!(layout.ports.values().all(|[_, y]| *y > 0.0 && *y < layout.size[1]));
        assert!(layout.ports.contains_key(&(Side::In, "radius".into())));
    }

    #[test]
    fn an_unknown_node_still_has_ends_for_its_wires() {
        let layout = NodeLayout::estimate(&Node::new("from.the.future"), None);
        assert_eq!(layout.port(Side::Out, "anything"), [layout.size[0], 20.0]);
    }

    #[test]
    fn a_width_from_elsewhere_is_kept_in_bounds() {
        let mut node = Node::new("image.blur");
        node.size = Some([1e9, 10.0]);
        assert_eq!(width(&node, None), WIDTH_MAX);
    }
}
