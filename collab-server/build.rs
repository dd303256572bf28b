//! Builds again when a migration comes: `sqlx::migrate!` embeds the files it finds, but only notices changes in those.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
