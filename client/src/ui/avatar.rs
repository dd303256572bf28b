//! A person as a coloured disc with initials.

use dioxus::prelude::*;

use super::Size;

#[component]
pub fn Avatar(name: String, color: String, #[props(default)] size: Size) -> Element {
    rsx! {
        span {
            class: "avatar",
            "data-size": size.as_str(),
            style: "--person: {color}",
            role: "img",
            aria_label: "{name}",
            // Drawn by the style: to be read aloud is the name.
            "data-initials": initials(&name),
        }
    }
}

/// First letters of the first and last word, for example "AL" of "Ada King Lovelace".
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_last_word() {
        assert_eq!(initials("Ada King Lovelace"), "AL");
        assert_eq!(initials("grace"), "G");
        assert_eq!(initials("  "), "");
    }
}
