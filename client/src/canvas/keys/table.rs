//! The table itself. The sheet lists it in this order; of two rows with the same key the first wins, and a test sees to
//! it that there are none.

use super::{Action, Command, Direction, Group, Needs};
use crate::canvas::arrange::{Axis, Edge};

/// One step of an arrow key, and with Shift.
const NUDGE: f64 = 1.0;
const NUDGE_FAR: f64 = 10.0;

macro_rules! actions {
    ($($group:ident $needs:ident { $($id:literal $title:literal [$($key:literal)*] $command:expr;)* })*) => {
        pub const ACTIONS: &[Action] = &[
            $($(Action {
                id: $id,
                title: $title,
                command: $command,
                group: Group::$group,
                needs: Needs::$needs,
                keys: &[$($key),*],
            },)*)*
        ];
    };
}

actions! {
    Build Edit {
        // A tap on the space bar is the same: see `keyboard.rs`, which tells it from holding.
        "add-node" "Add a node" ["Tab" "N"] Command::AddNode;
        "add-note" "Add a note" ["Shift+S"] Command::AddNote;
        "add-reroute" "Reroute the selected wire" ["R"] Command::AddReroute;
        "cut" "Cut" ["Mod+X"] Command::Cut;
        "paste" "Paste" ["Mod+V"] Command::Paste;
        "paste-wired" "Paste and keep the inputs wired" ["Mod+Shift+V"] Command::PasteWired;
        "duplicate" "Duplicate" ["Mod+D"] Command::Duplicate;
        "delete" "Delete" ["Delete" "Backspace"] Command::Delete;
        "delete-healing" "Delete and join the wires" ["Mod+Backspace" "Shift+Delete"] Command::DeleteHealing;
        "group" "Frame the selection" ["Mod+G"] Command::Group;
        "ungroup" "Take the frame away" ["Mod+Shift+G"] Command::Ungroup;
        "replace" "Replace by another node" ["Mod+Shift+R"] Command::Replace;
        "bypass" "Bypass" ["B" "Mod+B"] Command::Bypass;
        "mute" "Mute" ["D" "Mod+M"] Command::Mute;
        "collapse" "Fold or unfold" ["Alt+C"] Command::Collapse;
        "color" "Next colour" ["Alt+K"] Command::Color;
        "pin" "Pin or unpin the output" ["P"] Command::Pin;
        "rename" "Rename" ["F2"] Command::Rename;
        "undo" "Undo" ["Mod+Z"] Command::Undo;
        "redo" "Redo" ["Mod+Shift+Z" "Mod+Y"] Command::Redo;
        "save-version" "Name this version" ["Mod+S"] Command::SaveVersion;
    }
    Build Nothing {
        "copy" "Copy" ["Mod+C"] Command::Copy;
        "copy-link" "Copy a link to the selection" [] Command::CopyLink;
        "palette" "Find a command" ["Mod+K"] Command::Palette;
        "find" "Find in this workflow" ["Mod+F"] Command::Find;
    }
    Run Run {
        "run" "Run everything" ["Mod+Enter"] Command::Run;
        "run-selection" "Run the selection" ["Mod+Shift+Enter"] Command::RunSelection;
        "cancel-run" "Stop" ["Mod+Alt+Enter"] Command::CancelRun;
    }
    Select Nothing {
        "select-all" "Select all" ["Mod+A"] Command::SelectAll;
        "select-upstream" "Select what it needs" ["Shift+I"] Command::SelectUpstream;
        "select-downstream" "Select what needs it" ["Shift+O"] Command::SelectDownstream;
        "go-left" "Go to the node on the left" ["Alt+Left"] Command::SelectNeighbour(Direction::Left);
        "go-right" "Go to the node on the right" ["Alt+Right"] Command::SelectNeighbour(Direction::Right);
        "go-up" "Go to the node above" ["Alt+Up"] Command::SelectNeighbour(Direction::Up);
        "go-down" "Go to the node below" ["Alt+Down"] Command::SelectNeighbour(Direction::Down);
        "cancel" "Let go, deselect, close" ["Esc"] Command::Cancel;
    }
    Select Edit {
        "nudge-left" "Nudge left" ["Left"] Command::Nudge([-NUDGE, 0.0]);
        "nudge-right" "Nudge right" ["Right"] Command::Nudge([NUDGE, 0.0]);
        "nudge-up" "Nudge up" ["Up"] Command::Nudge([0.0, -NUDGE]);
        "nudge-down" "Nudge down" ["Down"] Command::Nudge([0.0, NUDGE]);
        "nudge-left-far" "Nudge left by ten" ["Shift+Left"] Command::Nudge([-NUDGE_FAR, 0.0]);
        "nudge-right-far" "Nudge right by ten" ["Shift+Right"] Command::Nudge([NUDGE_FAR, 0.0]);
        "nudge-up-far" "Nudge up by ten" ["Shift+Up"] Command::Nudge([0.0, -NUDGE_FAR]);
        "nudge-down-far" "Nudge down by ten" ["Shift+Down"] Command::Nudge([0.0, NUDGE_FAR]);
    }
    Arrange Edit {
        "align" "Align" ["A"] Command::AlignBest;
        "distribute" "Distribute" ["Shift+A"] Command::DistributeBest;
        "tidy" "Tidy up" ["Shift+L"] Command::Tidy;
        "align-left" "Align left edges" ["Alt+A"] Command::Align(Edge::Left);
        "align-right" "Align right edges" ["Alt+D"] Command::Align(Edge::Right);
        "align-top" "Align upper edges" ["Alt+W"] Command::Align(Edge::Top);
        "align-bottom" "Align lower edges" ["Alt+S"] Command::Align(Edge::Bottom);
        "align-centers" "Align centres on a column" ["Alt+H"] Command::Align(Edge::Column);
        "align-middles" "Align middles on a row" ["Alt+V"] Command::Align(Edge::Row);
        "distribute-across" "Distribute across" ["Alt+Shift+H"] Command::Distribute(Axis::Across);
        "distribute-down" "Distribute down" ["Alt+Shift+V"] Command::Distribute(Axis::Down);
    }
    Look Nothing {
        "fit-all" "Fit everything" ["F" "1" "Mod+1"] Command::FitAll;
        "fit-selection" "Fit the selection" ["." "2"] Command::FitSelection;
        "zoom-one" "100 %" ["0" "Mod+0"] Command::ZoomToOne;
        "zoom-in" "Zoom in" ["Plus" "=" "Mod+Plus" "Mod+="] Command::ZoomIn;
        "zoom-out" "Zoom out" ["-" "Mod+-"] Command::ZoomOut;
        "pointer" "Pointer" ["V"] Command::Pointer;
        "hand" "Hand" ["H"] Command::Hand;
        "minimap" "Minimap" ["Alt+M"] Command::Minimap;
        "grid" "Snap to a grid" ["Shift+G"] Command::Grid;
        "queue" "Runs" ["Q"] Command::Queue;
        "info" "Settings of the selection" ["Mod+I"] Command::Info;
        "side-panel" "Side panel" ["Mod+."] Command::SidePanel;
        "shortcuts" "This sheet" ["?" "Mod+/"] Command::Shortcuts;
    }
    People Nothing {
        "chat" "Say something at the pointer" ["/"] Command::Chat;
        "hide-people" "Hide or show other people" ["Alt+P"] Command::HidePeople;
        "bring-here" "Ask everyone to come here" [] Command::BringHere;
    }
}
