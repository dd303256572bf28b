//! A vendor that counts what is submitted, and finishes jobs when it is told to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, State},
    routing::{get, post},
};

#[derive(Clone, Default)]
pub struct Vendor(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// How often each job was asked after.
    asked: BTreeMap<usize, usize>,
    submitted: usize,
    /// Jobs up to this one are done.
    released: usize,
}

impl Vendor {
    /// Yields the vendor and its address.
    pub async fn start() -> (Self, String) {
        let vendor = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound address"));
        let router =
            Router::new().route("/jobs", post(submit)).route("/jobs/{id}", get(look)).with_state(vendor.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        (vendor, url)
    }

    pub fn submitted(&self) -> usize {
        self.0.lock().expect("no panic").submitted
    }

    pub fn asked(&self, job: usize) -> usize {
        self.0.lock().expect("no panic").asked.get(&job).copied().unwrap_or_default()
    }

    /// Finishes jobs up to this one, also those that are not submitted yet.
    pub fn release(&self, job: usize) {
        self.0.lock().expect("no panic").released = job;
    }

    pub async fn until(&self, what: &str, ready: impl Fn(&Self) -> bool) {
        for _ in 0..1200 {
            if ready(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("in a minute it did not come to this: {what}");
    }
}

/// Jobs are numbered from 1.
async fn submit(State(vendor): State<Vendor>) -> String {
    let mut inner = vendor.0.lock().expect("no panic");
    inner.submitted += 1;
    inner.submitted.to_string()
}

async fn look(State(vendor): State<Vendor>, Path(id): Path<usize>) -> String {
    let mut inner = vendor.0.lock().expect("no panic");
    *inner.asked.entry(id).or_default() += 1;
    if id <= inner.released { format!("<{id}>") } else { "working".to_owned() }
}
