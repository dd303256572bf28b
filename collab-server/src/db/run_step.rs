//! Checkpoints of runs under way: steps that ended, and paid calls that are open at vendors.

use engine::{StepId, VendorJob};
use sea_query::{Expr, ExprTrait, Iden, OnConflict, Query};
use shared::id::RunId;
use uuid::Uuid;

use super::{Connection, DbError, run::json, run::read};

#[derive(Iden)]
enum StepTable {
    #[iden = "run_step"]
    Table,
    RunId,
    Step,
    Ending,
}

#[derive(Iden)]
enum JobTable {
    #[iden = "run_job"]
    Table,
    RunId,
    Step,
    Job,
}

/// Rows of one statement: far below what either database allows.
const ROWS_MAX: usize = 200;

/// The key of a step: `node`, or `node/0/3` for an item of mapped lists. No id of a node holds a slash.
pub fn text_of(step: &StepId) -> String {
    step.items.iter().fold(step.node.to_string(), |text, item| format!("{text}/{item}"))
}

/// Adds steps that ended, each with its JSON. One that is there already stays: the first end counts.
pub async fn insert(tx: &mut super::Tx, run: RunId, steps: &[(String, String)]) -> Result<(), DbError> {
    for steps in steps.chunks(ROWS_MAX) {
        let mut insert = Query::insert()
            .into_table(StepTable::Table)
            .columns([StepTable::RunId, StepTable::Step, StepTable::Ending])
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .to_owned();
        for (step, ending) in steps {
            insert.values_panic([run.as_uuid().into(), step.as_str().into(), ending.as_str().into()]);
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

/// All steps of a run that ended, each with its JSON.
pub async fn list(db: impl Connection, run: RunId) -> Result<Vec<(String, String)>, DbError> {
    let select = Query::select()
        .columns([StepTable::Step, StepTable::Ending])
        .from(StepTable::Table)
        .and_where(Expr::col(StepTable::RunId).eq(run.as_uuid()))
        .to_owned();
    db.fetch_all(&select).await
}

/// Adds a step's open call, or replaces it.
pub async fn set_job(db: impl Connection, run: RunId, step: &str, job: &VendorJob) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(JobTable::Table)
        .columns([JobTable::RunId, JobTable::Step, JobTable::Job])
        .values_panic([run.as_uuid().into(), step.into(), json(job).into()])
        .on_conflict(OnConflict::columns([JobTable::RunId, JobTable::Step]).update_column(JobTable::Job).to_owned())
        .to_owned();
    db.execute(&insert).await.map(drop)
}

pub async fn delete_job(db: impl Connection, run: RunId, step: &str) -> Result<(), DbError> {
    let delete = Query::delete()
        .from_table(JobTable::Table)
        .and_where(Expr::col(JobTable::RunId).eq(run.as_uuid()))
        .and_where(Expr::col(JobTable::Step).eq(step))
        .to_owned();
    db.execute(&delete).await.map(drop)
}

/// All open calls of a run.
pub async fn jobs(db: impl Connection, run: RunId) -> Result<Vec<(String, VendorJob)>, DbError> {
    let select = Query::select()
        .columns([JobTable::Step, JobTable::Job])
        .from(JobTable::Table)
        .and_where(Expr::col(JobTable::RunId).eq(run.as_uuid()))
        .to_owned();
    let rows: Vec<(String, String)> = db.fetch_all(&select).await?;
    rows.into_iter().map(|(step, job)| Ok((step, read(&job, "run_job.job")?))).collect()
}

/// Forgets all checkpoints of runs that ended.
pub async fn delete(tx: &mut super::Tx, runs: &[Uuid]) -> Result<(), DbError> {
    let steps = Query::delete()
        .from_table(StepTable::Table)
        .and_where(Expr::col(StepTable::RunId).is_in(runs.iter().copied()))
        .to_owned();
    let jobs = Query::delete()
        .from_table(JobTable::Table)
        .and_where(Expr::col(JobTable::RunId).is_in(runs.iter().copied()))
        .to_owned();
    tx.execute(&steps).await?;
    tx.execute(&jobs).await.map(drop)
}
