//! Who may open and write what, and how somebody who may not is told.

use axum::http::{Method, Request};
use collab_server::db;
use shared::{access::Role, id::NodeId, outputs::RunSummary, protocol::hocuspocus::Scope, run::RunStatus};
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest};
use uuid::Uuid;

use super::{Client, Protocol, connect, graph_name, new_workflow, outputs_name};
use crate::support::on_each_database;

use Protocol::{Hocuspocus, Websocket};

on_each_database! {
    async fn a_viewer_sees_edits_and_cannot_write(app: TestApp) {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        ada.invite(&eve, "viewer").await;
        let workflow = new_workflow(&app.state, &ada).await;
        let name = graph_name(workflow);
        let address = app.listen().await;
        let mut writer = Client::synced(address, Hocuspocus, &name, ada.token()).await;
        assert_eq!(writer.scope, Some(Scope::ReadWrite));
        for (round, protocol) in [Hocuspocus, Websocket].into_iter().enumerate() {
            let mut viewer = Client::synced(address, protocol, &name, eve.token()).await;
            if protocol == Hocuspocus {
                assert_eq!(viewer.scope, Some(Scope::ReadOnly));
            }
            writer.add_note("by ada").await;
            viewer.until("told", |viewer| viewer.updates > 0).await;
            viewer.add_note("by eve").await;
            viewer.until("refused", |viewer| viewer.refused == 1 || viewer.denied.is_some()).await;
            let (graph, _) = app.state.rooms.graph(workflow).await.expect("open");
            assert_eq!(graph.nodes.len(), round + 1);
            // A viewer is seen like everybody else.
            viewer.say(1, Some("{}")).await;
            let id = viewer.client_id();
            writer.until("aware", move |writer| writer.presence.contains_key(&id)).await;
        }
    }

    async fn nobody_but_the_server_writes_outputs(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = new_workflow(&app.state, &ada).await;
        let address = app.listen().await;
        for protocol in [Hocuspocus, Websocket] {
            let mut client = Client::synced(address, protocol, &outputs_name(workflow), ada.token()).await;
            if protocol == Hocuspocus {
                assert_eq!(client.scope, Some(Scope::ReadOnly));
            }
            client.add_note("mine").await;
            client.until("refused", |client| client.refused == 1 || client.denied.is_some()).await;

            let seen = client.updates;
            let summary = RunSummary {
                started_by: ada.user().id,
                started_by_name: "Ada".into(),
                started_at: "2026-01-01T00:00:00Z".into(),
                status: RunStatus::Running,
                progress: 0.0,
                cost_usd: None,
                position: None,
            };
            let run = shared::id::RunId::from(Uuid::now_v7());
            let node = NodeId::random();
            let write = move |outputs: &shared::document::OutputsDocument| {
                outputs.begin_run(run, summary, &[(node, "key".into())]);
            };
            app.state.rooms.write_outputs(workflow, Box::new(write)).await.expect("committed");
            client.until("told", move |client| client.updates > seen).await;
            let outputs = app.state.rooms.outputs(workflow).await.expect("open");
            assert!(outputs.runs.contains_key(&run));
        }
    }

    async fn strangers_and_foreign_pages_are_refused_at_the_door(app: TestApp) {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        let name = graph_name(new_workflow(&app.state, &ada).await);
        let address = app.listen().await;
        let refused = async |name: &str, token: &str| connect(address, Websocket, name, token).await.err();
        assert_eq!(refused(&name, "").await, Some(401));
        assert_eq!(refused(&name, "stale").await, Some(401));
        assert_eq!(refused(&name, eve.token()).await, Some(403));
        assert_eq!(refused("wf_00000000000000000000000000000007", ada.token()).await, Some(403));
        assert_eq!(refused("something", ada.token()).await, Some(404));

        for (token, reason) in [("stale", "unauthorized"), (eve.token(), "forbidden")] {
            let mut client = Client::open(address, Hocuspocus, &name, token).await;
            client.until("denied", |client| client.denied.is_some()).await;
            assert_eq!(client.denied.as_deref(), Some(reason));
            assert!(!client.synced);
        }

        let mut request = format!("ws://{address}/api/sync").into_client_request().expect("a valid request");
        request.headers_mut().insert("origin", "https://evil.example".parse().expect("a valid header"));
        assert!(connect_async(request).await.is_err(), "a foreign page was let in");
    }

    async fn a_lost_right_is_lost_at_once(app: TestApp) {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        ada.invite(&eve, "editor").await;
        let workflow = new_workflow(&app.state, &ada).await;
        let name = graph_name(workflow);
        let address = app.listen().await;
        let workspace = ada.workspace().await;
        let set_role = async |role: Role| {
            db::workspace::set_member(&app.state.db, workspace, eve.user().id, role, db::now()).await.expect("set");
            app.state.rooms.role_changed(eve.user().id, None).await;
        };
        for protocol in [Hocuspocus, Websocket] {
            set_role(Role::Editor).await;
            let mut client = Client::synced(address, protocol, &name, eve.token()).await;
            client.add_note("while I may").await;
            client.until("saved", |client| client.saved == 1).await;
            set_role(Role::Viewer).await;
            client.add_note("too late").await;
            client.until("refused", |client| client.refused == 1 || client.denied.is_some()).await;
            if protocol == Hocuspocus {
                assert_eq!(client.scope, Some(Scope::ReadOnly));
            }
        }
        let (graph, _) = app.state.rooms.graph(workflow).await.expect("open");
        assert_eq!(graph.nodes.len(), 2);
    }

    async fn signing_out_and_deleting_close_open_sockets(app: TestApp) {
        let ada = app.user("ada").await;
        let workflow = new_workflow(&app.state, &ada).await;
        let name = graph_name(workflow);
        let address = app.listen().await;
        for protocol in [Hocuspocus, Websocket] {
            let workflow = new_workflow(&app.state, &ada).await;
            let mut client = Client::synced(address, protocol, &graph_name(workflow), ada.token()).await;
            app.state.rooms.delete(workflow).await.expect("deleted");
            client.until("closed", |client| client.closed == Some(4404)).await;
            assert!(app.state.rooms.graph(workflow).await.is_err());
        }
        let mut clients = Vec::new();
        for protocol in [Hocuspocus, Websocket] {
            clients.push(Client::synced(address, protocol, &name, ada.token()).await);
        }
        let logout = ada.request(Method::POST, "/api/auth/logout").body(axum::body::Body::empty());
        let logout: Request<axum::body::Body> = logout.expect("a valid request");
        ada.send(logout).await.ok();
        for client in &mut clients {
            client.until("closed", |client| client.closed == Some(4401)).await;
        }
    }
}
