//! Somebody does not read what they are sent, while others write a lot: what is it to the others, and what becomes of
//! them?

use std::time::Duration;

use super::{
    client::Client,
    report::Figures,
    scenario::play,
    server::Server,
    stage::{Bulk, Cast, Part},
};

/// Ten people who edit, and four programs that write 100 KB at a time.
async fn everybody(server: &Server) -> anyhow::Result<(super::dialect::Dialect, Cast)> {
    let document = server.documents(1).await?.remove(0);
    let person = Part { edits_per_second: 10.0, ..Part::default() };
    let writer = Part { bulk: Some(Bulk { per_second: 15.0, bytes: 100_000 }), ..Part::default() };
    let parts = std::iter::repeat_n(person, 10).chain(std::iter::repeat_n(writer, 4));
    let cast = Cast::join(parts.map(|part| (document.clone(), part)).collect()).await?;
    Ok((document, cast))
}

pub async fn play_beside(server: &Server, time: Duration) -> anyhow::Result<Figures> {
    let (_, cast) = everybody(server).await?;
    let without = play(server, cast, time).await?;
    let (document, cast) = everybody(server).await?;
    // It joins, and then never reads.
    let slow = Client::join(u32::MAX, &document).await?;
    let mut figures = play(server, cast, time).await?;
    figures.p99_without_ms = without.travel.map(|travel| travel.p99_ms);
    figures.expected_deliveries_per_second = figures.edits_per_second * 13.0;
    let alone = without.travel.map_or(0.0, |travel| travel.p99_ms);
    figures.note = Some(format!("without the slow client the others' p99 is {alone:.1} ms; {}", fate_of(slow).await));
    Ok(figures)
}

/// What became of a client that did not read.
async fn fate_of(mut slow: Client) -> String {
    let reading = async {
        loop {
            if let Err(error) = slow.next().await {
                return format!("slow client: {error:#}");
            }
        }
    };
    let fate = tokio::time::timeout(Duration::from_secs(3), reading).await;
    fate.unwrap_or_else(|_| "slow client: kept, all it missed was sent later".to_owned())
}
