//! Widgets that know nothing of workflows: buttons, fields, menus, dialogs.
//!
//! One file a widget, its look in assets/css/controls.css and overlay.css under the same word. Variants are enums,
//! state goes on `data-` and `aria-` attributes. Used by every page.

mod avatar;
mod button;
mod chip;
#[cfg(test)]
mod contrast;
mod dialog;
mod empty;
mod field;
mod icon;
mod kbd;
pub mod markdown;
mod menu;
mod port_glyph;
mod progress;
mod segmented;
mod select;
mod slider;
mod spinner;
mod switch;
mod tabs;
mod theme_switch;
mod toast;

pub use avatar::Avatar;
pub use button::{Button, IconButton, Size, Variant};
pub use chip::{Chip, Tone};
pub use dialog::Dialog;
pub use empty::Empty;
pub use field::{Field, TextInput};
pub use icon::{Glyph, Icon};
pub use kbd::Kbd;
pub use menu::{Menu, MenuItem};
pub use port_glyph::PortGlyph;
pub use progress::Progress;
pub use segmented::{Segment, Segmented};
pub use select::Select;
pub use slider::Slider;
pub use spinner::{Skeleton, Spinner};
pub use switch::Switch;
pub use tabs::{TabTitle, Tabs};
pub use theme_switch::ThemeSwitch;
pub use toast::{Toaster, Toasts, use_toaster};
