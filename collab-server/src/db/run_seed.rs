//! How far counting seeds have come: one row for each parameter that counts.

use sea_query::{Expr, ExprTrait, Iden, LockType, OnConflict, Query};
use shared::id::{NodeId, WorkflowId};

use super::{Connection, DbError, Tx};

#[derive(Iden)]
enum SeedTable {
    #[iden = "run_seed"]
    Table,
    WorkflowId,
    NodeId,
    Param,
    CountsFrom,
    Last,
}

/// The most items that a node is run over.
const ITEMS_MAX: i64 = 10_000;

/// The next number of a count that begins at `from`, noted as used when the transaction commits. A count that begins
/// elsewhere than the last time begins anew.
pub async fn next(tx: &mut Tx, workflow: WorkflowId, node: &NodeId, param: &str, from: i64) -> Result<i64, DbError> {
    let first = Query::insert()
        .into_table(SeedTable::Table)
        .columns([SeedTable::WorkflowId, SeedTable::NodeId, SeedTable::Param, SeedTable::CountsFrom, SeedTable::Last])
        .values_panic([workflow.as_uuid().into(), node.as_str().into(), param.into(), from.into(), from.into()])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .to_owned();
    if tx.execute(&first).await? == 1 {
        return Ok(from);
    }
    let is_it = |condition: sea_query::Condition| {
        condition
            .add(Expr::col(SeedTable::WorkflowId).eq(workflow.as_uuid()))
            .add(Expr::col(SeedTable::NodeId).eq(node.as_str()))
            .add(Expr::col(SeedTable::Param).eq(param))
    };
    let select = Query::select()
        .columns([SeedTable::CountsFrom, SeedTable::Last])
        .from(SeedTable::Table)
        .cond_where(is_it(sea_query::Condition::all()))
        // Two runs that start at once get two numbers.
        .lock(LockType::Update)
        .to_owned();
    let (before, last): (i64, i64) = tx.fetch_one(&select).await?;
    let next = if before == from { last + 1 } else { from };
    let update = Query::update()
        .table(SeedTable::Table)
        .value(SeedTable::CountsFrom, from)
        .value(SeedTable::Last, next)
        .cond_where(is_it(sea_query::Condition::all()))
        .to_owned();
    tx.execute(&update).await?;
    Ok(next)
}

/// A run over a list used more numbers than the one it was given: one for each item.
pub async fn advance(tx: &mut Tx, workflow: WorkflowId, node: &NodeId, last: i64) -> Result<(), DbError> {
    let update = Query::update()
        .table(SeedTable::Table)
        .value(SeedTable::Last, last)
        .and_where(Expr::col(SeedTable::WorkflowId).eq(workflow.as_uuid()))
        .and_where(Expr::col(SeedTable::NodeId).eq(node.as_str()))
        .and_where(Expr::col(SeedTable::Last).lt(last))
        // A drawn seed of a node that counted once is no part of the count.
        .and_where(Expr::col(SeedTable::Last).gt(last - ITEMS_MAX))
        .to_owned();
    tx.execute(&update).await.map(drop)
}
