//! Blobs as files: `ab/cd/abcd…` below one folder.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use shared::value::BlobHash;

use super::{BlobError, BlobStore};

/// The default store. A blob is written to a temporary file, synced, and renamed: a half-written one is never visible.
#[derive(Debug, Clone)]
pub struct FolderBlobs {
    root: PathBuf,
}

impl FolderBlobs {
    /// Opens the store in `root`, which is made if need be.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        fs::create_dir_all(root.join("tmp"))?;
        Ok(Self { root })
    }

    /// Where unfinished uploads may be written so that [`BlobStore::put_file`] is a rename.
    pub fn temp_dir(&self) -> PathBuf {
        self.root.join("tmp")
    }

    fn path(&self, blob: &BlobHash) -> PathBuf {
        let name = blob.as_str();
        self.root.join(&name[0..2]).join(&name[2..4]).join(name)
    }

    /// Renames a finished, synced temporary file to its place.
    fn settle(&self, temp: tempfile::TempPath, blob: &BlobHash) -> io::Result<()> {
        let path = self.path(blob);
        if path.exists() {
            return Ok(());
        }
        let folder = path.parent().expect("a blob's path has two folders above it");
        fs::create_dir_all(folder)?;
        temp.persist(&path).map_err(|refused| refused.error)?;
        // Without this the rename itself may be lost in a power cut, and a document would name a blob that is gone.
        File::open(folder)?.sync_all()
    }

    fn put_blocking(&self, bytes: &[u8]) -> io::Result<BlobHash> {
        let blob = BlobHash::of(bytes);
        if self.path(&blob).exists() {
            return Ok(blob);
        }
        let mut temp = tempfile::NamedTempFile::new_in(self.temp_dir())?;
        temp.write_all(bytes)?;
        temp.as_file().sync_all()?;
        self.settle(temp.into_temp_path(), &blob)?;
        Ok(blob)
    }

    fn put_file_blocking(&self, source: &Path) -> io::Result<BlobHash> {
        let blob = hash_file(source)?;
        if self.path(&blob).exists() {
            fs::remove_file(source)?;
            return Ok(blob);
        }
        let temp = tempfile::Builder::new().make_in(self.temp_dir(), |path| {
            // A rename fails between file systems: then the content is copied.
            fs::rename(source, path).or_else(|_| {
                fs::copy(source, path)?;
                fs::remove_file(source)
            })
        })?;
        File::open(temp.path())?.sync_all()?;
        self.settle(temp.into_temp_path(), &blob)?;
        Ok(blob)
    }
}

fn hash_file(path: &Path) -> io::Result<BlobHash> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().into()),
            n => hasher.update(&buffer[..n]),
        };
    }
}

/// File work happens on the blocking pool: a slow disk must not hold up the scheduler.
async fn blocking<R: Send + 'static>(work: impl FnOnce() -> io::Result<R> + Send + 'static) -> Result<R, BlobError> {
    let result = tokio::task::spawn_blocking(work).await;
    Ok(result.unwrap_or_else(|join| Err(io::Error::other(join)))?)
}

#[async_trait::async_trait]
impl BlobStore for FolderBlobs {
    async fn put(&self, bytes: Bytes) -> Result<BlobHash, BlobError> {
        let store = self.clone();
        blocking(move || store.put_blocking(&bytes)).await
    }

    async fn put_file(&self, path: &Path) -> Result<BlobHash, BlobError> {
        let (store, path) = (self.clone(), path.to_owned());
        blocking(move || store.put_file_blocking(&path)).await
    }

    async fn read(&self, blob: &BlobHash) -> Result<Bytes, BlobError> {
        match tokio::fs::read(self.path(blob)).await {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(BlobError::NotFound { blob: blob.clone() }),
            Err(error) => Err(error.into()),
        }
    }

    async fn local_path(&self, blob: &BlobHash) -> Result<PathBuf, BlobError> {
        match self.size(blob).await? {
            Some(_) => Ok(self.path(blob)),
            None => Err(BlobError::NotFound { blob: blob.clone() }),
        }
    }

    async fn size(&self, blob: &BlobHash) -> Result<Option<u64>, BlobError> {
        match tokio::fs::metadata(self.path(blob)).await {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, FolderBlobs) {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderBlobs::open(folder.path().join("blobs")).unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn a_blob_reads_back_and_lies_under_its_hash() {
        let (_folder, store) = store();
        let blob = store.put(Bytes::from_static(b"hello")).await.unwrap();
        assert_eq!(blob, BlobHash::of(b"hello"));
        assert_eq!(store.read(&blob).await.unwrap(), "hello");
        assert_eq!(store.size(&blob).await.unwrap(), Some(5));
        let path = store.local_path(&blob).await.unwrap();
        assert!(path.ends_with(format!("{}/{}/{blob}", &blob.as_str()[0..2], &blob.as_str()[2..4])));
    }

    #[tokio::test]
    async fn a_file_is_moved_in_and_the_same_content_is_kept_once() {
        let (folder, store) = store();
        let first = store.put(Bytes::from_static(b"same")).await.unwrap();
        for name in ["a", "b"] {
            let path = folder.path().join(name);
            fs::write(&path, if name == "a" { "same" } else { "other" }).unwrap();
            let blob = store.put_file(&path).await.unwrap();
            assert_eq!(blob == first, name == "a");
            assert!(!path.exists(), "{name} was left behind");
        }
        assert_eq!(fs::read_dir(store.temp_dir()).unwrap().count(), 0, "temporary files were left behind");
    }

    #[tokio::test]
    async fn an_unknown_blob_is_not_found() {
        let (_folder, store) = store();
        let blob = BlobHash::of(b"never stored");
        assert!(matches!(store.read(&blob).await, Err(BlobError::NotFound { .. })));
        assert!(matches!(store.local_path(&blob).await, Err(BlobError::NotFound { .. })));
        assert_eq!(store.size(&blob).await.unwrap(), None);
    }
}
