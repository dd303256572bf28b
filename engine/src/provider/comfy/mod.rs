//! ComfyUI: a server of one's own that runs workflows of its own kind. For the node in `nodes/model/comfy.rs`.
//!
//! It is told under which id a job is to run. So the id is stored before the job is sent, and a run that is taken up
//! again finds the job by it: the server has it, or has never had it.

mod ear;

use reqwest::Method;
use serde_json::{Value as Json, json};
use shared::run::FailureCode;

use super::{
    ProviderError, check,
    rest::{Auth, Body, OrderError, Part, Profile, Rest},
    split_connection,
};
use crate::{NodeContext, NodeError, secret::Payer};

pub(crate) use ear::{Ear, Heard};

pub(super) static PROFILE: Profile = Profile {
    name: "comfyui",
    // Asked for by hosts of it only; at home it has no keys.
    auth: Auth::Header("x-api-key"),
    base: "http://127.0.0.1:8188",
    also: &[],
    check: Some("/system_stats"),
    offers: &[],
};

const RESULT_MAX_BYTES: u64 = 2 << 30;

/// One ComfyUI server.
pub(crate) struct ComfyUi {
    rest: Rest,
    pub payer: Option<Payer>,
}

/// How far a job is.
#[derive(Debug)]
pub(crate) enum ComfyJob {
    Queued,
    Working,
    /// What each node kept.
    Done(Json),
    Failed(ProviderError),
    /// The server knows nothing of it.
    Unknown,
}

impl ComfyUi {
    /// The server that the connection names: `comfyui` on this machine where no key says otherwise.
    pub async fn connect(ctx: &NodeContext, connection: &str) -> Result<Self, NodeError> {
        let (provider, name) = match split_connection(connection) {
            ("", name) => (PROFILE.name, name),
            named => named,
        };
        let key = match ctx.key(provider, name).await {
            Ok(key) => key,
            Err(error) => check::keyless(provider, name).ok_or(error.in_field("connection"))?,
        };
        if provider != PROFILE.name && key.base_url.is_none() {
            let message = format!("the key for `{provider}` needs a base URL: that of a ComfyUI server");
            return Err(NodeError::new(FailureCode::MissingKey, message).in_field("connection"));
        }
        let payer = key.payer;
        Ok(Self { rest: PROFILE.rest(ctx.http().clone(), key), payer })
    }

    /// Hands over a file; how workflows name it comes back. The folder keeps it apart from others of the same name.
    pub async fn upload(&self, folder: &str, mime: &str, bytes: bytes::Bytes) -> Result<String, ProviderError> {
        let name = match mime {
            "image/jpeg" => "input.jpg",
            "image/webp" => "input.webp",
            "video/mp4" => "input.mp4",
            "video/webm" => "input.webm",
            "audio/mpeg" => "input.mp3",
            "audio/ogg" => "input.ogg",
            mime if mime.starts_with("audio/") => "input.wav",
            mime if mime.starts_with("video/") => "input.mov",
            _ => "input.png",
        };
        let form = vec![
            ("image", Part::File { name, mime: mime.to_owned(), bytes }),
            ("type", Part::Text("input".into())),
            ("subfolder", Part::Text(format!("openflow/{folder}"))),
            ("overwrite", Part::Text("true".into())),
        ];
        let answer = self.rest.call(&self.rest.url("/upload/image"), &Body::Form(form)).await?.json;
        let said = |field: &str| answer[field].as_str().filter(|text| !text.is_empty());
        let name = said("name").ok_or_else(|| nonsense(&answer))?;
        Ok(said("subfolder").map_or_else(|| name.to_owned(), |folder| format!("{folder}/{name}")))
    }

    /// Listens to what the server says about a job; to be called before it is sent. `None`: it says nothing.
    pub async fn listen(&self, id: &str, workflow: &Json) -> Option<Ear> {
        Ear::open(&self.rest, id, id, workflow.as_object().map_or(0, serde_json::Map::len)).await
    }

    /// Sends the job. The id under which it runs comes back: ours, but from servers that are too old to be told.
    pub async fn submit(&self, workflow: &Json, id: &str) -> Result<String, OrderError> {
        let body = json!({"prompt": workflow, "prompt_id": id, "client_id": id});
        let answer = self.rest.order(&self.rest.url("/prompt"), &body, &[]).await.map_err(|error| match error {
            OrderError::Refused(error) => OrderError::Refused(explained(error, workflow)),
            unknown => unknown,
        })?;
        let given = answer.json["prompt_id"].as_str().ok_or_else(|| OrderError::Unknown(nonsense(&answer.json)))?;
        if let Some(why) = node_errors(&answer.json["node_errors"], workflow) {
            // The rest of the workflow would be run all the same, and its result not be what was asked for.
            self.stop(given).await;
            return Err(OrderError::Refused(ProviderError::new(FailureCode::InvalidInput, why).in_field("workflow")));
        }
        Ok(given.to_owned())
    }

