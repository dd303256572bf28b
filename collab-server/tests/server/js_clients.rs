//! Stock JavaScript clients: an unmodified `y-websocket` and an unmodified `@hocuspocus/provider` read and write the same
//! workflow, and see its outputs change during a run. The scenario is tests/js/clients.mjs; this starts the server, and
//! the run when it is asked to.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::json;
use shared::api::Workflow;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

use crate::{
    runs::{
        question, start,
        vendor::{Vendor, with_private_network},
    },
    support::on_each_database,
    sync::graph_name,
};

on_each_database! {
    async fn stock_providers_read_and_write_the_same_workflow(app: TestApp) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js");
        assert!(
            folder.join("node_modules").is_dir(),
            "the JavaScript clients are not installed: use `cargo xtask test`, or run `npm install --no-audit --no-fund` in {}",
            folder.display()
        );
        let app = with_private_network(app).await;
        let ada = app.user("ada").await;
        let vendor = Vendor::start(&ada).await;
        let body = json!({"title": "Test", "graph": question("What do stock clients see?")});
        let workflow = ada.post("/api/workflows", body).await.ok().read_as::<Workflow>().id;
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
                match line.as_str() {
                    // The notes that the clients wrote are of no type that this server knows.
                    "run?" => drop(start(&ada, workflow, json!({"targets": ["out"]})).await),
                    "streaming" => vendor.release(),
                    _ => {}
                }
                said.push(line);
            }
            node.wait().await.expect("node ends")
        });
        let status = played.await;
        assert!(status.as_ref().is_ok_and(|status| status.success()), "{status:?} after {said:?}");
        let expected =
            ["synced", "edited", "saved", "present", "run?", "streaming", "outputs", "reconnected", "refused", "done"];
        assert_eq!(said, expected);

        let (mut graph, problems) = app.state.rooms.graph(workflow).await.expect("open");
        assert_eq!(problems, vec![]);
        graph.nodes.retain(|_, node| node.node_type == "text.note");
        let texts: Vec<_> = graph.nodes.iter().map(|(id, node)| (id.as_str(), node.params["text"].clone())).collect();
        assert_eq!(
            texts,
            [("by-hocuspocus", "".into()), ("by-y-websocket", "a 🦀! b".into()), ("offline", "later".into())]
        );
    }
}
