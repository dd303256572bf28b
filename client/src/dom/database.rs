//! IndexedDB as shelves of bytes by key: what has to outlive the page and is too much for `storage`.
//!
//! Private windows may have none, and it may be full: then nothing is kept, and the answer says so. A write begins when
//! the method is called, not when its answer is first waited for, so that a page on its way out still gets it started.

use std::{cell::RefCell, future::Future, rc::Rc};

use futures_channel::oneshot;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    IdbDatabase, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction, IdbTransactionMode,
};

const NAME: &str = "openflow";
/// Raised when a shelf is added.
const VERSION: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Edits that the server has not acknowledged, by workflow, person and tab.
    Unsent,
    /// Copies of documents as they were seen last.
    Documents,
    /// What unsent edits meant, where the document was begun anew meanwhile.
    Rebase,
}

impl Shelf {
    const ALL: [Self; 3] = [Self::Unsent, Self::Documents, Self::Rebase];

    fn name(self) -> &'static str {
        match self {
            Self::Unsent => "unsent",
            Self::Documents => "documents",
            Self::Rebase => "rebase",
        }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Database(IdbDatabase);

impl Database {
    pub async fn open() -> Option<Self> {
        let request = super::window().indexed_db().ok()??.open_with_u32(NAME, VERSION).ok()?;
        let upgrade = {
            let request = request.clone();
            Closure::<dyn FnMut()>::new(move || {
                let Ok(database) = request.result().map(JsCast::unchecked_into::<IdbDatabase>) else { return };
                let names = database.object_store_names();
                for shelf in Shelf::ALL.into_iter().filter(|shelf| !names.contains(shelf.name())) {
                    let _ = database.create_object_store(shelf.name());
                }
            })
        };
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let answer = answer(request.unchecked_ref::<IdbOpenDbRequest>()).await?;
        Some(Self(answer.unchecked_into()))
    }

    pub async fn get(&self, shelf: Shelf, key: &str) -> Option<Vec<u8>> {
        let request = self.shelf(shelf, IdbTransactionMode::Readonly)?.get(&key.into()).ok()?;
        bytes(&answer(&request).await?)
    }

    /// Answers whether it is kept.
    pub fn put(&self, shelf: Shelf, key: &str, value: &[u8]) -> impl Future<Output = bool> + use<> {
        let store = self.shelf(shelf, IdbTransactionMode::Readwrite);
        let request = store.and_then(|store| store.put_with_key(&Uint8Array::from(value), &key.into()).ok());
        let answer = request.map(|request| answer(&request));
        async move {
            match answer {
                Some(answer) => answer.await.is_some(),
                None => false,
            }
        }
    }

    pub fn remove(&self, shelf: Shelf, key: &str) {
        if let Some(store) = self.shelf(shelf, IdbTransactionMode::Readwrite) {
            let _ = store.delete(&key.into());
        }
    }

    /// Writes all of it or nothing, and answers which. Done means done: the page may go away then.
    pub fn write(
        &self,
        puts: &[(Shelf, &str, &[u8])],
        removals: &[(Shelf, &str)],
    ) -> impl Future<Output = bool> + use<> {
        let done = self.begin(puts, removals);
        async move {
            match done {
                Some(done) => done.await,
                None => false,
            }
        }
    }

    fn begin(
        &self,
        puts: &[(Shelf, &str, &[u8])],
        removals: &[(Shelf, &str)],
    ) -> Option<impl Future<Output = bool> + use<>> {
        let names: Array = Shelf::ALL.into_iter().map(|shelf| JsValue::from(shelf.name())).collect();
        let mode = IdbTransactionMode::Readwrite;
        let transaction = self.0.transaction_with_str_sequence_and_mode(&names, mode).ok()?;
        let done = committed(&transaction);
        for (shelf, key, value) in puts {
            let store = transaction.object_store(shelf.name()).ok()?;
            if store.put_with_key(&Uint8Array::from(*value), &(*key).into()).is_err() {
                // Nothing is removed without what replaces it.
                let _ = transaction.abort();
                return None;
            }
        }
        for (shelf, key) in removals {
            let _ = transaction.object_store(shelf.name()).ok()?.delete(&(*key).into());
        }
        Some(done)
    }

