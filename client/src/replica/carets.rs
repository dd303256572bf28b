//! Other people's carets in a prompt: drawn over the field, on a copy of its text that nobody sees.
//!
//! A browser does not say where in a text field a letter stands. The copy has the field's font, width and breaks, so its
//! letters stand where the field's do.

use dioxus::prelude::*;
use shared::{id::NodeId, presence::Presence};

use super::{use_replica, view::CanvasViewStoreExt};
use crate::canvas::node::css_color;

/// Somebody's caret, in UTF-16 code units from the beginning.
#[derive(Debug, Clone, PartialEq)]
struct Caret {
    client: u64,
    at: u32,
    name: String,
    color: String,
}

/// `scrolled`: how far the field's own text is scrolled, in pixels.
#[component]
pub fn Carets(node: NodeId, param: String, scrolled: ReadSignal<f64>) -> Element {
    let view = use_replica().view();
    let carets = use_memo({
        let (node, param) = (node.clone(), param.clone());
        move || {
            let people = view.people();
            let people = people.read();
            carets_in(people.iter(), &node, &param)
        }
    });
    let carets = carets();
    if carets.is_empty() {
        return rsx! {};
    }
    let text = view.nodes().get(node).and_then(|node| Some(node.read().params.get(&param)?.as_str()?.to_owned()));
    let text = text.unwrap_or_default();
    rsx! {
        div { class: "prompt-carets", aria_hidden: "true",
            div { class: "prompt prompt-copy", style: "translate: 0 {-scrolled()}px",
                for (piece , caret) in pieces(&text, carets) {
                    "{piece}"
                    if let Some(caret) = caret {
                        span {
                            key: "{caret.client}",
                            class: "remote-caret",
                            "data-caret": "{caret.name}",
                            "data-at": "{caret.at}",
                            style: "--person: {css_color(&caret.color)}",
                        }
                    }
                }
            }
        }
    }
}

fn carets_in<'p>(people: impl Iterator<Item = (&'p u64, &'p Presence)>, node: &NodeId, param: &str) -> Vec<Caret> {
    let mut carets: Vec<Caret> = people
        .filter_map(|(client, person)| {
            let editing = person.editing.as_ref()?;
            let user = person.user.as_ref()?;
            let here = editing.node == *node && editing.param == param;
            here.then(|| Caret {
                client: *client,
                at: editing.caret,
                name: user.name.clone(),
                color: user.color.clone(),
            })
        })
        .collect();
    carets.sort_by_key(|caret| caret.at);
    carets
}

/// The text cut at the carets, each piece with the caret at its end. A caret beyond the text, which is the word of
/// somebody who already knows more of it, stands at its end.
fn pieces(text: &str, carets: Vec<Caret>) -> Vec<(String, Option<Caret>)> {
    let mut pieces = Vec::new();
    let (mut rest, mut passed) = (text, 0);
    for caret in carets {
        let (before, behind) = rest.split_at(byte_of(rest, caret.at.saturating_sub(passed)));
        passed += before.encode_utf16().count() as u32;
        pieces.push((before.to_owned(), Some(caret)));
        rest = behind;
    }
    pieces.push((rest.to_owned(), None));
    pieces
}

/// Where this many UTF-16 units end: never inside a letter, never beyond the text.
fn byte_of(text: &str, units: u32) -> usize {
    let mut counted = 0;
    for (at, letter) in text.char_indices() {
        if counted >= units {
            return at;
        }
        counted += letter.len_utf16() as u32;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caret(client: u64, at: u32) -> Caret {
        Caret { client, at, name: "Ada".into(), color: "#ff8800".into() }
    }

    fn cut(text: &str, at: &[u32]) -> Vec<String> {
        let carets = at.iter().enumerate().map(|(client, at)| caret(client as u64, *at)).collect();
        pieces(text, carets).into_iter().map(|(piece, _)| piece).collect()
    }

    #[test]
    fn a_text_is_cut_where_carets_stand() {
        assert_eq!(cut("a fox", &[2]), ["a ", "fox"]);
        assert_eq!(cut("a fox", &[0, 2, 2]), ["", "a ", "", "fox"]);
    }

    #[test]
    fn positions_count_as_browsers_do_and_never_split_a_letter() {
        assert_eq!(cut("🦊 ran", &[2]), ["🦊", " ran"]);
        assert_eq!(cut("🦊 ran", &[1]), ["🦊", " ran"]);
    }

    #[test]
    fn a_caret_beyond_the_text_stands_at_its_end() {
        assert_eq!(cut("fox", &[99]), ["fox", ""]);
    }
}
