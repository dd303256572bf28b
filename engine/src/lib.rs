//! Plans and runs graphs: the node library, the providers of models, and the media tools behind them.
//!
//! - A node is a documented function with `#[node]`; [`catalog`] lists them all, [`NodeKind`] runs one.
//! - A [`Plan`] is what a run will execute; an [`Engine`] executes it.
//! - A node sees the world through its [`NodeContext`].
//! - Bytes live in a [`BlobStore`]; keys come from a [`KeySource`]; model calls are told to a [`GenerationSink`].
//!
//! Knows neither HTTP serving nor SQL: the server and the command line put it to work.

// What only local models use; the checks build with them, and find what nobody uses.
#![cfg_attr(not(feature = "local-models"), allow(dead_code))]

// The macros write `::engine::…`, also inside this crate.
extern crate self as engine;

mod registry;
mod context;
mod error;
mod input;
mod lists;
mod param;
mod output;
mod secret;
mod http;
mod plan;
mod cache;
pub mod blob;
pub mod generation;
pub mod media;
pub mod run;
pub mod samples;
mod local;
mod provider;
mod nodes;

pub use blob::{BlobError, BlobStore, FolderBlobs, MemoryBlobs};
pub use cache::{CachedResult, MemoryCache, ResultCache};
pub use context::NodeContext;
pub use engine_macros::{Choice, Outputs, Params, node};
pub use error::NodeError;
pub use generation::{DiscardGenerations, Generation, GenerationRecord, GenerationSink};
pub use http::{Outbound, OutboundError, OutboundPolicy, Reach};
pub use input::{Any, Args, Embedding, FromValue, InputValue, Inputs};
pub use lists::{Collected, First, Item, Paired, Routed};
pub use local::{
    Download, DownloadProgress, LocalConfig, LocalError, LocalModel, LocalModels, ModelName, NameError, PendingDownload,
};
pub use media::{Audio, File, Image, Mask, Video};
pub use output::{IntoValue, NodeOutputs, OutputValue};
pub use param::{Color, MediaFile, NodeParams, ParamHints, ParamValue, Seed};
pub use plan::{Library, NoWorkflows, Plan, PlanError, PlanScope, WorkflowSource, WorkflowSourceError, resolve};
pub use provider::{
    CallEstimate, Field, Form, HostedError, KeyAtHand, KeyCheck, Limit, LocalServer, Model, ModelCatalog, Prices,
    Route, Sound, VideoLimits, check_key, costs_nothing, estimate, hosted_model, local_servers, models,
    providers_table, served_models,
};
pub use registry::{NodeKind, catalog};
pub use run::{
    Activity, Answered, ApprovalError, Approvals, CheckpointError, Checkpoints, Decision, Engine, EngineConfig,
    EventLog, Limits, NoApprovals, NoCheckpoints, RunReport, RunRequest, RunSink, StepDone, StepEnd, StepId, VendorJob,
};
pub use secret::{FixedKeys, KeyError, KeySource, Payer, ProviderKey, Secret};

/// For the code that `#[node]` makes; nobody else calls it.
#[doc(hidden)]
pub mod private {
    pub use inventory;
    pub use serde_json;
    pub use shared::{
        node::{ChoiceOption, NodeRole, NodeSpec, ParamKind, ParamSpec, PortSpec, Resource},
        value::{ValueType, Values},
    };

    pub use crate::registry::{NodeFuture, SpecHints};
    use crate::{InputValue, OutputValue, ParamHints, ParamValue};

    pub fn finish_spec(spec: NodeSpec, example: &str, hints: &SpecHints) -> NodeSpec {
        crate::registry::finish_spec(spec, example, hints)
    }

    pub fn input_spec<T: InputValue>(name: &str, description: &str) -> PortSpec {
        PortSpec { required: T::REQUIRED, lists: T::LISTS, ..PortSpec::new(name, T::value_type(), description) }
    }

    pub fn output_spec<T: OutputValue>(name: &str, description: &str) -> PortSpec {
        PortSpec::new(name, T::value_type(), description)
    }

    pub fn param_spec<T: ParamValue>(
        name: &str,
        title: &str,
        description: &str,
        default: serde_json::Value,
        hints: ParamHints,
    ) -> ParamSpec {
        crate::param::param_spec::<T>(name, title, description, default, hints)
    }
}
