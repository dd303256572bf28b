//! A secret is in the request that needs it and, sealed, in its row. Everything else that the program writes or says is
//! searched for it.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{Program, Studio, Style};

/// Nothing else on earth has these letters.
const MARKERS: [&str; 2] = ["sk-marker-workspace-Q7vX2mK9pL4w", "sk-marker-own-Zt8RbN3yHc6d"];

fn count(bytes: &[u8], text: &str) -> usize {
    bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
}

fn assert_clean(what: &str, bytes: &[u8]) {
    for marker in MARKERS {
        assert_eq!(count(bytes, marker), 0, "the key is in {what}");
    }
}

/// Every file below: the database with its log, blobs, records, temporary files.
fn search(folder: &Path) -> usize {
    let mut searched = 0;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            searched += search(&path);
        } else if let Ok(bytes) = fs::read(&path) {
            assert_clean(&path.display().to_string(), &bytes);
            searched += 1;
        }
    }
    searched
}

#[tokio::test]
async fn no_secret_is_anywhere_but_where_it_is_needed() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let program = Program::start_signed_up(&data, &log).await;
    let workspace = program.workspace().await;
    let keys = format!("workspaces/{workspace}/keys");
    let (taking, refusing) = (Studio::start(Style::Fal).await, Studio::start(Style::Replicate).await);
    taking.finish();
    refusing.refuse();

    let key = |style: Style, studio: &Studio, secret: &str| json!({"provider": style.provider(), "base_url": studio.base_url(), "secret": secret});
    let mut said = program.post(&keys, key(Style::Fal, &taking, MARKERS[0])).await.to_string();
    said += &program.post("me/keys", key(Style::Replicate, &refusing, MARKERS[1])).await.to_string();
    // Refusals of keys: one that is there already, one with a sign that no header takes, one that cannot be tried.
    let mut bad = key(Style::Fal, &taking, MARKERS[0]);
    said += &program.try_post(&keys, bad.clone()).await.1;
    bad["secret"] = json!(format!("{} ä", MARKERS[0]));
    said += &program.try_post(&keys, bad.clone()).await.1;
    bad["secret"] = json!(MARKERS[0]);
    bad["base_url"] = json!("http://127.0.0.1:9");
    bad["check"] = json!(true);
    bad["name"] = json!("Nobody there");
    let (status, text) = program.try_post(&keys, bad).await;
    assert_eq!(status, 503, "{text}");
    said += &text;

    // A film that is made, and one whose order is refused with words that repeat the key.
    for (style, status) in [(Style::Fal, "done"), (Style::Replicate, "failed")] {
        let (workflow, run) = program.run(style.graph()).await;
        let ended = program.ended(&run).await;
        assert_eq!(ended["status"], json!(status), "{ended}");
        said += &ended.to_string();
        for path in [
            format!("runs/{run}/events"),
            format!("workflows/{workflow}"),
            format!("workflows/{workflow}/graph"),
            format!("workflows/{workflow}/estimate"),
            format!("workflows/{workflow}/runs"),
        ] {
            said += &String::from_utf8_lossy(&program.get_bytes(&path).await);
        }
    }
    assert_eq!(refusing.orders(), 1, "it was shown the key");
    let two = |records: &Value| records.as_array().is_some_and(|records| records.len() == 2);
    said += &program.get_when(&format!("workspaces/{workspace}/generations"), two).await.to_string();
    for path in ["generations/export", "keys", "spend", "members"] {
        said += &String::from_utf8_lossy(&program.get_bytes(&format!("workspaces/{workspace}/{path}")).await);
    }
    said += &program.get("me/keys").await.to_string();
    said += &program.get("me").await.to_string();
    assert!(said.contains("[key]"), "the vendor's words are shown, without the key: {said}");
    assert_clean("an answer", said.as_bytes());

    // What is in memory is written when the next one starts.
    let program = program.killed_and_started(&data, &log).await;
    program.get("workspaces").await;
    let logged = fs::read(&log).expect("the log");
    assert!(count(&logged, "TRACE") > 0, "everything is logged");
    assert_clean("the log", &logged);
    assert!(search(&data) > 3, "the data folder is not where it was thought to be");
}
