//! Which crate may know which: `shared <- engine <- collab-server`, `shared <- client`.

use super::Complaint;
use crate::workspace::Package;

struct Rule {
    package: &'static str,
    /// Ours that it may use.
    may_use: &'static [&'static str],
    /// Others that would bring in what the crate must not know. Tests may use them.
    never: &'static [&'static str],
}

const RULES: [Rule; 8] = [
    Rule {
        package: "openflow-shared",
        may_use: &[],
        never: &["axum", "dioxus", "rand", "reqwest", "sea-query", "sqlx", "tokio", "web-sys"],
    },
    Rule {
        package: "openflow-engine",
        may_use: &["openflow-shared", "openflow-engine-macros", "openflow-engine-pixels"],
        never: &["axum", "dioxus", "sea-query", "sqlx", "tower-http"],
    },
    Rule { package: "openflow-engine-macros", may_use: &[], never: &["tokio"] },
    Rule { package: "openflow-engine-pixels", may_use: &[], never: &["tokio"] },
    Rule {
        package: "openflow-collab-server",
        may_use: &["openflow-shared", "openflow-engine"],
        never: &["dioxus", "web-sys"],
    },
    Rule { package: "openflow-client", may_use: &["openflow-shared"], never: &["axum", "reqwest", "sqlx", "tokio"] },
    // Engine alone and server from outside: what it measures is what people run.
    Rule { package: "openflow-bench", may_use: &["openflow-shared", "openflow-engine"], never: &["axum", "sqlx"] },
    Rule { package: "openflow-xtask", may_use: &[], never: &["sqlx", "tokio"] },
];

pub fn check(packages: &[Package]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for package in packages {
        let complain = |message| Complaint { path: package.manifest.clone(), line: 1, message };
        let Some(rule) = RULES.iter().find(|rule| rule.package == package.name) else {
            complaints.push(complain(format!("`{}` has no rule in `xtask/src/tidy/crates.rs`", package.name)));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| !dependency.for_tests) {
            let name = dependency.name.as_str();
            let ours = name.starts_with("openflow-");
            if (ours && !rule.may_use.contains(&name)) || rule.never.contains(&name) {
                complaints.push(complain(format!("`{}` must not depend on `{name}`", package.name)));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::said;
    use crate::workspace::Dependency;

    fn package(name: &str, dependencies: &[(&str, bool)]) -> Package {
        let dependencies = dependencies
            .iter()
            .map(|(name, for_tests)| Dependency { name: (*name).to_owned(), for_tests: *for_tests })
            .collect();
        Package { name: name.to_owned(), manifest: "Cargo.toml".to_owned(), dependencies }
    }

    #[test]
    fn the_client_does_not_know_the_engine() {
        let packages = [package("openflow-client", &[("openflow-shared", false), ("openflow-engine", false)])];
        assert_eq!(said(check(&packages)), ["Cargo.toml:1: `openflow-client` must not depend on `openflow-engine`"]);
    }

    #[test]
    fn the_engine_serves_http_in_its_tests_alone() {
        assert_eq!(check(&[package("openflow-engine", &[("axum", true)])]).len(), 0);
        assert_eq!(check(&[package("openflow-engine", &[("axum", false)])]).len(), 1);
    }

    #[test]
    fn a_new_crate_needs_a_rule() {
        assert_eq!(check(&[package("openflow-extra", &[])]).len(), 1);
    }
}
