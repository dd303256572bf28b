//! Every vendor of films through the same scenarios: `video.generate` against a server that behaves as the vendor does.

mod studio;

use std::{sync::Arc, time::Duration};

use engine::{
    Engine, EngineConfig, EventLog, FixedKeys, Limits, LocalModels, MemoryBlobs, MemoryCache, Outbound, OutboundPolicy,
    ProviderKey, RunReport, RunRequest, Secret, StepId, VendorJob,
    generation::{GenerationLog, GenerationRecord, Outcome},
};
use futures_util::future::join_all;
use serde_json::json;
use shared::{
    run::{FailureCode, NodeFailure, RunEvent, RunStatus},
    value::Value,
};

use self::studio::{Dialect, SECRET, Script, Seen, Studio};
use crate::{
    checkpoint::Kept,
    fixture::request,
    graph::{graph, id},
};

/// One run of one film, and everything that was said about it.
struct Told {
    dialect: Dialect,
    report: RunReport,
    events: Vec<RunEvent>,
    records: Vec<GenerationRecord>,
    seen: Seen,
}

impl Told {
    fn failure(&self) -> &NodeFailure {
        self.report.failures.get(&id("film")).unwrap_or_else(|| panic!("{:?}: {:?}", self.dialect, self.report))
    }

    fn record(&self) -> &GenerationRecord {
        let [record] = self.records.as_slice() else { panic!("{:?}: {} records", self.dialect, self.records.len()) };
        record
    }
}

/// What a run needs besides the studio, so that another attempt at it can be made.
#[derive(Clone)]
struct Attempt {
    request: Arc<RunRequest>,
    records: Arc<GenerationLog>,
    log: Arc<EventLog>,
}

fn engine() -> Engine {
    let blobs = Arc::new(MemoryBlobs::new());
    Engine::new(EngineConfig {
        blobs,
        cache: Arc::new(MemoryCache::default()),
        // Films lie on this machine here.
        outbound: Outbound::new(OutboundPolicy { allow_private: true }),
        local_models: LocalModels::none(),
        limits: Limits::default(),
    })
}

fn attempt(studio: &Studio, dialect: Dialect, kept: &Arc<Kept>) -> Attempt {
    let params = json!({"prompt": "A boat", "model": dialect.model(), "connection": dialect.provider(), "seed": 7});
    let key = ProviderKey {
        secret: Secret::new(SECRET),
        base_url: Some(studio.base_url().into()),
        allow_private: true,
        payer: None,
    };
    let mut request = request(graph(&format!("film:video.generate{params}\n film -> out:test.output")));
    request.run = uuid::Uuid::from_u128(1).into();
    request.keys = Arc::new(FixedKeys::none().with(dialect.provider(), key));
    request.checkpoints = kept.clone();
    let records = Arc::new(GenerationLog::default());
    request.generations = records.clone();
    Attempt { request: Arc::new(request), records, log: Arc::default() }
}

async fn play(studio: &Studio, dialect: Dialect, kept: &Arc<Kept>) -> Told {
    let Attempt { request, records, log } = attempt(studio, dialect, kept);
    let report = engine().run(&request, log.clone()).await.unwrap();
    let told = Told { dialect, report, events: log.events(), records: records.records(), seen: studio.seen() };
    let everything = format!(
        "{:?}{}{}",
        told.report,
        serde_json::to_string(&told.events).unwrap(),
        serde_json::to_string(&told.records).unwrap()
    );
    assert!(!everything.contains(SECRET), "{dialect:?}: the key got out: {everything}");
    assert!(told.seen.wrong.is_empty(), "{dialect:?}: {:?}", told.seen.wrong);
    told
}

/// The scenario at every vendor, all at once: most of it is waiting.
async fn everywhere(script: Script) -> Vec<Told> {
    join_all(Dialect::ALL.map(|dialect| async move {
        let studio = Studio::start(dialect, script).await;
        play(&studio, dialect, &Arc::default()).await
    }))
    .await
}

