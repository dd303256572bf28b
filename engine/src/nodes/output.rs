//! What a workflow hands out: named results. The value passes through, so that others can be wired on.

use crate::{Any, Audio, Image, NodeError, Video, node};

use super::output_name;

/// Hands out a text as a result of the workflow.
#[node(
    "output.text",
    title = "Text result",
    role = "output",
    example = r#"{"inputs":{"text":"Done"},"params":{"name":"summary"}}"#
)]
fn text(
    /// The result.
    text: String,
    /// What the result is called outside, and what its file is called.
    #[param(title = "Name", default = "text", wire = false)]
    name: String,
) -> Result<String, NodeError> {
    output_name(&name)?;
    Ok(text)
}

/// Hands out a picture as a result of the workflow.
#[node(
    "output.image",
    title = "Picture result",
    role = "output",
    example = r#"{"inputs":{"image":"sample:photo"},"params":{"name":"poster"}}"#
)]
fn image(
    /// The result.
    image: Image,
    /// What the result is called outside, and what its file is called.
    #[param(title = "Name", default = "image", wire = false)]
    name: String,
) -> Result<Image, NodeError> {
    output_name(&name)?;
    Ok(image)
}

/// Hands out a film as a result of the workflow.
#[node(
    "output.video",
    title = "Film result",
    role = "output",
    example = r#"{"inputs":{"video":"sample:video"},"params":{"name":"film"}}"#
)]
fn video(
    /// The result.
    video: Video,
    /// What the result is called outside, and what its file is called.
    #[param(title = "Name", default = "video", wire = false)]
    name: String,
) -> Result<Video, NodeError> {
    output_name(&name)?;
    Ok(video)
}

/// Hands out a sound as a result of the workflow.
#[node(
    "output.audio",
    title = "Sound result",
    role = "output",
    example = r#"{"inputs":{"audio":"sample:audio"},"params":{"name":"music"}}"#
)]
fn audio(
    /// The result.
    audio: Audio,
    /// What the result is called outside, and what its file is called.
    #[param(title = "Name", default = "audio", wire = false)]
    name: String,
) -> Result<Audio, NodeError> {
    output_name(&name)?;
    Ok(audio)
}

/// Hands out anything as a result of the workflow: a number, JSON, a list, any file.
#[node(
    "output.value",
    title = "Result",
    role = "output",
    example = r#"{"inputs":{"value":{"type":"number","value":42}},"params":{"name":"answer"}}"#
)]
fn value(
    /// The result.
    value: Any,
    /// What the result is called outside, and what its file is called.
    #[param(title = "Name", default = "value", wire = false)]
    name: String,
) -> Result<Any, NodeError> {
    output_name(&name)?;
    Ok(value)
}
