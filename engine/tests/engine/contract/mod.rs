//! The provider contract: every vendor, with everything it does, through the same scenarios. Films are in `film`.
//!
//! `cargo test -p openflow-engine --test engine contract:: -- --nocapture` prints the table of what was tried.

mod answers;
mod cases;
mod shop;
mod workflow;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use engine::{
    Audio, Engine, EngineConfig, EventLog, FixedKeys, Image, Limits, LocalModels, Mask, MemoryBlobs, MemoryCache,
    NodeContext, NodeError, Outbound, OutboundPolicy, ProviderKey, RunReport, RunRequest, Secret,
    generation::{GenerationLog, GenerationRecord, Outcome},
    node,
};
use futures_util::{StreamExt, stream};
use serde_json::json;
use shared::{
    run::{FailureCode, NodeFailure, RunEvent, RunStatus},
    value::Value,
};

use self::{
    cases::{Answer, Case},
    shop::{SECRET, Script, Seen, Shop},
    workflow::workflow,
};
use crate::{
    checkpoint::Kept,
    fixture::{lines, request},
    graph::{graph, id},
};

/// Vendors that are tried at the same time.
const TOGETHER: usize = 8;

static PICTURE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(64, 64, image::Rgb([200, 9, 9])).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
});

/// A small picture.
#[node("test.picture", title = "Picture", example = "{}")]
async fn picture(ctx: &NodeContext) -> Result<Image, NodeError> {
    ctx.store(PICTURE.clone().into()).await.map(Image)
}

/// A small mask.
#[node("test.mask", title = "Mask", example = "{}")]
async fn mask(ctx: &NodeContext) -> Result<Mask, NodeError> {
    ctx.store(PICTURE.clone().into()).await.map(Mask)
}

/// A short sound.
#[node("test.sound", title = "Sound", example = "{}")]
async fn sound(ctx: &NodeContext) -> Result<Audio, NodeError> {
    let bytes: &[u8] = include_bytes!("../../../../assets/samples/guitar.mp3");
    ctx.store(bytes.into()).await.map(Audio)
}

/// One run, and everything that was said about it.
struct Told {
    report: RunReport,
    events: Vec<RunEvent>,
    records: Vec<GenerationRecord>,
    seen: Seen,
}

impl Told {
    fn failure(&self) -> &NodeFailure {
        self.report.failures.get(&id("a")).unwrap_or_else(|| panic!("{:?}", self.report))
    }

    /// What the node under test handed in. The samples before it are recorded too.
    fn record(&self) -> &GenerationRecord {
        let own: Vec<_> = self.records.iter().filter(|record| record.node_id == id("a")).collect();
        let [record] = own.as_slice() else { panic!("{} records", own.len()) };
        record
    }
}

/// What a run needs besides the shop, so that another attempt at it can be made.
#[derive(Clone)]
struct Attempt {
    request: Arc<RunRequest>,
    records: Arc<GenerationLog>,
    log: Arc<EventLog>,
}

/// Results lie on this machine here.
static OUTBOUND: LazyLock<Outbound> = LazyLock::new(|| Outbound::new(OutboundPolicy { allow_private: true }));
/// One store for all: what an attempt has kept, the next one finds.
static BLOBS: LazyLock<Arc<MemoryBlobs>> = LazyLock::new(|| Arc::new(MemoryBlobs::new()));

fn engine() -> Engine {
    Engine::new(EngineConfig {
        blobs: BLOBS.clone(),
        cache: Arc::new(MemoryCache::default()),
        outbound: OUTBOUND.clone(),
        local_models: LocalModels::none(),
        limits: Limits::default(),
    })
}

