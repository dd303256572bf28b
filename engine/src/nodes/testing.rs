//! A bench for tests of nodes: runs one node on samples, and looks at what came out.

use std::{collections::BTreeMap, process::Command, sync::Arc, time::Duration};

use image::RgbaImage;
use serde_json::{Value as Json, json};
use shared::{
    run::{Approval, NodeFailure},
    value::{Media, Value, ValueType, Values},
};
use tokio_util::sync::CancellationToken;

use crate::{
    BlobStore, Inputs, LocalModels, MemoryBlobs, NodeContext, NodeError, NodeKind, Outbound, OutboundPolicy,
    context::RunScope,
    generation::DiscardGenerations,
    run::{Activity, Answered, ApprovalError, Approvals, Decision, EventLog, NoCheckpoints, StepId},
    samples::Sample,
    secret::FixedKeys,
};

/// A store and a context for one test.
pub struct Bench {
    pub blobs: Arc<MemoryBlobs>,
    pub cancel: CancellationToken,
    ctx: NodeContext,
}

impl Bench {
    pub fn new() -> Self {
        Self::with_local_models(LocalModels::none())
    }

    /// A bench on a machine with these models.
    pub fn with_local_models(local_models: LocalModels) -> Self {
        let blobs = Arc::new(MemoryBlobs::new());
        let cancel = CancellationToken::new();
        let scope = RunScope {
            run: uuid::Uuid::now_v7().into(),
            workflow: None,
            cache_scope: String::new(),
            blobs: blobs.clone(),
            // Tests talk to servers of their own, on this machine.
            outbound: Outbound::new(OutboundPolicy { allow_private: true }),
            local_models,
            keys: Arc::new(FixedKeys::none()),
            generations: Arc::new(DiscardGenerations),
            checkpoints: Arc::new(NoCheckpoints),
            approvals: Arc::new(Nods),
            activity: Activity::default(),
            within: None,
            sink: Arc::new(EventLog::default()),
        };
        let ctx = NodeContext::new(Arc::new(scope), StepId::once("node".parse().unwrap()), None, cancel.clone());
        Self { blobs, cancel, ctx }
    }

    /// Runs a node. Inputs are samples (`"sample:photo"`), plain JSON, tagged values, or lists of those.
    pub async fn run(&self, node_type: &str, inputs: Json, params: Json) -> Result<Values, NodeError> {
        let kind = NodeKind::find(node_type).unwrap_or_else(|| panic!("there is no node `{node_type}`"));
        let mut values = Inputs::new();
        for (name, json) in fields(inputs) {
            let port = kind.spec().input_type(&name).unwrap_or_else(|| panic!("`{node_type}` has no input `{name}`"));
            let items = match json {
                Json::Array(items) => items,
                single => vec![single],
            };
            let mut wired = Vec::new();
            for item in items {
                wired.push(self.value(item, port).await);
            }
            values.insert(name, wired);
        }
        let mut given = BTreeMap::new();
        for (name, json) in fields(params) {
            assert!(kind.spec().param(&name).is_some(), "`{node_type}` has no parameter `{name}`");
            let json = match sample(&json) {
                Some(sample) => serde_json::to_value(self.media(sample).await).unwrap(),
                None => json,
            };
            given.insert(name, json);
        }
        kind.run(&self.ctx, values, given).await
    }

    /// Like [`Bench::run`], for the one output that is media.
    pub async fn media_of(&self, node_type: &str, inputs: Json, params: Json) -> Media {
        let values = self.run(node_type, inputs, params).await.unwrap_or_else(|error| panic!("{error}: {error:?}"));
        values.values().find_map(Value::media).expect("an output is media").clone()
    }

    /// Like [`Bench::run`], for a run that fails: the field and the message.
    pub async fn refusal(&self, node_type: &str, inputs: Json, params: Json) -> (String, String) {
        let error = self.run(node_type, inputs, params).await.expect_err("the node refuses");
        let NodeFailure { field, message, .. } = error.failure().expect("it was not cancelled").clone();
        (field.unwrap_or_default(), message)
    }

    pub async fn media(&self, sample: &Sample) -> Media {
        sample.media(&*self.blobs).await.unwrap()
    }

    /// The pixels of a picture in the store.
    pub async fn pixels(&self, media: &Media) -> RgbaImage {
        let bytes = self.blobs.read(&media.blob).await.unwrap();
        image::load_from_memory(&bytes).unwrap().into_rgba8()
    }

    /// What ffprobe says of a file in the store.
    pub async fn probe(&self, media: &Media) -> Json {
        let path = self.blobs.local_path(&media.blob).await.unwrap();
        let args = ["-v", "error", "-show_streams", "-show_format", "-print_format", "json"];
        let output = Command::new("ffprobe").args(args).arg(path).output().expect("ffprobe is installed");
        serde_json::from_slice(&output.stdout).expect("ffprobe answers in JSON")
    }

    /// How loud a sound is from `begin` to `end` seconds, in dB: -91 is silence.
    pub async fn loudness(&self, media: &Media, begin: f64, end: f64) -> f64 {
        let path = self.blobs.local_path(&media.blob).await.unwrap();
        let filter = format!("atrim={begin}:{end},volumedetect");
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-nostats", "-i"]).arg(path).args(["-vn", "-af", &filter, "-f", "null", "-"]);
        let report = String::from_utf8(command.output().expect("ffmpeg is installed").stderr).unwrap();
        let (_, mean) = report.split_once("mean_volume: ").expect("ffmpeg measured the volume");
        mean.split(' ').next().unwrap().parse().unwrap()
    }

    async fn value(&self, json: Json, port: &ValueType) -> Value {
        if let Some(sample) = sample(&json) {
            let media = self.media(sample).await;
            return match port {
                ValueType::Mask => Value::Mask(media),
                _ => crate::media::value_of(media),
            };
        }
        match json {
            Json::String(text) => Value::Text(text),
            Json::Bool(truth) => Value::Bool(truth),
            Json::Number(number) => Value::Number(number.as_f64().unwrap()),
            tagged => serde_json::from_value(tagged).expect("a value with its type"),
        }
    }
}

/// Approves everything.
struct Nods;

#[async_trait::async_trait]
impl Approvals for Nods {
    async fn decision(&self, _: &StepId, _: &Approval, _: Duration) -> Result<Answered, ApprovalError> {
        Ok(Decision::Approved { value: None }.into())
    }
}

fn fields(json: Json) -> serde_json::Map<String, Json> {
    match json {
        Json::Object(fields) => fields,
        Json::Null => serde_json::Map::new(),
        other => panic!("not an object: {other}"),
    }
}

fn sample(json: &Json) -> Option<&'static Sample> {
    let name = json.as_str()?.strip_prefix("sample:")?;
    Some(Sample::find(name).unwrap_or_else(|| panic!("there is no sample `{name}`")))
}

/// A tagged value that refers to media in the store, to be wired on.
pub fn wired(kind: &str, media: &Media) -> Json {
    json!({"type": kind, "value": media})
}
