//! Which key does what on the canvas: one table, from which keys are handled and which the sheet of shortcuts, the
//! command palette, menus and a browser test read.
//!
//! Pure. Keys can be bound otherwise ([`Bindings`]); none fires while somebody types in a field: see `keyboard.rs`.

mod bindings;
mod chord;
mod hands;
mod table;

pub use bindings::Bindings;
pub use chord::Chord;
pub use hands::HANDS;
pub use table::ACTIONS;

use super::arrange::{Axis, Edge};

/// What a key, a menu or the command palette asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Command {
    AddNode,
    AddNote,
    /// In the middle of the selected wire.
    AddReroute,
    Align(Edge),
    /// Along the axis on which the selection is spread less.
    AlignBest,
    BringHere,
    Bypass,
    Cancel,
    CancelRun,
    Chat,
    Collapse,
    Color,
    Copy,
    CopyLink,
    Cut,
    Delete,
    /// What stood before goes on to what stood behind.
    DeleteHealing,
    Distribute(Axis),
    DistributeBest,
    Duplicate,
    Find,
    FitAll,
    FitSelection,
    Grid,
    Group,
    Hand,
    HidePeople,
    Info,
    Minimap,
    Mute,
    /// In canvas units.
    Nudge([f64; 2]),
    Palette,
    Paste,
    PasteWired,
    Pin,
    Pointer,
    Queue,
    Redo,
    Rename,
    Replace,
    Run,
    RunSelection,
    SaveVersion,
    SelectAll,
    SelectDownstream,
    SelectNeighbour(Direction),
    SelectUpstream,
    Shortcuts,
    SidePanel,
    Tidy,
    Undo,
    Ungroup,
    ZoomIn,
    ZoomOut,
    ZoomToOne,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Left,
    Right,
    Up,
    Down,
}

/// Under which head an action stands in the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Build,
    Run,
    Select,
    Arrange,
    Look,
    People,
}

impl Group {
    pub const ALL: [Self; 6] = [Self::Build, Self::Run, Self::Select, Self::Arrange, Self::Look, Self::People];

    pub fn title(self) -> &'static str {
        match self {
            Self::Build => "Build",
            Self::Run => "Run",
            Self::Select => "Select and move",
            Self::Arrange => "Arrange",
            Self::Look => "Look around",
            Self::People => "Together",
        }
    }
}

/// What the person must be allowed to do, for an action to be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    Edit,
    Run,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Action {
    /// Stands in what is kept of changed bindings: never renamed.
    pub id: &'static str,
    pub command: Command,
    pub title: &'static str,
    pub group: Group,
    pub needs: Needs,
    /// As [`Chord`] reads them; none for what is only in the command palette until somebody gives it a key.
    pub keys: &'static [&'static str],
}

/// The row of a command.
pub fn action_of(command: Command) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.command == command)
}

#[cfg(test)]
mod tests;
