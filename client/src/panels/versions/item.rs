//! One line of the history.

use dioxus::prelude::*;
use shared::version::Version;

use super::why;
use crate::{
    dom,
    ui::{Glyph, Icon, Size},
};

#[component]
pub fn Item(version: Version, chosen: bool, onchoose: EventHandler<()>) -> Element {
    let time = dom::time_of(&version.created_at);
    let title = version.name.clone().unwrap_or_else(|| why(version.reason).to_owned());
    rsx! {
        button {
            class: "version-item",
            r#type: "button",
            "data-version": "{version.id}",
            "data-named": version.name.is_some(),
            aria_expanded: if chosen { "true" } else { "false" },
            onclick: move |_| onchoose.call(()),
            span { class: "version-dot", "aria-hidden": "true" }
            span { class: "version-words",
                strong { "{title}" }
                small { class: "tabular", "{time}{by(&version)} · {nodes(version.node_count)}" }
            }
            if version.pinned {
                Icon { glyph: Glyph::Pin, size: Size::S }
            }
        }
    }
}

/// ` · Ada, Bob and 2 more`
fn by(version: &Version) -> String {
    let names: Vec<&str> = version.authors.iter().map(|author| author.name.as_str()).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => format!(" · {one}"),
        [one, other] => format!(" · {one}, {other}"),
        [one, other, more @ ..] => format!(" · {one}, {other} and {} more", more.len()),
    }
}

fn nodes(count: u32) -> String {
    if count == 1 { "1 node".into() } else { format!("{count} nodes") }
}

#[cfg(test)]
mod tests {
    use shared::version::{VersionAuthor, VersionReason};

    use super::*;

    #[test]
    fn a_crowd_is_counted() {
        let author = |name: &str| VersionAuthor {
            id: "usr_00000000000070008000000000000000".parse().unwrap(),
            name: name.into(),
        };
        let mut version = Version {
            id: "ver_00000000000070008000000000000000".parse().unwrap(),
            name: None,
            reason: VersionReason::Paused,
            pinned: false,
            created_at: String::new(),
            authors: vec![],
            node_count: 1,
            wire_count: 0,
            frame_count: 0,
        };
        assert_eq!(by(&version), "");
        version.authors = ["Ada", "Bob", "Cleo", "Dan"].map(author).to_vec();
        assert_eq!(by(&version), " · Ada, Bob and 2 more");
    }
}
