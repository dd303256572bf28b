//! `openflow export` and `openflow import`, as programs.

use std::{path::Path, process::Output};

use serde_json::{Value, json};

use crate::support::TestApp;

async fn openflow(arguments: &[&str], data_dir: &Path) -> Output {
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_openflow"));
    program.args(arguments).arg("--data-dir").arg(data_dir).env("RUST_BACKTRACE", "0");
    program.output().await.expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("a text")
}

#[tokio::test]
async fn a_workflow_goes_out_and_in_again() {
    let app = TestApp::on_sqlite().await;
    let workflow = {
        let ada = app.user("ada").await;
        let body = json!({"title": "", "graph": crate::workflows::greeting()});
        ada.post("/api/workflows", body).await.ok().json()["id"].as_str().unwrap().to_owned()
    };
    let beside = openflow(&["export", &workflow], app.data_dir()).await;
    assert!(text(&beside.stderr).contains("stop it first"), "{}", text(&beside.stderr));

    let data = app.stop().await;
    let exported = openflow(&["export", &workflow], data.path()).await;
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    let graph: Value = serde_json::from_slice(&exported.stdout).unwrap();
    assert_eq!(graph["nodes"]["a"]["params"]["text"], "hello");

    let file = data.path().join("workflow.json");
    std::fs::write(&file, &exported.stdout).unwrap();
    let imported =
        openflow(&["import", file.to_str().unwrap(), "--email", "ada@example.org", "--title", "Copy"], data.path())
            .await;
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    let copy = openflow(&["export", text(&imported.stdout).trim()], data.path()).await;
    let renamed = text(&copy.stdout).replace("\"Copy\"", "\"Greeting\"");
    assert_eq!(renamed, text(&exported.stdout));
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let empty = tempfile::tempdir().unwrap();
    let nothing = openflow(&["export", "wf_00000000000000000000000000000001"], empty.path()).await;
    assert!(text(&nothing.stderr).contains("there is no database"), "{}", text(&nothing.stderr));

    let data = TestApp::on_sqlite().await.stop().await;
    let unknown = openflow(&["export", "wf_00000000000000000000000000000001"], data.path()).await;
    assert!(!unknown.status.success());
    assert!(text(&unknown.stderr).contains("the document does not exist"), "{}", text(&unknown.stderr));

    let file = data.path().join("broken.json");
    std::fs::write(&file, r#"{"openflow":1,"nodes":{"a":{"type":7}}}"#).unwrap();
    let broken = openflow(&["import", file.to_str().unwrap(), "--email", "ada@example.org"], data.path()).await;
    assert!(text(&broken.stderr).contains("nodes.a.type"), "{}", text(&broken.stderr));
    std::fs::write(&file, r#"{"openflow":1}"#).unwrap();
    let nobody = openflow(&["import", file.to_str().unwrap(), "--email", "ada@example.org"], data.path()).await;
    assert!(text(&nobody.stderr).contains("nobody here has the e-mail address"), "{}", text(&nobody.stderr));
}
