//! Runs that are taken up again: what an earlier attempt finished is not done twice.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use engine::{
    CheckpointError, Checkpoints, NodeContext, NodeError, RunRequest, StepDone, StepEnd, StepId, VendorJob, node,
};
use expect_test::expect;
use shared::{
    run::{NodeFailure, RunEvent, RunStatus},
    value::Value,
};

use crate::{
    fixture::{count, engine, lines, request, run},
    graph::{graph, id},
};

/// Keeps checkpoints for the next attempt.
#[derive(Default)]
pub struct Kept {
    ends: Mutex<BTreeMap<StepId, StepEnd>>,
    pub jobs: Mutex<BTreeMap<StepId, VendorJob>>,
}

#[async_trait::async_trait]
impl Checkpoints for Kept {
    fn ended(&self, step: &StepId) -> Option<StepEnd> {
        self.ends.lock().unwrap().get(step).cloned()
    }

    fn done(&self, step: &StepId, done: &StepDone) {
        self.ends.lock().unwrap().insert(step.clone(), StepEnd::Done(done.clone()));
    }

    fn failed(&self, step: &StepId, failure: &NodeFailure) {
        self.ends.lock().unwrap().insert(step.clone(), StepEnd::Failed { failure: failure.clone() });
    }

    fn job(&self, step: &StepId) -> Option<VendorJob> {
        self.jobs.lock().unwrap().get(step).cloned()
    }

    async fn store_job(&self, step: &StepId, job: &VendorJob) -> Result<(), CheckpointError> {
        self.jobs.lock().unwrap().insert(step.clone(), job.clone());
        Ok(())
    }

    async fn forget_job(&self, step: &StepId) -> Result<(), CheckpointError> {
        self.jobs.lock().unwrap().remove(step);
        Ok(())
    }
}

/// Submits a job and is cut off while it waits; the next attempt goes on with the same job.
#[node("test.job", title = "Job", resource = "network", cacheable = false, example = "{}")]
async fn job(
    /// What came before.
    number: Option<f64>,
    ctx: &NodeContext,
) -> Result<String, NodeError> {
    assert!(number.is_some());
    let Some(job) = ctx.job() else {
        let job = VendorJob { provider: "test".into(), id: Some("job_1".into()), data: serde_json::Value::Null };
        ctx.store_job(&job).await?;
        ctx.cancel().cancelled().await;
        return Err(NodeError::Cancelled);
    };
    ctx.forget_job().await?;
    Ok(job.id.unwrap())
}

fn attempt(text: &str, kept: &Arc<Kept>) -> RunRequest {
    let mut request = request(graph(text));
    request.run = uuid::Uuid::from_u128(1).into();
    request.checkpoints = kept.clone();
    request
}

#[tokio::test]
async fn another_attempt_repeats_nothing_that_ended() {
    let kept = Arc::new(Kept::default());
    let text = "a:test.work{\"label\":\"another attempt\"} -> b:test.job -> out:test.output
                f:test.fail -> g:test.sum";
    let first = attempt(text, &kept);
    let cancel = first.cancel.clone();
    let cut_off = tokio::spawn(async move { run(&engine(), &first).await });
    while kept.job(&StepId::once(id("b"))).is_none() || kept.ended(&StepId::once(id("f"))).is_none() {
        tokio::task::yield_now().await;
    }
    cancel.cancel();
    cut_off.await.unwrap();

    // Another engine: its cache knows nothing.
    let (report, events) = run(&engine(), &attempt(text, &kept)).await;
    assert_eq!(report.outputs["result"], Value::Text("job_1".into()));
    assert_eq!((report.status, count("another attempt")), (RunStatus::Failed, 1));
    let of = |node: &str| -> Vec<RunEvent> {
        let about = |event: &&RunEvent| lines(std::slice::from_ref(event)).starts_with(&format!("{node} "));
        events.iter().filter(about).cloned().collect()
    };
    expect!["a done number=0.0\n"].assert_eq(&lines(&of("a")));
    expect!["f failed: no number is good enough\n"].assert_eq(&lines(&of("f")));
    assert!(kept.job(&StepId::once(id("b"))).is_none());
}

#[tokio::test]
async fn every_attempt_at_a_run_draws_the_same_seed() {
    let kept = Arc::new(Kept::default());
    let (report, _) = run(&engine(), &attempt("a:test.draw -> out:test.output", &kept)).await;
    let again = Arc::new(Kept::default());
    let (other, _) = run(&engine(), &attempt("a:test.draw -> out:test.output", &again)).await;
    assert_eq!(report.outputs, other.outputs);
}
