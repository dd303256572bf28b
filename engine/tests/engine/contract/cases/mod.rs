//! Every vendor with everything it does, but films from words and pictures (those have a folder of their own): which node
//! and model it is tried with, where it takes the request, and how it answers when all goes well.

mod films;
mod pictures;
mod sounds;
mod words;

use serde_json::Value;

/// One vendor with one thing it does.
#[derive(Clone, Copy)]
pub struct Case {
    pub provider: &'static str,
    pub capability: &'static str,
    pub model: &'static str,
    /// The header that the key stands in, and what stands before it.
    pub key: (&'static str, &'static str),
    /// Where the request goes.
    pub path: &'static str,
    pub answer: Answer,
    /// What HTTP 200 says when the content policy is at work.
    pub blocked: Option<fn() -> Value>,
}

/// What a result can be made of.
pub struct Made<'a> {
    pub base64: &'a str,
    pub hex: &'a str,
    /// At another origin.
    pub url: &'a str,
    /// The vendor's own address.
    pub base: &'a str,
}

#[derive(Clone, Copy)]
pub enum Answer {
    /// The result itself.
    Bytes(&'static str),
    /// The result, or its address, within JSON.
    Json(fn(&Made<'_>) -> Value),
    /// A job: what the order is answered with, and the questions about it.
    Job(Job),
    /// A stream of events.
    Events(fn() -> Vec<Value>),
}

#[derive(Clone, Copy)]
pub struct Job {
    pub taken: fn(&Made<'_>) -> Value,
    /// Answers to a question at this path: 0 waits, 1 works, 2 is done.
    pub state: fn(&str, usize, &Made<'_>) -> Option<Value>,
    /// The path that stops it; empty: there is none.
    pub cancel: &'static str,
    /// The path at the vendor itself where the result is; empty: it is elsewhere.
    pub content: &'static str,
}

/// All of them.
pub fn all() -> Vec<Case> {
    [films::all(), pictures::all(), sounds::all(), words::all()].concat()
}

/// How a vendor is asked: its name and where its key stands.
#[derive(Clone, Copy)]
struct Vendor(&'static str, (&'static str, &'static str));

const fn bearer(provider: &'static str) -> Vendor {
    Vendor(provider, ("authorization", "Bearer "))
}

const FAL: Vendor = Vendor("fal", ("authorization", "Key "));
const GOOGLE: Vendor = Vendor("google", ("x-goog-api-key", ""));
const ELEVENLABS: Vendor = Vendor("elevenlabs", ("xi-api-key", ""));

impl Vendor {
    /// What it does, tried with this model and answered at this path.
    fn does(self, capability: &'static str, model: &'static str, path: &'static str, answer: Answer) -> Case {
        let Self(provider, key) = self;
        Case { provider, capability, model, key, path, answer, blocked: None }
    }
}

impl Case {
    /// What HTTP 200 says when the content policy is at work.
    fn blocking(self, blocked: fn() -> Value) -> Self {
        Self { blocked: Some(blocked), ..self }
    }
}
