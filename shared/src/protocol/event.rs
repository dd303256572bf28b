//! What the server says beside a document, in stateless frames of the Hocuspocus framing: one JSON object with a `type`.
//!
//! Not content: nothing of it is stored, and who was not there has not missed anything. A client ignores types it does
//! not know.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RoomEvent {
    /// Comes before everything else: which generation of the document this is. A client that keeps the document names
    /// it when it opens it again ([`super::DocumentAddress`]).
    Generation { generation: Uuid },
    /// How many people have the document open here, also those who say nothing of themselves. Comes when it changes.
    Audience {
        /// Who may edit.
        editors: u32,
        /// Who may not.
        viewers: u32,
    },
}

impl RoomEvent {
    pub fn to_json(self) -> String {
        serde_json::to_string(&self).expect("numbers and an id are JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_spelled_as_documented() {
        let generation = RoomEvent::Generation { generation: Uuid::from_u128(7) };
        let json = r#"{"type":"generation","generation":"00000000-0000-0000-0000-000000000007"}"#;
        assert_eq!(generation.to_json(), json);
        assert_eq!(serde_json::from_str::<RoomEvent>(json).expect("an event"), generation);
        let audience = RoomEvent::Audience { editors: 2, viewers: 1 };
        assert_eq!(audience.to_json(), r#"{"type":"audience","editors":2,"viewers":1}"#);
    }
}
