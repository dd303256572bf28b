//! `cargo xtask build-client`: the client as a web module.
//!
//! cargo compiles it for wasm, wasm-bindgen (a library here, so that nothing has to be installed) writes
//! the JavaScript around it, `wasm-opt` shrinks the shipped one when it is there, and `bundle` lays it out.
//! The steps after cargo are left out when nothing they read has changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use wasm_bindgen_cli_support::Bindgen;

use crate::workspace::Workspace;
use crate::{bundle, process};

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ClientProfile {
    /// Compiles in seconds after a change; tens of megabytes.
    Dev,
    /// What people load.
    Shipped,
}

impl ClientProfile {
    fn cargo_profile(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Shipped => "wasm",
        }
    }

    /// cargo calls the folder of the `dev` profile `debug`.
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Shipped => "wasm",
        }
    }
}

/// Builds the client and returns the folder the server serves.
pub fn build(workspace: &Workspace, profile: ClientProfile) -> anyhow::Result<PathBuf> {
    add_wasm_target()?;
    let mut cargo = process::cargo();
    cargo.current_dir(workspace.root());
    cargo.args(["build", "--package", "openflow-client", "--target", WASM_TARGET]);
    cargo.args(["--profile", profile.cargo_profile()]);
    process::run(&mut cargo)?;

    let module = workspace.target_dir().join(WASM_TARGET).join(profile.folder()).join("openflow-client.wasm");
    let wasm = fs::read(&module).with_context(|| format!("reading `{}`", module.display()))?;
    let shrink = (profile == ClientProfile::Shipped).then(|| process::find_program("wasm-opt")).flatten();

    let web_dir = workspace.web_dir();
    let stamp = bundle::stamp(&workspace.root().join("assets"), &wasm, [shrink.is_some(), keeps_names(profile)])?;
    if bundle::is_current(&web_dir, &stamp) {
        return Ok(web_dir);
    }
    let bindgen_dir = tempfile::tempdir_in(workspace.target_dir()).context("making a folder for wasm-bindgen")?;
    write_bindings(wasm, bindgen_dir.path(), profile)?;
    if let Some(wasm_opt) = shrink {
        shrink_module(&wasm_opt, &bindgen_dir.path().join("openflow_bg.wasm"))?;
    }
    if profile == ClientProfile::Shipped {
        compress(&bindgen_dir.path().join("openflow_bg.wasm"))?;
    }
    bundle::lay_out(&workspace.root().join("assets"), bindgen_dir.path(), &web_dir, &stamp)?;
    eprintln!("web client: {}", web_dir.display());
    Ok(web_dir)
}

/// rustup adds the target when it is missing. Toolchains that are not rustup's must bring it.
pub fn add_wasm_target() -> anyhow::Result<()> {
    let libraries = process::read(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM_TARGET]))?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    process::run(Command::new("rustup").args(["target", "add", WASM_TARGET]))
        .with_context(|| format!("the Rust target `{WASM_TARGET}` is missing and rustup could not add it"))
}

/// Names of functions are a sixth of the module. Profiling wants them: `OPENFLOW_CLIENT_NAMES=1` keeps them.
fn keeps_names(profile: ClientProfile) -> bool {
    profile == ClientProfile::Dev || std::env::var_os("OPENFLOW_CLIENT_NAMES").is_some()
}

fn write_bindings(wasm: Vec<u8>, folder: &Path, profile: ClientProfile) -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.remove_name_section(!keeps_names(profile));
    bindgen.input_bytes("openflow", wasm).web(true)?.typescript(false).remove_producers_section(true);
    bindgen.generate(folder).context("writing the JavaScript around the client")
}

/// Beside the file, where the server looks for it. The best there is takes seconds, which nobody waits for later.
fn compress(file: &Path) -> anyhow::Result<()> {
    let module = fs::read(file).context("reading the module")?;
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 24, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut module.as_slice(), &mut compressed, &parameters).context("compressing the module")?;
    let mut name = file.as_os_str().to_owned();
    name.push(".br");
    fs::write(name, compressed).context("writing the compressed module")
}

/// A smaller module is nice to have: an old `wasm-opt` that does not know today's wasm is no failure.
fn shrink_module(wasm_opt: &Path, module: &Path) -> anyhow::Result<()> {
    let smaller = module.with_extension("smaller");
    let mut command = Command::new(wasm_opt);
    command.args(["-Os", "--enable-bulk-memory", "--enable-sign-ext", "--enable-mutable-globals"]);
    command.args(["--enable-nontrapping-float-to-int", "--enable-reference-types", "--enable-multivalue"]);
    // `read`, because what it says about wasm it does not know helps nobody.
    if process::read(command.arg(module).arg("-o").arg(&smaller)).is_err() {
        eprintln!("`{}` does not know today's wasm: the client stays larger than it could be", wasm_opt.display());
        return Ok(());
    }
    fs::rename(&smaller, module).context("replacing the module by its smaller form")
}
