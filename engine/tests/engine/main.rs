//! The engine from outside: nodes made with `#[node]`, graphs written as text, runs watched through a sink.

mod media;
mod node;
