//! Where bytes live: content-addressed blobs behind one small trait.
//!
//! A blob is named by the BLAKE3 hash of its bytes, so putting the same bytes twice keeps one copy. Who may read which
//! blob is not decided here: that is the server's `blob_grant` table.
//! Called by nodes (through [`crate::NodeContext`]), by media probing, and by the server's upload and download routes.

mod folder;
mod memory;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use shared::value::BlobHash;

pub use folder::FolderBlobs;
pub use memory::MemoryBlobs;

/// A store of immutable byte strings.
#[async_trait::async_trait]
pub trait BlobStore: Send + Sync {
    /// Keeps `bytes` and names them. When this returns, they survive a crash (as far as the store is durable at all).
    async fn put(&self, bytes: Bytes) -> Result<BlobHash, BlobError>;

    /// Keeps the content of a file. The file itself is moved away where that saves a copy: give a temporary one.
    async fn put_file(&self, path: &Path) -> Result<BlobHash, BlobError>;

    /// The whole content. For large media prefer [`BlobStore::local_path`].
    async fn read(&self, blob: &BlobHash) -> Result<Bytes, BlobError>;

    /// A file of this machine that holds the content: for programs such as ffmpeg. Never write to it.
    async fn local_path(&self, blob: &BlobHash) -> Result<PathBuf, BlobError>;

    /// The size in bytes, or `None` if there is no such blob.
    async fn size(&self, blob: &BlobHash) -> Result<Option<u64>, BlobError>;
}

/// Why a blob could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// Nothing is stored under this hash.
    #[error("there is no blob `{blob}`")]
    NotFound { blob: BlobHash },
    /// The file system, or the service behind the store, failed.
    #[error("the blob store failed")]
    Io(#[from] std::io::Error),
}
