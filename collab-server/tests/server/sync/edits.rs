//! Edits reach everybody and the disk.

use std::time::{Duration, Instant};

use collab_server::{
    db::document::DbDocStore,
    room::{DocStore, StoredDocument},
};
use shared::protocol::DocumentName;

use super::{Client, Protocol, graph_name, new_workflow};
use crate::support::{TestApp, on_each_database};

use Protocol::{Hocuspocus, Websocket};

async fn stored(app: &TestApp, document: DocumentName) -> StoredDocument {
    DbDocStore::new(app.state.db.clone()).load(document).await.expect("the document is there")
}

on_each_database! {
    async fn everybody_sees_everybodys_edits_whatever_they_speak(app: TestApp) {
        let ada = app.user("ada").await;
        let name = graph_name(new_workflow(&app.state, &ada).await);
        let address = app.listen().await;
        let mut clients = Vec::new();
        for protocol in [Hocuspocus, Hocuspocus, Websocket, Websocket] {
            clients.push(Client::synced(address, protocol, &name, ada.token()).await);
        }
        for (index, client) in clients.iter_mut().enumerate() {
            client.add_note(&format!("note {index}")).await;
        }
        for client in &mut clients {
            client.until("in possession of four notes", |client| client.graph().nodes.len() == 4).await;
        }
        let first = clients[0].graph();
        assert!(clients.iter().all(|client| client.graph() == first));
        assert_eq!(first.meta.title, "Test");
    }

    async fn what_is_acknowledged_is_in_the_database(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = new_workflow(&app.state, &ada).await;
        let address = app.listen().await;
        for protocol in [Hocuspocus, Websocket] {
            let mut client = Client::synced(address, protocol, &graph_name(workflow), ada.token()).await;
            for round in 1..=5 {
                let rows = stored(&app, DocumentName::Graph(workflow)).await.log.len();
                client.add_note("kept").await;
                client.until("saved", |client| client.saved >= round).await;
                let now = stored(&app, DocumentName::Graph(workflow)).await;
                assert_eq!(now.log.len(), rows + 1, "{protocol:?}");
                assert!(now.owners.contains(&(client.client_id(), ada.user().id)));
            }
        }
    }

    async fn a_restart_keeps_everything(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = new_workflow(&app.state, &ada).await;
        let (name, token) = (graph_name(workflow), ada.token().to_owned());
        let address = app.listen().await;
        let mut client = Client::synced(address, Hocuspocus, &name, &token).await;
        for round in 0..20 {
            client.add_note(&format!("note {round}")).await;
        }
        client.until("saved", |client| client.saved == 20).await;
        // Enough rows that the log is folded into a snapshot on the way.
        for round in 0..500 {
            let rename = move |edit: &mut shared::document::Edit<'_>| edit.set_title(&format!("round {round}"));
            app.state.rooms.edit(workflow, Box::new(rename)).await.expect("committed");
        }
        client.until("told", |client| client.graph().meta.title == "round 499").await;
        let before = client.graph();
        app.state.rooms.shutdown().await;
        client.until("sent away", |client| client.closed == Some(1001)).await;

        let app = app.restart().await;
        let stored = stored(&app, DocumentName::Graph(workflow)).await;
        assert!(stored.snapshot.is_some() || stored.log.len() <= 500, "{} rows", stored.log.len());
        let address = app.listen().await;
        let client = Client::synced(address, Websocket, &name, &token).await;
        assert_eq!(client.graph(), before);
        let (graph, problems) = app.state.rooms.graph(workflow).await.expect("the document opens");
        assert_eq!((graph, problems), (before, vec![]));
    }

    async fn edits_made_offline_arrive_with_the_next_connection(app: TestApp) {
        let ada = app.user("ada").await;
        let name = graph_name(new_workflow(&app.state, &ada).await);
        let address = app.listen().await;
        let mut witness = Client::synced(address, Hocuspocus, &name, ada.token()).await;
        for protocol in [Hocuspocus, Websocket] {
            let mut client = Client::synced(address, protocol, &name, ada.token()).await;
            let seen = witness.graph().nodes.len();
            client.edit_quietly(|edit| edit.set_title("Away"));
            let document = client.drop_line();
            let mut client = Client::open_with(address, protocol, &name, ada.token(), document).await;
            client.add_note("and back").await;
            client.until("saved", |client| client.graph().nodes.len() == seen + 1 && client.saved > 0).await;
            witness.until("told", |witness| witness.graph().nodes.len() == seen + 1).await;
            assert_eq!(witness.graph().meta.title, "Away");
        }
    }

    async fn an_update_behind_a_hole_is_asked_for_and_nothing_is_lost(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = new_workflow(&app.state, &ada).await;
        let address = app.listen().await;
        for protocol in [Hocuspocus, Websocket] {
            let mut client = Client::synced(address, protocol, &graph_name(workflow), ada.token()).await;
            let nodes = client.graph().nodes.len();
            client.add_note("sent").await;
            // Lost on the way: edited, recorded as sent, never sent.
            client.edit_quietly(|edit| edit.set_title("Lost"));
            client.forget_unsent();
            client.add_note("sent, too").await;
            // The lost update never gets a word of its own; the answer that brings it does.
            client.until("saved", |client| client.saved >= 2).await;
            let (graph, _) = app.state.rooms.graph(workflow).await.expect("open");
            assert_eq!((graph.nodes.len(), graph.meta.title.as_str()), (nodes + 2, "Lost"), "{protocol:?}");
        }
    }

    async fn a_frame_that_is_not_yjs_closes_only_its_own_socket(app: TestApp) {
        let ada = app.user("ada").await;
        let name = graph_name(new_workflow(&app.state, &ada).await);
        let address = app.listen().await;
        let mut witness = Client::synced(address, Hocuspocus, &name, ada.token()).await;
        for protocol in [Hocuspocus, Websocket] {
            let deep = [&[1, 1, 7, 0, 0x28, 1, 5][..], b"nodes", &[1, b'a', 1], &[117, 1].repeat(5000), &[126, 0]].concat();
            let bad_frames: [Vec<u8>; 2] = [vec![0xff; 40], Vec::new()];
            for frame in bad_frames {
                let mut client = Client::synced(address, protocol, &name, ada.token()).await;
                client.send_bytes(frame).await;
                client.until("closed", |client| client.closed == Some(4400)).await;
            }
            for update in [b"not Yjs at all".to_vec(), deep] {
                let mut client = Client::synced(address, protocol, &name, ada.token()).await;
                client.send_sync(shared::protocol::SyncMessage::Update(&update)).await;
                client.until("closed", |client| client.closed == Some(4400)).await;
            }
            let mut client = Client::synced(address, protocol, &name, ada.token()).await;
            client.say(1, Some("{not JSON")).await;
            client.until("closed", |client| client.closed == Some(4400)).await;
        }
        witness.add_note("undisturbed").await;
        witness.until("saved", |witness| witness.saved == 1).await;
        assert_eq!(witness.closed, None);
    }

    async fn somebody_who_reconnects_is_back_within_a_second(app: TestApp) {
        let ada = app.user("ada").await;
        let name = graph_name(new_workflow(&app.state, &ada).await);
        let address = app.listen().await;
        for protocol in [Hocuspocus, Websocket] {
            let mut witness = Client::synced(address, protocol, &name, ada.token()).await;
            let mut client = Client::synced(address, protocol, &name, ada.token()).await;
            let id = client.client_id();
            client.say(1, Some(r#"{"cursor":[1,2],"user":{"name":"Eve"}}"#)).await;
            let is_there = move |witness: &Client| matches!(witness.presence.get(&id), Some((_, Some(_))));
            witness.until("aware", is_there).await;
            assert!(witness.presence[&id].1.as_ref().is_some_and(|state| state.contains(r#""name":"ada""#)));
            let document = client.drop_line();
            witness.until("told", move |witness| !is_there(witness)).await;

            let back = Instant::now();
            let mut client = Client::open_with(address, protocol, &name, ada.token(), document).await;
            // As stock clients do: with the clock they had.
            client.say(1, Some(r#"{"cursor":[3,4]}"#)).await;
            witness.until("aware again", is_there).await;
            assert!(back.elapsed() < Duration::from_secs(1), "{:?}", back.elapsed());
            // The client learns the newer clock and goes on from there.
            client.until("stamped", move |client| client.presence.get(&id).is_some_and(|(clock, _)| *clock > 1)).await;
        }
    }
}
