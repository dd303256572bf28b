//! Stock JavaScript clients on two servers: an unmodified `y-websocket` on one, an unmodified `@hocuspocus/provider` on
//! the other. The scenario is tests/js/pair.mjs.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

use super::Cluster;

#[tokio::test]
async fn stock_providers_on_two_servers_work_in_one_document() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js");
    assert!(
        folder.join("node_modules").is_dir(),
        "the JavaScript clients are not installed: use `cargo xtask test`, or run `npm install --no-audit --no-fund` in {}",
        folder.display()
    );
    let mut cluster = Cluster::start(2).await;
    let ada = cluster.sign_up(0, "ada").await;
    let name = cluster.workflow(0, &ada).await;
    let url = |server: usize| format!("ws://{}", cluster.address(server));
    let mut node = Command::new("node")
        .arg("pair.mjs")
        .args([&url(0), &url(1), &ada.token, &name])
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node is installed");
    let mut lines = BufReader::new(node.stdout.take().expect("piped above")).lines();
    let mut said = Vec::new();
    let played = timeout(Duration::from_secs(120), async {
        while let Some(line) = lines.next_line().await.expect("node prints text") {
            if line == "kill?" {
                cluster.kill_server(0);
            }
            said.push(line);
        }
        node.wait().await.expect("node ends")
    });
    let status = played.await;
    assert!(status.as_ref().is_ok_and(|status| status.success()), "{status:?} after {said:?}");
    assert_eq!(said, ["synced", "edited", "saved", "present", "kill?", "gone", "done"]);
}
