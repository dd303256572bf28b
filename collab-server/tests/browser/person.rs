//! A person at a browser: what they click, type and see. Knows the client's markup, and nothing else does.

use fantoccini::{
    Client, Locator,
    actions::{InputSource, MouseActions, PointerAction},
    elements::Element,
};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::{browser::console, wait::eventually};

pub const PASSWORD: &str = "a long enough password";

#[derive(Clone)]
pub struct Person {
    pub name: String,
    pub client: Client,
    /// The server's address, without a slash at the end.
    server: String,
    /// What the console has said until now: ChromeDriver tells each line once.
    console: Arc<Mutex<Vec<String>>>,
    /// What the console may say.
    expected: Arc<Mutex<Vec<&'static str>>>,
}

impl Person {
    pub fn new(name: &str, server: String, client: Client) -> Self {
        // Chromium writes every refusal there. Asking who is signed in, before anybody is, is no error.
        let expected = vec!["/api/me - Failed to load resource: the server responded with a status of 401"];
        Self {
            name: name.to_owned(),
            client,
            server,
            console: Arc::default(),
            expected: Arc::new(Mutex::new(expected)),
        }
    }

    pub fn email(&self) -> String {
        format!("{}@example.org", self.name.to_lowercase())
    }

    pub async fn sign_up(&self) {
        self.goto("/").await;
        self.press("Create an account").await;
        self.fill("input[name=name]", &self.name).await;
        self.fill("input[name=email]", &self.email()).await;
        self.fill("input[name=password]", PASSWORD).await;
        self.press("Create account").await;
        self.find(".shell-page").await;
    }

    /// Makes an empty workflow. Returns its path.
    pub async fn new_workflow(&self) -> String {
        self.press("New workflow").await;
        self.opens_editor().await
    }

    /// Waits for an editor whose document has arrived. Returns the workflow's path.
    pub async fn opens_editor(&self) -> String {
        self.find("[data-save='saved']").await;
        self.client.current_url().await.expect("a page has an address").path().to_owned()
    }

    /// Invites `other` to the workspace of the open workflow, as an editor.
    pub async fn share_with(&self, other: &Person) {
        self.press("Share").await;
        self.fill("[role=dialog] input[type=email]", &other.email()).await;
        self.press("Invite").await;
        let invited = format!("//*[@role='dialog']//li[contains(., '{}')]", other.email());
        self.find_by(&format!("{} among the members", other.name), Locator::XPath(&invited)).await;
        self.press("Done").await;
    }

    pub async fn goto(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.server)).await.expect("the server answers");
    }

    /// The first visible element, as soon as there is one.
    pub async fn find(&self, css: &str) -> Element {
        self.find_by(&format!("{}: `{css}` on the page", self.name), Locator::Css(css)).await
    }

    pub async fn click(&self, css: &str) {
        self.click_by(&format!("{}: a click on `{css}`", self.name), Locator::Css(css)).await;
    }

    /// Clicks what says `label`: a button, link or menu entry, by its text (a shortcut may stand beside it) or by what a
    /// screen reader is told.
    pub async fn press(&self, label: &str) {
        let kinds = "self::button or self::a or @role='button' or @role='menuitem' or @role='option'";
        let path = format!("//*[{kinds}][.//text()[normalize-space(.)='{label}'] or @aria-label='{label}']");
        self.click_by(&format!("{}: a click on “{label}”", self.name), Locator::XPath(&path)).await;
    }

    async fn find_by(&self, what: &str, locator: Locator<'_>) -> Element {
        eventually(what, || async {
            for element in self.client.find_all(locator).await.ok()? {
                if element.is_displayed().await.unwrap_or(false) {
                    return Some(element);
                }
            }
            None
        })
        .await
    }

    /// The page may redraw between finding and clicking, or something may still cover the element: then again.
    async fn click_by(&self, what: &str, locator: Locator<'_>) {
        eventually(what, || async {
            for element in self.client.find_all(locator).await.ok()? {
                if element.is_displayed().await.unwrap_or(false) && element.click().await.is_ok() {
                    return Some(());
                }
            }
            None
        })
        .await;
    }

    /// Replaces what stands in a field, key by key.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.expect("a field can be cleared");
        field.send_keys(text).await.expect("a field takes keys");
    }

    /// Runs a script in the page: the body of a function with `arguments`.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.expect("the script runs")
    }

    /// Waits until the body of a function returns something that is neither null nor false.
    pub async fn until(&self, what: &str, script: &str, arguments: Vec<Value>) -> Value {
        eventually(&format!("{}: {what}", self.name), || async {
            let value = self.client.execute(script, arguments.clone()).await.ok()?;
            (!value.is_null() && value != false).then_some(value)
        })
        .await
    }

    /// A request that the page makes, with its cookie: for what is no part of the story.
    pub async fn request(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let script = "const [method, path, body, done] = arguments;
            const options = body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {};
            fetch(path, { method, ...options })
              .then(async (answer) => done({ status: answer.status, body: await answer.json().catch(() => null) }))
              .catch((error) => done({ status: 0, body: String(error) }));";
        let arguments = vec![json!(method), json!(path), body.unwrap_or(Value::Null)];
        let answer = self.client.execute_async(script, arguments).await.expect("the request is made");
        let status = answer["status"].as_u64().unwrap_or(0);
        assert!((200..300).contains(&status), "{method} {path} answered {answer}");
        answer["body"].clone()
    }

    pub async fn drag(&self, from: (f64, f64), to: (f64, f64)) {
        let (x, y) = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let go = |(x, y): (f64, f64)| PointerAction::MoveTo { duration: Some(Duration::from_millis(60)), x, y };
        let actions = MouseActions::new("mouse".to_owned())
            .then(go(from))
            .then(PointerAction::Down { button: fantoccini::actions::MOUSE_BUTTON_LEFT })
            .then(go((x, y)))
            .then(go(to))
            .then(PointerAction::Up { button: fantoccini::actions::MOUSE_BUTTON_LEFT });
        self.client.perform_actions(actions).await.expect("a pointer can be dragged");
        self.client.release_actions().await.expect("a pointer can be released");
    }

    pub async fn console(&self) -> Vec<String> {
        let new = console(&self.client).await;
        let mut lines = self.console.lock().expect("no holder of this lock panics");
        lines.extend(new);
        lines.clone()
    }

    /// From now on the console may say `part`: the story breaks something on purpose.
    pub fn expect_in_console(&self, part: &'static str) {
        self.expected.lock().expect("no holder of this lock panics").push(part);
    }

    pub async fn assert_quiet_console(&self) {
        let lines = self.console().await;
        let expected = self.expected.lock().expect("no holder of this lock panics");
        let is_error = |line: &&String| line.starts_with("SEVERE") && !expected.iter().any(|part| line.contains(part));
        let errors: Vec<_> = lines.iter().filter(is_error).collect();
        assert!(errors.is_empty(), "{}'s console: {errors:#?}", self.name);
    }
}
