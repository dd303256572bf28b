//! Holds the colours of assets/css/tokens.css to WCAG AA, in both themes. Tests only.

use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../../../assets/css/tokens.css");

/// Colours by name, as the dark theme has them, or the light one, which says only what it changes.
fn tokens(light: bool) -> BTreeMap<&'static str, [f64; 3]> {
    let (dark, rest) = TOKENS.split_once("\n:root[data-theme=\"light\"] {").expect("the light theme follows the dark");
    let lines = dark.lines().chain(rest.split('}').next().unwrap_or_default().lines().filter(|_| light));
    let named = lines.filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": "));
    named.filter_map(|(name, value)| Some((name, rgb(value)?))).collect()
}

fn rgb(value: &str) -> Option<[f64; 3]> {
    let digits = value.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok().map(|byte| f64::from(byte) / 255.0);
    Some([part(0)?, part(2)?, part(4)?])
}

fn luminance(color: [f64; 3]) -> f64 {
    let [r, g, b] = color.map(|part| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Which of these pairs are nearer than `least`.
fn too_near(light: bool, inks: &[&str], grounds: &[&str], least: f64) -> Vec<String> {
    let tokens = tokens(light);
    let pairs = inks.iter().flat_map(|ink| grounds.iter().map(move |ground| (*ink, *ground)));
    let measured = pairs.map(|(ink, ground)| (ink, ground, contrast(tokens[ink], tokens[ground])));
    let near = measured.filter(|(_, _, ratio)| *ratio < least);
    near.map(|(ink, ground, ratio)| format!("{ink} on {ground}: {ratio:.2}, light: {light}")).collect()
}

const GROUNDS: [&str; 5] = ["floor", "canvas", "well", "surface-1", "surface-2"];

#[test]
fn text_is_told_from_every_surface_it_stands_on() {
    for light in [false, true] {
        let inks = ["text", "text-2", "text-3", "danger", "warn", "ok", "accent-ink"];
        assert_eq!(too_near(light, &inks, &GROUNDS, 4.5), [""; 0]);
        assert_eq!(too_near(light, &["text", "text-2"], &["surface-3", "surface-4"], 4.5), [""; 0]);
        assert_eq!(too_near(light, &["text-on-accent"], &["accent-fill", "accent-fill-hover"], 4.5), [""; 0]);
    }
}

#[test]
fn marks_and_borders_of_controls_are_told_from_what_they_stand_on() {
    let kinds = ["any", "text", "number", "bool", "json", "image", "mask", "video", "audio", "file", "embedding"];
    let types = kinds.map(|kind| format!("type-{kind}"));
    let marks: Vec<&str> = types.iter().map(String::as_str).chain(["line-control"]).collect();
    for light in [false, true] {
        assert_eq!(too_near(light, &marks, &["canvas", "surface-1"], 3.0), [""; 0]);
    }
}
