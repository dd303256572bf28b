//! What is known of blobs, and which workspaces may read them. The bytes are in the blob store.

use std::collections::BTreeSet;

use sea_query::{Expr, ExprTrait, Iden, JoinType, OnConflict, Query};
use shared::{id::WorkspaceId, value::BlobHash};

use super::{Connection, DbError, Tx, now, workspace::MemberTable};
use crate::auth::Asker;

#[derive(Iden)]
enum BlobTable {
    #[iden = "blob"]
    Table,
    Hash,
    Mime,
    SizeBytes,
    Media,
    CreatedAt,
}

#[derive(Iden)]
enum GrantTable {
    #[iden = "blob_grant"]
    Table,
    WorkspaceId,
    Hash,
    CreatedAt,
}

/// Rows or values of one statement: SQLite takes 32,766 parameters, and a graph may name thousands of blobs.
const CHUNK: usize = 1000;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct BlobRow {
    pub hash: String,
    pub mime: String,
    pub size_bytes: i64,
    /// The JSON of a `shared::value::Media`; `None` for bytes that were never probed, such as posters.
    pub media: Option<String>,
}

/// Records what is known of a blob. What probing found is kept over knowing less.
pub async fn insert(db: impl Connection, blob: &BlobRow) -> Result<(), DbError> {
    let mut known = OnConflict::column(BlobTable::Hash);
    match blob.media {
        Some(_) => known.update_columns([BlobTable::Mime, BlobTable::Media]),
        None => known.do_nothing(),
    };
    let insert = Query::insert()
        .into_table(BlobTable::Table)
        .columns([BlobTable::Hash, BlobTable::Mime, BlobTable::SizeBytes, BlobTable::Media, BlobTable::CreatedAt])
        .values_panic([
            blob.hash.as_str().into(),
            blob.mime.as_str().into(),
            blob.size_bytes.into(),
            blob.media.clone().into(),
            now().into(),
        ])
        .on_conflict(known.to_owned())
        .to_owned();
    db.execute(&insert).await.map(drop)
}

/// For a service that has the bytes anyway; people go through [`readable_by_user`].
pub async fn find(db: impl Connection, hash: &BlobHash) -> Result<Option<BlobRow>, DbError> {
    let select = Query::select()
        .columns([BlobTable::Hash, BlobTable::Mime, BlobTable::SizeBytes, BlobTable::Media])
        .from(BlobTable::Table)
        .and_where(Expr::col(BlobTable::Hash).eq(hash.as_str()))
        .to_owned();
    db.fetch_optional(&select).await
}

/// Lets a workspace read blobs that are recorded. Twice is as good as once.
pub async fn grant(tx: &mut Tx, workspace: WorkspaceId, hashes: &BTreeSet<BlobHash>) -> Result<(), DbError> {
    let hashes: Vec<&BlobHash> = hashes.iter().collect();
    for chunk in hashes.chunks(CHUNK) {
        let mut insert = Query::insert()
            .into_table(GrantTable::Table)
            .columns([GrantTable::WorkspaceId, GrantTable::Hash, GrantTable::CreatedAt])
            .on_conflict(OnConflict::columns([GrantTable::WorkspaceId, GrantTable::Hash]).do_nothing().to_owned())
            .to_owned();
        for hash in chunk {
            insert.values_panic([workspace.as_uuid().into(), hash.as_str().into(), now().into()]);
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

/// Those of `hashes` that some workspace of the person may read, as far as it is reached.
pub async fn readable_by_user(
    db: impl Connection + Copy,
    asker: Asker<'_>,
    hashes: &BTreeSet<BlobHash>,
) -> Result<BTreeSet<BlobHash>, DbError> {
    let mut select = Query::select()
        .distinct()
        .column((GrantTable::Table, GrantTable::Hash))
        .from(GrantTable::Table)
        .join(
            JoinType::InnerJoin,
            MemberTable::Table,
            Expr::col((MemberTable::Table, MemberTable::WorkspaceId))
                .equals((GrantTable::Table, GrantTable::WorkspaceId)),
        )
        .and_where(Expr::col((MemberTable::Table, MemberTable::UserId)).eq(asker.user.id.as_uuid()))
        .to_owned();
    if let Some(only) = asker.limits.workspace {
        select.and_where(Expr::col((GrantTable::Table, GrantTable::WorkspaceId)).eq(only.as_uuid()));
    }
    readable(db, &select, hashes).await
}

/// Those of `hashes` that `workspace` may read.
pub async fn readable_by_workspace(
    db: impl Connection + Copy,
    workspace: WorkspaceId,
    hashes: &BTreeSet<BlobHash>,
) -> Result<BTreeSet<BlobHash>, DbError> {
    let select = Query::select()
        .column((GrantTable::Table, GrantTable::Hash))
        .from(GrantTable::Table)
        .and_where(Expr::col((GrantTable::Table, GrantTable::WorkspaceId)).eq(workspace.as_uuid()))
        .to_owned();
    readable(db, &select, hashes).await
}

async fn readable(
    db: impl Connection + Copy,
    select: &sea_query::SelectStatement,
    hashes: &BTreeSet<BlobHash>,
) -> Result<BTreeSet<BlobHash>, DbError> {
    let mut readable = BTreeSet::new();
    let hashes: Vec<&str> = hashes.iter().map(BlobHash::as_str).collect();
    for chunk in hashes.chunks(CHUNK) {
        let mut select = select.clone();
        select.and_where(Expr::col((GrantTable::Table, GrantTable::Hash)).is_in(chunk.iter().copied()));
        for (hash,) in db.fetch_all::<(String,)>(&select).await? {
            readable.insert(hash.parse().map_err(|_| DbError::Unreadable { column: "blob_grant.hash" })?);
        }
    }
    Ok(readable)
}
