//! `spend`, `caps`, `estimate`

use collab_server::db::{self, spend::NewSpend};
use engine::Payer;
use serde_json::{Value, json};
use shared::{
    api::{Estimate, ModelSpend, Spend},
    id::{UserId, WorkflowId, WorkspaceId},
    run::{FailureCode, RunStatus},
};
use uuid::Uuid;

use crate::{
    runs::{
        create, ended, id, question, start,
        vendor::{SECRET, Vendor, with_private_network},
    },
    support::{Person, TestApp, on_each_database},
};

async fn spent(person: &Person<'_>, workspace: WorkspaceId) -> Spend {
    person.get(&format!("/api/workspaces/{workspace}/spend")).await.ok().read_as()
}

/// A call that cost so much.
async fn pay(app: &TestApp, workspace: WorkspaceId, user: UserId, workflow: WorkflowId, cost_usd: Option<f64>) {
    let spend = NewSpend {
        generation: Uuid::now_v7().into(),
        workspace,
        user,
        workflow,
        run: Uuid::now_v7().into(),
        provider: "fal".into(),
        model: "wan-2.6".into(),
        payer: Payer::Workspace,
        cost_usd,
    };
    db::spend::insert(&app.state.db, &spend).await.unwrap();
    // Told twice, it counts once.
    db::spend::insert(&app.state.db, &spend).await.unwrap();
}

async fn cap(person: &Person<'_>, workspace: WorkspaceId, body: Value) -> u16 {
    person.put(&format!("/api/workspaces/{workspace}/caps"), body).await.status
}

