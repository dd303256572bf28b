//! A whole server on a fresh database and a fresh folder.

use std::{
    net::SocketAddr,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::{Router, body::Body, extract::connect_info::MockConnectInfo, http::Request};
use collab_server::{config::Config, router, state::AppState};
use serde_json::json;
use sqlx::{Connection, Executor};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{Answer, Person};

pub const PASSWORD: &str = "a long enough password";

pub struct TestApp {
    pub state: AppState,
    router: Router,
    /// Removed with the app.
    dir: TempDir,
}

impl TestApp {
    pub async fn on_sqlite() -> Self {
        let dir = tempfile::tempdir().expect("a folder for the test");
        Self::open(Config::in_folder(dir.path()), dir).await
    }

    pub async fn on_postgres() -> Self {
        let dir = tempfile::tempdir().expect("a folder for the test");
        let mut config = Config::in_folder(dir.path());
        config.data.database_url = Some(fresh_postgres().await);
        Self::open(config, dir).await
    }

    async fn open(config: Config, dir: TempDir) -> Self {
        let state = AppState::open(config, CancellationToken::new()).await.expect("the server opens");
        let router = router(state.clone());
        Self { state, router, dir }
    }

    /// The same database and folder, with other settings. Yields the same app, started again.
    pub async fn restart_with(self, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.state.config.clone();
        change(&mut config);
        let Self { state, router, dir } = self;
        state.shutdown.cancel();
        state.rooms.shutdown().await;
        state.db.close().await;
        drop((state, router));
        // Tasks that still hold the old state let go of the lock within moments.
        for _ in 0..50 {
            match AppState::open(config.clone(), CancellationToken::new()).await {
                Ok(state) => return Self { router: collab_server::router(state.clone()), state, dir },
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        panic!("the old server did not let go of its database");
    }

    pub fn data_dir(&self) -> &Path {
        self.dir.path()
    }

    /// Ends the server and leaves its folder, for programs that want it to themselves.
    pub async fn stop(self) -> TempDir {
        self.state.shutdown.cancel();
        self.state.rooms.shutdown().await;
        self.state.db.close().await;
        self.dir
    }

    pub async fn restart(self) -> Self {
        self.restart_with(|_| {}).await
    }

    /// A real socket, for what needs one: WebSockets, event streams, real browsers.
    pub async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let service = self.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        let stop = self.state.shutdown.clone().cancelled_owned();
        let listener = collab_server::undelayed(listener);
        tokio::spawn(async move { axum::serve(listener, service).with_graceful_shutdown(stop).await });
        address
    }

    /// One request through the router, from an address of this test's own.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        self.send_from([192, 0, 2, 1], request).await
    }

    pub async fn send_from(&self, address: [u8; 4], request: Request<Body>) -> Answer {
        let client = MockConnectInfo(SocketAddr::from((address, 50_000)));
        let response = self.router.clone().layer(client).oneshot(request).await.expect("the router never fails");
        Answer::read(response).await
    }

    /// Somebody who is not signed in.
    pub fn stranger(&self) -> Person<'_> {
        Person::stranger(self)
    }

    /// Signs up `{name}@example.org`, from an address of their own so that throttling does not meet.
    pub async fn user(&self, name: &str) -> Person<'_> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let [_, b, c, d] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let body = json!({"email": format!("{name}@example.org"), "password": PASSWORD, "name": name});
        let request = Request::post("/api/auth/signup")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("a valid request");
        let answer = self.send_from([10, b, c, d], request).await;
        assert_eq!(answer.status, 201, "signing up {name}: {}", answer.text());
        Person::signed_in(self, &answer)
    }

    /// Signs in somebody who signed up before a restart.
    pub async fn signed_in_again(&self, name: &str) -> Person<'_> {
        let body = json!({"email": format!("{name}@example.org"), "password": PASSWORD});
        let request = Request::post("/api/auth/login")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("a valid request");
        Person::signed_in(self, &self.send(request).await.ok())
    }
}

/// A database of its own in the cluster the variable names.
pub async fn fresh_postgres() -> String {
    let cluster = std::env::var("OPENFLOW_TEST_POSTGRES_URL").expect(
        "OPENFLOW_TEST_POSTGRES_URL names a Postgres to make test databases in: use `cargo xtask test`, which starts one",
    );
    let name = format!("openflow_test_{}", uuid::Uuid::now_v7().simple());
    let mut connection = sqlx::PgConnection::connect(&cluster).await.expect("the test Postgres answers");
    let create = sqlx::AssertSqlSafe(format!("create database {name}"));
    connection.execute(create).await.expect("a fresh database");
    let mut url = url::Url::parse(&cluster).expect("OPENFLOW_TEST_POSTGRES_URL is a URL");
    url.set_path(&name);
    url.into()
}
