//! A model's next provider does the work where the first one is down, and only where that cannot be paid for twice.

use std::sync::Arc;

use engine::{
    EventLog, FixedKeys, ProviderKey, Secret,
    generation::{GenerationLog, Outcome},
};
use serde_json::json;
use shared::run::{FailureCode, NodeFailure, RunStatus};

use super::{
    attempt::engine,
    cases::{self, Case},
    shop::{SECRET, Script, Shop},
};
use crate::{
    fixture::request,
    graph::{graph, id},
};

/// Nobody listens there.
const CLOSED: &str = "http://127.0.0.1:9";

/// What came of a run: the end, who was asked with which outcome, and why it failed.
async fn outcome(
    node: &str,
    params: serde_json::Value,
    keys: &[(&str, &str)],
) -> (RunStatus, Vec<(String, Outcome)>, Option<NodeFailure>) {
    let mut request = request(graph(&format!("a:{node}{params}\n a -> out:test.output")));
    let keys = keys.iter().fold(FixedKeys::none(), |keys, (provider, base_url)| {
        let base_url = Some((*base_url).to_owned());
        keys.with(provider, ProviderKey { secret: Secret::new(SECRET), base_url, allow_private: true, payer: None })
    });
    request.keys = Arc::new(keys);
    let records = Arc::new(GenerationLog::default());
    request.generations = records.clone();
    let report = engine().run(&request, Arc::new(EventLog::default())).await.unwrap();
    let asked = records.records().into_iter().map(|record| (record.generation.provider, record.generation.outcome));
    (report.status, asked.collect(), report.failures.get(&id("a")).cloned())
}

fn case(provider: &str, capability: &str) -> Case {
    let found = cases::all().into_iter().find(|case| (case.provider, case.capability) == (provider, capability));
    found.expect("a case")
}

fn picture() -> serde_json::Value {
    json!({"prompt": "A boat", "model": "flux-2-pro"})
}

#[tokio::test]
async fn work_goes_to_the_next_provider_where_the_first_is_down() {
    let fal = Shop::start(case("fal", "image.generate"), Script::Well).await;
    let keys = [("bfl", CLOSED), ("fal", fal.base_url())];
    let (status, asked, _) = outcome("image.generate", picture(), &keys).await;
    assert_eq!(status, RunStatus::Done);
    assert_eq!(asked, [("bfl".into(), Outcome::Failed), ("fal".into(), Outcome::Ok)]);
    assert_eq!(fal.seen().orders.len(), 1);

    let mut named = picture();
    named["connection"] = json!("bfl");
    let (_, asked, failure) = outcome("image.generate", named, &keys).await;
    assert_eq!(asked, [("bfl".into(), Outcome::Failed)], "who is named is meant");
    assert!(failure.unwrap().message.contains("does not answer"));

    let (_, asked, failure) = outcome("image.generate", picture(), &[("bfl", CLOSED), ("fal", CLOSED)]).await;
    assert_eq!(asked.len(), 2);
    assert_eq!(failure.unwrap().code, FailureCode::ProviderDown);
}

#[tokio::test]
async fn an_order_whose_fate_is_open_goes_to_nobody_else() {
    let bfl = Shop::start(case("bfl", "image.generate"), Script::Refuse(503)).await;
    let fal = Shop::start(case("fal", "image.generate"), Script::Well).await;
    let keys = [("bfl", bfl.base_url()), ("fal", fal.base_url())];
    let (status, asked, failure) = outcome("image.generate", picture(), &keys).await;
    assert_eq!((status, asked.len(), fal.seen().orders.len()), (RunStatus::Failed, 1, 0));
    assert!(failure.unwrap().message.contains("it is not known whether"));
}

#[tokio::test]
async fn a_question_goes_to_the_next_provider_until_an_answer_has_begun() {
    let question = || json!({"prompt": "A boat", "model": "openai/gpt-oss-20b"});
    for (script, asked_of) in [(Script::Refuse(503), 2), (Script::BrokenOff, 1), (Script::Refuse(401), 1)] {
        let first = Shop::start(case("together", "text.chat"), script).await;
        let second = Shop::start(case("openrouter", "text.chat"), Script::Well).await;
        let third = Shop::start(case("huggingface", "text.chat"), Script::Well).await;
        let keys =
            [("together", first.base_url()), ("openrouter", second.base_url()), ("huggingface", third.base_url())];
        let (status, asked, _) = outcome("text.chat", question(), &keys).await;
        assert_eq!(asked.len(), asked_of, "{script:?}: {asked:?}");
        assert_eq!(asked[0].0, "together");
        let ends = if asked_of == 2 { RunStatus::Done } else { RunStatus::Failed };
        assert_eq!(status, ends, "{script:?}");
    }
}
