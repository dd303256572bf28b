//! Many documents are opened, changed and left: what does a server keep of them?

use std::time::Duration;

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    client::Client,
    dialect::Heard,
    report::Figures,
    server::{Kind, Server},
};

/// So many sockets at once.
const AT_ONCE: usize = 64;
/// Ours unloads a document half a minute after the last look at it, and looks every five seconds.
const UNTIL_UNLOADED: Duration = Duration::from_secs(38);

pub async fn touch(server: &Server, rooms: usize, active: usize) -> anyhow::Result<Figures> {
    let documents = server.documents_of_all_kinds(rooms).await?;
    // What the first of everything allocates once is no room's.
    drop(Client::join(0, &documents[0]).await?);
    let before = server.usage()?;
    let touched = stream::iter(documents.iter().enumerate()).map(|(number, document)| async move {
        let mut client = Client::join(number as u32, document).await?;
        client.edit().await?;
        // Ours and hocuspocus say when they have it; the outputs of a workflow nobody may write.
        while server.kind() != Kind::YWebsocket && !matches!(client.next().await?, Heard::Saved | Heard::Refused) {}
        anyhow::Ok(())
    });
    touched.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.context("touching rooms")?;
    let touched = server.usage()?;
    match server.kind() {
        Kind::OpenFlow | Kind::OpenFlowOnPostgres => tokio::time::sleep(UNTIL_UNLOADED).await,
        // They unload at once, or never.
        Kind::YWebsocket | Kind::Hocuspocus => tokio::time::sleep(Duration::from_secs(3)).await,
    }
    let left = server.usage()?;
    let mut people = Vec::with_capacity(active);
    for (number, document) in documents.iter().rev().step_by(rooms / active).enumerate() {
        people.push(Client::join(number as u32, document).await?);
    }
    let there = server.usage()?;
    let mb = |kb: u64| kb as f64 / 1024.0;
    Ok(Figures {
        peak_rss_mb: mb(there.peak_rss_kb),
        kb_each: Some(left.rss_kb.saturating_sub(before.rss_kb) as f64 / rooms as f64),
        resident_mb: Some(mb(there.rss_kb)),
        note: Some(format!(
            "resident {:.0} MB before, {:.0} when all were touched, {:.0} when all had left, {:.0} with {} people back; \
             KB each is what is left of a room",
            mb(before.rss_kb),
            mb(touched.rss_kb),
            mb(left.rss_kb),
            mb(there.rss_kb),
            people.len()
        )),
        ..Figures::default()
    })
}