    /// Asks how far the job is.
    pub async fn poll(&self, id: &str, workflow: &Json) -> Result<ComfyJob, ProviderError> {
        let history = self.rest.ask(Method::GET, &self.rest.url(&format!("/history/{id}"))).await?.json;
        if let Some(job) = history.get(id) {
            return Ok(ended(job, workflow));
        }
        let queue = self.rest.ask(Method::GET, &self.rest.url("/queue")).await?.json;
        let is_in = |list: &str| queue[list].as_array().is_some_and(|jobs| jobs.iter().any(|job| job[1] == id));
        Ok(match (is_in("queue_running"), is_in("queue_pending")) {
            (true, _) => ComfyJob::Working,
            (false, true) => ComfyJob::Queued,
            (false, false) => ComfyJob::Unknown,
        })
    }

    /// Fetches a file that a node kept.
    pub async fn fetch(&self, file: &Json) -> Result<tempfile::TempPath, ProviderError> {
        // Not across an await: a serializer cannot be sent to another thread.
        let query = {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for field in ["filename", "subfolder", "type"] {
                query.append_pair(field, file[field].as_str().unwrap_or_default());
            }
            query.finish()
        };
        self.rest.fetch(&self.rest.url(&format!("/view?{query}")), RESULT_MAX_BYTES).await
    }

    /// Tells the server that nobody waits any more, whether the job waits or works. Its best effort.
    pub async fn stop(&self, id: &str) {
        for (path, body) in [("/queue", json!({"delete": [id]})), ("/interrupt", json!({"prompt_id": id}))] {
            // What cannot be stopped ends by itself, and costs nothing.
            if self.rest.open(&self.rest.url(path), &Body::Json(body)).await.is_err() {
                tracing::info!(path, "a job of ComfyUI could not be stopped");
            }
        }
    }
}

fn nonsense(answer: &Json) -> ProviderError {
    let message = "ComfyUI answered something that makes no sense";
    ProviderError::new(FailureCode::ProviderDown, message).with_raw(&answer.to_string())
}

/// How people know a node of the workflow.
fn named(workflow: &Json, id: &str) -> String {
    let node = &workflow[id];
    let title = node.pointer("/_meta/title").or_else(|| node.get("class_type")).and_then(Json::as_str);
    title.map_or_else(|| format!("node {id}"), |title| format!("`{title}` (node {id})"))
}

/// What ComfyUI has against the workflow, in its own words, with the nodes that people know.
fn explained(error: ProviderError, workflow: &Json) -> ProviderError {
    let raw = error.raw.clone().unwrap_or_default();
    let json: Json =
        serde_json::Deserializer::from_str(&raw).into_iter().next().and_then(Result::ok).unwrap_or_default();
    let why = node_errors(&json["node_errors"], workflow).or_else(|| {
        let told = |field: &str| json["error"][field].as_str().filter(|text| !text.trim().is_empty());
        let details = told("details").map(|details| format!(": {details}")).unwrap_or_default();
        Some(format!("ComfyUI refuses the workflow: {}{details}", told("message")?))
    });
    let Some(message) = why else { return error };
    ProviderError { code: FailureCode::InvalidInput, message, field: Some("workflow"), ..error }
}

fn node_errors(errors: &Json, workflow: &Json) -> Option<String> {
    let lines: Vec<String> = errors
        .as_object()?
        .iter()
        .flat_map(|(id, node)| {
            let errors = node["errors"].as_array().into_iter().flatten();
            errors.map(move |error| {
                let said = |field: &str| error[field].as_str().unwrap_or_default();
                format!("{}: {} {}", named(workflow, id), said("message"), said("details")).trim_end().to_owned()
            })
        })
        .take(8)
        .collect();
    (!lines.is_empty()).then(|| format!("ComfyUI refuses the workflow: {}", lines.join("; ")))
}

/// How a job ended, by what the server noted of it.
fn ended(job: &Json, workflow: &Json) -> ComfyJob {
    let messages = job["status"]["messages"].as_array().into_iter().flatten();
    for message in messages {
        let data = &message[1];
        match message[0].as_str() {
            Some("execution_error") => {
                let at = named(workflow, data["node_id"].as_str().unwrap_or_default());
                let said = data["exception_message"].as_str().unwrap_or("it gave no reason").trim();
                let traceback = data["traceback"].as_array().into_iter().flatten().filter_map(Json::as_str);
                let raw: String = traceback.collect();
                let error = ProviderError::new(FailureCode::ProviderDown, format!("ComfyUI failed in {at}: {said}"));
                return ComfyJob::Failed(error.with_raw(&raw));
            }
            Some("execution_interrupted") => {
                let message = "somebody stopped the job at the ComfyUI server";
                return ComfyJob::Failed(ProviderError::new(FailureCode::ProviderDown, message));
            }
            _ => {}
        }
    }
    if job["status"]["status_str"] == "error" {
        return ComfyJob::Failed(nonsense(&job["status"]));
    }
    ComfyJob::Done(job["outputs"].clone())
}
