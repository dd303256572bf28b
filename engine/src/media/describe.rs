//! Looking at bytes: what they are, how large, how long. What does not say the truth about itself is refused.

use std::io::Cursor;

use bytes::Bytes;
use image::ImageReader;
use shared::value::{BlobHash, Media};

use crate::{BlobError, BlobStore, NodeError};

/// Why bytes are not taken as media.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// Begins like a kind of file that it is not.
    #[error("the file claims to be `{mime}` but cannot be read as that")]
    Broken { mime: String },
    /// The bytes could not be fetched.
    #[error("the media could not be read")]
    Blob(#[from] BlobError),
}

impl From<MediaError> for NodeError {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::Broken { .. } => NodeError::new(shared::run::FailureCode::InvalidInput, error.to_string()),
            MediaError::Blob(error) => error.into(),
        }
    }
}

/// Probes a stored blob. `name` is the file name a person gave it; it is kept, but never believed.
pub async fn describe(blobs: &dyn BlobStore, blob: &BlobHash, name: Option<String>) -> Result<Media, MediaError> {
    let bytes = blobs.read(blob).await?;
    let mime = infer::get(&bytes).map_or("application/octet-stream", |kind| kind.mime_type());
    let mut media = Media::new(blob.clone(), mime, bytes.len() as u64);
    media.name = name;
    if mime.starts_with("image/") {
        let (width, height) = picture_size(bytes).ok_or_else(|| MediaError::Broken { mime: mime.to_owned() })?;
        (media.width, media.height) = (Some(width), Some(height));
    }
    Ok(media)
}

fn picture_size(bytes: Bytes) -> Option<(u32, u32)> {
    ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?.into_dimensions().ok()
}
