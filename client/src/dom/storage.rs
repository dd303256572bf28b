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

/// Keys that begin with `prefix`.
pub fn stored_keys(prefix: &str) -> Vec<String> {
    let Some(storage) = storage() else { return Vec::new() };
    let keys = (0..storage.length().unwrap_or(0)).filter_map(|index| storage.key(index).ok().flatten());
    keys.filter(|key| key.starts_with(prefix)).collect()
}

/// Storage takes text alone, hence base64.
pub fn store_bytes(key: &str, bytes: &[u8]) {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    if let Ok(encoded) = super::window().btoa(&text) {
        store(key, &encoded);
    }
}

pub fn stored_bytes(key: &str) -> Option<Vec<u8>> {
    let text = super::window().atob(&stored(key)?).ok()?;
    text.chars().map(|unit| u8::try_from(u32::from(unit)).ok()).collect()
}
