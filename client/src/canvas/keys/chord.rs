//! A key with what is held: read from text and written as text (`Mod+Shift+Z`).

use std::fmt;

/// `Mod` is Ctrl, or Cmd on Apple machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chord {
    /// As `KeyboardEvent.key` names it, in lower case.
    pub key: String,
    pub command: bool,
    pub shift: bool,
    pub alt: bool,
}

impl Chord {
    pub fn new(key: &str, command: bool, shift: bool, alt: bool) -> Self {
        Self { key: key.to_lowercase(), command, shift, alt }
    }

    /// `None` for a text that names no key.
    pub fn parse(text: &str) -> Option<Self> {
        let mut chord = Self::new("", false, false, false);
        for part in text.split('+') {
            match part {
                "Mod" => chord.command = true,
                "Shift" => chord.shift = true,
                "Alt" => chord.alt = true,
                key if chord.key.is_empty() && !key.is_empty() => chord.key = named(key),
                _ => return None,
            }
        }
        (!chord.key.is_empty()).then_some(chord)
    }

    /// Whether this press is that binding. Where a sign stands on a keyboard, and so whether it takes Shift, differs.
    pub fn presses(&self, bound: &Chord) -> bool {
        let any_shift = bound.is_sign() && !bound.shift;
        self.key == bound.key
            && self.command == bound.command
            && self.alt == bound.alt
            && (any_shift || self.shift == bound.shift)
    }

    /// A single sign with nothing held but Shift: what dictation and a slip of the hand type (WCAG 2.1.4).
    pub fn is_bare(&self) -> bool {
        !self.command && !self.alt && self.key.chars().count() == 1
    }

    /// Only something to hold: no key yet.
    pub fn is_modifier(&self) -> bool {
        matches!(self.key.as_str(), "control" | "shift" | "alt" | "meta" | "altgraph")
    }

    fn is_sign(&self) -> bool {
        let mut chars = self.key.chars();
        matches!((chars.next(), chars.next()), (Some(only), None) if !only.is_alphanumeric())
    }
}

const NAMES: [(&str, &str); 7] = [
    ("Plus", "+"),
    ("Space", " "),
    ("Left", "arrowleft"),
    ("Right", "arrowright"),
    ("Up", "arrowup"),
    ("Down", "arrowdown"),
    ("Esc", "escape"),
];

fn named(text: &str) -> String {
    NAMES.iter().find(|(name, _)| *name == text).map_or_else(|| text.to_lowercase(), |(_, key)| (*key).to_owned())
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.command, "Mod+"), (self.alt, "Alt+"), (self.shift, "Shift+")] {
            if held {
                f.write_str(name)?;
            }
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, key)| *key == self.key) {
            return f.write_str(name);
        }
        let mut chars = self.key.chars();
        let first = chars.next().into_iter().flat_map(char::to_uppercase).collect::<String>();
        write!(f, "{first}{}", chars.as_str())
    }
}
