//! Ids as types.
//!
//! Two families. *Record ids* name rows of the server's database: UUIDv7 inside, `wf_…` outside.
//! *Graph ids* name things inside a document: short random strings, made by whoever creates the thing.
//! Nothing here asks a clock: a record id is made where there is one, with `WorkflowId::from(Uuid::now_v7())`.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// What was wrong with an id that came from outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text does not begin with the prefix of this kind of id.
    #[error("expected an id like `{prefix}_…`, got `{got}`")]
    Prefix { prefix: &'static str, got: String },
    /// The part behind the prefix is not a UUID in simple form (32 hexadecimal digits).
    #[error("`{got}` is not an id: 32 hexadecimal digits belong behind the prefix")]
    Uuid { got: String },
    /// A graph id is empty, too long, or holds a character outside `[A-Za-z0-9_-]`.
    #[error("`{got}` is not an id: 1 to {max} letters, digits, `_` or `-` are")]
    Characters { got: String, max: usize },
}

macro_rules! record_id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What stands before the `_` in the text form.
            pub const PREFIX: &'static str = $prefix;

            /// The bare UUID, as the database stores it.
            pub fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let digits = text
                    .strip_prefix(concat!($prefix, "_"))
                    .ok_or_else(|| IdError::Prefix { prefix: $prefix, got: excerpt(text) })?;
                // `Uuid` also reads hyphens, braces and URNs; one id has one spelling.
                let simple = digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                Uuid::try_parse(digits)
                    .ok()
                    .filter(|_| simple)
                    .map(Self)
                    .ok_or_else(|| IdError::Uuid { got: excerpt(text) })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

record_id! {
    /// A person with an account.
    UserId = "usr";
    /// One sign-in of a person: a cookie or a bearer token.
    SessionId = "ses";
    /// A team's (or one person's) space: members, workflows, keys.
    WorkspaceId = "ws";
    /// A workflow; also the name of its graph document's room.
    WorkflowId = "wf";
    /// One execution of a frozen graph.
    RunId = "run";
    /// One model call.
    GenerationId = "gen";
    /// A stored state of a workflow.
    VersionId = "ver";
    /// A stored provider key.
    KeyId = "key";
    /// A person's key for programs, `of_…`.
    ApiKeyId = "apk";
    /// A link that makes whoever follows it a member.
    InvitationId = "inv";
    /// A folder of workflows.
    FolderId = "fld";
}

macro_rules! graph_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Longest text form, in characters.
            pub const MAX_CHARS: usize = 64;

            /// A fresh id of 122 random bits.
            pub fn random() -> Self {
                Self(Uuid::new_v4().simple().to_string().into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let valid = !text.is_empty()
                    && text.len() <= Self::MAX_CHARS
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
                if valid {
                    Ok(Self(text.into()))
                } else {
                    Err(IdError::Characters { got: excerpt(text), max: Self::MAX_CHARS })
                }
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

graph_id! {
    /// A node of a graph, unique within its document.
    NodeId;
    /// A frame (a titled box around nodes), unique within its document.
    FrameId;
}

/// Ids are strings in JSON, so that is what the OpenAPI document says of them.
macro_rules! string_schema {
    ($($name:path),* $(,)?) => {$(
        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                <String as utoipa::PartialSchema>::schema()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    )*};
}

string_schema! {
    UserId, SessionId, WorkspaceId, WorkflowId, RunId, GenerationId, VersionId, KeyId, ApiKeyId, InvitationId, FolderId, NodeId, FrameId,
    crate::graph::EdgeId, crate::diff::Field, crate::value::BlobHash, crate::value::ValueType,
}

/// Enough of a foreign text to recognise it in an error message.
fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(48).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_id_reads_what_it_prints() {
        let id = WorkflowId::from(Uuid::from_u128(7));
        assert_eq!(id.to_string(), "wf_00000000000000000000000000000007");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_record_id_has_one_spelling() {
        for text in [
            "wf_0000000000000000000000000000000G",
            "wf_",
            "run_00000000000000000000000000000007",
            "wf_00000000-0000-0000-0000-000000000007",
            "wf_0000000000000000000000000000000A",
        ] {
            assert!(text.parse::<WorkflowId>().is_err(), "{text} was taken");
        }
    }

    #[test]
    fn a_graph_id_takes_no_separator() {
        assert!("a:b".parse::<NodeId>().is_err());
        assert!("".parse::<NodeId>().is_err());
        assert!("x".repeat(65).parse::<NodeId>().is_err());
        assert!("node_1-b".parse::<NodeId>().is_ok());
    }
}
