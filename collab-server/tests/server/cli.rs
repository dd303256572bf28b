//! `openflow run`, as a process of its own.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};

/// Runs `openflow run` on a workflow, with `args` behind it, in `folder`.
fn openflow(folder: &Path, workflow: &Value, args: &[&str]) -> Output {
    let file = folder.join("workflow.json");
    std::fs::write(&file, workflow.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_openflow"));
    command.arg("run").arg(file).args(args).current_dir(folder);
    command.env_remove("OPENAI_API_KEY").env_remove("OPENAI_BASE_URL");
    command.output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A greeting, and the sample photograph in two sizes of mood.
fn workflow() -> Value {
    json!({
        "openflow": 1,
        "nodes": {
            "who": {"type": "text.input", "params": {"name": "who", "value": "world"}},
            "greet": {"type": "text.join", "params": {"separator": " "}},
            "hello": {"type": "text.input", "params": {"name": "greeting", "value": "Hello"}},
            "out": {"type": "output.text", "params": {"name": "greeting"}},
            "photo": {"type": "image.load", "params": {"name": "photo"}},
            "blur": {"type": "image.blur", "params": {"radius": 3}},
            "poster": {"type": "output.image", "params": {"name": "poster"}},
        },
        "edges": {
            "greet:texts:a": {"from": "hello", "output": "text", "to": "greet", "input": "texts"},
            "greet:texts:b": {"from": "who", "output": "text", "to": "greet", "input": "texts"},
            "out:text": {"from": "greet", "output": "text", "to": "out", "input": "text"},
            "blur:image": {"from": "photo", "output": "image", "to": "blur", "input": "image"},
            "poster:image": {"from": "blur", "output": "image", "to": "poster", "input": "image"},
        },
    })
}

fn photo(folder: &Path) -> String {
    let sample = engine::samples::Sample::find("photo").unwrap();
    let path = folder.join("my photo.jpg");
    std::fs::write(&path, sample.bytes).unwrap();
    format!("photo={}", path.display())
}

#[test]
fn outputs_are_files_with_their_names_and_endings() {
    let folder = tempfile::tempdir().unwrap();
    let photo = photo(folder.path());
    let args = ["--input", "who=Ada", "--input", &photo, "--output-dir", "results", "--json"];
    let output = openflow(folder.path(), &workflow(), &args);
    assert!(output.status.success(), "{}", said(&output.stderr));
    let results = folder.path().join("results");
    assert_eq!(std::fs::read_to_string(results.join("greeting.txt")).unwrap(), "Hello Ada");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["status"], &report["outputs"]["greeting"]["value"]), (&json!("done"), &json!("Hello Ada")));
    let poster = report["outputs"]["poster"]["files"][0].as_str().unwrap();
    let kind = infer::get_from_path(folder.path().join(poster)).unwrap().unwrap();
    assert_eq!(Path::new(poster).extension().unwrap().to_str(), Some(kind.extension()));
    assert!(said(&output.stderr).contains("Blur"), "{}", said(&output.stderr));
}

#[test]
fn texts_are_printed_where_no_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut workflow = workflow();
    for id in ["photo", "blur", "poster"] {
        workflow["nodes"].as_object_mut().unwrap().remove(id);
    }
    for id in ["blur:image", "poster:image"] {
        workflow["edges"].as_object_mut().unwrap().remove(id);
    }
    let output = openflow(folder.path(), &workflow, &[]);
    assert!(output.status.success(), "{}", said(&output.stderr));
    assert_eq!(said(&output.stdout), "greeting: Hello world\n");
}

#[test]
fn what_cannot_run_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut workflow = workflow();
        change(&mut workflow);
        let output = openflow(folder.path(), &workflow, &[]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output.stderr));
        assert!(output.stdout.is_empty());
        said(&output.stderr)
    };
    let said = wrong(&|w| w["nodes"]["blur"]["params"]["radius"] = json!(-5));
    assert!(said.contains("nodes.blur.radius"), "{said}");
    let said = wrong(&|w| w["nodes"]["blur"]["type"] = json!("image.vanished"));
    assert!(said.contains("nodes.blur") && said.contains("image.vanished"), "{said}");
    let said = wrong(&|w| w["nodes"]["blur"]["pos"] = json!("here"));
    assert!(said.contains("nodes.blur.pos"), "{said}");
}

#[test]
fn an_unknown_input_is_refused_with_the_names_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let output = openflow(folder.path(), &workflow(), &["--input", "whom=Ada", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["message"], json!("the workflow has no input `whom`: it has `greeting`, `photo`, `who`"));
}

#[test]
fn a_failed_node_fails_the_command_and_keeps_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let mut workflow = workflow();
    workflow["nodes"]["ask"] = json!({"type": "text.chat", "params": {"prompt": "Hello"}});
    let photo = photo(folder.path());
    let output = openflow(folder.path(), &workflow, &["--json", "--input", &photo, "--output-dir", "results"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["status"], &report["failures"]["ask"]["code"]), (&json!("failed"), &json!("missing_key")));
    assert!(folder.path().join("results/greeting.txt").exists());
}
