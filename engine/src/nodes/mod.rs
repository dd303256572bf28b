//! The node library: one file for each family, one documented function for each node.
//!
//! No table of nodes stands here: `#[node]` registers each one. docs/nodes.md tells how to write one.

mod text;
mod template;
mod subtitles;
mod json;
mod list;
mod embedding;
mod date;
mod document;
mod note;
mod code;
mod number;
mod http;
mod image;
mod video;
mod audio;
mod call;
mod model;
mod output;
mod lut;
mod flow;

use crate::NodeError;

/// A public name of a workflow's output, as it stands in answers and in file names.
fn output_name(name: &str) -> Result<(), NodeError> {
    if name.trim().is_empty() { Err(NodeError::invalid("name", "a result needs a name")) } else { input_name(name) }
}

/// A public name of a workflow's input. Empty: the input is not public, its value is always the one that is set.
fn input_name(name: &str) -> Result<(), NodeError> {
    const MAX_CHARS: usize = 64;
    let fits = name.chars().count() <= MAX_CHARS && !name.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(NodeError::invalid("name", format!("a name has at most {MAX_CHARS} characters"))) }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod http_tests;
#[cfg(test)]
mod template_tests;

/// The page's example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/nodes.md")]
struct WriteANode;
