//! The hub of models: which files a repository has, and their bytes. Speaks Hugging Face's HTTP API, at an address that
//! the operator may change.
//!
//! Everything it answers is checked: names of files become paths, sizes become promises, checksums are what a file is
//! held to. A token goes to the hub alone: the HTTP client drops it at a redirect to another host.

use reqwest::{Method, Response, StatusCode, header};
use serde::Deserialize;

use super::{LocalError, name::is_path_inside};
use crate::{Outbound, Reach, Secret};

/// A listing is text; a repository with a hundred thousand files is not a model.
const LISTING_MAX_BYTES: u64 = 16 << 20;

/// One hub, on behalf of one person.
pub(super) struct Hub {
    pub outbound: Outbound,
    /// Without a slash at its end.
    pub endpoint: String,
    pub reach: Reach,
    pub token: Option<Secret>,
}

/// A repository at one commit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Listing {
    pub commit: String,
    pub files: Vec<RepoFile>,
}

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RepoFile {
    pub path: String,
    pub size_bytes: u64,
    pub checksum: Checksum,
}

/// What the bytes must hash to. It also names the file on disk, as in everybody's cache of the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checksum {
    /// Large files: SHA-256.
    Sha256(String),
    /// Small files: as git names blobs.
    Git(String),
}

impl Checksum {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::Git(hex) => hex,
        }
    }
}

#[derive(Deserialize)]
struct RepoAnswer {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    #[serde(alias = "oid")]
    sha256: String,
    size: u64,
}

impl Hub {
    /// What a repository holds. Files whose name or checksum is not sound are left out: they cannot be fetched.
    pub async fn list(&self, repo: &str, revision: &str) -> Result<Listing, LocalError> {
        let path = format!("api/models/{repo}/revision/{revision}?blobs=true");
        let response = self.get(&path, 0).await?;
        let response = refuse_unless_ok(response, repo)?;
        let body = self.outbound.read(response, LISTING_MAX_BYTES).await?;
        let answer: RepoAnswer =
            serde_json::from_slice(&body).map_err(|error| LocalError::HubNonsense { what: error.to_string() })?;
        if !is_hex(&answer.sha, 40) {
            return Err(LocalError::HubNonsense { what: "no commit".into() });
        }
        let files = answer.siblings.into_iter().filter_map(Sibling::checked).collect();
        Ok(Listing { commit: answer.sha, files })
    }

    /// The bytes of a file behind the first `from`. An answer of 200 begins at the beginning all the same.
    pub async fn open(&self, repo: &str, commit: &str, file: &str, from: u64) -> Result<Response, LocalError> {
        let response = self.get(&format!("{repo}/resolve/{commit}/{file}"), from).await?;
        refuse_unless_ok(response, file)
    }

    async fn get(&self, path: &str, from: u64) -> Result<Response, LocalError> {
        let url = format!("{}/{path}", self.endpoint);
        let mut request = self.outbound.request(Method::GET, &url, self.reach)?;
        // The checksum is of the bytes themselves, and a range of compressed bytes is not a range of the file.
        request = request.header(header::ACCEPT_ENCODING, "identity");
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        if let Some(token) = self.token.as_ref().filter(|token| !token.is_empty()) {
            request = request.bearer_auth(token.expose());
        }
        Ok(self.outbound.send(request).await?)
    }
}

fn refuse_unless_ok(response: Response, what: &str) -> Result<Response, LocalError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let hint = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            ": it may want a key of the provider `huggingface`, and a licence to be accepted there first"
        }
        StatusCode::NOT_FOUND => ": there is no such model or file",
        _ => "",
    };
    Err(LocalError::Hub { status: status.as_u16(), what: what.to_owned(), hint })
}

impl Sibling {
    fn checked(self) -> Option<RepoFile> {
        let (checksum, size_bytes) = match self.lfs {
            Some(lfs) => (Checksum::Sha256(lfs.sha256), lfs.size),
            None => (Checksum::Git(self.blob_id?), self.size?),
        };
        let length = if matches!(checksum, Checksum::Sha256(_)) { 64 } else { 40 };
        let sound = is_hex(checksum.as_str(), length) && is_path_inside(&self.rfilename);
        sound.then_some(RepoFile { path: self.rfilename, size_bytes, checksum })
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(json: serde_json::Value) -> Option<RepoFile> {
        serde_json::from_value::<Sibling>(json).unwrap().checked()
    }

    #[test]
    fn a_file_that_would_leave_its_folder_is_not_listed() {
        let file = |path: &str| checked(serde_json::json!({"rfilename": path, "size": 3, "blobId": "a".repeat(40)}));
        assert_eq!(file("1_Pooling/config.json").unwrap().size_bytes, 3);
        for path in ["../x", "/etc/passwd", "a/../../b", ".git/config", "a//b", "a\\b"] {
            assert_eq!(file(path), None, "{path}");
        }
    }

    #[test]
    fn a_checksum_is_one_or_the_file_is_not_listed() {
        let lfs = |sum: String| checked(serde_json::json!({"rfilename": "a", "lfs": {"sha256": sum, "size": 9}}));
        assert_eq!(lfs("0".repeat(64)).unwrap().checksum, Checksum::Sha256("0".repeat(64)));
        assert_eq!(lfs("../../evil".into()), None);
        assert_eq!(checked(serde_json::json!({"rfilename": "a", "size": 1})), None);
    }
}
