//! Models in memory: those used last stay, within a budget; and how many compute at once.

use std::{
    any::Any,
    collections::HashMap,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::{Notify, Semaphore};

use crate::local::LocalError;

/// The models in memory.
pub(in crate::local) struct Loaded {
    budget_bytes: u64,
    /// Held by whoever loads: two loads at once could exceed the budget, and the second often wants the same model.
    loading: tokio::sync::Mutex<()>,
    /// Std mutex: held for look-ups, never across an await.
    models: Mutex<Models>,
    /// Told whenever a model is used no more.
    released: Arc<Notify>,
    compute: Arc<Semaphore>,
}

#[derive(Default)]
struct Models {
    by_key: HashMap<String, Entry>,
    /// Counts uses: the smallest number was used longest ago.
    clock: u64,
}

struct Entry {
    model: Arc<dyn Any + Send + Sync>,
    size_bytes: u64,
    used: u64,
}

/// A model that is being used. While it lives, it counts against the budget and does not make room.
pub(super) struct InUse<M> {
    model: Option<Arc<M>>,
    released: Arc<Notify>,
}

impl<M> Deref for InUse<M> {
    type Target = M;

    fn deref(&self) -> &M {
        self.model.as_ref().expect("it is taken only when this value goes away")
    }
}

impl<M> Drop for InUse<M> {
    fn drop(&mut self) {
        drop(self.model.take());
        self.released.notify_one();
    }
}

impl Loaded {
    pub fn new(budget_bytes: u64, parallel: usize) -> Self {
        Self {
            budget_bytes,
            loading: tokio::sync::Mutex::default(),
            models: Mutex::default(),
            released: Arc::default(),
            compute: Arc::new(Semaphore::new(parallel.max(1))),
        }
    }

    /// The model under `key`, loaded if need be. `load` blocks; `size_bytes` is what it will take.
    pub(super) async fn get<M: Send + Sync + 'static>(
        &self,
        key: &str,
        name: &str,
        size_bytes: u64,
        load: impl FnOnce() -> Result<M, LocalError> + Send + 'static,
    ) -> Result<InUse<M>, LocalError> {
        if let Some(model) = self.find(key) {
            return Ok(model);
        }
        let _loading = self.loading.lock().await;
        if let Some(model) = self.find(key) {
            return Ok(model);
        }
        if size_bytes > self.budget_bytes {
            let (name, budget_bytes) = (name.to_owned(), self.budget_bytes);
            return Err(LocalError::TooLarge { name, needed_bytes: size_bytes, budget_bytes });
        }
        while !self.make_room(size_bytes) {
            self.released.notified().await;
        }
        let damaged = LocalError::Broken { name: name.to_owned(), why: "its files are not sound".to_owned() };
        let model = tokio::task::spawn_blocking(load).await.map_err(|_| damaged)??;
        let mut models = self.models();
        models.clock += 1;
        let (model, used) = (Arc::new(model), models.clock);
        models.by_key.insert(key.to_owned(), Entry { model: model.clone(), size_bytes, used });
        Ok(InUse { model: Some(model), released: self.released.clone() })
    }

    /// Computes on a thread of its own, when it is this call's turn. A panic is this call's failure.
    pub(super) async fn compute<R: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce() -> Result<R, LocalError> + Send + 'static,
    ) -> Result<R, LocalError> {
        let permit = self.compute.clone().acquire_owned().await.expect("the semaphore is never closed");
        let work = move || {
            // Also when the caller is gone by then: the cores are busy until the work itself has stopped.
            let _permit = permit;
            work()
        };
        let panicked =
            |_| LocalError::Failed { name: name.to_owned(), detail: "it led the tensor library astray".into() };
        tokio::task::spawn_blocking(work).await.map_err(panicked)?
    }

    /// Lets go of all models. Those in use end with their calls.
    pub fn forget_all(&self) {
        self.models().by_key.clear();
    }

    fn models(&self) -> MutexGuard<'_, Models> {
        self.models.lock().expect("nothing panics while it holds the lock")
    }

    fn find<M: Send + Sync + 'static>(&self, key: &str) -> Option<InUse<M>> {
        let mut models = self.models();
        models.clock += 1;
        let used = models.clock;
        let entry = models.by_key.get_mut(key)?;
        let model = entry.model.clone().downcast::<M>().ok()?;
        entry.used = used;
        Some(InUse { model: Some(model), released: self.released.clone() })
    }

    /// Drops what was used longest ago until there is room; false if everything left is in use.
    fn make_room(&self, size_bytes: u64) -> bool {
        let mut models = self.models();
        loop {
            let taken: u64 = models.by_key.values().map(|entry| entry.size_bytes).sum();
            if taken.saturating_add(size_bytes) <= self.budget_bytes {
                return true;
            }
            let idle = models.by_key.iter().filter(|(_, entry)| Arc::strong_count(&entry.model) == 1);
            let Some(oldest) = idle.min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone()) else {
                return false;
            };
            models.by_key.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn get(loaded: &Loaded, key: &str, size_bytes: u64) -> Result<InUse<String>, LocalError> {
        let model = key.to_owned();
        loaded.get(key, key, size_bytes, move || Ok(model)).await
    }

    fn keys(loaded: &Loaded) -> Vec<String> {
        let mut keys: Vec<_> = loaded.models().by_key.keys().cloned().collect();
        keys.sort();
        keys
    }

    #[tokio::test]
    async fn what_was_used_longest_ago_makes_room() {
        let loaded = Loaded::new(10, 1);
        for key in ["a", "b", "a", "c"] {
            drop(get(&loaded, key, 4).await.unwrap());
        }
        assert_eq!(keys(&loaded), ["a", "c"]);
    }

    #[tokio::test]
    async fn a_model_in_use_stays_and_the_next_one_waits() {
        let loaded = Arc::new(Loaded::new(10, 1));
        let first = get(&loaded, "a", 8).await.unwrap();
        let waiting = tokio::spawn({
            let loaded = loaded.clone();
            async move { get(&loaded, "b", 8).await.map(|model| (*model).clone()) }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!((keys(&loaded), (*first).clone()), (vec!["a".to_owned()], "a".to_owned()));
        drop(first);
        assert_eq!(waiting.await.unwrap().unwrap(), "b");
        assert_eq!(keys(&loaded), ["b"]);
    }

    #[tokio::test]
    async fn a_model_larger_than_the_budget_is_refused_unread() {
        let loaded = Loaded::new(10, 1);
        let never = || -> Result<String, LocalError> { unreachable!("it is too large to be read") };
        let refused = loaded.get("a", "a", 11, never).await.err().unwrap();
        assert_eq!(refused.to_string(), "`a` needs 11 bytes of memory, and models may take 10");
    }

    #[tokio::test]
    async fn a_panic_is_a_failure_of_its_call_alone() {
        let loaded = Loaded::new(10, 1);
        let panics = || -> Result<(), LocalError> { panic!("as a damaged model makes it") };
        assert!(matches!(loaded.compute("a", panics).await, Err(LocalError::Failed { .. })));
        assert_eq!(loaded.compute("a", || Ok(7)).await.unwrap(), 7);
        let panics = || -> Result<String, LocalError> { panic!("as a damaged file makes it") };
        assert!(matches!(loaded.get("a", "a", 1, panics).await, Err(LocalError::Broken { .. })));
        assert!(get(&loaded, "a", 1).await.is_ok());
    }
}
