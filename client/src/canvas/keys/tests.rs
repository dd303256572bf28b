//! What the table promises.

use std::collections::BTreeMap;

use super::*;

fn press(text: &str) -> Option<Command> {
    Bindings::default().command_for(&Chord::parse(text).expect("a key"))
}

#[test]
fn both_habits_of_redo_work() {
    assert_eq!(press("Mod+Shift+Z"), Some(Command::Redo));
    assert_eq!(press("Mod+Y"), Some(Command::Redo));
    assert_eq!(press("Mod+Z"), Some(Command::Undo));
}

#[test]
fn shift_makes_arrows_reach_further() {
    assert_eq!(press("Left"), Some(Command::Nudge([-1.0, 0.0])));
    assert_eq!(press("Shift+Down"), Some(Command::Nudge([0.0, 10.0])));
}

#[test]
fn combinations_of_the_browser_are_left_alone() {
    for chord in ["Mod+T", "Mod+W", "Mod+Shift+I", "Mod+R", "Mod+L", "Mod+N", "Alt+F4", "F5", "F12", "z"] {
        assert_eq!(press(chord), None, "{chord}");
    }
}

#[test]
fn a_sign_is_found_with_and_without_shift() {
    assert_eq!(Bindings::default().command_for(&Chord::new("?", false, true, false)), Some(Command::Shortcuts));
    assert_eq!(Bindings::default().command_for(&Chord::new("+", true, true, false)), Some(Command::ZoomIn));
    assert_eq!(Bindings::default().command_for(&Chord::new("A", false, true, false)), Some(Command::DistributeBest));
}

#[test]
fn no_two_actions_share_a_key_or_a_name() {
    let mut keys = BTreeMap::new();
    let mut ids = BTreeMap::new();
    for action in ACTIONS {
        assert_eq!(ids.insert(action.id, action.title), None, "{}", action.id);
        for key in action.keys {
            let chord = Chord::parse(key).unwrap_or_else(|| panic!("`{key}` is no key"));
            assert_eq!(chord.to_string(), *key);
            assert_eq!(keys.insert(*key, action.id), None, "`{key}`");
        }
    }
}

#[test]
fn a_key_that_is_given_away_is_gone_where_it_was() {
    let mut bindings = Bindings::default();
    let find = action_of(Command::Find).expect("a row");
    bindings.bind(find, &Chord::parse("Mod+D").expect("a key"));
    assert_eq!(bindings.command_for(&Chord::new("d", true, false, false)), Some(Command::Find));
    assert_eq!(bindings.hint(Command::Duplicate), None);
    let again = Bindings::read(Some(&bindings.write()));
    assert_eq!(again, bindings);
    bindings.reset(find);
    assert_eq!(bindings.hint(Command::Duplicate).as_deref(), Some("Mod+D"));
}

#[test]
fn single_letters_can_be_switched_off() {
    let bindings = Bindings::read(Some("{\"letters\":false}"));
    assert_eq!(bindings.command_for(&Chord::new("b", false, false, false)), None);
    assert_eq!(bindings.command_for(&Chord::new("b", true, false, false)), Some(Command::Bypass));
    assert_eq!(bindings.hint(Command::Bypass).as_deref(), Some("Mod+B"));
    assert_eq!(bindings.command_for(&Chord::new("Delete", false, false, false)), Some(Command::Delete));
}

#[test]
fn what_cannot_be_read_is_the_table_as_it_is() {
    assert_eq!(Bindings::read(Some("{")), Bindings::default());
    assert!(!Bindings::read(Some("{\"letters\":false}")).letters);
}
