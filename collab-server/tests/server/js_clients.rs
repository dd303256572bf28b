//! Stock JavaScript clients: an unmodified `y-websocket` and an unmodified `@hocuspocus/provider` read and write the same
//! workflow, and see its outputs change. The scenario is tests/js/clients.mjs; this starts the server and plays its part.

use std::{path::Path, process::Stdio, time::Duration};

use shared::{id::RunId, outputs::RunSummary, run::RunStatus};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};
use uuid::Uuid;

use crate::{
    support::on_each_database,
    sync::{graph_name, new_workflow},
};

on_each_database! {
    async fn stock_providers_read_and_write_the_same_workflow(app: TestApp) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js");
        assert!(
            folder.join("node_modules").is_dir(),
            "the JavaScript clients are not installed: use `cargo xtask test`, or run `npm install --no-audit --no-fund` in {}",
            folder.display()
        );
        let ada = app.user("ada").await;
        let workflow = new_workflow(&app.state, &ada).await;
        let address = app.listen().await;

        let mut node = Command::new("node")
            .arg("clients.mjs")
            .args([&format!("ws://{address}"), ada.token(), &graph_name(workflow)])
            .current_dir(&folder)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node is installed");
        let mut lines = BufReader::new(node.stdout.take().expect("piped above")).lines();
        let mut said = Vec::new();
        let played = timeout(Duration::from_secs(120), async {
            while let Some(line) = lines.next_line().await.expect("node prints text") {
                if line == "outputs?" {
                    let summary = RunSummary {
                        started_by: ada.user().id,
                        started_by_name: "Ada".into(),
                        started_at: "2026-01-01T00:00:00Z".into(),
                        status: RunStatus::Running,
                        progress: 0.0,
                        cost_usd: None,
                    };
                    let run = RunId::from(Uuid::now_v7());
                    let node = "n1".parse().expect("a valid id");
                    let write = move |outputs: &shared::document::OutputsDocument| {
                        outputs.begin_run(run, summary, &[(node, "key".into())]);
                    };
                    app.state.rooms.write_outputs(workflow, Box::new(write)).await.expect("committed");
                }
                said.push(line);
            }
            node.wait().await.expect("node ends")
        });
        let status = played.await;
        assert!(status.as_ref().is_ok_and(|status| status.success()), "{status:?} after {said:?}");
        let expected =
            ["synced", "edited", "saved", "present", "outputs?", "outputs", "reconnected", "refused", "done"];
        assert_eq!(said, expected);

        let (graph, problems) = app.state.rooms.graph(workflow).await.expect("open");
        assert_eq!(problems, vec![]);
        let texts: Vec<_> = graph.nodes.iter().map(|(id, node)| (id.as_str(), node.params["text"].clone())).collect();
        assert_eq!(
            texts,
            [("by-hocuspocus", "".into()), ("by-y-websocket", "a 🦀! b".into()), ("offline", "later".into())]
        );
    }
}
