//! Which rooms are open: finds or starts, atomically, so that two first visitors meet in one room.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
};

use shared::protocol::DocumentName;
use tokio::sync::{Semaphore, mpsc};

use super::{RoomError, actor::Message};

/// Messages that may wait for a room.
const INBOX_LEN: usize = 256;
/// Bytes of frames that may wait for a room. A frame that is larger than this waits until it is alone.
pub const INBOX_BYTES: usize = 4 * 1024 * 1024;

/// Boxed, because a channel sets memory for 32 of its messages aside, in every room that is open.
pub type Inbox = mpsc::Sender<Box<Message>>;
/// The room's end of it.
pub type Messages = mpsc::Receiver<Box<Message>>;

/// The way to a room. Whoever holds one keeps the room from being unloaded.
#[derive(Debug)]
pub struct Handle {
    pub inbox: Inbox,
    pub inbox_bytes: Arc<Semaphore>,
    /// Set when the room could not be opened or ended; read by those whose message it will never answer.
    failure: OnceLock<RoomError>,
}

impl Handle {
    /// Why the room does not answer.
    pub fn failure(&self) -> RoomError {
        self.failure.get().cloned().unwrap_or(RoomError::Unavailable)
    }

    pub async fn send(&self, message: Message) -> Result<(), RoomError> {
        self.inbox.send(Box::new(message)).await.map_err(|_| self.failure())
    }
}

#[derive(Debug, Default)]
pub struct Registry {
    /// A lock because anybody may ask for a room; held for a look-up, never across an await.
    rooms: Mutex<Rooms>,
}

#[derive(Debug, Default)]
struct Rooms {
    open: HashMap<DocumentName, Arc<Handle>>,
    closed: bool,
}

impl Registry {
    /// The room of a document. If there is none, one is made and the caller must start its task.
    pub fn find_or_make(&self, name: DocumentName) -> Result<(Arc<Handle>, Option<Messages>), RoomError> {
        let mut rooms = self.lock();
        if rooms.closed {
            return Err(RoomError::Unavailable);
        }
        if let Some(handle) = rooms.open.get(&name) {
            return Ok((handle.clone(), None));
        }
        let (inbox, receiver) = mpsc::channel(INBOX_LEN);
        let inbox_bytes = Arc::new(Semaphore::new(INBOX_BYTES));
        let handle = Arc::new(Handle { inbox, inbox_bytes, failure: OnceLock::new() });
        rooms.open.insert(name, handle.clone());
        Ok((handle, Some(receiver)))
    }

    /// Rooms that are open now.
    pub fn open(&self) -> Vec<(DocumentName, Arc<Handle>)> {
        self.lock().open.iter().map(|(name, handle)| (*name, handle.clone())).collect()
    }

    /// The room of a document, if it is open.
    pub fn find(&self, name: DocumentName) -> Option<Arc<Handle>> {
        self.lock().open.get(&name).cloned()
    }

    /// Takes a room that has ended off the list, unless another has taken its place.
    pub fn remove(&self, name: DocumentName, ended: &Weak<Handle>) {
        let mut rooms = self.lock();
        if rooms.open.get(&name).is_some_and(|handle| ended.as_ptr() == Arc::as_ptr(handle)) {
            rooms.open.remove(&name);
        }
    }

    /// A room that could not be opened: tells why to everybody who is waiting for it.
    pub fn fail(&self, name: DocumentName, error: RoomError) {
        if let Some(handle) = self.lock().open.remove(&name) {
            // It is set once, by the task that failed.
            handle.failure.set(error).ok();
        }
    }

    /// Takes a room off the list if nobody holds a handle to it and nothing waits for it.
    ///
    /// Handles are cloned under the same lock, so nobody can get one between the look and the removal.
    pub fn remove_if_unused(&self, name: DocumentName, inbox_is_empty: impl FnOnce() -> bool) -> bool {
        let mut rooms = self.lock();
        let unused = rooms.open.get(&name).is_some_and(|handle| Arc::strong_count(handle) == 1) && inbox_is_empty();
        if unused {
            rooms.open.remove(&name);
        }
        unused
    }

    /// From now on no room is opened.
    pub fn close(&self) {
        self.lock().closed = true;
    }

    fn lock(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
