//! `openflow run`: executes a workflow from a file, here and now.
//!
//! Progress goes to standard error, results to standard output and to files. Media live in a temporary folder for as
//! long as the run; nothing is kept but the outputs. Exit status: 0 done, 1 failed or cancelled, 2 cannot be run.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use clap::Args;
use engine::{
    BlobStore, DiscardGenerations, Engine, EngineConfig, FixedKeys, FolderBlobs, Limits, LocalConfig, LocalModels,
    MemoryCache, NoApprovals, NoCheckpoints, NoWorkflows, Outbound, OutboundPolicy, PlanError, ProviderKey, RunRequest,
    Secret, catalog, media, samples,
};
use serde_json::Value as Json;
use shared::{
    exchange,
    graph::Graph,
    id::RunId,
    node::{NodeRole, ParamKind},
    run::RunStatus,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    outputs::{self, Report},
    progress::Progress,
};
use crate::config::ModelsConfig;

/// What `run` needs.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The workflow, as the editor exports it.
    pub workflow: PathBuf,

    /// A value for one of the workflow's named inputs. For pictures, films, sounds and files: a path.
    #[arg(long = "input", value_name = "NAME=VALUE", value_parser = parse_input)]
    pub inputs: Vec<(String, String)>,

    /// Folder for the outputs. Without it, media go to the current folder and texts to standard output.
    #[arg(long, value_name = "DIR")]
    pub output_dir: Option<PathBuf>,

    /// Report to standard output as JSON.
    #[arg(long)]
    pub json: bool,

    /// Let nodes reach private addresses. The provider's base URL may always be private: it is yours.
    #[arg(long, env = "OPENFLOW_ALLOW_PRIVATE_NETWORK")]
    pub allow_private_network: bool,

    /// Key of the provider `openai`.
    #[arg(long, env = "OPENAI_API_KEY", hide_env_values = true, hide = true)]
    pub openai_api_key: Option<String>,

    /// Base URL of a server that speaks OpenAI's language.
    #[arg(long, env = "OPENAI_BASE_URL")]
    pub openai_base_url: Option<String>,

    #[command(flatten)]
    pub models: ModelsConfig,
}

fn parse_input(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected `name=value`".into()),
    }
}

/// Cannot be run: the file, its graph, or an input is at fault.
const EXIT_INVALID: u8 = 2;

/// Runs the workflow. `cancel` ends it early, with what is finished kept.
pub async fn run(args: RunArgs, cancel: CancellationToken) -> anyhow::Result<ExitCode> {
    let folder = tempfile::tempdir().context("making a temporary folder")?;
    let blobs: Arc<dyn BlobStore> = Arc::new(FolderBlobs::open(folder.path()).context("opening a folder for media")?);
    let graph = match read_workflow(&args.workflow).await? {
        Ok(graph) => graph,
        Err(error) => return refuse(&args, &error.to_string(), Json::Array(Vec::new())),
    };
    samples::install(&*blobs).await.context("putting the samples in place")?;
    let inputs = match read_inputs(&graph, &args.inputs, &*blobs).await {
        Ok(inputs) => inputs,
        Err(error) => return refuse(&args, &format!("{error:#}"), Json::Array(Vec::new())),
    };
    let outbound = Outbound::new(OutboundPolicy { allow_private: args.allow_private_network });
    // On a person's own command line a path is as good as a name.
    let models = LocalConfig { paths: true, ..args.models.in_data_dir(Path::new("data")) };
    let engine = Engine::new(EngineConfig {
        blobs,
        cache: Arc::new(MemoryCache::default()),
        local_models: LocalModels::new(models, outbound.clone()),
        outbound,
        limits: Limits::default(),
    });
    let request = RunRequest {
        run: RunId::from(Uuid::now_v7()),
        workflow: None,
        scope: String::new(),
        graph,
        targets: Vec::new(),
        from: Vec::new(),
        inputs,
        keys: Arc::new(keys(&args)),
        generations: Arc::new(DiscardGenerations),
        checkpoints: Arc::new(NoCheckpoints),
        workflows: Arc::new(NoWorkflows),
        approvals: Arc::new(NoApprovals),
        cancel,
    };
    let plan = match engine.prepare(&request).await {
        Ok(plan) => plan,
        Err(error) => return refuse(&args, &error.to_string(), problems(&error)),
    };
    let progress = Arc::new(Progress::new(&request.graph));
    let report = engine.execute(plan, &request, progress).await;
    let folder = args.output_dir.as_deref();
    let files = outputs::write(engine.blobs(), &report.outputs, folder).await?;
    let report = Report { report: &report, files: &files };
    if args.json {
        outputs::print(&report.to_json())?;
    } else {
        report.print(folder.is_some())?;
    }
    Ok(match report.report.status {
        RunStatus::Done => ExitCode::SUCCESS,
        RunStatus::Queued | RunStatus::Running | RunStatus::Failed | RunStatus::Cancelled => ExitCode::FAILURE,
    })
}

