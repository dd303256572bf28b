//! The engine from outside: nodes made with `#[node]`, graphs written as text, runs watched through a sink.

mod agent;
mod checkpoint;
mod comfy;
mod contract;
mod film;
mod fixture;
mod flow;
mod graph;
mod media;
mod model;
mod node;
mod plan;
mod random;
mod run;
mod vendor;
