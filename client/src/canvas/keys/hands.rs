//! What hands do: the other half of the sheet, and what a browser test goes through row by row.
//!
//! A table for people. What a press becomes is decided in `gesture`.

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hand {
    /// By which the test knows it.
    pub id: &'static str,
    pub title: &'static str,
    /// Each does the same.
    pub ways: &'static [&'static str],
}

macro_rules! hands {
    ($($id:literal $title:literal [$($way:literal)*];)*) => {
        pub const HANDS: &[Hand] = &[$(Hand { id: $id, title: $title, ways: &[$($way),*] },)*];
    };
}

hands! {
    "pan" "Pan" ["Drag" "Space+drag" "Middle+drag" "Right+drag" "Drag with a finger"];
    "pan-sideways" "Pan sideways" ["Shift+wheel"];
    "zoom" "Zoom" ["Mod+wheel" "Wheel, with a mouse" "Pinch"];
    "pan-wheel" "Pan with two fingers" ["Wheel, with a trackpad"];
    "select" "Select" ["Click"];
    "select-region" "Select a region" ["Shift+drag" "Mod+drag" "Drag, with a trackpad"];
    "select-more" "Add to the selection" ["Shift+click" "Mod+click"];
    "select-nothing" "Select nothing" ["Click beside everything"];
    "move" "Move" ["Drag a node" "Drag one of a selection"];
    "copy" "Copy by dragging" ["Alt+drag"];
    "resize" "Size a node" ["Drag its corner"];
    "add" "Add a node" ["Double-click"];
    "rename" "Rename" ["Double-click a title"];
    "write" "Write on a note" ["Double-click it"];
    "wire" "Wire" ["Drag from a port" "Drag to a node" "Tap two ports"];
    "wire-search" "Add a node that fits" ["Drop a wire on nothing"];
    "unwire" "Take a wire off" ["Drag its end off"];
    "rewire" "Move all wires of a port" ["Shift+drag from it"];
    "select-wire" "Select a wire" ["Click it"];
    "reroute" "Reroute a wire" ["Alt+click it"];
    "insert" "Put a node into a wire" ["Drop a node on it"];
    "insert-search" "Add a node into a wire" ["Double-click a wire"];
    "free" "Take a node off its wires" ["Shake it"];
    "menu" "Menu" ["Right click" "Long press"];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::HANDS;

    #[test]
    fn every_row_has_a_name_of_its_own_and_a_way() {
        let ids: BTreeSet<&str> = HANDS.iter().map(|hand| hand.id).collect();
        assert_eq!(ids.len(), HANDS.len());
        assert!(HANDS.iter().all(|hand| !hand.ways.is_empty()));
    }
}
