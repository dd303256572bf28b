//! A server that makes films the way each vendor's API does, and goes wrong the way a script says.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

pub const SECRET: &str = "key-0123456789abcdef";
const FILM: &[u8] = include_bytes!("../../../../assets/samples/clip.mp4");

/// Whose API is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Fal,
    Google,
    Kling,
    /// The second version of the API, and the first.
    MiniMax,
    MiniMaxFirst,
    Replicate,
    Luma,
    RunPod,
    Runway,
}

use Dialect::*;

impl Dialect {
    pub const ALL: [Self; 9] = [Fal, Google, Kling, Luma, MiniMax, MiniMaxFirst, Replicate, RunPod, Runway];

    pub fn provider(self) -> &'static str {
        match self {
            Fal => "fal",
            Google => "google",
            Kling => "kling",
            Luma => "luma",
            RunPod => "runpod",
            MiniMax | MiniMaxFirst => "minimax",
            Replicate => "replicate",
            Runway => "runway",
        }
    }

    /// A model of the catalogue that this vendor serves.
    pub fn model(self) -> &'static str {
        match self {
            Fal | RunPod => "wan-2.6",
            Luma => "ray-2",
            Google => "veo-3.1-fast",
            Kling => "kling-3.0",
            MiniMax => "minimax-h3",
            MiniMaxFirst => "hailuo-2.3",
            Replicate | Runway => "gen4.5",
        }
    }

    pub fn can_cancel(self) -> bool {
        matches!(self, Fal | Replicate | RunPod | Runway)
    }

    /// How the key is shown.
    fn key_header(self) -> (&'static str, String) {
        match self {
            Fal => ("authorization", format!("Key {SECRET}")),
            Google => ("x-goog-api-key", SECRET.to_owned()),
            _ => ("authorization", format!("Bearer {SECRET}")),
        }
    }

    fn is_order(self, method: &Method, path: &str) -> bool {
        let end = match self {
            Fal => "/wan/v2.6/text-to-video",
            Google => "/models/veo-3.1-fast-generate-001:predictLongRunning",
            Kling => "/text-to-video/kling-3.0",
            Luma => "/generations/video",
            RunPod => "/wan-2-6-t2v/run",
            MiniMax => "/v2/video_generation",
            MiniMaxFirst => "/v1/video_generation",
            Replicate => "/models/runwayml/gen-4.5/predictions",
            Runway => "/v1/text_to_video",
        };
        method == Method::POST && path == end
    }

    fn is_cancel(self, method: &Method, path: &str) -> bool {
        match self {
            Fal => method == Method::PUT && path == "/requests/job-1/cancel",
            Replicate => method == Method::POST && path == "/predictions/job-1/cancel",
            Runway => method == Method::DELETE && path == "/v1/tasks/job-1",
            RunPod => method == Method::POST && path == "/wan-2-6-t2v/cancel/job-1",
            Google | Kling | Luma | MiniMax | MiniMaxFirst => false,
        }
    }

    fn taken(self, base: &str) -> Value {
        match self {
            Fal => json!({
                "status": "IN_QUEUE", "request_id": "job-1", "queue_position": 2,
                "status_url": format!("{base}/requests/job-1/status"),
                "response_url": format!("{base}/requests/job-1"),
                "cancel_url": format!("{base}/requests/job-1/cancel"),
            }),
            Google => json!({"name": "models/veo-3.1-fast-generate-001/operations/job-1"}),
            Kling => json!({"code": 0, "message": "", "data": {"id": "job-1", "status": "submitted"}}),
            MiniMax => json!({"task_id": "job-1"}),
            MiniMaxFirst => json!({"task_id": "job-1", "base_resp": {"status_code": 0, "status_msg": "success"}}),
            Replicate => json!({"id": "job-1", "status": "starting", "output": null}),
            Luma => json!({"id": "job-1", "state": "queued"}),
            RunPod => json!({"id": "job-1", "status": "IN_QUEUE"}),
            Runway => json!({"id": "job-1"}),
        }
    }

    /// What a question about the job is answered with. `None`: the address is no such question.
    fn state(self, uri: &Uri, now: Now, film: &str) -> Option<Value> {
        let path = uri.path_and_query().map(|path| path.as_str()).unwrap_or_default();
        let word = |queued, working, done, failed| match now {
            Now::Queued => queued,
            Now::Working => working,
            Now::Done => done,
            Now::Failed(_) => failed,
        };
        let said = if let Now::Failed(said) = now { said } else { "" };
        Some(match (self, path) {
            (Fal, "/requests/job-1/status") => {
                let mut state = json!({"status": word("IN_QUEUE", "IN_PROGRESS", "COMPLETED", "COMPLETED")});
                if !said.is_empty() {
                    state["error"] = json!(said);
                }
                state
            }
            (Fal, "/requests/job-1") => json!({"video": {"url": film, "content_type": "video/mp4"}, "seed": 7}),
            (Google, "/models/veo-3.1-fast-generate-001/operations/job-1") => match now {
                Now::Queued | Now::Working => json!({"name": "models/x/operations/job-1"}),
                Now::Done => json!({"done": true, "response": {"generateVideoResponse": {
                    "generatedSamples": [{"video": {"uri": film}}]}}}),
                Now::Failed(said) if said.contains("safety") => json!({"done": true, "response": {
                    "generateVideoResponse": {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [said]}}}),
                Now::Failed(said) => json!({"done": true, "error": {"code": 13, "message": said}}),
            },
            (Kling, "/tasks?task_ids=job-1") => json!({"code": 0, "data": [{
                "id": "job-1", "status": word("submitted", "processing", "succeeded", "failed"), "message": said,
                "outputs": [{"type": "video", "url": film, "duration": "5.041"}],
            }]}),
            (MiniMax, "/v2/query/video_generation/job-1") => json!({"task": {
                "id": "job-1", "status": word("queued", "running", "succeeded", "failed"),
                "content": {"url": film}, "error": {"code": 1, "message": said},
            }}),
            (MiniMaxFirst, "/v1/query/video_generation?task_id=job-1") => json!({
                "status": word("Queueing", "Processing", "Success", "Fail"), "file_id": "42",
                "base_resp": {"status_code": 0, "status_msg": said},
            }),
            (MiniMaxFirst, "/v1/files/retrieve?file_id=42") => {
                json!({"file": {"download_url": film}, "base_resp": {"status_code": 0, "status_msg": "success"}})
            }
            (Replicate, "/predictions/job-1") => json!({
                "id": "job-1", "status": word("starting", "processing", "succeeded", "failed"),
                "logs": " 50%|####    | 14/28", "error": said, "output": film, "completed_at": null,
            }),
            (Luma, "/generations/job-1") => json!({
                "id": "job-1", "state": word("queued", "dreaming", "completed", "failed"),
                "assets": {"video": film}, "failure_reason": said,
            }),
            (RunPod, "/wan-2-6-t2v/status/job-1") => json!({
                "id": "job-1", "status": word("IN_QUEUE", "IN_PROGRESS", "COMPLETED", "FAILED"),
                "output": {"video_url": film}, "error": said,
            }),
            (Runway, "/v1/tasks/job-1") => json!({
                "id": "job-1", "status": word("PENDING", "RUNNING", "SUCCEEDED", "FAILED"), "progress": 0.5,
                "output": [film], "cost": {"credits": 60}, "failure": said, "failureCode": "INTERNAL",
            }),
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Now {
    Queued,
    Working,
    Done,
    Failed(&'static str),
}

/// How things go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    Well,
    /// The job never ends by itself.
    Slow,
    /// The order is answered with this status, again and again.
    Refuse(u16),
    /// The first order is turned away, the second is taken.
    BusyOnce,
    /// The order is answered with a page.
    Page,
    /// The job ends without a film, for this reason.
    Fail(&'static str),
    /// Two questions are answered with 503.
    BadMinute,
    /// The film is gone when it is fetched.
    Expired,
}

#[derive(Clone)]
pub struct Studio(Arc<Inner>);

struct Inner {
    dialect: Dialect,
    script: Mutex<Script>,
    base: String,
    cdn: String,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default, Clone)]
pub struct Seen {
    pub orders: Vec<Value>,
    pub questions: usize,
    pub cancelled: usize,
    pub fetched: usize,
    /// What should not have come.
    pub wrong: Vec<String>,
}

impl Studio {
    /// Starts the vendor's API and, at another origin, the place where films are fetched.
    pub async fn start(dialect: Dialect, script: Script) -> Self {
        let api = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cdn = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = |listener: &tokio::net::TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let studio = Self(Arc::new(Inner {
            dialect,
            script: Mutex::new(script),
            base: address(&api),
            cdn: address(&cdn),
            seen: Mutex::default(),
        }));
        for (listener, router) in
            [(api, Router::new().fallback(answer)), (cdn, Router::new().fallback(hand_out_to_anybody))]
        {
            let router = router.with_state(studio.clone());
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        }
        studio
    }

    pub fn base_url(&self) -> &str {
        &self.0.base
    }

    pub fn seen(&self) -> Seen {
        self.0.seen.lock().unwrap().clone()
    }

    pub fn goes(&self, script: Script) {
        *self.0.script.lock().unwrap() = script;
    }

    fn script(&self) -> Script {
        *self.0.script.lock().unwrap()
    }

    /// Google keeps films behind the key, at its own origin.
    fn film(&self) -> String {
        let host = if self.0.dialect == Google { &self.0.base } else { &self.0.cdn };
        format!("{host}/films/job-1.mp4")
    }

    fn hand_out(&self) -> Response {
        self.0.seen.lock().unwrap().fetched += 1;
        match self.script() {
            Script::Expired => StatusCode::NOT_FOUND.into_response(),
            _ => ([("content-type", "video/mp4")], FILM).into_response(),
        }
    }
}

async fn hand_out_to_anybody(State(studio): State<Studio>, headers: HeaderMap) -> Response {
    if format!("{headers:?}").contains(SECRET) {
        studio.0.seen.lock().unwrap().wrong.push("the key went to a foreign origin".into());
    }
    studio.hand_out()
}

async fn answer(State(studio): State<Studio>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let dialect = studio.0.dialect;
    let (name, value) = dialect.key_header();
    if headers.get(name).and_then(|value| value.to_str().ok()) != Some(&*value) {
        studio.0.seen.lock().unwrap().wrong.push(format!("{method} {uri} without the key"));
    }
    if dialect == Runway && headers.get("x-runway-version").is_none() {
        studio.0.seen.lock().unwrap().wrong.push(format!("{uri} without a version"));
    }
    if uri.path() == "/films/job-1.mp4" {
        return studio.hand_out();
    }
    let (script, path) = (studio.script(), uri.path());
    if dialect.is_order(&method, path) {
        let orders = {
            let mut seen = studio.0.seen.lock().unwrap();
            seen.orders.push(serde_json::from_slice(&body).unwrap_or_default());
            seen.orders.len()
        };
        return match script {
            Script::Refuse(status) => error(status),
            Script::BusyOnce if orders == 1 => error(429),
            Script::Page => "<html>welcome</html>".into_response(),
            _ => (StatusCode::CREATED, Json(dialect.taken(&studio.0.base))).into_response(),
        };
    }
    if dialect.is_cancel(&method, path) {
        studio.0.seen.lock().unwrap().cancelled += 1;
        return if dialect == Runway {
            StatusCode::NO_CONTENT.into_response()
        } else {
            Json(json!({})).into_response()
        };
    }
    let questions = {
        let mut seen = studio.0.seen.lock().unwrap();
        seen.questions += 1;
        seen.questions
    };
    let now = match (script, questions) {
        (Script::BadMinute, 1 | 2) => return error(503),
        (_, 1) => Now::Queued,
        (Script::Slow, _) | (_, 2) => Now::Working,
        (Script::Fail(said), _) => Now::Failed(said),
        _ => Now::Done,
    };
    match dialect.state(&uri, now, &studio.film()) {
        Some(state) => Json(state).into_response(),
        None => {
            studio.0.seen.lock().unwrap().wrong.push(format!("{method} {uri}"));
            StatusCode::NOT_FOUND.into_response()
        }
    }
}

fn error(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("retry-after-ms", "5")], Json(json!({"detail": "as the script says"}))).into_response()
}