    pub fn clear(&self, shelf: Shelf) {
        if let Some(store) = self.shelf(shelf, IdbTransactionMode::Readwrite) {
            let _ = store.clear();
        }
    }

    /// Everything whose key begins with `prefix`.
    pub async fn with_prefix(&self, shelf: Shelf, prefix: &str) -> Vec<(String, Vec<u8>)> {
        self.find(shelf, prefix).await.unwrap_or_default()
    }

    async fn find(&self, shelf: Shelf, prefix: &str) -> Option<Vec<(String, Vec<u8>)>> {
        let range = IdbKeyRange::bound(&prefix.into(), &format!("{prefix}\u{ffff}").into()).ok()?;
        let store = self.shelf(shelf, IdbTransactionMode::Readonly)?;
        // Both asked before either is waited for: a transaction with nothing to do ends.
        let (keys, values) = (store.get_all_keys_with_key(&range).ok()?, store.get_all_with_key(&range).ok()?);
        let (keys, values) = (answer(&keys), answer(&values));
        let (keys, values) = (keys.await?, values.await?);
        let (keys, values) = (keys.unchecked_into::<Array>(), values.unchecked_into::<Array>());
        let pairs = keys.iter().zip(values.iter());
        Some(pairs.filter_map(|(key, value)| Some((key.as_string()?, bytes(&value)?))).collect())
    }

    fn shelf(&self, shelf: Shelf, mode: IdbTransactionMode) -> Option<IdbObjectStore> {
        let transaction = self.0.transaction_with_str_and_mode(shelf.name(), mode).ok()?;
        transaction.object_store(shelf.name()).ok()
    }
}

/// Copies of documents are for whoever is signed in; unsent edits stay, they are nowhere else.
pub async fn forget_copies() {
    if let Some(database) = Database::open().await {
        database.clear(Shelf::Documents);
    }
}

fn bytes(value: &JsValue) -> Option<Vec<u8>> {
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
}

/// What comes of a request; `None` if it failed. Listens from the moment of the call.
fn answer(request: &IdbRequest) -> impl Future<Output = Option<JsValue>> + use<> {
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let settle = {
        let request = request.clone();
        Closure::<dyn FnMut()>::new(move || {
            if let Some(sender) = sender.borrow_mut().take() {
                let _ = sender.send(request.result().ok());
            }
        })
    };
    request.set_onsuccess(Some(settle.as_ref().unchecked_ref()));
    request.set_onerror(Some(settle.as_ref().unchecked_ref()));
    let request = request.clone();
    async move {
        let answer = receiver.await.ok().flatten();
        request.set_onsuccess(None);
        request.set_onerror(None);
        drop(settle);
        answer
    }
}

/// Whether a transaction ends well. Listens from the moment of the call.
fn committed(transaction: &IdbTransaction) -> impl Future<Output = bool> + use<> {
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let settle = |well: bool| {
        let sender = sender.clone();
        Closure::<dyn FnMut()>::new(move || {
            if let Some(sender) = sender.borrow_mut().take() {
                let _ = sender.send(well);
            }
        })
    };
    let (complete, abort) = (settle(true), settle(false));
    transaction.set_oncomplete(Some(complete.as_ref().unchecked_ref()));
    // An error that nobody handles aborts too.
    transaction.set_onabort(Some(abort.as_ref().unchecked_ref()));
    let transaction = transaction.clone();
    async move {
        let well = receiver.await.unwrap_or(false);
        transaction.set_oncomplete(None);
        transaction.set_onabort(None);
        drop((complete, abort));
        well
    }
}
