//! Which key does what on the canvas. Pure; none of these fires while somebody types in a field.

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Command {
    AddNode,
    Cancel,
    CancelRun,
    Copy,
    Cut,
    Delete,
    Duplicate,
    FitAll,
    FitSelection,
    Minimap,
    /// In canvas units.
    Nudge([f64; 2]),
    Bypass,
    Mute,
    Redo,
    Rename,
    Run,
    RunSelection,
    SaveHint,
    SelectAll,
    Shortcuts,
    Undo,
    ZoomIn,
    ZoomOut,
    ZoomToOne,
}

/// A key as the browser names it (`KeyboardEvent.key`), with what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord<'k> {
    pub key: &'k str,
    /// Ctrl, or Cmd.
    pub command: bool,
    pub shift: bool,
    pub alt: bool,
}

/// One step of an arrow key, and with Shift.
const NUDGE: f64 = 1.0;
const NUDGE_FAR: f64 = 10.0;

pub fn command_for(chord: Chord<'_>) -> Option<Command> {
    let Chord { key, command, shift, alt } = chord;
    let lower = key.to_lowercase();
    let found = match (command, alt, shift, lower.as_str()) {
        (true, false, false, "enter") => Command::Run,
        (true, false, true, "enter") => Command::RunSelection,
        (true, true, _, "enter") => Command::CancelRun,
        (true, false, false, "z") => Command::Undo,
        (true, false, true, "z") | (true, false, false, "y") => Command::Redo,
        (true, false, false, "d") => Command::Duplicate,
        (true, false, false, "a") => Command::SelectAll,
        (true, false, false, "b") => Command::Bypass,
        (true, false, false, "m") => Command::Mute,
        (true, false, false, "c") => Command::Copy,
        (true, false, false, "x") => Command::Cut,
        (true, false, false, "s") => Command::SaveHint,
        (true, false, false, "k") => Command::AddNode,
        (true, false, false, "0") => Command::ZoomToOne,
        (true, false, false, "1") => Command::FitAll,
        (true, false, _, "=" | "+") | (false, false, _, "+" | "=") => Command::ZoomIn,
        (true, false, _, "-") | (false, false, _, "-") => Command::ZoomOut,
        (true, false, _, "/") | (false, false, _, "?") => Command::Shortcuts,
        (false, false, false, "f" | "1") => Command::FitAll,
        (false, false, false, ".") => Command::FitSelection,
        (false, false, false, "b") => Command::Bypass,
        (false, false, false, "d") => Command::Mute,
        (false, false, false, "f2") => Command::Rename,
        (false, true, false, "m") => Command::Minimap,
        (false, false, _, "delete" | "backspace") => Command::Delete,
        (false, false, false, "escape") => Command::Cancel,
        (false, false, false, "tab" | "n") => Command::AddNode,
        (false, false, _, arrow) => {
            let step = if shift { NUDGE_FAR } else { NUDGE };
            Command::Nudge(match arrow {
                "arrowleft" => [-step, 0.0],
                "arrowright" => [step, 0.0],
                "arrowup" => [0.0, -step],
                "arrowdown" => [0.0, step],
                _ => return None,
            })
        }
        _ => return None,
    };
    Some(found)
}

/// One line of the sheet of shortcuts: what it does, and the keys as [`crate::ui::Kbd`] writes them.
pub type Shortcut = (&'static str, &'static [&'static str]);

/// What the sheet of shortcuts lists, in groups.
pub const SHEET: &[(&str, &[Shortcut])] = &[
    (
        "Build",
        &[
            ("Add a node", &["Space", "Tab", "Mod+K"]),
            ("Duplicate", &["Mod+D"]),
            ("Copy, cut, paste", &["Mod+C", "Mod+X", "Mod+V"]),
            ("Delete", &["Delete"]),
            ("Bypass", &["B"]),
            ("Mute", &["D"]),
            ("Rename", &["F2"]),
            ("Undo", &["Mod+Z"]),
            ("Redo", &["Mod+Shift+Z", "Mod+Y"]),
        ],
    ),
    (
        "Run",
        &[
            ("Run everything", &["Mod+Enter"]),
            ("Run the selection", &["Mod+Shift+Enter"]),
            ("Stop", &["Mod+Alt+Enter"]),
        ],
    ),
    (
        "Select and move",
        &[
            ("Select all", &["Mod+A"]),
            ("Select a region", &["Shift+drag"]),
            ("Add to the selection", &["Shift+click"]),
            ("Nudge", &["Arrows", "Shift+Arrows"]),
            ("Copy by dragging", &["Alt+drag"]),
        ],
    ),
    (
        "Look around",
        &[
            ("Pan", &["Drag", "Wheel", "Space+drag"]),
            ("Zoom", &["Mod+wheel", "Plus", "-"]),
            ("Fit everything", &["F"]),
            ("Fit the selection", &["."]),
            ("100 %", &["Mod+0"]),
            ("Minimap", &["Alt+M"]),
            ("This sheet", &["?"]),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn press(text: &str) -> Option<Command> {
        let mut chord = Chord { key: "", command: false, shift: false, alt: false };
        for part in text.split(' ') {
            match part {
                "Mod" => chord.command = true,
                "Shift" => chord.shift = true,
                "Alt" => chord.alt = true,
                key => chord.key = key,
            }
        }
        command_for(chord)
    }

    #[test]
    fn both_habits_of_redo_work() {
        assert_eq!(press("Mod Shift Z"), Some(Command::Redo));
        assert_eq!(press("Mod y"), Some(Command::Redo));
        assert_eq!(press("Mod z"), Some(Command::Undo));
    }

    #[test]
    fn shift_makes_arrows_reach_further() {
        assert_eq!(press("ArrowLeft"), Some(Command::Nudge([-1.0, 0.0])));
        assert_eq!(press("Shift ArrowDown"), Some(Command::Nudge([0.0, 10.0])));
    }

    #[test]
    fn combinations_of_the_browser_are_left_alone() {
        for chord in ["Mod t", "Mod w", "Mod Shift I", "Alt ArrowLeft", "Mod r", "q"] {
            assert_eq!(press(chord), None, "{chord}");
        }
    }
}
