//! Everybody opens a document of a megabyte at the same moment.

use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::future::join_all;

use super::{
    client::Client,
    report::{Figures, Percentiles},
    server::Server,
};

pub async fn join(server: &Server, clients: usize) -> anyhow::Result<Figures> {
    let document = server.documents(1).await?.remove(0);
    let mut writer = Client::join(0, &document).await?;
    let text = "x".repeat(16 * 1024);
    for key in 0..64 {
        writer.write(&key.to_string(), &text).await?;
    }
    // Whether the server says so or not, by then it has everything.
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        // Silence is what is hoped for.
        if let Ok(heard) = tokio::time::timeout(Duration::from_millis(100), writer.next()).await {
            heard?;
        }
    }
    let before = server.usage()?;
    let joins = (1..=clients as u32).map(|number| {
        let document = &document;
        async move {
            let started = Instant::now();
            Client::join(number, document).await.map(|client| (client, started.elapsed().as_micros() as u32))
        }
    });
    let joined = join_all(joins).await.into_iter().collect::<anyhow::Result<Vec<_>>>().context("in the storm")?;
    let after = server.usage()?;
    let times: Vec<u32> = joined.iter().map(|(_, micros)| *micros).collect();
    let cpu_micros = (after.cpu_micros - before.cpu_micros) as f64;
    Ok(Figures {
        travel: Percentiles::of(times),
        cpu_micros_per_delivery: Some(cpu_micros / clients as f64),
        peak_rss_mb: after.peak_rss_kb as f64 / 1024.0,
        note: Some("times are from connecting to having the document, CPU is per join".to_owned()),
        ..Figures::default()
    })
}
