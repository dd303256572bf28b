//! Buttons with words, and buttons with a picture (which then need a name).

use dioxus::prelude::*;

use super::{Glyph, Icon, Spinner};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Variant {
    /// The one thing to do here.
    Primary,
    #[default]
    Secondary,
    Quiet,
    Danger,
}

impl Variant {
    fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Quiet => "quiet",
            Self::Danger => "danger",
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Size {
    S,
    #[default]
    M,
    L,
}

impl Size {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::S => "s",
            Self::M => "m",
            Self::L => "l",
        }
    }
}

#[component]
pub fn Button(
    #[props(default)] variant: Variant,
    #[props(default)] size: Size,
    glyph: Option<Glyph>,
    #[props(default)] disabled: bool,
    /// Shows a spinner in the picture's place; the button does not answer meanwhile.
    #[props(default)]
    busy: bool,
    /// `true` makes it the form's own button.
    #[props(default)]
    submit: bool,
    #[props(extends = GlobalAttributes, extends = button)] attributes: Vec<Attribute>,
    onclick: Option<EventHandler<MouseEvent>>,
    children: Element,
) -> Element {
    rsx! {
        button {
            class: "button",
            r#type: if submit { "submit" } else { "button" },
            "data-variant": variant.as_str(),
            "data-size": size.as_str(),
            disabled,
            aria_busy: busy.then_some("true"),
            onclick: move |event| if let Some(onclick) = onclick { onclick.call(event) },
            ..attributes,
            if busy {
                Spinner {}
            } else if let Some(glyph) = glyph {
                Icon { glyph }
            }
            {children}
        }
    }
}

#[component]
pub fn IconButton(
    glyph: Glyph,
    /// What it does: its accessible name, and the tip unless `tip` says more.
    label: String,
    tip: Option<String>,
    #[props(default)] size: Size,
    #[props(default)] disabled: bool,
    pressed: Option<bool>,
    #[props(extends = GlobalAttributes, extends = button)] attributes: Vec<Attribute>,
    onclick: EventHandler<MouseEvent>,
) -> Element {
    let tip = tip.unwrap_or_else(|| label.clone());
    rsx! {
        button {
            class: "icon-button",
            r#type: "button",
            aria_label: "{label}",
            aria_pressed: pressed.map(|pressed| if pressed { "true" } else { "false" }),
            "data-tip": "{tip}",
            "data-size": size.as_str(),
            disabled,
            onclick: move |event| onclick.call(event),
            ..attributes,
            Icon { glyph, size }
        }
    }
}
