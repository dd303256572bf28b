//! `workflows`, from making one to deleting it.

mod create;
mod exchange;
mod manage;
mod migrate;

use serde_json::{Value, json};

/// Two wired nodes that every server knows.
pub fn greeting() -> Value {
    json!({
        "openflow": 1,
        "meta": {"title": "Greeting", "description": "Says hello."},
        "nodes": {
            "a": {"type": "text.input", "version": 1, "pos": [10.0, 20.0], "params": {"text": "hello"}},
            "b": {"type": "text.template", "version": 1, "pos": [300.5, 20.0], "params": {}, "title": "Greet"},
        },
        "edges": {},
    })
}
