//! Lays `target/web` out: the page shell, the assets, the client.
//!
//! Every file keeps its plain `/assets/…` address, and the page shell and the style sheets name it with
//! `?v=<hash of the whole bundle>`: an answer to such an address may be kept for ever, because another
//! bundle asks for another address.
//! A style sheet arrives whole, with what it imports in it, so that a page waits for one answer and not two in a row.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use walkdir::WalkDir;

/// Bumped when the layout changes, so that folders of an older xtask are laid out anew.
const LAYOUT: u8 = 4;

/// Text files in which `/assets/…` addresses are versioned.
const VERSIONED_IN: [&str; 3] = ["html", "css", "js"];

/// A hash of everything that the bundle is made from; `ways` are settings of how.
pub fn stamp(assets: &Path, wasm: &[u8], ways: [bool; 2]) -> anyhow::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[LAYOUT, u8::from(ways[0]), u8::from(ways[1])]);
    hasher.update(blake3::hash(wasm).as_bytes());
    for file in files(assets)? {
        hasher.update(file.to_string_lossy().as_bytes());
        hasher.update(blake3::hash(&read(&assets.join(&file))?).as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

pub fn is_current(web_dir: &Path, stamp: &str) -> bool {
    fs::read_to_string(stamp_file(web_dir)).is_ok_and(|current| current == stamp)
}

/// Replaces what lies in `web_dir`. The stamp is written last: an interrupted layout is never current.
pub fn lay_out(assets: &Path, bindgen_dir: &Path, web_dir: &Path, stamp: &str) -> anyhow::Result<()> {
    fs::remove_file(stamp_file(web_dir)).ok();
    fs::remove_dir_all(web_dir).ok();
    let version = &stamp[..16];
    for file in files(assets)? {
        // The page shell is the one file that is not below /assets.
        let to = if file == Path::new("index.html") { web_dir.join(&file) } else { web_dir.join("assets").join(&file) };
        write(&to, &finished(assets, &file, version)?)?;
    }
    for file in files(bindgen_dir)? {
        write(&web_dir.join("assets").join(&file), &read(&bindgen_dir.join(&file))?)?;
    }
    fs::write(stamp_file(web_dir), stamp).context("writing the stamp of the web bundle")
}

/// Beside the folder and not in it: it is nothing to serve.
fn stamp_file(web_dir: &Path) -> PathBuf {
    web_dir.with_extension("stamp")
}

/// Relative paths in a stable order.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.context("listing the web assets")?;
        if entry.file_type().is_file() {
            files.push(entry.path().strip_prefix(folder).expect("it was found below this folder").to_owned());
        }
    }
    Ok(files)
}

/// The file as it is served.
fn finished(assets: &Path, file: &Path, version: &str) -> anyhow::Result<Vec<u8>> {
    let content = read(&assets.join(file))?;
    let has_extension = |extension: &str| file.extension().is_some_and(|own| own == extension);
    if !VERSIONED_IN.into_iter().any(has_extension) {
        return Ok(content);
    }
    let mut text = String::from_utf8(content).with_context(|| format!("`{}` is not UTF-8", file.display()))?;
    if has_extension("css") {
        let folder = file.parent().unwrap_or(Path::new(""));
        text = with_imports(&text, &assets.join(folder))?;
        if folder.components().count() == 1 {
            // Relative to a folder of /assets: only absolute addresses get a version.
            text = text.replace("url(\"../", "url(\"/assets/");
        }
    }
    Ok(with_version(&text, version).into_bytes())
}

/// Puts the file in the place of each `@import url("file");` line.
fn with_imports(text: &str, folder: &Path) -> anyhow::Result<String> {
    let mut result = String::with_capacity(text.len());
    for line in text.lines() {
        match line.strip_prefix("@import url(\"").and_then(|rest| rest.strip_suffix("\");")) {
            Some(name) => {
                let imported = read(&folder.join(name))?;
                let imported = String::from_utf8(imported).with_context(|| format!("`{name}` is not UTF-8"))?;
                result.push_str(&with_imports(&imported, folder)?);
            }
            None => result.push_str(line),
        }
        result.push('\n');
    }
    Ok(result)
}

/// Appends `?v=` to every quoted or bracketed `/assets/…` address that has no query of its own.
fn with_version(text: &str, version: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("/assets/") {
        let after = &rest[start..];
        let end = after.find(['"', '\'', ')', '`', ' ', '\n', '<', '>', '?', '#']).unwrap_or(after.len());
        result.push_str(&rest[..start + end]);
        if !after[end..].starts_with('?') && !after[..end].ends_with('/') {
            result.push_str("?v=");
            result.push_str(version);
        }
        rest = &after[end..];
    }
    result.push_str(rest);
    result
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("reading `{}`", file.display()))
}

fn write(file: &Path, content: &[u8]) -> anyhow::Result<()> {
    let folder = file.parent().expect("every file of the bundle lies in a folder");
    fs::create_dir_all(folder).with_context(|| format!("making `{}`", folder.display()))?;
    fs::write(file, content).with_context(|| format!("writing `{}`", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_address_gets_the_version() {
        let text = r#"<link href="/assets/css/a.css"><script>import('/assets/openflow.js')</script>"#;
        assert_eq!(
            with_version(text, "1f"),
            r#"<link href="/assets/css/a.css?v=1f"><script>import('/assets/openflow.js?v=1f')</script>"#
        );
        assert_eq!(
            with_version("src: url(/assets/fonts/a.woff2) format", "1f"),
            "src: url(/assets/fonts/a.woff2?v=1f) format"
        );
    }

    #[test]
    fn an_address_with_a_query_or_of_a_folder_stays() {
        for text in ["'/assets/a.js?x=1'", "\"/assets/icons/\"", "nothing here"] {
            assert_eq!(with_version(text, "1f"), text);
        }
    }

    #[test]
    fn a_style_sheet_is_served_with_what_it_imports() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("css/index.css"), b"@import url(\"base.css\");\nb {}\n").unwrap();
        write(&folder.path().join("css/base.css"), b"a { src: url(\"../fonts/i.woff2\") }\n").unwrap();
        let css = finished(folder.path(), Path::new("css/index.css"), "1f").unwrap();
        let css = String::from_utf8(css).unwrap();
        assert_eq!(css, "a { src: url(\"/assets/fonts/i.woff2?v=1f\") }\n\nb {}\n");
    }

    #[test]
    fn the_layout_is_current_until_an_asset_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (assets, bindgen, web) = (folder.path().join("a"), folder.path().join("b"), folder.path().join("web"));
        write(&assets.join("index.html"), b"<script src=\"/assets/openflow.js\">").unwrap();
        write(&assets.join("css/base.css"), b"a{}").unwrap();
        write(&bindgen.join("openflow.js"), b"export default 1").unwrap();

        let before = stamp(&assets, b"wasm", [false; 2]).unwrap();
        assert!(!is_current(&web, &before));
        lay_out(&assets, &bindgen, &web, &before).unwrap();
        assert!(is_current(&web, &before));
        let page = fs::read_to_string(web.join("index.html")).unwrap();
        assert_eq!(page, format!("<script src=\"/assets/openflow.js?v={}\">", &before[..16]));
        assert!(web.join("assets/css/base.css").is_file());
        assert!(web.join("assets/openflow.js").is_file());

        write(&assets.join("css/base.css"), b"b{}").unwrap();
        assert!(!is_current(&web, &stamp(&assets, b"wasm", [false; 2]).unwrap()));
    }
}
