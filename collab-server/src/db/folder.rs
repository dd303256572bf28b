//! Folders of workflows: a tree in each workspace.

use sea_query::{Expr, ExprTrait, Iden, Order, Query};
use shared::{
    api::Folder,
    id::{FolderId, WorkspaceId},
};
use uuid::Uuid;

use super::{Connection, DbError, Tx, now, workflow};

#[derive(Iden)]
enum FolderTable {
    #[iden = "folder"]
    Table,
    FolderId,
    WorkspaceId,
    ParentId,
    Name,
    CreatedAt,
}

pub async fn insert(db: impl Connection, workspace: WorkspaceId, folder: &Folder) -> Result<(), DbError> {
    let insert = Query::insert()
        .into_table(FolderTable::Table)
        .columns([
            FolderTable::FolderId,
            FolderTable::WorkspaceId,
            FolderTable::ParentId,
            FolderTable::Name,
            FolderTable::CreatedAt,
        ])
        .values_panic([
            folder.id.as_uuid().into(),
            workspace.as_uuid().into(),
            folder.parent.map(FolderId::as_uuid).into(),
            folder.name.as_str().into(),
            now().into(),
        ])
        .to_owned();
    db.execute(&insert).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct FolderRow {
    folder_id: Uuid,
    parent_id: Option<Uuid>,
    name: String,
}

/// All of a workspace, in the order of making.
pub async fn list(db: impl Connection, workspace: WorkspaceId) -> Result<Vec<Folder>, DbError> {
    let select = Query::select()
        .columns([FolderTable::FolderId, FolderTable::ParentId, FolderTable::Name])
        .from(FolderTable::Table)
        .and_where(Expr::col(FolderTable::WorkspaceId).eq(workspace.as_uuid()))
        .order_by(FolderTable::FolderId, Order::Asc)
        .to_owned();
    let rows: Vec<FolderRow> = db.fetch_all(&select).await?;
    let folder =
        |row: FolderRow| Folder { id: row.folder_id.into(), parent: row.parent_id.map(Into::into), name: row.name };
    Ok(rows.into_iter().map(folder).collect())
}

/// Writes name and place.
pub async fn update(db: impl Connection, folder: &Folder) -> Result<(), DbError> {
    let update = Query::update()
        .table(FolderTable::Table)
        .value(FolderTable::Name, folder.name.as_str())
        .value(FolderTable::ParentId, folder.parent.map(FolderId::as_uuid))
        .and_where(Expr::col(FolderTable::FolderId).eq(folder.id.as_uuid()))
        .to_owned();
    db.execute(&update).await.map(drop)
}

/// What is in it moves up, then it goes.
pub async fn delete(tx: &mut Tx, folder: &Folder) -> Result<(), DbError> {
    let move_up = Query::update()
        .table(FolderTable::Table)
        .value(FolderTable::ParentId, folder.parent.map(FolderId::as_uuid))
        .and_where(Expr::col(FolderTable::ParentId).eq(folder.id.as_uuid()))
        .to_owned();
    tx.execute(&move_up).await?;
    workflow::move_all(&mut *tx, folder.id, folder.parent).await?;
    let delete = Query::delete()
        .from_table(FolderTable::Table)
        .and_where(Expr::col(FolderTable::FolderId).eq(folder.id.as_uuid()))
        .to_owned();
    tx.execute(&delete).await.map(drop)
}