fn attempt(shop: &Shop, case: &Case, kept: &Arc<Kept>) -> Attempt {
    let key = ProviderKey {
        secret: Secret::new(SECRET),
        base_url: Some(shop.base_url().into()),
        allow_private: true,
        payer: None,
    };
    let mut request = request(graph(&workflow(case)));
    request.run = uuid::Uuid::from_u128(1).into();
    request.keys = Arc::new(FixedKeys::none().with(case.provider, key));
    request.checkpoints = kept.clone();
    let records = Arc::new(GenerationLog::default());
    request.generations = records.clone();
    Attempt { request: Arc::new(request), records, log: Arc::default() }
}

async fn play(shop: &Shop, case: &Case, kept: &Arc<Kept>) -> Told {
    let Attempt { request, records, log } = attempt(shop, case, kept);
    let report = engine().run(&request, log.clone()).await.unwrap();
    told(shop, report, &records, &log)
}

fn told(shop: &Shop, report: RunReport, records: &GenerationLog, log: &EventLog) -> Told {
    let told = Told { report, events: log.events(), records: records.records(), seen: shop.seen() };
    let everything = format!(
        "{:?}{}{}",
        told.report,
        serde_json::to_string(&told.events).unwrap(),
        serde_json::to_string(&told.records).unwrap()
    );
    assert!(!everything.contains(SECRET), "the key got out: {everything}");
    assert!(told.seen.wrong.is_empty(), "{:?}", told.seen.wrong);
    told
}

/// A run that is cancelled as soon as the vendor is at work.
async fn cancelled(shop: &Shop, case: &Case, kept: &Arc<Kept>) -> Told {
    let Attempt { request, records, log } = attempt(shop, case, kept);
    let cancel = async {
        let under_way = || match case.answer {
            Answer::Job(_) => shop.seen().questions >= 2,
            Answer::Events(_) => {
                lines(&log.events()).contains("a.text +=")
                    || case.provider == "anthropic" && !shop.seen().orders.is_empty()
            }
            Answer::Bytes(_) | Answer::Json(_) => !shop.seen().orders.is_empty(),
        };
        while !under_way() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        request.cancel.cancel();
    };
    let engine = engine();
    let (report, ()) = tokio::join!(engine.run(&request, log.clone()), cancel);
    told(shop, report.unwrap(), &records, &log)
}

