//! How a node says that it could not do its work.
//!
//! Every failure ends as a [`NodeFailure`] on the canvas: a kind the client can act on, one plain sentence, the field to
//! look at, and what the tool or vendor said. A node's cancellation is not a failure and has its own variant.

use shared::run::{FailureCode, NodeFailure};

use crate::{blob::BlobError, run::CheckpointError};

/// Longest `raw` answer that is kept, in bytes.
pub const RAW_MAX_BYTES: usize = 4096;

/// What a node's function returns when it has no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NodeError {
    /// The run was cancelled while the node worked.
    #[error("cancelled")]
    Cancelled,
    /// The node could not finish.
    #[error("{}", .0.message)]
    Failed(Box<NodeFailure>),
}

impl NodeError {
    /// A failure of this kind, described in one plain sentence for the person who runs the workflow.
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self::Failed(Box::new(NodeFailure { code, message: message.into(), field: None, raw: None }))
    }

    /// An input or a parameter holds something the node cannot work with.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::new(FailureCode::InvalidInput, message).in_field(field)
    }

    /// A fault in OpenFlow. The cause goes to `raw`, for the bug report.
    pub fn internal(message: impl Into<String>, cause: impl std::fmt::Display) -> Self {
        Self::new(FailureCode::Internal, message).with_raw(&cause.to_string())
    }

    /// A program that must be installed first; `install` says how.
    pub fn missing_tool(tool: &str, install: &str) -> Self {
        Self::new(FailureCode::MissingTool, format!("`{tool}` is not installed on the server: {install}"))
    }

    /// Names the input or parameter to look at.
    pub fn in_field(mut self, field: &str) -> Self {
        if let Self::Failed(failure) = &mut self {
            failure.field = Some(field.to_owned());
        }
        self
    }

    /// Adds what the tool or vendor answered, shortened. The caller has removed secrets.
    pub fn with_raw(mut self, raw: &str) -> Self {
        if let Self::Failed(failure) = &mut self {
            failure.raw = Some(shortened(raw)).filter(|raw| !raw.is_empty());
        }
        self
    }

    /// What the canvas shows; `None` for a cancellation, which is no failure.
    pub fn failure(&self) -> Option<&NodeFailure> {
        match self {
            Self::Cancelled => None,
            Self::Failed(failure) => Some(failure),
        }
    }
}

/// The beginning of `text`, at most [`RAW_MAX_BYTES`] long.
pub(crate) fn shortened(text: &str) -> String {
    let text = text.trim();
    if text.len() <= RAW_MAX_BYTES {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(RAW_MAX_BYTES - '…'.len_utf8());
    format!("{}…", &text[..end])
}

impl From<BlobError> for NodeError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::NotFound { ref blob } => {
                Self::new(FailureCode::InvalidInput, format!("the media `{blob}` is not in the blob store"))
            }
            BlobError::Io(source) => Self::internal("the blob store failed", source),
        }
    }
}

impl From<CheckpointError> for NodeError {
    fn from(error: CheckpointError) -> Self {
        match &error {
            CheckpointError::Store(source) => Self::internal(error.to_string(), source.to_string()),
            CheckpointError::Capped { message } => Self::new(FailureCode::Quota, message),
        }
    }
}

impl From<std::io::Error> for NodeError {
    fn from(error: std::io::Error) -> Self {
        Self::internal("a file could not be read or written", error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_answer_is_cut_between_characters() {
        let raw = shortened(&"ä".repeat(RAW_MAX_BYTES));
        assert!(raw.len() <= RAW_MAX_BYTES && raw.ends_with("ä…"));
    }

    #[test]
    fn a_cancellation_is_no_failure() {
        assert_eq!(NodeError::Cancelled.failure(), None);
        let error = NodeError::invalid("radius", "too large").with_raw("  ");
        let failure = error.failure().unwrap();
        assert_eq!((failure.field.as_deref(), failure.raw.as_deref()), (Some("radius"), None));
    }
}
