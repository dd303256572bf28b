//! What of a node its card shows, apart from its place.

use dioxus::prelude::*;
use shared::{
    graph::{Mode, Node},
    id::NodeId,
    node::{NodeRole, NodeSpec},
};

use crate::{
    canvas::{layout, state::Canvas},
    replica::view::CanvasViewStoreExt,
    ui::markdown::first_line,
};

/// What of a node its card shows, apart from its place: a moved node has the same face.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    pub node_type: String,
    pub title: Option<String>,
    pub mode: Mode,
    pub collapsed: bool,
    pub color: Option<String>,
    pub width: f64,
    /// The least height, where somebody sized it: of notes only, cards are as high as what is in them.
    pub height: Option<f64>,
    /// How a note begins: it is known by its words.
    words: Option<String>,
}

impl Face {
    pub fn of(node: &Node, spec: Option<&NodeSpec>) -> Self {
        let is_note = spec.is_some_and(|spec| spec.role == NodeRole::Note);
        Self {
            node_type: node.node_type.clone(),
            title: node.title.clone(),
            mode: node.mode,
            collapsed: node.collapsed,
            color: node.color.clone(),
            width: layout::width(node, spec),
            height: node.size.filter(|_| is_note).map(|size| size[1]),
            words: node.params.get("text").filter(|_| is_note).and_then(|text| first_line(text.as_str()?)),
        }
    }

    /// Its own title, what a note begins with, or its kind's title.
    pub fn name(&self, spec: Option<&NodeSpec>) -> String {
        let own = self.title.clone().filter(|title| !title.trim().is_empty()).or_else(|| self.words.clone());
        own.or_else(|| spec.map(|spec| spec.title.clone())).unwrap_or_else(|| self.node_type.clone())
    }
}

/// Follows a node's face; `None` once the node is gone.
pub fn use_face(canvas: Canvas, id: &NodeId) -> Memo<Option<Face>> {
    let id = id.clone();
    use_memo(move || {
        let node = canvas.view.nodes().get(id.clone())?;
        let node = node.read();
        Some(Face::of(&node, canvas.catalog().get(&node.node_type)))
    })
}

/// Documents come from anywhere: only plain hexadecimal colours reach a style.
pub fn css_color(color: &str) -> &str {
    let digits = color.strip_prefix('#').unwrap_or_default();
    let valid = matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if valid { color } else { "transparent" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colours_reach_a_style() {
        assert_eq!(css_color("#ff8800"), "#ff8800");
        assert_eq!(css_color("red; background: url(//evil)"), "transparent");
        assert_eq!(css_color("#12345"), "transparent");
    }

    #[test]
    fn a_title_of_blanks_is_no_title() {
        let mut node = Node::new("text.input");
        node.title = Some("  ".into());
        assert_eq!(Face::of(&node, None).name(None), "text.input");
    }
}