#[tokio::test]
async fn a_film_is_ordered_waited_for_fetched_and_recorded() {
    for told in everywhere(Script::Well).await {
        let dialect = told.dialect;
        let Some(Value::Video(media)) = told.report.outputs.get("result") else {
            panic!("{dialect:?}: {:?}", told.report)
        };
        assert_eq!(
            (media.mime.as_str(), told.seen.orders.len(), told.seen.fetched),
            ("video/mp4", 1, 1),
            "{dialect:?}"
        );
        let order = told.seen.orders[0].to_string();
        assert!(order.contains("A boat"), "{dialect:?}: {order}");
        let record = serde_json::to_value(told.record()).unwrap();
        assert_eq!((&record["type"], &record["outcome"]), (&json!("video"), &json!("ok")), "{dialect:?}");
        assert_eq!(record["output"]["blob"], json!(media.blob.as_str()));
        assert_eq!(record["output"]["duration_ms"], json!(media.duration_millis));
        assert!(record["metrics"]["queue_ms"].is_u64() || dialect == Dialect::Google, "{dialect:?}: {record}");
        let billed = if dialect == Dialect::Runway { json!(0.6) } else { json!(null) };
        assert_eq!(record["metrics"].get("cost_usd").cloned().unwrap_or_default(), billed, "{dialect:?}");
        let progress = told
            .events
            .iter()
            .any(|event| matches!(event, RunEvent::NodeProgress { progress, .. } if *progress == 0.5));
        assert_eq!(progress, matches!(dialect, Dialect::Replicate | Dialect::Runway), "{dialect:?}");
    }
}

#[tokio::test]
async fn refusals_cost_nothing_and_say_what_to_do() {
    for (script, code, orders) in [
        (Script::Refuse(401), FailureCode::Auth, 1),
        (Script::Refuse(402), FailureCode::Quota, 1),
        (Script::Refuse(422), FailureCode::InvalidInput, 1),
        (Script::Refuse(429), FailureCode::RateLimited, 3),
    ] {
        for told in everywhere(script).await {
            assert_eq!((told.failure().code, told.seen.orders.len()), (code, orders), "{:?}", told.dialect);
            assert_eq!(told.record().generation.outcome, Outcome::Failed);
            assert_eq!(told.record().generation.metrics.retries as usize, orders - 1);
            assert_eq!(told.seen.questions, 0);
        }
    }
}

#[tokio::test]
async fn an_order_that_was_turned_away_is_given_again() {
    for told in everywhere(Script::BusyOnce).await {
        assert_eq!((told.report.status, told.seen.orders.len()), (RunStatus::Done, 2), "{:?}", told.dialect);
        assert_eq!(told.record().generation.metrics.retries, 1);
    }
}

#[tokio::test]
async fn an_order_whose_fate_is_unknown_is_never_given_again() {
    for script in [Script::Refuse(503), Script::Page] {
        for told in everywhere(script).await {
            assert_eq!(told.seen.orders.len(), 1, "{:?}", told.dialect);
            assert!(told.failure().message.contains("it is not known whether"), "{:?}", told.failure());
        }
    }
}

#[tokio::test]
async fn success_that_is_none_is_a_failure_in_the_vendors_words() {
    for told in everywhere(Script::Fail("the machine broke")).await {
        assert_eq!(told.failure().code, FailureCode::ProviderDown, "{:?}", told.dialect);
        assert!(told.failure().message.contains("the machine broke"), "{:?}", told.failure());
        assert_eq!(told.record().generation.outcome, Outcome::Failed);
    }
    for told in everywhere(Script::Fail("blocked for safety reasons")).await {
        assert_eq!(told.failure().code, FailureCode::Filtered, "{:?}", told.dialect);
        assert_eq!(told.record().generation.outcome, Outcome::Filtered);
    }
}

#[tokio::test]
async fn a_vendors_bad_minute_is_waited_out() {
    for told in everywhere(Script::BadMinute).await {
        assert_eq!((told.report.status, told.seen.orders.len()), (RunStatus::Done, 1), "{:?}", told.dialect);
    }
}

#[tokio::test]
async fn a_film_that_is_gone_is_a_failure() {
    for told in everywhere(Script::Expired).await {
        assert_eq!(told.failure().message, "the result is not at the provider any more", "{:?}", told.dialect);
        assert_eq!(told.seen.fetched, 1);
    }
}

#[tokio::test]
async fn a_cancelled_run_tells_the_vendor_where_that_is_possible() {
    join_all(Dialect::ALL.map(|dialect| async move {
        let studio = Studio::start(dialect, Script::Slow).await;
        let kept = Arc::new(Kept::default());
        let Attempt { request, records, log } = attempt(&studio, dialect, &kept);
        let cancel = async {
            while studio.seen().questions < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            request.cancel.cancel();
        };
        let engine = engine();
        let (report, ()) = tokio::join!(engine.run(&request, log.clone()), cancel);
        assert_eq!(report.unwrap().status, RunStatus::Cancelled, "{dialect:?}");
        assert_eq!(studio.seen().cancelled, usize::from(dialect.can_cancel()), "{dialect:?}");
        assert_eq!(records.records()[0].generation.outcome, Outcome::Cancelled, "{dialect:?}");
        assert!(kept.jobs.lock().unwrap().is_empty(), "{dialect:?}");
    }))
    .await;
}

