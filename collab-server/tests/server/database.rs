//! The one database layer over two databases.

use bytes::Bytes;
use collab_server::{
    config::Config,
    db::{Connection, Db, OnConstraint, OpenError, document::DbDocStore, now},
    error::AppError,
    room::{Append, DocStore, Edition, ServerId, Snapshot, StoreError},
    state::AppState,
};
use sea_query::{Alias, Query};
use shared::{api::User, id::UserId, protocol::DocumentName};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::on_each_database;

fn ada() -> User {
    User { id: UserId::from(Uuid::now_v7()), name: "Ada".into(), email: "ada@example.org".into() }
}

async fn count_users(db: &Db) -> usize {
    let select = Query::select().column(Alias::new("user_id")).from(Alias::new("user")).to_owned();
    db.fetch_all::<(Uuid,)>(&select).await.unwrap().len()
}

on_each_database! {
    async fn a_dropped_transaction_leaves_nothing(app: TestApp) {
        let db = &app.state.db;
        let mut tx = db.begin().await.unwrap();
        collab_server::db::user::insert(&mut tx, &ada(), None, now()).await.unwrap();
        drop(tx);
        assert_eq!(count_users(db).await, 0);
    }

    async fn a_constraint_is_known_by_its_name(app: TestApp) {
        let db = &app.state.db;
        collab_server::db::user::insert(db, &ada(), None, now()).await.unwrap();
        let again = collab_server::db::user::insert(db, &ada(), None, now()).await;
        let answer: AppError = again.on_constraint("user_email_key", || AppError::conflict("taken")).unwrap_err();
        assert_eq!(answer.message(), "taken");
        let again = collab_server::db::user::insert(db, &ada(), None, now()).await;
        let other: AppError = again.on_constraint("another_key", || AppError::conflict("taken")).unwrap_err();
        assert_eq!(other.code(), shared::error::ErrorCode::Internal);
    }

    async fn writers_wait_for_each_other_and_readers_for_nobody(app: TestApp) {
        let db = app.state.db.clone();
        let mut tx = db.begin().await.unwrap();
        collab_server::db::user::insert(&mut tx, &ada(), None, now()).await.unwrap();
        assert_eq!(count_users(&db).await, 0, "a reader sees what was committed");
        let writer = tokio::spawn({
            let db = db.clone();
            async move {
                let bob = User { email: "bob@example.org".into(), ..ada() };
                collab_server::db::user::insert(&db, &bob, None, now()).await
            }
        });
        tokio::task::yield_now().await;
        tx.commit().await.unwrap();
        writer.await.unwrap().unwrap();
        assert_eq!(count_users(&db).await, 2);
    }

    async fn many_people_at_once_are_all_served(app: TestApp) {
        let inserts = (0..200).map(|n| {
            let db = app.state.db.clone();
            let user = User { email: format!("user{n}@example.org"), ..ada() };
            tokio::spawn(async move { collab_server::db::user::insert(&db, &user, None, now()).await })
        });
        for insert in inserts.collect::<Vec<_>>() {
            insert.await.unwrap().unwrap();
        }
        assert_eq!(count_users(&app.state.db).await, 200);
    }
}

#[tokio::test]
async fn a_second_process_is_kept_out_of_a_sqlite_file() {
    let dir = tempfile::tempdir().unwrap();
    let open = || AppState::open(Config::in_folder(dir.path()), CancellationToken::new());
    let first = open().await.unwrap();
    let error = open().await.err().expect("the file is locked");
    assert!(matches!(error.downcast_ref(), Some(OpenError::Locked(_))), "{error:?}");
    assert!(error.to_string().contains("stop it first"), "{error}");
    first.runs.shutdown().await;
    first.db.close().await;
    drop(first);
    open().await.unwrap();
}

#[tokio::test]
async fn an_address_of_no_database_is_refused_without_its_password() {
    let error = Db::open("mysql://root:hunter2@localhost/flow").await.err().expect("not one of ours");
    assert_eq!(error.to_string(), "`mysql:` is not a database address: `sqlite:FILE` and `postgres://…` are");
}

on_each_database! {
    async fn a_snapshot_deletes_only_the_rows_it_covers(app: TestApp) {
        let ada = app.user("ada").await;
        let document = DocumentName::Graph(crate::sync::new_workflow(&app.state, &ada).await);
        let store = DbDocStore::new(app.state.db.clone());
        let mut founded = store.load(document).await.expect("it was made");
        let edition = Edition { document, generation: founded.generation };
        let founded = founded.log.remove(0);
        assert_eq!((founded.server, founded.seq), (ServerId::FOUNDER, 1));
        let (a, b) = (ServerId::random(), ServerId::random());
        let row = |server, seq| Append { edition, server, seq, update: Bytes::from_static(b"\0\0"), claims: vec![] };
        store.append(&[row(a, 1), row(b, 1), row(a, 2), row(b, 2)]).await.expect("fresh rows");
        // As after a commit whose answer was lost.
        store.append(&[row(b, 2), row(b, 3)]).await.expect("the same rows again");

        let snapshot = |heads: &[(ServerId, u64)]| Snapshot {
            heads: heads.iter().copied().collect(),
            state_v2: Bytes::from_static(b"state"),
            hash: [0; 32],
        };
        store.compact(edition, snapshot(&[(ServerId::FOUNDER, 1), (a, 2), (b, 1)]), 0).await.expect("the first");
        let outrun = store.compact(edition, snapshot(&[(a, 2), (b, 3)]), 0).await;
        assert!(matches!(outrun, Err(StoreError::Outrun)), "{outrun:?}");

        let stored = store.load(document).await.expect("it was made");
        let rows: Vec<_> = stored.log.iter().map(|row| (row.server, row.seq)).collect();
        assert_eq!((stored.version, rows), (1, vec![(b, 2), (b, 3)]));
        assert_eq!(stored.snapshot.map(|snapshot| snapshot.heads.get(a)), Some(2));
    }
}
