//! Lists the files that are compiled in: templates by name, and migrations, which `sqlx::migrate!` finds by itself but
//! only watches once it has seen them.

use std::{env, fmt::Write, fs, path::Path};

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
    println!("cargo:rerun-if-changed=../assets/templates");

    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../assets/templates");
    let files = fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.expect("a readable folder").path());
    let mut templates: Vec<_> = files.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    templates.sort();

    let mut list = "&[\n".to_owned();
    for path in templates {
        let slug = path.file_stem().and_then(|stem| stem.to_str()).expect("a template is named in plain letters");
        let poster = path.with_extension("webp").exists();
        writeln!(list, "    ({slug:?}, include_str!({path:?}), {poster}),").expect("a string takes everything");
    }
    list.push(']');
    let target = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("templates.rs");
    fs::write(target, list).expect("cargo's folder is writable");
}
