//! Every role and every scope of a key, against every route.

use axum::{body::Body, http::Method};
use collab_server::db;
use serde_json::json;
use shared::{
    access::{KeyScope, Role},
    id::{GenerationId, WorkflowId, WorkspaceId},
};
use uuid::Uuid;

use super::table::{Need, Row, table};
use crate::{
    support::{Answer, Person, TestApp, on_each_database},
    workflows::greeting,
};

/// A team with one person of each role, and things in it.
struct Scene<'a> {
    app: &'a TestApp,
    owner: &'a Person<'a>,
    guest: &'a Person<'a>,
    people: Vec<(Role, &'a Person<'a>)>,
    team: WorkspaceId,
    workflow: WorkflowId,
    blob: String,
    run: String,
}

async fn team_of(app: &TestApp, owner: &Person<'_>, people: &[(Role, &Person<'_>)]) -> WorkspaceId {
    let team = owner.team("Team").await;
    for (role, person) in people {
        db::workspace::set_member(&app.state.db, team, person.user().id, *role, db::now()).await.expect("a member");
    }
    team
}

impl<'a> Scene<'a> {
    async fn new(
        app: &'a TestApp,
        owner: &'a Person<'a>,
        guest: &'a Person<'a>,
        people: Vec<(Role, &'a Person<'a>)>,
    ) -> Self {
        let team = team_of(app, owner, &people).await;
        let body = json!({"title": "x", "workspace": team, "graph": greeting()});
        let workflow: shared::api::Workflow = owner.post("/api/workflows", body).await.ok().read_as();
        let blob = upload(owner, team).await.ok().json()["blob"].as_str().expect("a hash").to_owned();
        let run = owner.post(&format!("/api/workflows/{}/runs", workflow.id), json!({})).await.ok().json();
        let run = run["id"].as_str().expect("an id").to_owned();
        Self { app, owner, guest, people, team, workflow: workflow.id, blob, run }
    }

    async fn made(&self, path: &str, body: serde_json::Value, pointer: &str) -> String {
        let answer = self.owner.post(path, body).await.ok().json();
        answer.pointer(pointer).and_then(|id| id.as_str()).expect("an id").to_owned()
    }

