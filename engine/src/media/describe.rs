//! Looking at bytes: what they are, how large, how long. What does not say the truth about itself is refused.

use std::path::Path;

use shared::{
    run::FailureCode,
    value::{BlobHash, Media},
};
use tokio::io::AsyncReadExt;

use super::{
    poster,
    probe::{ProbeError, probe},
    sniff::{HEAD_BYTES, Kind, sniff},
};
use crate::{BlobError, BlobStore, NodeError};

/// Why bytes are not taken as media.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// Begins like a kind of file that it is not.
    #[error("the file begins like `{mime}` but cannot be read as that")]
    Broken { mime: String },
    /// A picture, film or sound, but of a kind that nothing here can read.
    #[error("files of the kind `{mime}` cannot be read here")]
    Unsupported { mime: String },
    /// The bytes could not be fetched, or a poster not be kept.
    #[error("the media could not be read")]
    Blob(#[from] BlobError),
}

impl From<MediaError> for NodeError {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::Broken { .. } | MediaError::Unsupported { .. } => {
                NodeError::new(FailureCode::InvalidInput, error.to_string())
            }
            MediaError::Blob(error) => error.into(),
        }
    }
}

/// Probes a stored blob and makes its poster. `name` is the file name a person gave it; it is kept, but never believed.
///
/// Without ffprobe on this machine, films and sounds are taken with their length and size unknown.
pub async fn describe(blobs: &dyn BlobStore, blob: &BlobHash, name: Option<String>) -> Result<Media, MediaError> {
    let path = blobs.local_path(blob).await?;
    let size_bytes = blobs.size(blob).await?.unwrap_or_default();
    let (mime, kind) = sniff(&head(&path).await.map_err(BlobError::Io)?);
    let mut media = Media::new(blob.clone(), mime, size_bytes);
    media.name = name;
    match kind {
        Kind::Picture => describe_picture(blobs, &path, &mut media).await?,
        Kind::Stream => describe_stream(blobs, &path, &mut media).await?,
        // Would flow as a picture, and every node would fail on it.
        Kind::Other if mime.starts_with("image/") => return Err(MediaError::Unsupported { mime: mime.to_owned() }),
        Kind::Other => {}
    }
    Ok(media)
}

async fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    tokio::fs::File::open(path).await?.take(HEAD_BYTES as u64).read_to_end(&mut head).await?;
    Ok(head)
}

async fn describe_picture(blobs: &dyn BlobStore, path: &Path, media: &mut Media) -> Result<(), MediaError> {
    let path = path.to_owned();
    let looked_at = tokio::task::spawn_blocking(move || poster::look_at_picture(&path)).await;
    // Decoders of foreign formats can panic; the file is broken either way.
    let picture = looked_at.ok().and_then(Result::ok);
    let picture = picture.ok_or_else(|| MediaError::Broken { mime: media.mime.clone() })?;
    (media.width, media.height) = (Some(picture.width), Some(picture.height));
    media.poster = Some(match picture.poster {
        Some(poster) => blobs.put(poster).await?,
        None => media.blob.clone(),
    });
    Ok(())
}

async fn describe_stream(blobs: &dyn BlobStore, path: &Path, media: &mut Media) -> Result<(), MediaError> {
    let found = match probe(path).await {
        Ok(found) => found,
        Err(ProbeError::Missing) => return Ok(()),
        Err(ProbeError::Unreadable) => return Err(MediaError::Broken { mime: media.mime.clone() }),
        Err(ProbeError::Io(error)) => return Err(BlobError::Io(error).into()),
    };
    media.duration_millis = found.duration_millis;
    match (found.video, found.audio_codec) {
        (Some(video), audio) => {
            // A container of films may hold a sound only, and the other way round: the tracks decide.
            media.mime = media.mime.replacen("audio/", "video/", 1);
            (media.width, media.height) = (Some(video.width), Some(video.height));
            (media.fps, media.codec, media.has_audio) = (video.fps, Some(video.codec), Some(audio.is_some()));
            if let Some(poster) = poster::of_film(path, media.duration_millis).await {
                media.poster = Some(blobs.put(poster).await?);
            }
        }
        (None, Some(audio)) => {
            media.mime = media.mime.replacen("video/", "audio/", 1);
            media.codec = Some(audio);
        }
        (None, None) => return Err(MediaError::Broken { mime: media.mime.clone() }),
    }
    Ok(())
}
