//! Three real servers on one Postgres and one NATS, by clients spread over them.

mod chaos;
mod compaction;
mod js_pair;
mod polling;
mod presence;
mod revocation;
mod runs;
mod servers;

use servers::Cluster;
