//! Somebody's line breaks and they come back at once: how long until the others see them again?

use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::time::{sleep_until, timeout};

use super::{client::Client, report::Figures, server::Server};

/// The Yjs client id of whoever comes back: pages keep theirs.
const CLIENT: u64 = 4711;
/// Stock clients repeat themselves with a newer clock after so long.
const RENEW: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_secs(40);

pub async fn come_back(server: &Server) -> anyhow::Result<Figures> {
    let document = server.documents(1).await?.remove(0);
    let mut witness = Client::join(0, &document).await?;
    let mut person = Client::join(1, &document).await?;
    let mut clock = 7;
    person.appear(CLIENT, clock).await?;
    see(&mut witness, true).await.context("somebody who comes")?;
    drop(person);
    see(&mut witness, false).await.context("somebody who goes")?;

    let started = Instant::now();
    let mut person = Client::join(2, &document).await?;
    person.appear(CLIENT, clock).await?;
    let mut renew_at = tokio::time::Instant::now() + RENEW;
    let seen = timeout(PATIENCE, async {
        while !witness.sees(CLIENT) {
            tokio::select! {
                heard = witness.next() => { heard?; }
                heard = person.next() => { heard?; }
                () = sleep_until(renew_at) => {
                    clock += 1;
                    person.appear(CLIENT, clock).await?;
                    renew_at += RENEW;
                }
            }
        }
        anyhow::Ok(())
    });
    seen.await.context("somebody who came back is not seen")??;
    let back_ms = started.elapsed().as_secs_f64() * 1e3;
    Ok(Figures {
        presence_back_ms: Some(back_ms),
        peak_rss_mb: server.usage()?.peak_rss_kb as f64 / 1024.0,
        note: Some(format!("seen again after {back_ms:.0} ms")),
        ..Figures::default()
    })
}

async fn see(witness: &mut Client, there: bool) -> anyhow::Result<()> {
    timeout(PATIENCE, async {
        while witness.sees(CLIENT) != there {
            witness.next().await?;
        }
        anyhow::Ok(())
    })
    .await
    .context("waiting")?
}
