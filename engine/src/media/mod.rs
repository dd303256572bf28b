//! Media as nodes see them: typed references into the blob store.
//!
//! A node that takes [`Image`] cannot be handed a film. The bytes stay in the store until a node asks for them.

mod describe;
mod ffmpeg;
mod meta;
mod poster;
mod probe;
mod sniff;

use std::path::PathBuf;

use bytes::Bytes;
use shared::value::{Media, Value};

use crate::{NodeContext, NodeError};

pub use describe::{MediaError, describe};
pub use ffmpeg::{Ffmpeg, RGB_TO_BT709};
pub use meta::{CUT_SCORE, CameraMovement, VideoMeta, cuts, video_meta};
pub use probe::{SoundFacts, sound_facts};

macro_rules! media_types {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name(pub Media);

        impl $name {
            /// The reference: hash, kind, size, and what probing found.
            pub fn media(&self) -> &Media {
                &self.0
            }

            /// The whole content.
            pub async fn bytes(&self, ctx: &NodeContext) -> Result<Bytes, NodeError> {
                Ok(ctx.blobs().read(&self.0.blob).await?)
            }

            /// A file with the content, for programs. Never write to it.
            pub async fn path(&self, ctx: &NodeContext) -> Result<PathBuf, NodeError> {
                Ok(ctx.blobs().local_path(&self.0.blob).await?)
            }
        }
    )*};
}

media_types! {
    /// A picture.
    Image;
    /// A single-channel picture; white is the part that is meant.
    Mask;
    /// A film.
    Video;
    /// A sound.
    Audio;
    /// Any file.
    File;
}

/// A media reference as a value of the kind that its bytes are.
pub fn value_of(media: Media) -> Value {
    match media.mime.split('/').next() {
        Some("image") => Value::Image(media),
        Some("video") => Value::Video(media),
        Some("audio") => Value::Audio(media),
        _ => Value::File(media),
    }
}
