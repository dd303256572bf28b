//! A colour: the platform's picker, and its digits to type.

use dioxus::prelude::*;

use super::Bound;

#[component]
pub fn ColorField(bound: Bound) -> Element {
    let text = bound.value.as_str().unwrap_or("#000000").to_owned();
    let (picked, typed) = (bound.clone(), bound.clone());
    let alpha = text.get(7..9).unwrap_or_default().to_owned();
    rsx! {
        div { class: "color-field",
            input {
                class: "swatch",
                r#type: "color",
                aria_label: "{bound.title}, picker",
                value: text.get(..7).unwrap_or("#000000"),
                disabled: bound.disabled,
                // The picker knows no transparency: what was there stays.
                onchange: move |event| picked.set_and_rest(format!("{}{alpha}", event.value())),
            }
            input {
                class: "input mono",
                r#type: "text",
                aria_label: "{bound.title}",
                value: "{text}",
                disabled: bound.disabled,
                onchange: move |event| {
                    if let Some(color) = read(&event.value()) {
                        typed.set_and_rest(color);
                    }
                },
            }
        }
    }
}

/// `#rrggbb` or `#rrggbbaa`, from what people type.
fn read(text: &str) -> Option<String> {
    let digits = text.trim().trim_start_matches('#').to_lowercase();
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    match digits.len() {
        3 => Some(digits.chars().fold(String::from("#"), |color, digit| format!("{color}{digit}{digit}"))),
        6 | 8 => Some(format!("#{digits}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn colours_are_read_as_people_write_them() {
        assert_eq!(read("F80").as_deref(), Some("#ff8800"));
        assert_eq!(read(" #11223344 ").as_deref(), Some("#11223344"));
        assert_eq!(read("red"), None);
    }
}
