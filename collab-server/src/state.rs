//! What every handler can reach. Built once at start, cheap to clone.

use std::{
    ops::Deref,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use bytes::Bytes;
use engine::{BlobStore, Engine, EngineConfig, FolderBlobs, Limits, LocalModels, Outbound, OutboundPolicy};
use shared::node::Catalog;
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{Passwords, Throttle, github::GitHub},
    bus::{Alone, Bus, Nats, NatsError, Pulse},
    config::{Config, Process},
    db::{self, DatabaseLock, Db, document::DbDocStore},
    keys::MasterKey,
    room::{self, DbRights, Rooms, ServerId, Settings, connection::Refusals},
    run::{self, DbCache, Generations, Runs},
};

#[derive(Clone)]
pub struct AppState(Arc<Inner>);

pub struct Inner {
    pub config: Config,
    pub db: Db,
    pub passwords: Passwords,
    pub throttle: Throttle,
    /// `None` when no OAuth app is configured.
    pub github: Option<GitHub>,
    pub master_key: MasterKey,
    pub blobs: Arc<dyn BlobStore>,
    /// For uploads under way: beside the blobs, so that a finished one is moved and not copied.
    pub upload_dir: PathBuf,
    pub catalog: &'static Catalog,
    /// The catalogue as `GET /api/nodes` sends it: it is the same for everybody until the next release.
    pub catalog_json: CatalogJson,
    pub rooms: Rooms,
    pub refusals: Refusals,
    pub engine: Engine,
    pub local_models: LocalModels,
    pub runs: Runs,
    pub generations: Generations,
    /// Cancelled when the server begins to stop: whatever lives longer than a request ends itself on it.
    pub shutdown: CancellationToken,
    /// Held, never read: dropping it would let a second process into the SQLite file.
    _lock: Option<DatabaseLock>,
}

pub struct CatalogJson {
    pub json: Bytes,
    pub etag: String,
}

impl CatalogJson {
    fn of(catalog: &Catalog) -> Self {
        let json = Bytes::from(serde_json::to_vec(catalog).expect("the catalogue is plain data"));
        let etag = format!("\"{}\"", blake3::hash(&json).to_hex());
        Self { json, etag }
    }
}

impl AppState {
    /// Opens everything under the configured folder, making what is not there yet.
    pub async fn open(config: Config, shutdown: CancellationToken) -> anyhow::Result<Self> {
        let data_dir = &config.data.data_dir;
        make_private(data_dir).with_context(|| format!("creating the folder `{}`", data_dir.display()))?;
        let (db, lock) = Db::open(&config.data.database_url()).await?;
        let passwords = Passwords::start().await.context("hashing a first password")?;
        let github = GitHub::new(&config.github).context("setting up the sign-in with GitHub")?;
        let bus = open_bus(&config, &db).await?;
        let open_bytes = usize::try_from(config.max_room_memory_bytes).unwrap_or(usize::MAX);
        let settings = Settings { limits: room::Limits { open_bytes, ..Default::default() }, ..Default::default() };
        let store = Arc::new(DbDocStore::new(db.clone()));
        let rooms = Rooms::on_bus(store, Arc::new(DbRights(db.clone())), settings, bus.clone());
        let master_key = MasterKey::load(&config.data)?;
        let blobs = FolderBlobs::open(config.data.blob_dir()).context("opening the folder of blobs")?;
        let upload_dir = blobs.temp_dir();
        let blobs: Arc<dyn BlobStore> = Arc::new(blobs);
        let outbound = Outbound::new(OutboundPolicy { allow_private: config.allow_private_network });
        let local_models = LocalModels::new(config.models.in_data_dir(data_dir), outbound.clone());
        let engine = Engine::new(EngineConfig {
            blobs: blobs.clone(),
            cache: Arc::new(DbCache::new(db.clone(), blobs.clone(), config.fair.cache_megabytes << 20)),
            outbound,
            local_models: local_models.clone(),
            limits: Limits::default(),
        });
        let generations = Generations::new(db.clone(), blobs.clone(), data_dir.join("generations"), &master_key);
        let catalog = engine::catalog();
        let inner = Inner {
            db,
            passwords,
            throttle: Throttle::default(),
            github,
            rooms,
            refusals: Refusals::default(),
            master_key,
            upload_dir,
            blobs,
            engine,
            local_models,
            runs: Runs::new(shutdown.child_token(), bus.clone()),
            generations,
            catalog,
            catalog_json: CatalogJson::of(catalog),
            shutdown,
            config,
            _lock: lock,
        };
        let state = Self(Arc::new(inner));
        if state.config.process == Process::Server {
            run::recover(&state).await.context("taking up what an earlier process left")?;
        }
        if state.config.process != Process::Tool {
            run::start_workers(&state);
        }
        Ok(state)
    }
}

/// What connects this server with the others of its database, if it has any.
async fn open_bus(config: &Config, db: &Db) -> anyhow::Result<Arc<dyn Bus>> {
    // Workers open no documents, so nobody has to look for what they write there.
    let is_server = config.process == Process::Server;
    Ok(match (config.nats_url(), db) {
        (None, Db::Postgres(_)) if is_server => Arc::new(Alone::unless_others_come(db.clone())),
        (None, _) => Arc::new(Alone::default()),
        (Some(_), Db::Sqlite { .. }) => return Err(NatsError::Sqlite.into()),
        (Some(url), Db::Postgres(_)) => {
            let cluster = db::cluster::id(db).await.context("looking up what this database's servers are called")?;
            let server = ServerId::random();
            // For servers that nobody told of NATS.
            let pulse = is_server.then(|| Pulse::start(db.clone(), server, |_| {}));
            Arc::new(Nats::start(url, cluster, server, pulse).await?)
        }
    })
}

/// What is in it is for the server's account alone: passwords' hashes, sessions, everybody's work.
pub fn make_private(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