    /// Sends the row's request as `person`, on things made for this request alone where it could destroy them.
    async fn ask(&self, row: &Row, person: &Person<'_>) -> Answer {
        let mut path = row.path.to_owned();
        let mut body = row.body.to_string();
        let mut team = self.team;
        if path == "/api/workspaces/{id}/transfer" || (row.method == Method::DELETE && path == "/api/workspaces/{id}") {
            team = team_of(self.app, self.owner, &self.people).await;
        }
        let ws = format!("/api/workspaces/{team}");
        if path == "/api/blobs" {
            return upload(person, team).await;
        }
        if path.contains("{user}") || body.contains("{user}") {
            let (db, guest) = (&self.app.state.db, self.guest.user().id);
            db::workspace::set_member(db, team, guest, Role::Viewer, db::now()).await.expect("a member");
        }
        let mut workflow = self.workflow.to_string();
        if row.method == Method::DELETE && path == "/api/workflows/{id}" {
            workflow = self.made("/api/workflows", json!({"title": "x", "workspace": team}), "/id").await;
        }
        if path.contains("{folder}") {
            path = path.replace("{folder}", &self.made(&format!("{ws}/folders"), json!({"name": "x"}), "/id").await);
        }
        if path.contains("{invitation}") {
            let body = json!({"role": "viewer"});
            path = path.replace("{invitation}", &self.made(&format!("{ws}/invitations"), body, "/invitation/id").await);
        }
        if path.contains("{key}") {
            let body = json!({"provider": "openai", "secret": "sk-0123456789", "name": Uuid::new_v4()});
            path = path.replace("{key}", &self.made(&format!("{ws}/keys"), body, "/id").await);
        }
        if path.contains("/versions") {
            // Two versions of the same are one.
            let body = json!({"title": Uuid::new_v4()});
            self.owner.patch(&format!("/api/workflows/{workflow}"), body).await.ok();
        }
        if path.contains("{version}") {
            let versions = format!("/api/workflows/{workflow}/versions");
            path = path.replace("{version}", &self.made(&versions, json!({"name": "x"}), "/id").await);
        }
        if path.contains("{generation}") {
            let (db, id) = (&self.app.state.db, GenerationId::from(Uuid::now_v7()));
            let record = json!({"id": id});
            let kept = db::generation::insert(db, id, team, self.guest.user().id, &record, false).await;
            kept.expect("a record");
            path = path.replace("{generation}", &id.to_string());
        }
        if path.contains("{node}") {
            let linking = crate::runs::linked::linking(self.workflow, None);
            let body = json!({"title": "x", "workspace": team, "graph": linking});
            workflow = self.made("/api/workflows", body, "/id").await;
            path = path.replace("{node}", "w");
        }
        if path == "/api/workspaces/{id}" && row.method == Method::DELETE {
            path.push_str("?name=Team");
        }
        let mut run = self.run.clone();
        if row.method == Method::POST && path == "/api/runs/{id}/approvals" {
            run = crate::runs::approvals::asked(self.owner, team).await.to_string();
        }
        if path == "/api/local-models" && row.method == Method::DELETE {
            path.push_str("?name=absent");
        }
        let path = path
            .replace("/workspaces/{id}", &format!("/workspaces/{team}"))
            .replace("/workflows/{id}", &format!("/workflows/{workflow}"))
            .replace("/runs/{id}", &format!("/runs/{run}"))
            .replace("{hash}", &self.blob)
            .replace("{user}", &self.guest.user().id.to_string())
            .replace("{session}", "ses_00000000000000000000000000000001")
            .replace("{api_key}", "apk_00000000000000000000000000000001");
        assert!(!path.contains('{'), "the test knows no id for {path}");
        body = body
            .replace("{user}", &self.guest.user().id.to_string())
            .replace("{workspace}", &team.to_string())
            .replace("{random}", &Uuid::new_v4().to_string());
        let request = person.request(row.method.clone(), &path).header("content-type", "application/json");
        person.send(request.body(Body::from(body)).expect("a valid request")).await
    }
}

async fn upload(person: &Person<'_>, team: WorkspaceId) -> Answer {
    let request = person.request(Method::POST, &format!("/api/blobs?workspace={team}"));
    let body = Body::from(crate::blobs::picture(40));
    person.send(request.header("content-type", "image/png").body(body).expect("a valid request")).await
}

fn name_of(row: &Row) -> String {
    format!("{} {}", row.method, row.path)
}

#[track_caller]
fn assert_answer(answer: &Answer, allowed: bool, what: &str) {
    if allowed {
        // Of hosted models none is asked for here: whoever may ask hears that the text names none.
        if answer.status == 400 && what.contains("/hosted-models") {
            return assert!(answer.text().contains("this names no model"), "{what}: {}", answer.text());
        }
        assert!((200..400).contains(&answer.status), "{what}: {} {}", answer.status, answer.text());
    } else {
        assert_eq!(answer.status, 403, "{what}: {}", answer.text());
    }
}

