//! Blobs in memory: for tests and throw-away runs.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Mutex,
};

use bytes::Bytes;
use shared::value::BlobHash;

use super::{BlobError, BlobStore};

/// Keeps everything until it is dropped. Files for programs are written out on demand, into a temporary folder.
#[derive(Debug)]
pub struct MemoryBlobs {
    /// Std mutex: held only for a look-up, never across an await.
    blobs: Mutex<HashMap<BlobHash, Bytes>>,
    files: tempfile::TempDir,
}

impl MemoryBlobs {
    /// An empty store.
    pub fn new() -> Self {
        let files = tempfile::tempdir().expect("the system's folder for temporary files is writable");
        Self { blobs: Mutex::default(), files }
    }

    fn get(&self, blob: &BlobHash) -> Option<Bytes> {
        self.blobs.lock().expect("nothing panics while it holds the lock").get(blob).cloned()
    }
}

impl Default for MemoryBlobs {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait::async_trait]
impl BlobStore for MemoryBlobs {
    async fn put(&self, bytes: Bytes) -> Result<BlobHash, BlobError> {
        let blob = BlobHash::of(&bytes);
        self.blobs.lock().expect("nothing panics while it holds the lock").insert(blob.clone(), bytes);
        Ok(blob)
    }

    async fn put_file(&self, path: &Path) -> Result<BlobHash, BlobError> {
        let bytes = tokio::fs::read(path).await?;
        tokio::fs::remove_file(path).await?;
        self.put(bytes.into()).await
    }

    async fn read(&self, blob: &BlobHash) -> Result<Bytes, BlobError> {
        self.get(blob).ok_or_else(|| BlobError::NotFound { blob: blob.clone() })
    }

    async fn local_path(&self, blob: &BlobHash) -> Result<PathBuf, BlobError> {
        let path = self.files.path().join(blob.as_str());
        if !path.exists() {
            let bytes = self.read(blob).await?;
            // Two tasks may ask at once: each writes its own file, and the rename makes either one the answer.
            let temp = tempfile::NamedTempFile::new_in(self.files.path())?.into_temp_path();
            tokio::fs::write(&temp, &bytes).await?;
            temp.persist(&path).map_err(|refused| refused.error)?;
        }
        Ok(path)
    }

    async fn size(&self, blob: &BlobHash) -> Result<Option<u64>, BlobError> {
        Ok(self.get(blob).map(|bytes| bytes.len() as u64))
    }
}
