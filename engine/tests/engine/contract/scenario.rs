//! The scenarios of the contract. A panic is what did not hold.

use std::sync::Arc;

use engine::generation::Outcome;
use serde_json::json;
use shared::{
    run::{FailureCode, RunStatus},
    value::Value,
};

use super::{
    attempt::{cancelled, cut_off, play},
    cases::{Answer, Case},
    shop::{Script, Shop},
    workflow::says,
};
use crate::{checkpoint::Kept, fixture::lines};

/// Whether work is ordered, or a question asked that may be repeated.
fn is_ordered(case: &Case) -> bool {
    !matches!(case.capability, "text.chat" | "text.embed" | "audio.transcribe")
}

/// Runs one scenario; a panic is what did not hold.
pub async fn run(name: &'static str, case: Case) {
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
                Value::Video(media) => {
                    assert_eq!(media.mime, "video/mp4");
                    assert!(media.duration_millis.is_some_and(|length| length > 500), "{media:?}");
                    "video"
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
            if says(&case).is_some() {
                assert!(told.seen.orders[0].contains("A boat"), "{}", told.seen.orders[0]);
            }
            if case.provider == "fal" && !matches!(case.answer, Answer::Json(_)) {
                assert_eq!(record["metrics"]["cost_usd"], json!(0.1), "two pieces at five cents");
            }
            if case.capability == "image.vary" && case.model == "sdxl-depth" {
                let order: serde_json::Value = serde_json::from_str(&told.seen.orders[0]).unwrap();
                let weighed = json!([{"path": "somebody/style", "scale": 0.5}]);
                assert_eq!((&order["loras"], &order["controlnet_conditioning_scale"]), (&weighed, &json!(0.75)));
                assert!(order["depth_image_url"].as_str().is_some_and(|url| url.starts_with("data:image/")), "{order}");
            }
            if case.capability == "model.hosted" {
                let order: serde_json::Value = serde_json::from_str(&told.seen.orders[0]).unwrap();
                let input = if case.provider == "replicate" { &order["input"] } else { &order };
                assert_eq!((&input["model"], input["seed"].is_u64()), (&json!(10), true), "{order}");
                assert!(input["image_urls"][0].as_str().is_some_and(|url| url.starts_with("data:image/")), "{order}");
                let costs = record["metrics"].get("cost_usd").filter(|cost| !cost.is_null());
                assert_eq!(costs.is_some(), case.provider == "fal", "{record}");
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
pub fn names(case: &Case) -> Vec<&'static str> {
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
