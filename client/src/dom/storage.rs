//! What outlives the page: small values by key. Private windows may have no storage, and it may be full: then nothing is
//! kept, and nobody is told.

use web_sys::Storage;

fn storage() -> Option<Storage> {
    super::window().local_storage().ok().flatten()
}

pub fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

pub fn store(key: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, value);
    }
}

pub fn forget(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}
