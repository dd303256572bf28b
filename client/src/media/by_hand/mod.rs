//! What is set by hand on a picture, in a dialog: the part to cut out, the mask, the room around it.
//!
//! Each works in the picture's own pixels and hands back plain numbers or a file; who asked writes them down.

mod crop;
mod mask;
mod painting;
mod room;

pub use crop::{CropBox, CropDialog};
pub use mask::MaskDialog;
pub use room::{Room, RoomDialog};
