//! The provider contract: every vendor, with everything it does, through the same scenarios. Films from words and
//! pictures are in `film`, where most vendors have another API for them.
//!
//! `cargo test -p openflow-engine --test engine contract:: -- --nocapture` prints the table of what was tried.

mod answers;
mod attempt;
mod cases;
mod fallback;
mod samples;
mod scenario;
mod shop;
mod upload;
mod workflow;

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};

/// Vendors that are tried at the same time.
const TOGETHER: usize = 8;

#[tokio::test]
async fn every_vendor_keeps_the_contract_with_everything_it_does() {
    let tried =
        cases::all().into_iter().flat_map(|case| scenario::names(&case).into_iter().map(move |name| (case, name)));
    let results = stream::iter(tried)
        .map(|(case, name)| async move {
            let ended = tokio::spawn(scenario::run(name, case)).await;
            let wrong = ended.err().map(|error| match error.try_into_panic() {
                Ok(panic) => panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "it failed".into()),
                Err(error) => error.to_string(),
            });
            (case, name, wrong)
        })
        .buffer_unordered(TOGETHER)
        .collect::<Vec<_>>()
        .await;

    let mut rows: BTreeMap<(&str, &str), (usize, Vec<String>)> = BTreeMap::new();
    for (case, name, wrong) in results {
        let row = rows.entry((case.provider, case.capability)).or_default();
        row.0 += 1;
        row.1.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }
    let mut table = String::new();
    for ((provider, capability), (tried, wrong)) in &rows {
        let kept = tried - wrong.len();
        table.push_str(&format!("{provider:<12} {capability:<24} {kept:>2} of {tried:>2} scenarios\n"));
        for wrong in wrong {
            table.push_str(&format!("    {}\n", wrong.chars().take(600).collect::<String>()));
        }
    }
    assert!(rows.values().all(|(_, wrong)| wrong.is_empty()), "\n{table}");
    // Shown with `--nocapture`.
    eprintln!("{table}");
    page_shows(&rows.iter().map(|(&who, (tried, _))| (who, *tried)).collect());
}

/// Holds the table in docs/providers.md against what was tried, or writes it where `UPDATE_EXPECT` is set.
fn page_shows(tried: &BTreeMap<(&str, &str), usize>) {
    const BEGIN: &str = "<!-- contract: begin -->\n";
    const END: &str = "<!-- contract: end -->";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/providers.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    let mut by_provider: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((provider, capability), scenarios) in tried {
        by_provider.entry(provider).or_default().push(format!("`{capability}` {scenarios}"));
    }
    let rows = by_provider.iter().map(|(provider, done)| format!("| `{provider}` | {} |\n", done.join(", ")));
    let table = format!("| provider | capability and number of scenarios |\n|---|---|\n{}", rows.collect::<String>());
    if shown != table && std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(shown, table, "run this test with UPDATE_EXPECT=1");
}

#[test]
fn everything_that_a_vendor_offers_is_tried() {
    let table = engine::providers_table();
    let tried: Vec<_> =
        cases::all().iter().map(|case| format!("| `{}` | `{}` |", case.provider, case.capability)).collect();
    for row in table.lines().skip(2) {
        let known = tried.iter().any(|tried| row.starts_with(tried.as_str()));
        let in_film = ["fal", "google", "kling", "luma", "minimax", "replicate", "runpod", "runway"];
        let in_film = in_film.iter().any(|vendor| row.starts_with(&format!("| `{vendor}` | `video.generate`")));
        assert!(known || in_film, "{row}");
    }
}
