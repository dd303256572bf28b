//! Things that have one place: the browser behind `dom`, SQL behind `db`, configuration in `config`.

use super::{Complaint, Source};

struct Place {
    /// Where the rule looks.
    within: &'static str,
    /// Where the thing belongs: files or folders.
    home: &'static [&'static str],
    is_it: fn(&str) -> bool,
    message: &'static str,
}

const PLACES: [Place; 7] = [
    Place {
        within: "client/src/",
        home: &["client/src/dom.rs", "client/src/dom/"],
        is_it: |line| line.contains("web_sys"),
        message: "`web_sys` belongs in `client/src/dom.rs`",
    },
    Place {
        within: "collab-server/src/",
        home: &["collab-server/src/db/"],
        is_it: |line| is_sql(line) || line.contains("sea_query"),
        message: "SQL belongs in `collab-server/src/db/`",
    },
    Place { within: "engine/src/", home: &[], is_it: is_sql, message: "the engine knows no SQL" },
    Place { within: "client/src/", home: &[], is_it: is_sql, message: "the client knows no SQL" },
    Place {
        within: "shared/src/",
        home: &[],
        is_it: |line| ["std::fs", "std::net", "std::env", "std::thread"].iter().any(|module| line.contains(module)),
        message: "`shared` does no input and output",
    },
    Place {
        within: "shared/src/",
        home: &[],
        is_it: |line| line.contains("SystemTime") || line.contains("Instant::now") || line.contains("now_utc"),
        message: "`shared` has no clock: a time comes in as a parameter",
    },
    Place {
        within: "collab-server/src/",
        home: &["collab-server/src/config/", "collab-server/src/main.rs"],
        is_it: |line| line.contains("env::var"),
        message: "configuration is read in `collab-server/src/config/`",
    },
];

pub fn check(source: &Source) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    if !source.is_rust() || source.is_test() {
        return complaints;
    }
    for place in &PLACES {
        if !source.path.starts_with(place.within) || place.home.iter().any(|home| source.path.starts_with(home)) {
            continue;
        }
        let misplaced = source.code().filter(|(_, line)| (place.is_it)(line));
        complaints.extend(misplaced.map(|(number, _)| source.complain(number, place.message)));
    }
    complaints
}

/// A string that begins like a statement, in either case.
fn is_sql(line: &str) -> bool {
    const BEGINNINGS: [&str; 6] =
        ["select ", "insert into ", "delete from ", "create table ", "alter table ", "drop table "];
    let line = line.to_lowercase();
    let starts = |beginning: &str| line.contains(&format!("\"{beginning}"));
    let has_from = line.contains(" from ") || line.contains("\"select 1");
    BEGINNINGS.iter().any(|beginning| starts(beginning) && (*beginning != "select " || has_from))
        || (starts("update ") && line.contains(" set "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    fn complaints(path: &str, line: &str) -> usize {
        check(&source(path, &format!("//! A.\n{line}\n"))).len()
    }

    #[test]
    fn the_browser_is_behind_dom() {
        assert_eq!(complaints("client/src/canvas/pan.rs", "use web_sys::Element;"), 1);
        assert_eq!(complaints("client/src/dom.rs", "use web_sys::Element;"), 0);
        assert_eq!(complaints("client/src/canvas/pan.rs", "// not web_sys, because"), 0);
    }

    #[test]
    fn sql_is_behind_db() {
        let line = r#"sqlx::query("SELECT a from b")"#;
        assert_eq!(complaints("collab-server/src/routes/runs.rs", line), 1);
        assert_eq!(complaints("collab-server/src/db/run.rs", line), 0);
        assert_eq!(complaints("collab-server/src/routes/runs.rs", r#"("update a set b = 1")"#), 1);
    }

    #[test]
    fn words_of_a_sentence_are_no_sql() {
        for line in [r#""select a workflow""#, r#""update available""#, r#""no rows to insert into it""#] {
            assert_eq!(complaints("collab-server/src/routes/runs.rs", line), 0, "{line}");
        }
    }

    #[test]
    fn shared_takes_the_time_from_its_caller() {
        assert_eq!(complaints("shared/src/run.rs", "let now = SystemTime::now();"), 1);
    }
}
