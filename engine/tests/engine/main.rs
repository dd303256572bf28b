//! The engine from outside: nodes made with `#[node]`, graphs written as text, runs watched through a sink.

mod checkpoint;
mod film;
mod fixture;
mod graph;
mod media;
mod model;
mod node;
mod plan;
mod run;
mod vendor;
