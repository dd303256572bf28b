//! Docs name files, and the files they name exist.

use std::path::Path;

use super::{Complaint, Source};

/// Where a path in back-ticks begins when it means a file of this workspace.
const TOP: [&str; 8] = ["assets/", "client/", "collab-server/", "docs/", "engine/", "migrations/", "shared/", "xtask/"];

pub fn check(source: &Source, root: &Path) -> Vec<Complaint> {
    if !source.path.ends_with(".md") {
        return Vec::new();
    }
    let numbered = source.text.lines().enumerate();
    let named = numbered.flat_map(|(index, line)| quoted(line).map(move |path| (index + 1, path)));
    named
        .filter(|(_, path)| is_path(path) && !root.join(path).exists())
        .map(|(number, path)| source.complain(number, format!("`{path}` does not exist")))
        .collect()
}

/// What stands in single back-ticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(text: &str) -> bool {
    let placeholder = |character: char| "*<>{}… ".contains(character);
    TOP.iter().any(|folder| text.starts_with(folder)) && !text.contains(placeholder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{said, source};

    #[test]
    fn a_named_file_has_to_exist() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("docs")).unwrap();
        std::fs::write(root.path().join("docs/a.md"), "").unwrap();
        let text = "See `docs/a.md`, `docs/<name>.md` and `cargo`.\nAnd `docs/b.md`.";
        let complaints = check(&source("README.md", text), root.path());
        assert_eq!(said(complaints), ["README.md:2: `docs/b.md` does not exist"]);
    }
}
