//! What the test runner prints, read for what passed and why the rest failed.

use std::fmt;

/// Of what a failed test printed: enough for its message, too little for a backtrace.
const LINES_OF_A_FAILURE: usize = 12;

#[derive(Default, Debug, PartialEq, Eq)]
pub struct Counted {
    pub passed: u64,
    failed: u64,
    ignored: u64,
    failures: Vec<Failure>,
    /// Whether the lines that come belong to the last of `failures`.
    in_failure: bool,
}

#[derive(Default, Debug, PartialEq, Eq)]
struct Failure {
    test: String,
    printed: Vec<String>,
}

impl Counted {
    /// One line of `cargo test`.
    pub fn read(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.in_failure = false;
            self.add(result);
        } else if let Some(test) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            self.failures.push(Failure { test: test.to_owned(), printed: Vec::new() });
            self.in_failure = true;
        } else if line == "stack backtrace:" || line == "failures:" {
            self.in_failure = false;
        } else if let Some(failure) = self.failures.last_mut().filter(|_| self.in_failure)
            && failure.printed.len() < LINES_OF_A_FAILURE
            && !line.is_empty()
        {
            failure.printed.push(line.to_owned());
        }
    }

    /// `ok. 12 passed; 0 failed; 0 ignored; …`: one line a test binary.
    fn add(&mut self, result: &str) {
        let count = |what: &str| {
            let part = result.split([';', '.']).find_map(|part| part.trim().strip_suffix(what));
            part.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        self.passed += count("passed");
        self.failed += count("failed");
        self.ignored += count("ignored");
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Failure { test, printed } in &self.failures {
            writeln!(f, "failed: {test}")?;
            for line in printed {
                writeln!(f, "    {line}")?;
            }
        }
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.ignored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(printed: &str) -> Counted {
        let mut counted = Counted::default();
        printed.lines().for_each(|line| counted.read(line));
        counted
    }

    #[test]
    fn the_results_of_all_binaries_are_added_up() {
        let counted = counted(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.10s\n\
             test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s\n\
             test a_test ... ok",
        );
        assert_eq!(counted.to_string(), "14 passed, 3 failed, 1 skipped");
    }

    #[test]
    fn a_failure_is_named_with_its_message_and_without_its_backtrace() {
        let counted = counted(
            "failures:\n\
             \n\
             ---- keys::a_key stdout ----\n\
             \n\
             thread 'keys::a_key' panicked at a.rs:1:2:\n\
             the server opens: disk full\n\
             stack backtrace:\n   0: __rustc::rust_begin_unwind\n\
             \n\
             failures:\n    keys::a_key\n\
             \n\
             test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
        );
        let expected = "failed: keys::a_key\n    thread 'keys::a_key' panicked at a.rs:1:2:\n    \
                        the server opens: disk full\n0 passed, 1 failed, 0 skipped";
        assert_eq!(counted.to_string(), expected);
    }
}
