//! Beginning a document anew: the same content under another generation, without the past.
//!
//! Deleted content leaves marks that no compaction removes. A document that has collected too many, or of which
//! something could not be read, is written afresh. Whoever has the old one is sent away (4409): its content must not be
//! merged into the new one, where it would come back from the dead.

use bytes::Bytes;
use shared::protocol::CloseCode;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    super::{
        RoomError,
        store::{Renewal, StoreError},
    },
    Room,
};

/// Against other servers on which people go on writing.
const TRIES: u32 = 10;

impl Room {
    pub(super) async fn renew(&mut self) -> Result<Uuid, RoomError> {
        self.flush(Instant::now());
        self.wait_until_written().await?;
        let mut tries = 1;
        let generation = loop {
            let retired = self.replica.clients();
            let update: Bytes = self.replica.afresh();
            let renewal = Renewal { covers: self.log.heads.clone(), update, retired };
            match self.store.renew(self.edition(), renewal).await {
                Ok(generation) => break generation,
                // Another server has committed something that is not here yet.
                Err(StoreError::Outrun) if tries < TRIES => self.catch_up().await?,
                Err(error) => return Err(error.into()),
            }
            tries += 1;
        };
        tracing::info!(document = %self.name, %generation, "began a document anew");
        self.dismiss(CloseCode::OtherGeneration, |_| true);
        self.open_again().await;
        Ok(generation)
    }

    /// Fails when the database does not take more for now.
    async fn wait_until_written(&mut self) -> Result<(), RoomError> {
        while !self.is_written() && !self.has_ended() {
            if self.stalled {
                return Err(RoomError::Unavailable);
            }
            tokio::select! {
                Ok(()) = self.progress.changed() => self.settle().await,
                folded = super::finished(&mut self.compacting) => self.compacted(folded),
            }
        }
        if self.has_ended() { Err(RoomError::NotFound) } else { Ok(()) }
    }
}