on_each_database! {
    async fn every_paid_call_is_in_the_accounts_with_who_paid(app: TestApp) {
        let app = with_private_network(app).await;
        let ada = app.user("ada").await;
        let workspace = ada.workspace().await;
        let vendor = Vendor::start(&ada).await;
        vendor.release();
        let workflow = create(&ada, question("Who pays?")).await;
        let run = start(&ada, workflow, json!({})).await;
        assert_eq!(ended(&ada, run.id).await.status, RunStatus::Done);
        let (other, base_url) = Vendor::listen().await;
        other.release();
        ada.post("/api/me/keys", json!({"provider": "openai", "base_url": base_url, "secret": SECRET})).await.ok();
        let run = start(&ada, create(&ada, question("And now?")).await, json!({})).await;
        assert_eq!(ended(&ada, run.id).await.status, RunStatus::Done);
        assert_eq!((vendor.calls(), other.calls()), (1, 1), "one's own key goes first");

        // Rows come right behind the records, which a run's end does not wait for.
        let mut told = spent(&ada, workspace).await;
        for _ in 0..1200 {
            if told.total.calls == 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            told = spent(&ada, workspace).await;
        }
        // A server of one's own tells no price.
        assert_eq!((told.total.usd, told.total.calls, told.total.calls_of_unknown_cost), (0.0, 2, 2));
        let mut payers: Vec<&str> = told.models.iter().map(|model| model.payer.as_str()).collect();
        payers.sort_unstable();
        assert_eq!(payers, ["person", "workspace"]);
        assert_eq!(told.members.len(), 1);
        let of_run = ada.get(&format!("/api/runs/{}/spend", run.id)).await.ok().read_as::<Vec<ModelSpend>>();
        assert_eq!((of_run.len(), of_run[0].payer.as_str(), of_run[0].total.calls), (1, "person", 1));
        assert_eq!((told.members[0].name.as_str(), told.workflows.len()), ("ada", 2));
    }

    async fn members_see_their_own_and_admins_all(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        ada.invite(&bob, "editor").await;
        let workspace = ada.workspace().await;
        let workflow = create(&ada, question("x")).await;
        pay(&app, workspace, ada.user().id, workflow, Some(0.5)).await;
        pay(&app, workspace, bob.user().id, workflow, Some(0.25)).await;
        pay(&app, workspace, bob.user().id, workflow, None).await;
        let all = spent(&ada, workspace).await;
        assert_eq!((all.total.usd, all.total.calls, all.total.calls_of_unknown_cost), (0.75, 3, 1));
        assert_eq!((all.own_only, all.members.len()), (false, 2));
        assert_eq!(all.workflows[0].title.as_deref(), Some("To run"));
        assert_eq!((all.models[0].model.as_str(), all.models[0].total.usd), ("wan-2.6", 0.75));
        let own = spent(&bob, workspace).await;
        assert_eq!((own.total.usd, own.own_only), (0.25, true));
        assert!(own.members.iter().all(|member| member.name == "bob"));
    }

    async fn a_cap_that_is_reached_refuses_the_next_call_and_nothing_is_sent(app: TestApp) {
        let app = with_private_network(app).await;
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        ada.invite(&bob, "editor").await;
        let workspace = ada.workspace().await;
        let vendor = Vendor::start(&ada).await;
        vendor.release();
        let workflow = create(&ada, question("May I?")).await;
        let member = |usd: Value| json!({"subject": {"member": bob.user().id}, "usd_per_month": usd});
        assert_eq!(cap(&bob, workspace, member(json!(1.0))).await, 403);
        assert_eq!(cap(&ada, workspace, member(json!(-1.0))).await, 400);
        let stranger = json!({"subject": {"member": UserId::from(Uuid::now_v7())}, "usd_per_month": 1.0});
        assert_eq!(cap(&ada, workspace, stranger).await, 400);
        assert_eq!(cap(&ada, workspace, member(json!(1.0))).await, 204);
        pay(&app, workspace, bob.user().id, workflow, Some(1.0)).await;

        let run = start(&bob, workflow, json!({})).await;
        let run = ended(&bob, run.id).await;
        let failure = &run.failures[&id("ask")];
        assert_eq!((run.status, failure.code), (RunStatus::Failed, FailureCode::Quota));
        assert!(failure.message.starts_with("you may spend 1.00 USD a month"), "{}", failure.message);
        assert_eq!(vendor.calls(), 0, "nothing was asked");
        assert_eq!(spent(&bob, workspace).await.caps.len(), 1, "one sees one's own cap");
        let run = start(&ada, workflow, json!({})).await;
        assert_eq!(ended(&ada, run.id).await.status, RunStatus::Done, "somebody else's cap");

        assert_eq!(cap(&ada, workspace, member(Value::Null)).await, 204);
        let other = create(&ada, question("And in here?")).await;
        let of_workflow = json!({"subject": {"workflow": other}, "usd_per_month": 0.0});
        assert_eq!(cap(&ada, workspace, of_workflow).await, 204);
        let run = start(&ada, other, json!({})).await;
        let run = ended(&ada, run.id).await;
        assert!(run.failures[&id("ask")].message.starts_with("this workflow may spend 0.00 USD"), "{:?}", run.failures);
        assert_eq!(vendor.calls(), 1);
    }

    async fn an_estimate_says_what_a_run_costs_and_who_pays(app: TestApp) {
        let ada = app.user("ada").await;
        let film = json!({
            "openflow": 1,
            "nodes": {
                "film": {"type": "video.generate", "params": {"prompt": "A boat", "model": "veo-3.1", "seconds": 8, "resolution": "720p"}},
                "say": {"type": "text.chat", "params": {"prompt": "Hi", "model": "gpt-6-luna"}},
                "here": {"type": "text.chat", "params": {"prompt": "Hi", "model": "own", "connection": "local"}},
            },
        });
        let workflow = create(&ada, film).await;
        let path = format!("/api/workflows/{workflow}/estimate");
        let without: Estimate = ada.get(&path).await.ok().read_as();
        assert_eq!((without.usd, without.calls.len()), (0.0, 2), "what runs here costs nothing");
        assert!(without.calls.iter().all(|call| call.provider.is_none()));
        let keys = format!("/api/workspaces/{}/keys", ada.workspace().await);
        ada.post(&keys, json!({"provider": "google", "secret": "AIza-0123456789abcdef"})).await.ok();
        let told: Estimate = ada.get(&path).await.ok().read_as();
        let film = told.calls.iter().find(|call| call.node == id("film")).unwrap();
        assert_eq!((film.provider.as_deref(), film.payer.as_deref()), (Some("google"), Some("workspace")));
        assert!(film.usd.is_some_and(|usd| usd > 0.0) && told.usd == film.usd.unwrap(), "{told:?}");
        assert_eq!(told.calls_of_unknown_cost, 1, "the answer decides what the chat costs");
        ada.post("/api/me/keys", json!({"provider": "google", "secret": "AIza-0123456789abcdef"})).await.ok();
        let told: Estimate = ada.get(&format!("{path}?targets=film")).await.ok().read_as();
        assert_eq!((told.calls.len(), told.calls[0].payer.as_deref()), (1, Some("person")));
        assert_eq!(ada.get(&format!("{path}?targets=absent")).await.status, 422);
    }
}
