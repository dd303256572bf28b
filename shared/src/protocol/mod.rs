//! What travels over a sync socket: document names, close codes, and the two framings.
//!
//! [`hocuspocus`] puts many documents on one socket (`/api/sync`), [`websocket`] one (`/api/yjs/{document}`); both carry
//! the same [`SyncMessage`]s and awareness updates. Bytes in, typed values out and back: nothing here knows what a Yjs
//! update means (the server's strict decoder does) or who may send it. Server and client both use it.
//! docs/protocol.md is the prose for people who write another client.

mod address;
pub mod awareness;
mod event;
#[cfg(test)]
mod examples;
pub mod hocuspocus;
pub mod lib0;
mod sync;
pub mod websocket;

use std::{fmt, str::FromStr};

use crate::id::{IdError, WorkflowId};

pub use address::DocumentAddress;
pub use event::RoomEvent;
pub use lib0::Malformed;
pub use sync::SyncMessage;

/// The update that says nothing, in Yjs v1 encoding: no client, no deletion.
pub const EMPTY_UPDATE: &[u8] = &[0, 0];
/// The state vector of a document without content.
pub const EMPTY_STATE_VECTOR: &[u8] = &[0];
/// The awareness update that names nobody. Sent to quiet sockets, because clients take 30 s of silence for a dead line.
pub const EMPTY_AWARENESS: &[u8] = &[0];

/// Which document a room holds. Its text form is the name on the wire: `wf_…` or `wf_…/outputs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentName {
    /// The graph, written by editors.
    Graph(WorkflowId),
    /// Run states and results, written by the server alone.
    Outputs(WorkflowId),
}

impl DocumentName {
    const OUTPUTS_SUFFIX: &'static str = "/outputs";

    /// The workflow both documents belong to.
    pub fn workflow(self) -> WorkflowId {
        match self {
            Self::Graph(workflow) | Self::Outputs(workflow) => workflow,
        }
    }
}

impl fmt::Display for DocumentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Graph(workflow) => workflow.fmt(f),
            Self::Outputs(workflow) => write!(f, "{workflow}{}", Self::OUTPUTS_SUFFIX),
        }
    }
}

impl FromStr for DocumentName {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.strip_suffix(Self::OUTPUTS_SUFFIX) {
            Some(workflow) => workflow.parse().map(Self::Outputs),
            None => text.parse().map(Self::Graph),
        }
    }
}

/// Why the server closed a socket.
///
/// 4400 to 4499 are final: the same attempt would fail again, so a client stops and says so. Everything else is worth
/// another try after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// The server is leaving; it will be back.
    GoingAway,
    /// A frame larger than the server takes.
    TooBig,
    /// The server failed in a way that is its own fault.
    Internal,
    /// Too much at once, or a client that does not read what it is sent.
    Overload,
    /// A frame that is not of the protocol, or an update that is not Yjs.
    BadFrame,
    /// No valid sign-in, or it was revoked.
    Unauthorized,
    /// Signed in, but without the right to open this document.
    Forbidden,
    /// The workflow does not exist (any more), or not for this person.
    NotFound,
    /// Nobody signed in within the time the server waits.
    Timeout,
    /// The document was begun anew: what the client has is of an earlier generation and must not be merged. It opens
    /// the document afresh and makes unsent edits again, by what they mean.
    OtherGeneration,
    /// What is stored of the document cannot be read.
    Damaged,
}

impl CloseCode {
    pub const ALL: [CloseCode; 11] = [
        Self::GoingAway,
        Self::TooBig,
        Self::Internal,
        Self::Overload,
        Self::BadFrame,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::Timeout,
        Self::OtherGeneration,
        Self::Damaged,
    ];

    /// The code of the WebSocket close frame.
    pub fn as_u16(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::TooBig => 1009,
            Self::Internal => 1011,
            Self::Overload => 1013,
            Self::BadFrame => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden => 4403,
            Self::NotFound => 4404,
            Self::Timeout => 4408,
            Self::OtherGeneration => 4409,
            Self::Damaged => 4422,
        }
    }

    /// The code behind a received number, if it is one of ours.
    pub fn from_u16(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_u16() == code)
    }

    /// The reason as clients see it, in the close frame or in a Hocuspocus denial.
    pub fn reason(self) -> &'static str {
        match self {
            Self::GoingAway => "going-away",
            Self::TooBig => "too-big",
            Self::Internal => "internal",
            Self::Overload => "overload",
            Self::BadFrame => "bad-frame",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Timeout => "timeout",
            Self::OtherGeneration => "other-generation",
            Self::Damaged => "damaged",
        }
    }
}

/// Whether a closed socket is worth opening again with the same sign-in, for any code, also those of proxies.
pub fn worth_retrying(close_code: u16) -> bool {
    !(4400..4500).contains(&close_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_name_reads_what_it_prints() {
        let workflow = WorkflowId::from(uuid::Uuid::from_u128(7));
        for name in [DocumentName::Graph(workflow), DocumentName::Outputs(workflow)] {
            assert_eq!(name.to_string().parse(), Ok(name));
            assert_eq!(name.workflow(), workflow);
        }
        assert_eq!(DocumentName::Outputs(workflow).to_string(), "wf_00000000000000000000000000000007/outputs");
    }

    #[test]
    fn a_document_name_is_a_workflow_and_nothing_around_it() {
        for text in ["", "/outputs", "wf_00000000000000000000000000000007/", "wf_00000000000000000000000000000007/x"] {
            assert!(text.parse::<DocumentName>().is_err(), "{text} was taken");
        }
    }

    #[test]
    fn close_codes_are_distinct_and_only_the_4400s_are_final() {
        for code in CloseCode::ALL {
            assert_eq!(CloseCode::from_u16(code.as_u16()), Some(code));
        }
        assert!(worth_retrying(CloseCode::Overload.as_u16()));
        assert!(!worth_retrying(CloseCode::Unauthorized.as_u16()));
    }
}
