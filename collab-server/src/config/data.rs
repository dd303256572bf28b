//! Where the data is: folder, database, blobs, master key.

use std::path::{Path, PathBuf};

use clap::Args;

/// Where the data is. All subcommands that touch a database share it.
#[derive(Debug, Clone, Args)]
pub struct DataConfig {
    /// Folder of everything that must be kept: database, blobs, master key.
    #[arg(long, env = "OPENFLOW_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,

    /// `sqlite:FILE` or `postgres://…`. Default: `openflow.db` in the data folder.
    #[arg(long, env = "OPENFLOW_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// `file:FOLDER` for blobs. Default: `blobs` in the data folder.
    #[arg(long, env = "OPENFLOW_BLOB_URL", value_parser = parse_blob_url)]
    pub blob_url: Option<PathBuf>,

    /// 32 bytes in base64 that provider keys are encrypted with. Default: `master.key` in the data folder, made at
    /// first start.
    #[arg(long, env = "OPENFLOW_MASTER_KEY", hide_env_values = true)]
    pub master_key: Option<String>,
}

impl DataConfig {
    /// All defaults, in `data_dir`.
    pub fn in_folder(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), database_url: None, blob_url: None, master_key: None }
    }

    pub fn database_url(&self) -> String {
        match &self.database_url {
            Some(url) => url.clone(),
            None => format!("sqlite:{}", self.data_dir.join("openflow.db").display()),
        }
    }

    pub fn blob_dir(&self) -> PathBuf {
        self.blob_url.clone().unwrap_or_else(|| self.data_dir.join("blobs"))
    }

    pub fn master_key_file(&self) -> PathBuf {
        self.data_dir.join("master.key")
    }
}

fn parse_blob_url(text: &str) -> Result<PathBuf, String> {
    let path = match text.split_once(':') {
        Some(("file", rest)) => rest.strip_prefix("//").unwrap_or(rest),
        _ => return Err("expected `file:FOLDER`".into()),
    };
    if path.is_empty() { Err("expected a folder behind `file:`".into()) } else { Ok(Path::new(path).to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_go_to_a_folder() {
        assert_eq!(parse_blob_url("file:/srv/blobs").unwrap(), Path::new("/srv/blobs"));
        assert_eq!(parse_blob_url("file:///srv/blobs").unwrap(), Path::new("/srv/blobs"));
        assert!(parse_blob_url("s3://bucket").is_err());
    }
}
