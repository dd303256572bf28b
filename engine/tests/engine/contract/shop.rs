//! A server that answers as one vendor does, and goes wrong the way a script says.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{
    cases::{Answer, Case, Made},
    upload,
};

pub const SECRET: &str = "key-0123456789abcdef";
const SOUND: &[u8] = include_bytes!("../../../../assets/samples/guitar.mp3");
const FILM: &[u8] = include_bytes!("../../../../assets/samples/clip.mp4");

/// How things go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    Well,
    /// No answer, or a job that never ends.
    Slow,
    /// The request is answered with this status, again and again.
    Refuse(u16),
    /// The content policy refuses, with a status.
    Policy,
    /// The first request is turned away, the second is taken.
    BusyOnce,
    /// The request is answered with a page.
    Page,
    /// HTTP 200 with a refusal inside.
    Blocked,
    /// The stream breaks off, with an error or without.
    ErrorWithin,
    BrokenOff,
    /// The result is gone when it is fetched.
    Expired,
}

#[derive(Clone)]
pub struct Shop(Arc<Inner>);

struct Inner {
    case: Case,
    script: Mutex<Script>,
    base: String,
    cdn: String,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default, Clone)]
pub struct Seen {
    pub orders: Vec<String>,
    pub questions: usize,
    pub cancelled: usize,
    pub fetched: usize,
    /// How many bytes of each file were handed over before the order.
    pub uploaded: Vec<usize>,
    /// What should not have come.
    pub wrong: Vec<String>,
}

