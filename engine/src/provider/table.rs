//! Who does what with which models, as the table of docs/providers.md. Written by the catalogue and the vendors' profiles.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    chat::{ANTHROPIC, LOCAL_SERVERS, SPEAKERS},
    models::models,
    vendor,
};

/// A table in Markdown: a row for every provider and thing it does, with the catalogue's models.
pub fn providers_table() -> String {
    let mut table = "| provider | capability | models of the catalogue |\n|---|---|---|\n".to_owned();
    let mut profiles: Vec<_> = vendor::PROFILES.iter().copied().chain([&ANTHROPIC]).chain(SPEAKERS).collect();
    profiles.extend(&LOCAL_SERVERS);
    profiles.sort_by_key(|profile| profile.name);
    for profile in profiles {
        for capability in profile.offers {
            let titles: Vec<String> = titles(profile.name, capability).into_iter().collect();
            let titles = if titles.is_empty() { "by name".to_owned() } else { titles.join(", ") };
            writeln!(table, "| `{}` | `{capability}` | {titles} |", profile.name).expect("a string takes all");
        }
    }
    table
}

fn titles(provider: &str, capability: &str) -> BTreeSet<String> {
    let offered = models().models.iter().filter(|model| model.capabilities.iter().any(|name| name == capability));
    let served = offered.filter(|model| {
        if model.routes.is_empty() {
            return model.provider == provider && model.shutdown.is_none();
        }
        model.routes.iter().any(|route| {
            let film = match capability {
                "video.generate" => route.from_text.is_some() || route.from_image.is_some(),
                // Of portraits.
                "video.lip_sync" => route.from_image.is_some(),
                _ => false,
            };
            let asked = matches!(capability, "text.chat" | "text.embed" | "audio.transcribe");
            route.provider == provider && (film || asked || route.serves.contains_key(capability))
        })
    });
    served.map(|model| model.title.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str = "<!-- providers: begin -->\n";
    const END: &str = "<!-- providers: end -->";

    #[test]
    fn the_page_shows_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/providers.md");
        let page = std::fs::read_to_string(path).unwrap();
        let (before, rest) = page.split_once(BEGIN).unwrap();
        let (shown, after) = rest.split_once(END).unwrap();
        let table = providers_table();
        if shown != table && std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
            return;
        }
        assert_eq!(shown, table, "run this test with UPDATE_EXPECT=1");
    }

    #[test]
    fn every_route_is_something_that_its_provider_offers() {
        let profiles: Vec<_> = vendor::PROFILES.iter().copied().chain([&ANTHROPIC]).chain(SPEAKERS).collect();
        for model in &models().models {
            for route in &model.routes {
                let profile = profiles.iter().find(|profile| profile.name == route.provider);
                let profile = profile.unwrap_or_else(|| panic!("{}: nobody is called {}", model.id, route.provider));
                for capability in route.serves.keys() {
                    assert!(
                        profile.offers.contains(&capability.as_str()),
                        "{}: {capability} at {}",
                        model.id,
                        route.provider
                    );
                    assert!(model.capabilities.contains(capability), "{}: {capability}", model.id);
                }
            }
        }
    }
}