/// Says why nothing was run.
fn refuse(args: &RunArgs, message: &str, problems: Json) -> anyhow::Result<ExitCode> {
    if args.json {
        outputs::print(&serde_json::json!({"status": "invalid", "message": message, "problems": problems}))?;
    }
    outputs::complain(message);
    Ok(ExitCode::from(EXIT_INVALID))
}

fn problems(error: &PlanError) -> Json {
    serde_json::to_value(error.problems()).unwrap_or_default()
}

async fn read_workflow(path: &Path) -> anyhow::Result<Result<Graph, exchange::ExchangeError>> {
    let text = tokio::fs::read_to_string(path).await.with_context(|| format!("reading {}", path.display()))?;
    Ok(exchange::read(&text, exchange::Limits::default()))
}

/// The values of `--input`, read as the kinds that the workflow's inputs take. Unknown names are left to the plan.
async fn read_inputs(
    graph: &Graph,
    given: &[(String, String)],
    blobs: &dyn BlobStore,
) -> anyhow::Result<BTreeMap<String, Json>> {
    let mut kinds: BTreeMap<&str, &ParamKind> = BTreeMap::new();
    for node in graph.nodes.values() {
        let Some(spec) = catalog().get(&node.node_type).filter(|spec| spec.role == NodeRole::Input) else { continue };
        let name = node.params.get("name").or_else(|| spec.param("name").map(|param| &param.default));
        if let (Some(name), Some(value)) = (name.and_then(Json::as_str), spec.param("value")) {
            kinds.insert(name, &value.kind);
        }
    }
    let mut inputs = BTreeMap::new();
    for (name, text) in given {
        let value = match kinds.get(name.as_str()) {
            Some(kind) => read_input(kind, text, blobs).await.with_context(|| format!("input `{name}`"))?,
            None => Json::String(text.clone()),
        };
        inputs.insert(name.clone(), value);
    }
    Ok(inputs)
}

async fn read_input(kind: &ParamKind, text: &str, blobs: &dyn BlobStore) -> anyhow::Result<Json> {
    Ok(match kind {
        ParamKind::Text | ParamKind::Prompt | ParamKind::Choice { .. } | ParamKind::Color | ParamKind::Model { .. } => {
            text.into()
        }
        ParamKind::Number { .. } => {
            text.trim().parse::<f64>().with_context(|| format!("`{text}` is no number"))?.into()
        }
        ParamKind::Integer { .. } | ParamKind::Seed => {
            text.trim().parse::<i64>().with_context(|| format!("`{text}` is no whole number"))?.into()
        }
        ParamKind::Bool => {
            text.trim().parse::<bool>().with_context(|| format!("`{text}` is not true or false"))?.into()
        }
        ParamKind::Json | ParamKind::Workflow | ParamKind::Tools => {
            serde_json::from_str(text).context("this is no JSON")?
        }
        ParamKind::Media { .. } => {
            let path = Path::new(text);
            let bytes = tokio::fs::read(path).await.with_context(|| format!("reading {}", path.display()))?;
            let blob = blobs.put(bytes.into()).await?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            serde_json::to_value(media::describe(blobs, &blob, name).await?)?
        }
    })
}

/// The keys of the environment.
fn keys(args: &RunArgs) -> FixedKeys {
    let secret = args.openai_api_key.as_deref().filter(|secret| !secret.trim().is_empty());
    let base_url = args.openai_base_url.clone().filter(|url| !url.trim().is_empty());
    if secret.is_none() && base_url.is_none() {
        return FixedKeys::none();
    }
    let key =
        ProviderKey { secret: Secret::new(secret.unwrap_or_default()), base_url, allow_private: true, payer: None };
    FixedKeys::none().with("openai", key)
}
