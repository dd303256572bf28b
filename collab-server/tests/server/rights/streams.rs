//! A stream of events outlasts its request, and ends with the right to it.

use std::time::Duration;

use serde_json::json;
use shared::id::RunId;
use tokio::time::{Instant, timeout};

use crate::{
    runs::{
        create, output, outputs_when, question, start,
        vendor::{Vendor, with_private_network},
    },
    support::on_each_database,
};

/// Far more than anything takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// Without a word the server looks again every 15 s: what ends sooner was told.
const TOLD_WITHIN: Duration = Duration::from_secs(10);

/// The events of a run under way, over a real socket.
struct Stream {
    answer: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(address: std::net::SocketAddr, run: RunId, token: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().expect("a plain client");
        let url = format!("http://{address}/api/runs/{run}/events");
        let answer = client.get(url).bearer_auth(token).send().await.expect("an answer");
        let mut stream = Self { answer: answer.error_for_status().expect("a stream"), text: String::new() };
        stream.until("event: text_delta").await;
        stream
    }

    /// Reads until `part` has come.
    async fn until(&mut self, part: &str) {
        while !self.text.contains(part) {
            assert!(self.more().await, "the stream ended before `{part}`: {}", self.text);
        }
    }

    /// Reads to the end. Yields how long that took.
    async fn ends(&mut self) -> Duration {
        let began = Instant::now();
        while self.more().await {}
        began.elapsed()
    }

    async fn more(&mut self) -> bool {
        let next = timeout(PATIENCE, self.answer.chunk()).await.expect("the stream goes on or ends");
        let Some(bytes) = next.expect("an open line") else { return false };
        self.text.push_str(&String::from_utf8_lossy(&bytes));
        true
    }
}

on_each_database! {
    async fn a_stream_of_events_ends_with_the_sign_in_the_key_or_the_membership(app: TestApp) {
        let app = with_private_network(app).await;
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        let vendor = Vendor::start(&ada).await;
        ada.invite(&eve, "viewer").await;
        let workflow = create(&ada, question("Say hello")).await;
        let run = start(&ada, workflow, json!({})).await.id;
        outputs_when(&app, workflow, |o| output(o, "ask").is_some_and(|ask| ask.text == "Hello")).await;

        let again = app.signed_in_again("eve").await;
        let sessions = eve.get("/api/me/sessions").await.ok().json();
        let other = sessions.as_array().unwrap().iter().find(|session| session["current"] == false);
        let other = other.expect("the second sign-in")["id"].as_str().unwrap().to_owned();
        let key = eve.post("/api/me/api-keys", json!({"name": "x", "scope": "read"})).await.ok().json();

        let address = app.listen().await;
        let mut of_ada = Stream::open(address, run, ada.token()).await;
        let mut of_eve = Stream::open(address, run, eve.token()).await;
        let mut of_session = Stream::open(address, run, again.token()).await;
        let mut of_key = Stream::open(address, run, key["token"].as_str().unwrap()).await;

        let mut times = Vec::new();
        assert_eq!(eve.delete(&format!("/api/me/sessions/{other}")).await.status, 204);
        times.push(("a session", of_session.ends().await));
        assert_eq!(eve.delete(&format!("/api/me/api-keys/{}", key["key"]["id"].as_str().unwrap())).await.status, 204);
        times.push(("a key", of_key.ends().await));
        let members = format!("/api/workspaces/{}/members", ada.workspace().await);
        assert_eq!(ada.delete(&format!("{members}/{}", eve.user().id)).await.status, 204);
        times.push(("a membership", of_eve.ends().await));
        for (what, time) in times {
            println!("a stream of events ended {time:?} after {what} did");
            assert!(time < TOLD_WITHIN, "{what}: {time:?}");
        }

        // Nobody else's ends, and what ended says nothing of what came after.
        vendor.release();
        of_ada.until("event: run_finished").await;
        for ended in [of_eve, of_session, of_key] {
            assert!(!ended.text.contains("world"), "{}", ended.text);
        }
    }
}
