//! Random edits by three replicas over lines that drop and a server that restarts: at rest all are equal.
//!
//! The plan comes from a seed and is printed when the test fails; `OPENFLOW_SYNC_SEED` plays it again.

use rand::{RngExt, SeedableRng, rngs::SmallRng, seq::IndexedRandom};
use shared::{
    graph::{Edge, Node},
    id::NodeId,
};

use super::{Client, Protocol, graph_name, new_workflow};
use crate::support::{TestApp, on_each_database};

const STEPS: usize = 150;

#[derive(Debug, Clone)]
enum Step {
    AddNode {
        replica: usize,
    },
    /// The others choose among what the replica shows at that moment.
    Move {
        replica: usize,
        pick: u32,
        to: [f64; 2],
    },
    Remove {
        replica: usize,
        pick: u32,
    },
    Connect {
        replica: usize,
        pick: [u32; 2],
    },
    Type {
        replica: usize,
        pick: u32,
        text: String,
    },
    Listen {
        replica: usize,
    },
    DropLine {
        replica: usize,
    },
    Reconnect {
        replica: usize,
    },
    Restart,
}

fn plan(seed: u64) -> Vec<Step> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let words = ["a", "🦀", "longer text", "ü"];
    let mut step = || {
        let replica = rng.random_range(0..3);
        let pick = rng.random();
        match rng.random_range(0..100) {
            0..25 => Step::AddNode { replica },
            25..40 => Step::Move { replica, pick, to: [rng.random_range(0..99).into(), 0.5] },
            40..47 => Step::Remove { replica, pick },
            47..57 => Step::Connect { replica, pick: [pick, rng.random()] },
            57..77 => Step::Type { replica, pick, text: words.choose(&mut rng).copied().unwrap_or_default().into() },
            77..88 => Step::Listen { replica },
            88..93 => Step::DropLine { replica },
            93..99 => Step::Reconnect { replica },
            _ => Step::Restart,
        }
    };
    (0..STEPS).map(|_| step()).collect()
}

/// A person's replica: on the line or off it.
enum Replica {
    Online(Box<Client>),
    Offline(shared::document::GraphDocument, Protocol),
}

struct Play {
    app: TestApp,
    address: std::net::SocketAddr,
    name: String,
    token: String,
    replicas: Vec<Replica>,
}

impl Play {
    async fn online(&mut self, replica: usize) {
        if let Replica::Offline(document, protocol) = &self.replicas[replica] {
            let client = Client::open_with(self.address, *protocol, &self.name, &self.token, document.clone()).await;
            self.replicas[replica] = Replica::Online(Box::new(client));
        }
    }

    fn offline(&mut self, replica: usize) {
        if let Replica::Online(client) = &self.replicas[replica] {
            self.replicas[replica] = Replica::Offline(client.document.clone(), client.protocol);
        }
    }