impl Shop {
    /// Starts the vendor's API and, at another origin, the place where results are fetched.
    pub async fn start(case: Case, script: Script) -> Self {
        let api = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cdn = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = |listener: &tokio::net::TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let shop = Self(Arc::new(Inner {
            case,
            script: Mutex::new(script),
            base: address(&api),
            cdn: address(&cdn),
            seen: Mutex::default(),
        }));
        for (listener, router) in [(api, Router::new().fallback(answer)), (cdn, Router::new().fallback(hand_out))] {
            let router = router.layer(axum::extract::DefaultBodyLimit::disable()).with_state(shop.clone());
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        }
        shop
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

    fn result(&self) -> Vec<u8> {
        if self.0.case.capability.starts_with("audio.") {
            return SOUND.to_vec();
        }
        if self.0.case.capability.starts_with("video.") {
            return FILM.to_vec();
        }
        let mut png = std::io::Cursor::new(Vec::new());
        let picture = image::RgbImage::from_pixel(32, 16, image::Rgb([9, 9, 200]));
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        png.into_inner()
    }

    fn with_made<T>(&self, tell: impl FnOnce(&Made<'_>) -> T) -> T {
        let bytes = self.result();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let url = format!("{}/results/job-1", self.0.cdn);
        tell(&Made { base64: &STANDARD.encode(&bytes), hex: &hex, url: &url, base: &self.0.base })
    }

    fn taken(&self) -> Response {
        match self.0.case.answer {
            Answer::Bytes(mime) => ([("content-type", mime)], self.result()).into_response(),
            Answer::Json(json) => Json(self.with_made(json)).into_response(),
            Answer::Job(job) => (StatusCode::CREATED, Json(self.with_made(job.taken))).into_response(),
            Answer::Events(events) => streamed(events(), Ending::Good),
        }
    }
}

enum Ending {
    Good,
    Open,
    BrokenOff,
}

/// The events cut where none of them ends: a reader must put them together again.
fn streamed(events: Vec<Value>, ending: Ending) -> Response {
    let done = matches!(ending, Ending::Good) && events[0].get("choices").is_some();
    let mut text: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    if done {
        text.push_str("data: [DONE]\n\n");
    }
    let pieces: Vec<Bytes> = text.into_bytes().chunks(7).map(Bytes::copy_from_slice).collect();
    let pieces = stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    let body = match ending {
        Ending::Open => Body::from_stream(pieces.chain(stream::pending())),
        Ending::Good | Ending::BrokenOff => Body::from_stream(pieces),
    };
    ([("content-type", "text/event-stream")], body).into_response()
}

async fn hand_out(State(shop): State<Shop>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    let mut seen = shop.0.seen.lock().unwrap();
    if format!("{headers:?}").contains(SECRET) {
        seen.wrong.push("the key went to a foreign origin".into());
    }
    if method != Method::GET {
        if headers.get("content-length").is_none() {
            seen.wrong.push("stores of this kind want to know the length".into());
        }
        seen.uploaded.push(body.len());
        return StatusCode::NO_CONTENT.into_response();
    }
    seen.fetched += 1;
    match shop.script() {
        Script::Expired => StatusCode::NOT_FOUND.into_response(),
        _ => shop.result().into_response(),
    }
}

async fn answer(State(shop): State<Shop>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let case = shop.0.case;
    let (name, before) = case.key;
    if headers.get(name).and_then(|value| value.to_str().ok()) != Some(&*format!("{before}{SECRET}")) {
        shop.0.seen.lock().unwrap().wrong.push(format!("{method} {uri} without the key"));
    }
    if method == Method::POST && uri.path() == case.path {
        return order(&shop, &body).await;
    }
    if method == Method::POST
        && let Some(answer) = upload::place(uri.path(), &shop.0.base, &shop.0.cdn)
    {
        // Two of them only say where to; the third takes the file itself.
        if uri.path() == "/files" {
            shop.0.seen.lock().unwrap().uploaded.push(body.len());
        }
        return Json(answer).into_response();
    }
    let Answer::Job(job) = case.answer else {
        shop.0.seen.lock().unwrap().wrong.push(format!("{method} {uri}"));
        return StatusCode::NOT_FOUND.into_response();
    };
    if uri.path() == job.cancel && method != Method::GET {
        shop.0.seen.lock().unwrap().cancelled += 1;
        return Json(json!({})).into_response();
    }
    if uri.path() == "/v1/models/pricing" {
        let endpoint = uri.query().unwrap_or_default().replace("endpoint_id=", "").replace("%2F", "/");
        let price = json!({"endpoint_id": endpoint, "unit_price": 0.05, "unit": "pieces", "currency": "USD"});
        return Json(json!({"prices": [price]})).into_response();
    }
    if uri.path() == job.content {
        shop.0.seen.lock().unwrap().fetched += 1;
        return match shop.script() {
            Script::Expired => StatusCode::NOT_FOUND.into_response(),
            _ => shop.result().into_response(),
        };
    }
    let questions = {
        let mut seen = shop.0.seen.lock().unwrap();
        seen.questions += 1;
        seen.questions
    };
    let step = match (shop.script(), questions) {
        (_, 1) => 0,
        (Script::Slow, _) | (_, 2) => 1,
        _ => 2,
    };
    match shop.with_made(|made| (job.state)(uri.path(), step, made)) {
        // One of them says how much was made, and what one costs elsewhere.
        Some(state) => ([("x-fal-billable-units", "2")], Json(state)).into_response(),
        None => {
            shop.0.seen.lock().unwrap().wrong.push(format!("{method} {uri}"));
            StatusCode::NOT_FOUND.into_response()
        }
    }
}

async fn order(shop: &Shop, body: &[u8]) -> Response {
    let orders = {
        let mut seen = shop.0.seen.lock().unwrap();
        seen.orders.push(String::from_utf8_lossy(body).into_owned());
        seen.orders.len()
    };
    let case = shop.0.case;
    let events = || match case.answer {
        Answer::Events(events) => events(),
        _ => unreachable!("only streams break off"),
    };
    match shop.script() {
        Script::Refuse(status) => error(status, json!({"detail": "as the script says"})),
        Script::Policy => error(400, json!({"error": {"code": "content_policy_violation", "message": "not that"}})),
        Script::BusyOnce if orders == 1 => error(429, json!({"detail": "slow down"})),
        Script::Page => "<html>welcome</html>".into_response(),
        Script::Blocked => {
            let said = case.blocked.expect("the scenario is for those that have such answers")();
            match case.answer {
                Answer::Events(_) => streamed(vec![said], Ending::BrokenOff),
                _ => Json(said).into_response(),
            }
        }
        Script::ErrorWithin => {
            let mut half = events();
            half.truncate(2);
            half.push(json!({"type": "error", "error": {"type": "overloaded_error", "message": "fell over"}}));
            streamed(half, Ending::BrokenOff)
        }
        Script::BrokenOff => streamed(events()[..1].to_vec(), Ending::BrokenOff),
        Script::Slow => match case.answer {
            Answer::Job(_) => shop.taken(),
            Answer::Events(events) => streamed(events()[..1].to_vec(), Ending::Open),
            Answer::Bytes(_) | Answer::Json(_) => std::future::pending().await,
        },
        Script::Well | Script::BusyOnce | Script::Expired => shop.taken(),
    }
}

fn error(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), [("retry-after-ms", "5")], Json(body)).into_response()
}
