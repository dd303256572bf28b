//! Which keys this person has bound to what, where it differs from the table. Kept in the browser.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ACTIONS, Action, Chord, Command, action_of};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bindings {
    /// By the id of the action; an empty list takes all its keys away.
    #[serde(default)]
    own: BTreeMap<String, Vec<String>>,
    /// Whether a letter or sign alone does anything.
    #[serde(default = "yes")]
    pub letters: bool,
}

fn yes() -> bool {
    true
}

impl Default for Bindings {
    fn default() -> Self {
        Self { own: BTreeMap::new(), letters: true }
    }
}

impl Bindings {
    /// What was kept; anything that cannot be read is the table as it is.
    pub fn read(kept: Option<&str>) -> Self {
        kept.and_then(|kept| serde_json::from_str(kept).ok()).unwrap_or_default()
    }

    pub fn write(&self) -> String {
        // Plain maps of texts: they can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The keys of an action, the one to show first.
    pub fn keys(&self, action: &Action) -> Vec<String> {
        match self.own.get(action.id) {
            Some(own) => own.clone(),
            None => {
                // A key that the person gave to something else is not this action's any more.
                let taken = |key: &str| self.own.values().flatten().any(|own| own == key);
                action.keys.iter().filter(|key| !taken(key)).map(|key| (*key).to_owned()).collect()
            }
        }
    }

    pub fn changed(&self, action: &Action) -> bool {
        self.own.contains_key(action.id)
    }

    /// What menus write beside a command.
    pub fn hint(&self, command: Command) -> Option<String> {
        let usable = |key: &String| self.letters || Chord::parse(key).is_some_and(|chord| !chord.is_bare());
        self.keys(action_of(command)?).into_iter().find(usable)
    }

    pub fn command_for(&self, pressed: &Chord) -> Option<Command> {
        if !self.letters && pressed.is_bare() {
            return None;
        }
        let bound = |action: &&Action| {
            self.keys(action).iter().filter_map(|key| Chord::parse(key)).any(|chord| pressed.presses(&chord))
        };
        ACTIONS.iter().find(bound).map(|action| action.command)
    }

    /// Gives an action one key, and takes that key from whatever else the person had given it to.
    pub fn bind(&mut self, action: &Action, chord: &Chord) {
        let key = chord.to_string();
        for keys in self.own.values_mut() {
            keys.retain(|own| *own != key);
        }
        self.own.insert(action.id.into(), vec![key]);
    }

    /// Back to the table.
    pub fn reset(&mut self, action: &Action) {
        self.own.remove(action.id);
    }
}