/// A server that is lost while the vendor is at work, and another attempt at the same run.
async fn cut_off(shop: &Shop, case: &Case) -> Told {
    let kept = Arc::new(Kept::default());
    let first = attempt(shop, case, &kept);
    let lost = tokio::spawn(async move { engine().run(&first.request, first.log.clone()).await });
    loop {
        let seen = shop.seen();
        if seen.questions >= 2 || (!matches!(case.answer, Answer::Job(_)) && !seen.orders.is_empty()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    lost.abort();
    assert!(lost.await.unwrap_err().is_cancelled());
    shop.goes(Script::Well);
    play(shop, case, &kept).await
}

/// Whether work is ordered, or a question asked that may be repeated.
fn is_ordered(case: &Case) -> bool {
    !matches!(case.capability, "text.chat" | "text.embed" | "audio.transcribe")
}

/// Runs one scenario; a panic is what did not hold.
async fn scenario(name: &'static str, case: Case) {
    let kept = Arc::new(Kept::default());
    let start = async |script| Shop::start(case, script).await;
    let failed = async |script: Script, code: FailureCode, orders: usize| {
        let told = play(&start(script).await, &case, &Arc::default()).await;
        assert_eq!((told.failure().code, told.seen.orders.len()), (code, orders), "{:?}", told.failure());
        let outcome = if code == FailureCode::Filtered { Outcome::Filtered } else { Outcome::Failed };
        assert_eq!(told.record().generation.outcome, outcome);
        assert_eq!(told.record().generation.metrics.retries as usize, orders - 1);
        told
    };
    match name {
        "well" => {
            let told = play(&start(Script::Well).await, &case, &kept).await;
            assert_eq!(told.report.status, RunStatus::Done, "{:?}", told.report);
            let value = match &told.report.outputs["result"] {
                // A hosted model may give several.
                Value::List(items) if items.len() == 1 => &items[0],
                single => single,
            };
            let kind = match value {
                Value::Image(media) => {
                    assert_eq!((media.width, media.height), (Some(32), Some(16)));
                    "image"
                }
                Value::Audio(media) => {
                    assert!(media.duration_millis.is_some_and(|length| length > 500), "{media:?}");
                    "audio"
                }
                Value::Text(text) => {
                    assert_eq!(text, "Good day");
                    "text"
                }
                Value::Embedding(vector) => {
                    assert_eq!(vector.len(), 2);
                    "embedding"
                }
                other => panic!("{other:?}"),
            };
            let record = serde_json::to_value(told.record()).unwrap();
            assert_eq!((&record["type"], &record["outcome"]), (&json!(kind), &json!("ok")));
            assert_eq!(told.seen.orders.len(), 1);
            if !matches!(case.capability, "audio.transcribe" | "image.upscale" | "image.remove_background") {
                assert!(told.seen.orders[0].contains("A boat"), "{}", told.seen.orders[0]);
            }
            if case.capability == "model.hosted" {
                let order: serde_json::Value = serde_json::from_str(&told.seen.orders[0]).unwrap();
                let input = if case.provider == "replicate" { &order["input"] } else { &order };
                assert_eq!((&input["model"], input["seed"].is_u64()), (&json!(10), true), "{order}");
                assert!(input["image_urls"][0].as_str().is_some_and(|url| url.starts_with("data:image/")), "{order}");
                assert!(record["metrics"].get("cost_usd").is_none_or(|cost| cost.is_null()), "{record}");
            }
            if let Answer::Events(_) = case.answer {
                assert!(lines(&told.events).contains("a.text += Good \na.text += day\n"), "{}", lines(&told.events));
                assert_eq!(
                    (&record["metrics"]["input_tokens"], &record["metrics"]["output_tokens"]),
                    (&json!(11), &json!(2))
                );
                assert_eq!(record["model"], json!("answering-7"));
            }
        }
        "bad key" => drop(failed(Script::Refuse(401), FailureCode::Auth, 1).await),
        "no credit" => drop(failed(Script::Refuse(402), FailureCode::Quota, 1).await),
        "bad value" => drop(failed(Script::Refuse(422), FailureCode::InvalidInput, 1).await),
        "policy" => drop(failed(Script::Policy, FailureCode::Filtered, 1).await),
        "too often" => drop(failed(Script::Refuse(429), FailureCode::RateLimited, 3).await),
        "busy once" => {
            let told = play(&start(Script::BusyOnce).await, &case, &kept).await;
            assert_eq!((told.report.status, told.seen.orders.len()), (RunStatus::Done, 2), "{:?}", told.report);
            assert_eq!(told.record().generation.metrics.retries, 1);
        }
        "down" if is_ordered(&case) => {
            let told = failed(Script::Refuse(503), FailureCode::ProviderDown, 1).await;
            assert!(told.failure().message.contains("it is not known whether"), "{:?}", told.failure());
        }
        "down" => drop(failed(Script::Refuse(503), FailureCode::ProviderDown, 3).await),
        "malformed" => drop(failed(Script::Page, FailureCode::ProviderDown, 1).await),
        "blocked in 200" => drop(failed(Script::Blocked, FailureCode::Filtered, 1).await),
        "error within" => drop(failed(Script::ErrorWithin, FailureCode::ProviderDown, 1).await),
        "broken off" => drop(failed(Script::BrokenOff, FailureCode::ProviderDown, 1).await),
        "expired" => {
            let told = play(&start(Script::Expired).await, &case, &kept).await;
            assert_eq!(told.failure().message, "the result is not at the provider any more");
            assert_eq!((told.seen.fetched, told.seen.orders.len()), (1, 1));
        }
        "cancel" => {
            let told = cancelled(&start(Script::Slow).await, &case, &kept).await;
            assert_eq!(told.report.status, RunStatus::Cancelled);
            assert_eq!(told.record().generation.outcome, Outcome::Cancelled);
            let stops = matches!(case.answer, Answer::Job(job) if !job.cancel.is_empty());
            assert_eq!(told.seen.cancelled, usize::from(stops));
        }
        "cut off" if matches!(case.answer, Answer::Job(_)) => {
            let told = cut_off(&start(Script::Slow).await, &case).await;
            assert_eq!((told.report.status, told.seen.orders.len()), (RunStatus::Done, 1), "{:?}", told.report);
            assert_eq!((told.seen.cancelled, told.seen.fetched), (0, 1));
        }
        "cut off" => {
            let told = cut_off(&start(Script::Slow).await, &case).await;
            assert!(told.failure().message.contains("known"), "{:?}", told.failure());
            assert_eq!(told.seen.orders.len(), 1, "what may have been paid is not sent again");
        }
        other => panic!("there is no scenario `{other}`"),
    }
}

/// The scenarios that say something about a case.
fn scenarios(case: &Case) -> Vec<&'static str> {
    let mut names = vec![
        "well",
        "bad key",
        "no credit",
        "bad value",
        "policy",
        "too often",
        "busy once",
        "down",
        "malformed",
        "cancel",
        "cut off",
    ];
    if case.blocked.is_some() {
        names.push("blocked in 200");
    }
    if matches!(case.answer, Answer::Events(_)) {
        names.extend(["error within", "broken off"]);
    }
    let fetched = match case.answer {
        Answer::Job(_) => true,
        Answer::Json(_) => {
            case.provider == "ideogram"
                || case.provider == "recraft" && matches!(case.capability, "image.upscale" | "image.remove_background")
        }
        Answer::Bytes(_) | Answer::Events(_) => false,
    };
    if fetched {
        names.push("expired");
    }
    names
}

#[tokio::test]
async fn every_vendor_keeps_the_contract_with_everything_it_does() {
    let tried = cases::all().into_iter().flat_map(|case| scenarios(&case).into_iter().map(move |name| (case, name)));
    let results = stream::iter(tried)
        .map(|(case, name)| async move {
            let ended = tokio::spawn(scenario(name, case)).await;
            let wrong = ended.err().map(|error| match error.try_into_panic() {
                Ok(panic) => panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "it failed".into()),
                Err(error) => error.to_string(),
            });
            (case, name, wrong)
        })
        .buffer_unordered(TOGETHER)
        .collect::<Vec<_>>()
        .await;

    let mut rows: BTreeMap<(&str, &str), (usize, Vec<String>)> = BTreeMap::new();
    for (case, name, wrong) in results {
        let row = rows.entry((case.provider, case.capability)).or_default();
        row.0 += 1;
        row.1.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }
    let mut table = String::new();
    for ((provider, capability), (tried, wrong)) in &rows {
        let kept = tried - wrong.len();
        table.push_str(&format!("{provider:<12} {capability:<24} {kept:>2} of {tried:>2} scenarios\n"));
        for wrong in wrong {
            table.push_str(&format!("    {}\n", wrong.chars().take(600).collect::<String>()));
        }
    }
    assert!(rows.values().all(|(_, wrong)| wrong.is_empty()), "\n{table}");
    // Shown with `--nocapture`.
    eprintln!("{table}");
}

#[test]
fn everything_that_a_vendor_offers_is_tried() {
    let table = engine::providers_table();
    let tried: Vec<_> =
        cases::all().iter().map(|case| format!("| `{}` | `{}` |", case.provider, case.capability)).collect();
    for row in table.lines().skip(2).filter(|row| !row.contains("`video.")) {
        let known = tried.iter().any(|tried| row.starts_with(tried.as_str()));
        // RunPod's workers are one's own: its job is tried with films.
        assert!(known || row.starts_with("| `runpod` |"), "{row}");
    }
}
