//! Notes: words on the canvas. They stand in a workflow as nodes, and `shared::effective` leaves them out of every run.

use crate::{NodeError, node};

/// Words on the canvas for whoever works here next, in Markdown. It takes no part in runs.
#[node(
    "note.text",
    title = "Note",
    role = "note",
    example = r#"{"params":{"text":"**First** choose a picture, then press *Run*."}}"#
)]
fn text(
    /// What it says, in Markdown.
    #[param(title = "Text", prompt, default = "", wire = false)]
    text: String,
) -> Result<(), NodeError> {
    let _ = text;
    Ok(())
}
