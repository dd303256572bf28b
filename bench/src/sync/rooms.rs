//! Many documents are opened, changed and left: what does a server keep of them?

use std::time::Duration;

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    client::Client,
    dialect::{Dialect, Heard},
    process::Usage,
    report::Figures,
    scenario::SETTLED,
    server::{Kind, Server},
};

/// So many sockets at once.
const AT_ONCE: usize = 64;
/// Ours unloads a document half a minute after the last look at it, looks every five seconds, and writes first what is
/// not written.
const UNLOADED_WITHIN: Duration = Duration::from_secs(90);
/// So many are touched and left before what one takes is measured: what the first of everything allocates once, such as
/// the database's pages, is no room's.
const FIRST: usize = 1_000;

pub async fn touch(server: &Server, rooms: usize, active: usize) -> anyhow::Result<Figures> {
    let documents = server.documents_of_all_kinds(FIRST + rooms).await?;
    let (first, documents) = documents.split_at(FIRST);
    touch_all(server, first).await?;
    let before = all_left(server).await?;
    touch_all(server, documents).await?;
    let touched = server.usage()?;
    let left = all_left(server).await?;
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
            "resident {:.0} MB when {FIRST} others were touched and left, {:.0} when all were touched, {:.0} when all had \
             left, {:.0} with {} people back; KB each is what is left of a room",
            mb(before.rss_kb),
            mb(touched.rss_kb),
            mb(left.rss_kb),
            mb(there.rss_kb),
            people.len()
        )),
        ..Figures::default()
    })
}

/// Opens each, changes it and leaves.
async fn touch_all(server: &Server, documents: &[Dialect]) -> anyhow::Result<()> {
    let touched = stream::iter(documents.iter().enumerate()).map(|(number, document)| async move {
        let mut client = Client::join(number as u32, document).await?;
        client.edit().await?;
        // Ours and hocuspocus say when they have it; the outputs of a workflow nobody may write.
        while server.kind() != Kind::YWebsocket && !matches!(client.next().await?, Heard::Saved | Heard::Refused) {}
        anyhow::Ok(())
    });
    touched.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.context("touching rooms")?;
    Ok(())
}

/// What is used when rooms that nobody is in had time to go.
async fn all_left(server: &Server) -> anyhow::Result<Usage> {
    match server.kind() {
        Kind::OpenFlow | Kind::OpenFlowOnPostgres => {
            let unloaded = async {
                while server.metric("openflow_rooms_open").await? > 0.0 {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                anyhow::Ok(())
            };
            tokio::time::timeout(UNLOADED_WITHIN, unloaded).await.context("rooms stay open")??;
        }
        // They unload at once, or never.
        Kind::YWebsocket | Kind::Hocuspocus => {}
    }
    tokio::time::sleep(SETTLED).await;
    server.usage()
}
