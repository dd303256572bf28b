//! IndexedDB as shelves of bytes by key: what has to outlive the page and is too much for `storage`.
//!
//! Private windows may have none, and it may be full: then nothing is kept, and the answer says so. A write begins when
//! the method is called, not when its answer is first waited for, so that a page on its way out still gets it started.

use std::{cell::Cell, future::Future, rc::Rc};

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransactionMode};

const NAME: &str = "openflow";
/// Raised when a shelf is added.
const VERSION: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Edits that the server has not acknowledged, by workflow, person and tab.
    Unsent,
    /// Copies of documents as they were seen last.
    Documents,
}

impl Shelf {
    const ALL: [Self; 2] = [Self::Unsent, Self::Documents];

    fn name(self) -> &'static str {
        match self {
            Self::Unsent => "unsent",
            Self::Documents => "documents",
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
        request.set_onupgradeneeded(Some(upgrade.into_js_value().unchecked_ref()));
        let answer = answer(request.unchecked_ref::<IdbOpenDbRequest>()).await?;
        Some(Self(answer.unchecked_into()))
    }

    pub async fn get(&self, shelf: Shelf, key: &str) -> Option<Vec<u8>> {
        let request = self.shelf(shelf, IdbTransactionMode::Readonly)?.get(&key.into()).ok()?;
        bytes(&answer(&request).await?)
    }

    /// Answers whether it is kept.
    pub fn put(&self, shelf: Shelf, key: &str, value: &[u8]) -> impl Future<Output = bool> + use<> {
        self.put_all(shelf, &[(key, value)])
    }

    /// All of them or none. Answers whether they are there to stay.
    pub fn put_all(&self, shelf: Shelf, entries: &[(&str, &[u8])]) -> impl Future<Output = bool> + use<> {
        let store = self.shelf(shelf, IdbTransactionMode::Readwrite);
        let store = store.filter(|store| {
            let put = |(key, value): &(&str, &[u8])| store.put_with_key(&Uint8Array::from(*value), &(*key).into());
            entries.iter().all(|entry| put(entry).is_ok())
        });
        committed(store)
    }

    /// Gives an entry another key, if it is still under this one: of several pages that ask, one hears `true`.
    pub fn claim(&self, shelf: Shelf, key: &str, as_key: &str) -> impl Future<Output = bool> + use<> {
        let store = self.shelf(shelf, IdbTransactionMode::Readwrite);
        let request = store.as_ref().and_then(|store| store.get(&key.into()).ok());
        let found = Rc::new(Cell::new(false));
        if let (Some(asked), Some(store)) = (request, store.clone()) {
            let (request, found) = (asked.clone(), found.clone());
            let (key, as_key) = (JsValue::from(key), JsValue::from(as_key));
            // Within the request's own event, as long as the transaction takes more.
            let moving = Closure::<dyn FnMut()>::new(move || {
                let value = asked.result().ok().filter(|value| !value.is_undefined());
                let moved = value.map(|value| store.put_with_key(&value, &as_key).and_then(|_| store.delete(&key)));
                found.set(moved.is_some_and(|moved| moved.is_ok()));
            });
            request.set_onsuccess(Some(moving.into_js_value().unchecked_ref()));
        }
        let committed = committed(store);
        async move { committed.await && found.get() }
    }

    /// Answers when it is gone; begins at once.
    pub fn remove(&self, shelf: Shelf, key: &str) -> impl Future<Output = bool> + use<> {
        self.remove_all(shelf, &[key])
    }

    pub fn remove_all(&self, shelf: Shelf, keys: &[&str]) -> impl Future<Output = bool> + use<> {
        let store = self.shelf(shelf, IdbTransactionMode::Readwrite);
        committed(store.filter(|store| keys.iter().all(|key| store.delete(&(*key).into()).is_ok())))
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
    let settled = JsFuture::from(Promise::new(&mut |resolve, _| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&resolve));
    }));
    let request = request.clone();
    async move {
        settled.await.ok()?;
        request.result().ok()
    }
}

/// Whether the transaction of a store is written; a page that goes away may still take it back before that.
fn committed(store: Option<IdbObjectStore>) -> impl Future<Output = bool> + use<> {
    let written = store.map(|store| {
        JsFuture::from(Promise::new(&mut |resolve, reject| {
            let transaction = store.transaction();
            transaction.set_oncomplete(Some(&resolve));
            transaction.set_onabort(Some(&reject));
        }))
    });
    async move {
        match written {
            Some(written) => written.await.is_ok(),
            None => false,
        }
    }
}
