//! A secret is in the request that needs it and, sealed, in its row. Everything else that the program writes or says is
//! searched for it.

use std::{fs, path::Path};

use serde_json::{Value, json};
use sqlx::Connection;

use super::{Program, Studio, Style, Worker};
use crate::{keys::answering, support::fresh_postgres};

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

/// Every row of every table, also of bytes, which Postgres writes as hexadecimal digits. Tells how many rows there are.
async fn search_tables(database_url: &str) -> usize {
    let mut postgres = sqlx::PgConnection::connect(database_url).await.expect("the test Postgres answers");
    let tables = "select table_name::text from information_schema.tables where table_schema = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut postgres).await.expect("tables");
    assert!(tables.iter().any(|table| table == "provider_key"), "{tables:?}");
    let mut searched = 0;
    for table in tables {
        let rows = sqlx::AssertSqlSafe(format!("select r::text from \"{table}\" r"));
        let rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&mut postgres).await.expect("rows");
        for row in rows {
            assert_clean(&table, row.as_bytes());
            for marker in MARKERS {
                let digits: String = marker.bytes().map(|byte| format!("{byte:02x}")).collect();
                assert!(!row.contains(&digits), "the key is in bytes of {table}");
            }
            searched += 1;
        }
    }
    searched
}

#[tokio::test]
async fn no_secret_is_anywhere_but_where_it_is_needed_on_sqlite() {
    plant_and_search(None).await;
}

/// The runs are executed by a worker, whose output is searched too.
#[tokio::test]
async fn no_secret_is_anywhere_but_where_it_is_needed_on_postgres() {
    plant_and_search(Some(fresh_postgres().await)).await;
}

async fn plant_and_search(database_url: Option<String>) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let arguments = match &database_url {
        Some(url) => vec!["--database-url".to_owned(), url.clone(), "--workers".to_owned(), "0".to_owned()],
        None => vec![],
    };
    let program = Program::start_signed_up_with(&data, &log, &arguments).await;
    let work_log = folder.path().join("work-log");
    let worker = database_url.as_ref().map(|url| Worker::start(url, &data, &work_log));
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
    // And by a provider that answers with the key it got.
    for answered in [401, 403, 500] {
        let key = json!({
            "provider": "openai", "base_url": answering(answered).await, "secret": MARKERS[0], "check": true,
        });
        let (status, text) = program.try_post(&keys, key).await;
        assert!(matches!(status, 400 | 503), "{text}");
        assert!(answered == 401 || text.contains("wrong key: Bearer [key]"), "the provider is quoted: {text}");
        said += &text;
    }

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

    drop(worker);
    // What is in memory is written when the next one starts.
    let program = program.killed_and_started(&data, &log).await;
    program.get("workspaces").await;
    let logged = fs::read(&log).expect("the log");
    assert!(count(&logged, "TRACE") > 0, "everything is logged");
    assert_clean("the log", &logged);
    // On Postgres there are only the master key, the film and the records here.
    assert!(search(&data) > 2, "the data folder is not where it was thought to be");
    if let Some(url) = &database_url {
        let logged = fs::read(&work_log).expect("the worker's log");
        assert!(count(&logged, "TRACE") > 0, "everything is logged");
        assert_clean("the worker's log", &logged);
        assert!(search_tables(url).await > 20, "the tables are not where they were thought to be");
    }
}
