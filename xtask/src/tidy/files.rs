//! What every file keeps to: short, introduced, finished, free of one machine's paths.

use super::{Complaint, Source};

const MOST_LINES: usize = 450;

/// Unfinished or forgotten. Written in two halves, so that this file does not match itself.
const UNFINISHED: [&str; 4] =
    [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!("), concat!("#[", "ignore")];

/// Folders that exist on one machine only.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];

pub fn check(source: &Source) -> Vec<Complaint> {
    let mut complaints = machine_paths(source);
    if source.is_rust() {
        complaints.extend(introduced(source));
        complaints.extend(short(source));
        complaints.extend(finished(source));
    }
    complaints
}

fn introduced(source: &Source) -> Option<Complaint> {
    // What a test is about stands in its name.
    let missing = !source.is_test() && !source.text.starts_with("//!");
    missing.then(|| source.complain(1, "starts without `//!`: say what the module is, what it is not, who calls it"))
}

fn short(source: &Source) -> Option<Complaint> {
    let lines = source.text.lines().count();
    let in_src = source.path.contains("/src/");
    (in_src && lines > MOST_LINES)
        .then(|| source.complain(MOST_LINES, format!("{lines} lines: look for the second noun in it")))
}

fn finished(source: &Source) -> Vec<Complaint> {
    let matches = source.code().filter_map(|(number, line)| {
        let found = UNFINISHED.iter().find(|pattern| line.contains(*pattern))?;
        Some(source.complain(number, format!("`{found}` is left in")))
    });
    matches.collect()
}

fn machine_paths(source: &Source) -> Vec<Complaint> {
    let numbered = source.text.lines().enumerate();
    let found = numbered.filter(|(_, line)| MACHINE_PATHS.iter().any(|folder| is_absolute(line, folder)));
    found.map(|(index, _)| source.complain(index + 1, "an absolute path of one machine")).collect()
}

/// `folder` as the beginning of a path and not within a longer one or an address.
fn is_absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|character| character.is_alphanumeric() || "._-/}*>".contains(character))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{said, source};

    #[test]
    fn a_finished_and_introduced_file_is_fine() {
        assert!(check(&source("engine/src/a.rs", "//! A.\n\nfn a() {}\n")).is_empty());
    }

    #[test]
    fn a_module_without_introduction_is_named() {
        assert_eq!(check(&source("engine/src/a.rs", "fn a() {}\n")).len(), 1);
    }

    #[test]
    fn a_long_file_is_named_with_its_length() {
        let text = format!("//! A.\n{}", "fn a() {}\n".repeat(MOST_LINES));
        assert!(said(check(&source("engine/src/a.rs", &text)))[0].contains("451 lines"));
        assert!(check(&source("engine/tests/a.rs", &text)).is_empty());
    }

    #[test]
    fn what_is_left_in_is_named_with_its_line() {
        for pattern in UNFINISHED {
            let complaints = check(&source("engine/src/a.rs", &format!("//! A.\n{pattern}")));
            assert_eq!(complaints.len(), 1, "{pattern}");
            assert_eq!(complaints[0].line, 2);
        }
    }

    #[test]
    fn a_path_of_one_machine_is_found_and_a_route_is_not() {
        let path = format!("see {}ada/notes", MACHINE_PATHS[0]);
        assert_eq!(check(&source("docs/a.md", &path)).len(), 1);
        let route = format!("see example{}page and …/{}", MACHINE_PATHS[0], "a");
        assert!(check(&source("docs/a.md", &route)).is_empty());
    }
}