on_each_database! {
    async fn the_table_has_every_route(app: TestApp) {
        let document = app.stranger().get("/api/openapi.json").await.ok().json();
        let mut described = Vec::new();
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for method in methods.as_object().expect("methods").keys() {
                described.push(format!("{} /api{path}", method.to_uppercase()));
            }
        }
        let mut listed: Vec<String> = table().iter().map(name_of).collect();
        described.sort();
        listed.sort();
        let missing: Vec<_> = described.iter().filter(|route| !listed.contains(route)).collect();
        let gone: Vec<_> = listed.iter().filter(|route| !described.contains(route)).collect();
        assert!(missing.is_empty(), "add to tests/server/rights/table.rs who may use {missing:?}");
        assert!(gone.is_empty(), "{gone:?} is in the table and nowhere else");
    }

    async fn every_role_may_what_the_table_says(app: TestApp) {
        let names = ["viewer", "commenter", "runner", "editor", "admin"];
        let (owner, guest) = (app.user("owner").await, app.user("guest").await);
        let mut others = Vec::new();
        for name in names {
            others.push(app.user(name).await);
        }
        let roles = names.iter().map(|name| name.parse::<Role>().expect("a role"));
        let mut people: Vec<(Role, &Person)> = roles.zip(&others).collect();
        people.push((Role::Owner, &owner));
        let scene = Scene::new(&app, &owner, &guest, people).await;
        let stranger = app.user("stranger").await;
        let mut asked = 0;
        for row in table() {
            let (Need::Right(right) | Need::RightInPerson(right)) = row.need else { continue };
            if row.path == "/api/me/copies" {
                continue;
            }
            for (role, person) in &scene.people {
                let answer = scene.ask(&row, person).await;
                assert_answer(&answer, role.has(right), &format!("{} as {}", name_of(&row), role.as_str()));
                asked += 1;
            }
            let answer = scene.ask(&row, &stranger).await;
            assert_eq!(answer.status, 404, "{} as somebody else: {}", name_of(&row), answer.text());
        }
        println!("{asked} requests of members were answered as the table says");
    }

    async fn only_the_first_account_may_what_is_the_servers(app: TestApp) {
        let (first, second) = (app.user("first").await, app.user("second").await);
        // A workspace of one's own gives no right to the server.
        let scene = Scene::new(&app, &second, &first, vec![(Role::Owner, &second)]).await;
        for row in table().into_iter().filter(|row| row.need == Need::ServersFirst) {
            let answer = scene.ask(&row, &second).await;
            assert_eq!(answer.status, 403, "{}: {}", name_of(&row), answer.text());
            // It goes on to what is asked, of which there is none here.
            let answer = scene.ask(&row, &first).await;
            assert!([400, 404].contains(&answer.status), "{}: {} {}", name_of(&row), answer.status, answer.text());
        }
    }

    async fn every_key_may_what_its_scope_and_the_table_say(app: TestApp) {
        let (owner, guest) = (app.user("owner").await, app.user("guest").await);
        let scene = Scene::new(&app, &owner, &guest, vec![(Role::Owner, &owner)]).await;
        let elsewhere = owner.team("Elsewhere").await;
        for scope in KeyScope::ALL {
            let key = async |workspace: Option<WorkspaceId>| {
                let body = json!({"name": "Script", "scope": scope, "workspace": workspace});
                let made = owner.post("/api/me/api-keys", body).await.ok().json();
                owner.with_token(made["token"].as_str().expect("a token"))
            };
            let (everywhere, other) = (key(None).await, key(Some(elsewhere)).await);
            for row in table() {
                let what = format!("{} with a key to {}", name_of(&row), scope.as_str());
                match row.need {
                    Need::Nothing => {}
                    Need::Account => assert_answer(&scene.ask(&row, &everywhere).await, true, &what),
                    Need::InPerson | Need::ServersFirst | Need::RightInPerson(_) => {
                        let answer = scene.ask(&row, &everywhere).await;
                        let refusal = answer.refusal();
                        assert!(refusal.starts_with("403 forbidden"), "{what}: {refusal}");
                    }
                    Need::Right(right) => {
                        let allowed = scope.narrow(Role::Owner).has(right);
                        assert_answer(&scene.ask(&row, &everywhere).await, allowed, &what);
                        if row.path != "/api/me/copies" {
                            let answer = scene.ask(&row, &other).await;
                            assert_eq!(answer.status, 404, "{what} for another workspace: {}", answer.text());
                        }
                    }
                }
            }
        }
    }
}
