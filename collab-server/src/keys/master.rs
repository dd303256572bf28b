//! The master key: from the environment, or from a file made at first start.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::config::DataConfig;

const LEN: usize = 32;

/// 256 bits that every provider key of this installation is sealed with. Overwritten when dropped.
pub struct MasterKey(Zeroizing<[u8; LEN]>);

#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    #[error("the master key in {place} is not {LEN} bytes in base64 (`openssl rand -base64 32` makes one)")]
    Shape { place: String },
    #[error("could not use the master key file `{path}`")]
    File { path: PathBuf, source: io::Error },
}

impl MasterKey {
    pub fn load(config: &DataConfig) -> Result<Self, MasterKeyError> {
        if let Some(text) = &config.master_key {
            return Self::read(text, || "`OPENFLOW_MASTER_KEY`".to_owned());
        }
        let path = config.master_key_file();
        let text = read_or_make(&path).map_err(|source| MasterKeyError::File { path: path.clone(), source })?;
        Self::read(&text, || format!("`{}`", path.display()))
    }

    fn read(text: &str, place: impl FnOnce() -> String) -> Result<Self, MasterKeyError> {
        let shape = || MasterKeyError::Shape { place: place() };
        let Ok(bytes) = STANDARD.decode(text.trim()).map(Zeroizing::new) else { return Err(shape()) };
        let Ok(key) = <[u8; LEN]>::try_from(bytes.as_slice()) else { return Err(shape()) };
        Ok(Self(Zeroizing::new(key)))
    }

    /// A key of its own for another purpose, from which neither this one nor the others can be found out.
    pub fn derive(&self, purpose: &'static str) -> [u8; LEN] {
        blake3::derive_key(purpose, self.0.as_slice())
    }

    pub(super) fn bytes(&self) -> &[u8; LEN] {
        &self.0
    }
}

fn read_or_make(path: &Path) -> io::Result<Zeroizing<String>> {
    match fs::read_to_string(path) {
        Ok(text) => return Ok(Zeroizing::new(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let bytes = Zeroizing::new(rand::random::<[u8; LEN]>());
    let text = Zeroizing::new(format!("{}\n", STANDARD.encode(bytes.as_slice())));
    // Written aside and renamed, so that a crash leaves no half key; readable by its owner from the first byte on.
    let draft = path.with_extension("key.new");
    let _ = fs::remove_file(&draft);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    tracing::info!(path = %path.display(), "made a master key: keep a copy, provider keys cannot be read without it");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_file_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = DataConfig::in_folder(folder.path());
        let first = MasterKey::load(&config).unwrap();
        let second = MasterKey::load(&config).unwrap();
        assert_eq!(first.bytes(), second.bytes());
        let mode = fs::metadata(config.master_key_file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_short_key_is_refused() {
        let mut config = DataConfig::in_folder("unused");
        config.master_key = Some(STANDARD.encode([7; 16]));
        assert!(matches!(MasterKey::load(&config), Err(MasterKeyError::Shape { .. })));
    }
}
