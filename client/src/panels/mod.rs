//! What lies around the canvas: bars, the palette, the panel at the right.

mod announcer;
mod chat;
mod commands;
mod context_menu;
pub mod crop_button;
mod find;
mod follow;
mod inspector;
mod minimap;
mod outline;
mod palette;
pub mod param;
mod people;
mod problems;
mod rank;
mod run_bar;
mod runs;
mod save_mark;
mod sheet;
mod side;
mod top_bar;
mod versions;
mod zoom_bar;

pub use announcer::Announcer;
pub use chat::Chat;
pub use commands::CommandPalette;
pub use context_menu::ContextMenu;
pub use find::Find;
pub use follow::Follow;
pub use minimap::Minimap;
pub use palette::Palette;
pub use run_bar::RunBar;
pub use sheet::ShortcutSheet;
pub use side::SidePanel;
pub use top_bar::TopBar;
pub use zoom_bar::ZoomBar;
