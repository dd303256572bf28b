//! A server that is killed while a film is made goes on with it when it is started again, and pays once.

use serde_json::{Value, json};

use super::{Program, Studio, Style, studio::FILM};

#[expect(clippy::print_stdout, reason = "the figures are what these tests are for")]
async fn killed_while_a_film_is_made(style: Style) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let studio = Studio::start(style).await;
    let program = Program::start_signed_up(&data, &log).await;
    let workspace = program.workspace().await;
    let key = json!({"provider": style.provider(), "base_url": studio.base_url(), "secret": "key-0123456789abcdef"});
    program.post(&format!("workspaces/{workspace}/keys"), key).await;
    let (_, run) = program.run(style.graph()).await;
    // The job's id is stored before the job is asked after.
    studio.until_asked(2).await;
    let program = program.killed_and_started(&data, &log).await;
    // A question of the dead process may have been on its way.
    let asked = studio.questions();
    studio.until_asked(asked + 2).await;
    assert_eq!(studio.orders(), 1, "{style:?}: ordered again");
    studio.finish();

    let run = program.ended(&run).await;
    assert_eq!((&run["status"], &run["attempt"]), (&json!("done"), &json!(2)), "{style:?}: {run}");
    assert_eq!(studio.orders(), 1, "{style:?}: ordered again");
    let measured = |records: &Value| records[0]["record"].get("video_meta").is_some();
    let records = program.get_when(&format!("workspaces/{workspace}/generations"), measured).await;
    assert_eq!(records.as_array().map(Vec::len), Some(1), "{style:?}: {records}");
    let record = &records[0]["record"];
    assert_eq!((&record["outcome"], &record["type"]), (&json!("ok"), &json!("video")), "{style:?}: {record}");
    assert_eq!((&record["provider"], &record["run_id"]), (&json!(style.provider()), &run["id"]));
    assert_eq!((&record["input"]["prompt"], &record["node_id"]), (&json!("A boat"), &json!("film")));
    assert_eq!(record["output"]["file_size_bytes"], json!(FILM.len()));
    let blob = record["output"]["blob"].as_str().expect("a blob");
    assert!(program.get_bytes(&format!("blobs/{blob}")).await == FILM, "{style:?}: the film is not the vendor's");
    let spend = program.get(&format!("workspaces/{workspace}/spend")).await;
    assert_eq!(spend["total"]["calls"], json!(1), "{style:?}: {spend}");
    println!(
        "{style:?}: killed with -9, ordered {} time, asked again after {asked} questions, {} bytes stored, record {}",
        studio.orders(),
        FILM.len(),
        record["outcome"]
    );
}

#[tokio::test]
async fn a_killed_server_goes_on_with_a_film_of_fal() {
    killed_while_a_film_is_made(Style::Fal).await;
}

#[tokio::test]
async fn a_killed_server_goes_on_with_a_film_of_replicate() {
    killed_while_a_film_is_made(Style::Replicate).await;
}

#[tokio::test]
async fn a_killed_server_goes_on_with_a_film_of_veo() {
    killed_while_a_film_is_made(Style::Veo).await;
}
