//! How people name a local model, and what such a name may be.
//!
//! `org/name`, `org/name@revision` and `org/name:file.gguf` stand for a repository of the hub; `name` and
//! `name:file.gguf` for what an operator put into the folder of models; a path for any folder or file, where paths are
//! allowed. Names end up in paths and addresses: nothing but what is checked here gets there.

use std::{fmt, path::PathBuf, str::FromStr};

/// The name of a local model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ModelName {
    /// A repository of the hub.
    Hub {
        /// `org/name`.
        repo: String,
        /// A branch, tag or commit.
        revision: String,
        /// One file of it, for repositories that hold a model in several sizes.
        file: Option<String>,
    },
    /// A folder or file in the folder of models.
    Own {
        /// Its file name.
        name: String,
        /// One file in the folder.
        file: Option<String>,
    },
    /// Anywhere on this machine.
    Path(PathBuf),
}

/// Not the name of a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a model's name: expected `org/name`, `org/name:file.gguf`, or a name in the folder of models")]
pub struct NameError {
    name: String,
}

pub(super) const DEFAULT_REVISION: &str = "main";
const LONGEST: usize = 400;

impl FromStr for ModelName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let refused = || NameError { name: text.chars().take(120).collect() };
        if ["/", "./", "../"].iter().any(|start| text.starts_with(start)) {
            return Ok(Self::Path(text.into()));
        }
        if text.len() > LONGEST {
            return Err(refused());
        }
        let (text, file) = match text.split_once(':') {
            Some((text, file)) if is_path_inside(file) => (text, Some(file.to_owned())),
            Some(_) => return Err(refused()),
            None => (text, None),
        };
        let (text, revision) = match text.split_once('@') {
            // A revision becomes a file below `refs`, so it is a plain name or a commit.
            Some((text, revision)) if is_segment(revision) => (text, revision),
            Some(_) => return Err(refused()),
            None => (text, DEFAULT_REVISION),
        };
        match text.split_once('/') {
            // The hub forbids double dashes, and its folders on disk rely on it.
            Some((org, name)) if is_segment(org) && is_segment(name) && !text.contains("--") => {
                Ok(Self::Hub { repo: text.to_owned(), revision: revision.to_owned(), file })
            }
            None if is_segment(text) && text != "hub" && revision == DEFAULT_REVISION => {
                Ok(Self::Own { name: text.to_owned(), file })
            }
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = match self {
            Self::Hub { repo, revision, file } => {
                f.write_str(repo)?;
                if revision != DEFAULT_REVISION {
                    write!(f, "@{revision}")?;
                }
                file
            }
            Self::Own { name, file } => {
                f.write_str(name)?;
                file
            }
            Self::Path(path) => return path.display().fmt(f),
        };
        file.iter().try_for_each(|file| write!(f, ":{file}"))
    }
}

/// One part of a path: no separator, nothing hidden, nothing that leads up.
fn is_segment(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+');
    !text.is_empty() && text.len() <= 128 && !text.starts_with('.') && text.bytes().all(plain)
}

/// A relative path that stays where it is: also for the names of files that a hub lists.
pub(super) fn is_path_inside(text: &str) -> bool {
    text.len() <= LONGEST && text.split('/').all(is_segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_and_print_alike() {
        for name in
            ["org/name", "org/name@v1.0", "org/name:q4_0.gguf", "org/name@main2:a/b.gguf", "mine", "mine:a.gguf"]
        {
            assert_eq!(name.parse::<ModelName>().unwrap().to_string(), name);
        }
        assert_eq!(" ./a/b ".parse::<ModelName>().unwrap(), ModelName::Path("./a/b".into()));
    }

    #[test]
    fn no_name_leads_out_of_its_folder() {
        let bad =
            ["", "a/b/c", "a/..", "../x/..", "a/b:../../c", "a/b:/etc", "a b/c", "a/b@x/y", ".hidden", "a--b/c", "hub"];
        for name in bad {
            let read = name.parse::<ModelName>();
            assert!(read.is_err() || matches!(read, Ok(ModelName::Path(_))), "{name}: {read:?}");
        }
    }
}
