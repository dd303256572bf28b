//! Control flow: lists, branches, loops, workflows within workflows, and waiting for people.
//!
//! Going through a list needs no node: a list that is wired into a single input does it (see [`shared::shape`]). What
//! stands here collects, pairs and filters lists, chooses branches, and runs whole workflows as one node.

mod approve;
mod branch;
mod lists;
mod reroute;
mod workflow;