#[tokio::test]
async fn a_run_that_is_cut_off_goes_on_with_the_job_it_ordered() {
    join_all(Dialect::ALL.map(|dialect| async move {
        let studio = Studio::start(dialect, Script::Slow).await;
        let kept = Arc::new(Kept::default());
        let first = attempt(&studio, dialect, &kept);
        let cut_off = tokio::spawn(async move { engine().run(&first.request, first.log.clone()).await });
        while studio.seen().questions < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cut_off.abort();
        assert!(cut_off.await.unwrap_err().is_cancelled());
        assert!(kept.jobs.lock().unwrap().values().all(|job| job.id.is_some()));

        studio.goes(Script::Well);
        let told = play(&studio, dialect, &kept).await;
        assert_eq!((told.report.status, told.seen.orders.len()), (RunStatus::Done, 1), "{dialect:?}");
        assert_eq!((told.seen.cancelled, told.seen.fetched), (0, 1), "{dialect:?}");
    }))
    .await;
}

#[tokio::test]
async fn a_run_that_was_cut_off_while_ordering_does_not_order_again() {
    let studio = Studio::start(Dialect::Fal, Script::Well).await;
    let kept = Arc::new(Kept::default());
    let wish = VendorJob { provider: "fal".into(), id: None, data: serde_json::Value::Null };
    kept.jobs.lock().unwrap().insert(StepId::once(id("film")), wish);
    let told = play(&studio, Dialect::Fal, &kept).await;
    assert!(told.failure().message.contains("it is not known whether"), "{:?}", told.failure());
    assert!(told.seen.orders.is_empty() && kept.jobs.lock().unwrap().is_empty());
}

#[tokio::test]
async fn frames_and_parameters_arrive_in_the_vendors_own_words() {
    let ordered = async |dialect: Dialect, params: serde_json::Value| {
        let studio = Studio::start(dialect, Script::Refuse(422)).await;
        let mut attempt = attempt(&studio, dialect, &Arc::default());
        let request = Arc::get_mut(&mut attempt.request).unwrap();
        let node = request.graph.nodes.get_mut(&id("film")).unwrap();
        node.params.extend(params.as_object().unwrap().clone());
        engine().run(&attempt.request, attempt.log.clone()).await.unwrap();
        studio.seen().orders.pop().unwrap()
    };
    let wide = json!({"seconds": 5, "aspect": "16:9", "resolution": "1080p"});
    let order = ordered(Dialect::Fal, wide.clone()).await;
    let expected =
        json!({"prompt": "A boat", "duration": "5", "aspect_ratio": "16:9", "resolution": "1080p", "seed": 7});
    assert_eq!(order, expected);
    let order = ordered(Dialect::Kling, json!({"seconds": 5, "resolution": "1080p", "sound": "on"})).await;
    assert_eq!(order["settings"], json!({"resolution": "1080p", "duration": 5, "audio": "native"}));
    let order = ordered(Dialect::Runway, json!({"seconds": 5, "aspect": "9:16"})).await;
    assert_eq!((&order["ratio"], &order["duration"], &order["seed"]), (&json!("720:1280"), &json!(5), &json!(7)));
    let order = ordered(Dialect::Google, json!({"seconds": 8, "negative_prompt": "rain"})).await;
    assert_eq!(order["parameters"], json!({"durationSeconds": 8, "negativePrompt": "rain", "seed": 7}));
    let order = ordered(Dialect::MiniMax, json!({"resolution": "2k"})).await;
    assert_eq!((&order["resolution"], &order["ratio"]), (&json!("2K"), &json!("16:9")));
}

#[tokio::test]
async fn what_a_model_cannot_do_is_refused_before_anything_is_paid() {
    for (params, field, message) in [
        (json!({"model": "gen4_turbo"}), "first_frame", "from a picture only"),
        (json!({"model": "sora-2"}), "model", "shut down by its vendor on 2026-09-24"),
        (json!({"model": "wan-2.6", "seconds": 7}), "seconds", "films of 5, 10 or 15 s"),
        (json!({"model": "wan-2.6"}), "connection", "`Wan 2.6` needs a key of `fal`"),
        (json!({"model": "wan-2.6", "connection": "kling"}), "connection", "it is by `fal`, `replicate`"),
        (json!({"model": "somebodys-model"}), "connection", "not in the catalogue"),
    ] {
        let mut params = params;
        params["prompt"] = json!("A boat");
        let request = request(graph(&format!("film:video.generate{params}")));
        let report = engine().run(&request, Arc::new(EventLog::default())).await.unwrap();
        let failure = &report.failures[&id("film")];
        assert_eq!(failure.field.as_deref(), Some(field), "{failure:?}");
        assert!(failure.message.contains(message), "{failure:?}");
    }
}
