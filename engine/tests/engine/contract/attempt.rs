//! One run of one case: well, cancelled on the way, or cut off and taken up again.

use std::sync::{Arc, LazyLock};

use engine::{
    Engine, EngineConfig, EventLog, FixedKeys, Limits, LocalModels, MemoryBlobs, MemoryCache, Outbound, OutboundPolicy,
    ProviderKey, RunReport, RunRequest, Secret,
    generation::{GenerationLog, GenerationRecord},
};
use shared::run::{NodeFailure, RunEvent};

use super::{
    cases::{Answer, Case},
    shop::{SECRET, Script, Seen, Shop},
    workflow::workflow,
};
use crate::{
    checkpoint::Kept,
    fixture::{lines, request},
    graph::{graph, id},
};

/// One run, and everything that was said about it.
pub struct Told {
    pub report: RunReport,
    pub events: Vec<RunEvent>,
    records: Vec<GenerationRecord>,
    pub seen: Seen,
}

impl Told {
    pub fn failure(&self) -> &NodeFailure {
        self.report.failures.get(&id("a")).unwrap_or_else(|| panic!("{:?}", self.report))
    }

    /// What the node under test handed in. The samples before it are recorded too.
    pub fn record(&self) -> &GenerationRecord {
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

pub fn engine() -> Engine {
    Engine::new(EngineConfig {
        blobs: BLOBS.clone(),
        cache: Arc::new(MemoryCache::default()),
        outbound: OUTBOUND.clone(),
        local_models: LocalModels::none(),
        limits: Limits::default(),
    })
}

fn attempt(shop: &Shop, case: &Case, kept: &Arc<Kept>) -> Attempt {
    attempt_at(shop, case, kept, &workflow(case))
}

fn attempt_at(shop: &Shop, case: &Case, kept: &Arc<Kept>, workflow: &str) -> Attempt {
    let key = ProviderKey {
        secret: Secret::new(SECRET),
        base_url: Some(shop.base_url().into()),
        allow_private: true,
        payer: None,
    };
    let mut request = request(graph(workflow));
    request.run = uuid::Uuid::from_u128(1).into();
    request.keys = Arc::new(FixedKeys::none().with(case.provider, key));
    request.checkpoints = kept.clone();
    let records = Arc::new(GenerationLog::default());
    request.generations = records.clone();
    Attempt { request: Arc::new(request), records, log: Arc::default() }
}

pub async fn play(shop: &Shop, case: &Case, kept: &Arc<Kept>) -> Told {
    play_with(shop, case, kept, &workflow(case)).await
}

/// The same with another workflow.
pub async fn play_with(shop: &Shop, case: &Case, kept: &Arc<Kept>, workflow: &str) -> Told {
    let Attempt { request, records, log } = attempt_at(shop, case, kept, workflow);
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
pub async fn cancelled(shop: &Shop, case: &Case, kept: &Arc<Kept>) -> Told {
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
pub async fn cut_off(shop: &Shop, case: &Case) -> Told {
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