    async fn edit(&mut self, replica: usize, edit: impl FnOnce(&mut shared::document::Edit<'_>)) {
        match &mut self.replicas[replica] {
            Replica::Online(client) => client.edit(edit).await,
            Replica::Offline(document, _) => document.edit(shared::document::Origin::Ui, edit),
        }
    }

    fn pick(&self, replica: usize, pick: u32) -> Option<NodeId> {
        let document = match &self.replicas[replica] {
            Replica::Online(client) => &client.document,
            Replica::Offline(document, _) => document,
        };
        let nodes = document.project().0.nodes;
        let at = pick as usize % nodes.len().max(1);
        nodes.into_keys().nth(at)
    }

    async fn step(mut self, step: Step) -> Self {
        match step {
            Step::AddNode { replica } => {
                let node = Node::new("text.note");
                self.edit(replica, |edit| edit.add_node(&NodeId::random(), &node, engine::catalog())).await;
            }
            Step::Move { replica, pick, to } => {
                let Some(id) = self.pick(replica, pick) else { return self };
                self.edit(replica, |edit| edit.move_nodes(&[(id, to)])).await;
            }
            Step::Remove { replica, pick } => {
                let Some(id) = self.pick(replica, pick) else { return self };
                self.edit(replica, |edit| edit.remove_nodes(&[id])).await;
            }
            Step::Connect { replica, pick } => {
                let (Some(from), Some(to)) = (self.pick(replica, pick[0]), self.pick(replica, pick[1])) else {
                    return self;
                };
                let edge = Edge { from, output: "text".into(), to, input: "text".into() };
                self.edit(replica, |edit| drop(edit.connect(edge, engine::catalog()))).await;
            }
            Step::Type { replica, pick, text } => {
                let Some(id) = self.pick(replica, pick) else { return self };
                // A note without a text param keeps the title instead: either way something is typed.
                self.edit(replica, |edit| {
                    if edit.edit_text(&id, "text", 0, 0, &text).is_err() {
                        edit.set_node_title(&id, Some(&text));
                    }
                })
                .await;
            }
            Step::Listen { replica } => {
                if let Replica::Online(client) = &mut self.replicas[replica] {
                    client.listen(std::time::Duration::from_millis(5)).await;
                }
            }
            Step::DropLine { replica } => self.offline(replica),
            Step::Reconnect { replica } => self.online(replica).await,
            Step::Restart => {
                for replica in 0..self.replicas.len() {
                    self.offline(replica);
                }
                self.app = self.app.restart().await;
                self.address = self.app.listen().await;
            }
        }
        self
    }

    /// Everybody online and nothing under way.
    async fn rest(&mut self) {
        for replica in 0..self.replicas.len() {
            self.online(replica).await;
        }
        let marks: Vec<NodeId> = self.replicas.iter().map(|_| NodeId::random()).collect();
        for (replica, mark) in marks.iter().enumerate() {
            let node = Node::new("text.note");
            self.edit(replica, |edit| edit.add_node(mark, &node, engine::catalog())).await;
        }
        // Whoever has everybody's mark may still lack what a neighbour sends after a hole was found: all listen until
        // all are equal.
        for _ in 0..400 {
            for replica in &mut self.replicas {
                let Replica::Online(client) = replica else { continue };
                client.listen(std::time::Duration::from_millis(10)).await;
            }
            if self.equal(&marks) {
                return;
            }
        }
        panic!("the replicas are not equal at rest");
    }

    fn equal(&self, marks: &[NodeId]) -> bool {
        let graphs: Vec<_> = self
            .replicas
            .iter()
            .filter_map(|replica| match replica {
                Replica::Online(client) => Some(client.graph()),
                Replica::Offline(..) => None,
            })
            .collect();
        marks.iter().all(|mark| graphs.iter().all(|graph| graph.nodes.contains_key(mark)))
            && graphs.windows(2).all(|pair| pair[0] == pair[1])
    }
}

/// Prints the plan unless the test got to its end.
struct ShownOnFailure(u64, Vec<Step>);

impl Drop for ShownOnFailure {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("OPENFLOW_SYNC_SEED={}\n{:#?}", self.0, self.1);
        }
    }
}

on_each_database! {
    async fn replicas_are_equal_at_rest_whatever_happened(app: TestApp) {
        let given = std::env::var("OPENFLOW_SYNC_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(rand::random);
        let steps = plan(seed);
        let shown = ShownOnFailure(seed, steps.clone());

        let ada = app.user("ada").await;
        let workflow = new_workflow(&app.state, &ada).await;
        let (name, token) = (graph_name(workflow), ada.token().to_owned());
        let address = app.listen().await;
        let mut replicas = Vec::new();
        for protocol in [Protocol::Hocuspocus, Protocol::Websocket, Protocol::Hocuspocus] {
            let client = Client::synced(address, protocol, &name, &token).await;
            replicas.push(Replica::Online(Box::new(client)));
        }
        let mut play = Play { app, address, name, token, replicas };
        for step in steps {
            play = play.step(step).await;
        }
        play.rest().await;

        // What the server has, and what it has after a restart, is the same.
        let Replica::Online(client) = &play.replicas[0] else { unreachable!("all are online at rest") };
        let graph = client.graph();
        assert_eq!(play.app.state.rooms.graph(workflow).await.expect("open").0, graph);
        let app = play.app.restart().await;
        assert_eq!(app.state.rooms.graph(workflow).await.expect("open").0, graph);
        drop(shown);
    }
}
