//! Every role against every kind of frame, in both protocols, on both documents of a workflow.

use collab_server::db;
use shared::{
    access::Role,
    graph::Node,
    id::NodeId,
    protocol::{SyncMessage, hocuspocus, websocket},
};
use yrs::{ReadTxn, StateVector, Transact, updates::encoder::Encode};

use crate::{
    support::on_each_database,
    sync::{Client, Protocol, graph_name, new_workflow, outputs_name},
};

use Protocol::{Hocuspocus, Websocket};

/// What somebody may send about a document they have open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Asks for what one has not.
    Step1,
    /// Says what the server has not: a write.
    Step2,
    /// Edits: a write.
    Update,
    Awareness,
    QueryAwareness,
    /// Hocuspocus alone: words that are no part of the document.
    Stateless,
    /// What only servers say.
    ServersWord,
}

const KINDS: [Kind; 7] =
    [Kind::Step1, Kind::Step2, Kind::Update, Kind::Awareness, Kind::QueryAwareness, Kind::Stateless, Kind::ServersWord];

/// Sends one frame of a kind, and waits until the server has made of it what it makes of it. Yields whether it wrote.
async fn try_frame(client: &mut Client, kind: Kind) -> bool {
    let (saved, refused) = (client.saved, client.refused);
    let told = async |client: &mut Client| {
        client
            .until("told", move |client| {
                client.saved > saved || client.refused > refused || client.denied.is_some() || client.closed.is_some()
            })
            .await;
        client.saved > saved
    };
    match kind {
        Kind::Step1 => still_open(client).await,
        Kind::Step2 => {
            // As somebody brings it who edited without a connection.
            let node = Node { title: Some("mine".into()), ..Node::new("text.note") };
            client.edit_quietly(|edit| edit.add_node(&NodeId::random(), &node, engine::catalog()));
            client.forget_unsent();
            let state = client.document.doc().transact().encode_state_as_update_v1(&StateVector::default());
            client.send_sync(SyncMessage::Step2(&state)).await;
            told(client).await
        }
        Kind::Update => {
            client.add_note("mine").await;
            told(client).await
        }
        Kind::Awareness => {
            client.say(1, Some("{}")).await;
            still_open(client).await
        }
        Kind::QueryAwareness => {
            match client.protocol {
                Hocuspocus => client.send_frame(hocuspocus::Message::QueryAwareness).await,
                Websocket => client.send_bytes(websocket::Message::QueryAwareness.encode()).await,
            }
            still_open(client).await
        }
        Kind::Stateless => {
            if client.protocol == Hocuspocus {
                client.send_frame(hocuspocus::Message::Stateless("hello")).await;
            }
            still_open(client).await
        }
        Kind::ServersWord => {
            match client.protocol {
                Hocuspocus => client.send_frame(hocuspocus::Message::BroadcastStateless("hello")).await,
                Websocket => client.send_bytes(websocket::Message::Granted.encode()).await,
            }
            client.until("closed", |client| client.closed.is_some()).await;
            assert_eq!(client.closed, Some(4400));
            false
        }
    }
}

/// Asks for the document again: the answer comes after whatever the frame before it did. Yields that nothing was written.
async fn still_open(client: &mut Client) -> bool {
    client.synced = false;
    let vector = client.document.doc().transact().state_vector().encode_v1();
    client.send_sync(SyncMessage::Step1(&vector)).await;
    client.until("answered", |client| client.synced).await;
    false
}

on_each_database! {
    async fn every_role_may_send_what_the_table_says(app: TestApp) {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        let address = app.listen().await;
        let team = ada.workspace().await;
        let mut tried = 0;
        for role in Role::ALL {
            db::workspace::set_member(&app.state.db, team, eve.user().id, role, db::now()).await.expect("a member");
            for protocol in [Hocuspocus, Websocket] {
                let workflow = new_workflow(&app.state, &ada).await;
                let mut nodes = 0;
                for kind in KINDS {
                    let what = format!("{kind:?} over {protocol:?} as {}", role.as_str());
                    let mut client = Client::synced(address, protocol, &graph_name(workflow), eve.token()).await;
                    let wrote = try_frame(&mut client, kind).await;
                    let writes = matches!(kind, Kind::Step2 | Kind::Update);
                    assert_eq!(wrote, writes && role.can_edit(), "{what}");
                    nodes += usize::from(wrote);
                    let (graph, _) = app.state.rooms.graph(workflow).await.expect("open");
                    assert_eq!(graph.nodes.len(), nodes, "{what}");
                    tried += 1;
                }
                // Outputs are the server's, whoever asks.
                for kind in [Kind::Step1, Kind::Step2, Kind::Update] {
                    let mut client = Client::synced(address, protocol, &outputs_name(workflow), eve.token()).await;
                    let wrote = try_frame(&mut client, kind).await;
                    assert!(!wrote, "outputs: {kind:?} over {protocol:?} as {}", role.as_str());
                    tried += 1;
                }
            }
        }
        println!("{tried} frames were taken or refused as the table says");
    }
}
