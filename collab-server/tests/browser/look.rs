//! How a page looks and reads: its theme, its size, what axe says of it, and a picture of it.

use std::path::PathBuf;

use axum::http::Method;
use base64::{Engine, engine::general_purpose::STANDARD};
use fantoccini::wd::WebDriverCompatibleCommand;
use reqwest::Url;
use serde_json::{Value, json};

use crate::{person::Person, wait::eventually};

const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/js/node_modules/axe-core/axe.min.js");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Dark,
    Light,
}

impl Theme {
    pub const BOTH: [Self; 2] = [Self::Dark, Self::Light];

    fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}

impl Person {
    /// Shows every page in this theme from now on, this one included.
    pub async fn wears(&self, theme: Theme) {
        let script = "localStorage.setItem('openflow.theme', arguments[0]);
            document.documentElement.dataset.theme = arguments[0];";
        self.script(script, vec![json!(theme.as_str())]).await;
    }

    /// Looks at `page` in both themes: nothing serious may be wrong, and a picture is taken where pictures are wanted.
    pub async fn audits(&self, page: &str) {
        for theme in Theme::BOTH {
            self.wears(theme).await;
            self.settles().await;
            let wrong = self.axe().await;
            assert!(wrong.is_empty(), "axe on {page} in {theme:?}: {wrong:#?}");
            self.takes_picture(&format!("{page}-{}", theme.as_str())).await;
        }
    }

    /// Colours that are on their way to others would be measured half way.
    async fn settles(&self) {
        let script = "return document.getAnimations().every((animation) =>
            animation.playState !== 'running' || animation.effect?.getComputedTiming().iterations === Infinity);";
        self.until("a page at rest", script, vec![]).await;
    }

    /// What axe finds serious or worse, each with its place.
    async fn axe(&self) -> Vec<String> {
        if self.script("return typeof window.axe === 'undefined';", vec![]).await == true {
            let source = std::fs::read_to_string(AXE).expect("run this with `cargo xtask test`, which installs axe");
            self.script(&source, vec![]).await;
        }
        let script = "const done = arguments[0];
            axe.run(document, { resultTypes: ['violations'] }).then(
              (found) => done(found.violations.filter((one) => ['serious', 'critical'].includes(one.impact)).flatMap(
                (one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`))),
              (error) => done([String(error)]));";
        let found = self.client.execute_async(script, vec![]).await.expect("axe runs");
        serde_json::from_value(found).expect("axe's findings are texts")
    }

    /// Into the folder that `cargo xtask pictures` names; otherwise none is taken.
    pub async fn takes_picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("OPENFLOW_TEST_PICTURES").map(PathBuf::from) else { return };
        // Small enough to be kept with the code: a PNG of photographs is not.
        let format = json!({ "format": "webp", "quality": 80 });
        let answer = self.devtools("Page.captureScreenshot", format).await;
        let picture = answer["data"].as_str().expect("a screenshot is text in base64");
        let picture = STANDARD.decode(picture).expect("a screenshot is text in base64");
        std::fs::create_dir_all(&folder).expect("the folder for pictures can be made");
        std::fs::write(folder.join(format!("{name}.webp")), picture).expect("a picture can be written");
    }

    /// The window becomes a phone's, held upright, with a finger for a mouse.
    pub async fn becomes_phone(&self) {
        let metrics = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        self.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await;
    }

    /// The middle of what has come to rest: a page that has just opened still fits its view.
    pub async fn middle_of(&self, css: &str) -> [f64; 2] {
        let script = "const [css, done] = arguments;
            let [last, same] = ['', 0];
            const look = (left) => {
              const element = document.querySelector(css);
              if (!element || left === 0) return done(null);
              const box = element.getBoundingClientRect();
              const place = [box.x + box.width / 2, box.y + box.height / 2];
              same = String(place) === last ? same + 1 : 0;
              last = String(place);
              if (same === 12) return done(place);
              requestAnimationFrame(() => look(left - 1));
            };
            look(120);";
        eventually(&format!("{}: `{css}` at rest", self.name), || async {
            let middle = self.client.execute_async(script, vec![json!(css)]).await.ok()?;
            serde_json::from_value(middle).ok()
        })
        .await
    }

    pub async fn devtools(&self, command: &'static str, params: Value) -> Value {
        self.client.issue_cmd(DevTools { command, params }).await.expect("Chromium obeys")
    }
}

/// A command of Chromium's own protocol, through ChromeDriver.
#[derive(Debug)]
struct DevTools {
    command: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, url::ParseError> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _request_url: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "cmd": self.command, "params": self.params }).to_string()))
    }
}
