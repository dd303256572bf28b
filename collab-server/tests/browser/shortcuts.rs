//! Every row of the table of shortcuts, as the sheet lists it, is pressed and has its effect.
//!
//! The rows come out of the page. A row that nothing is expected of fails, and so does an expectation without a row.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{person::Person, stage::play};

/// What is selected before the keys are pressed.
#[derive(Clone, Copy)]
enum Chosen {
    Nothing,
    /// The node in the middle.
    One,
    All,
    /// A wire, by hand.
    Wire,
}

/// What is to be seen afterwards.
#[derive(Clone, Copy)]
enum Seen {
    /// An undo step of this name; it is taken back at once.
    Step(&'static str),
    /// A condition in JavaScript. Then these keys are pressed, to put things back.
    That(&'static str, &'static str),
}

use Chosen::{All, Nothing, One, Wire};
use Seen::{Step, That};

/// Action, what is selected, keys before it, what is seen.
const EXPECTED: &[(&str, Chosen, &str, Seen)] = &[
    ("run", Nothing, "", That("status('c') === 'done'", "")),
    ("run-selection", One, "", That("fetched('/runs')", "")),
    ("pin", One, "", Step("pin")),
    ("add-node", Nothing, "", That("has('[role=dialog][aria-label=\"Add node\"]')", "Esc")),
    ("add-note", Nothing, "", That("has('.note-field:focus')", "Esc")),
    ("add-reroute", Wire, "", Step("reroute")),
    ("duplicate", One, "", Step("duplicate")),
    ("delete", One, "", Step("delete")),
    ("delete-healing", One, "", Step("delete and join")),
    ("group", One, "", Step("frame")),
    ("ungroup", One, "Mod+G", Step("remove frame")),
    ("replace", One, "", That("has('[role=dialog][aria-label=\"Add node\"]')", "Esc")),
    ("bypass", One, "", Step("bypass")),
    ("mute", One, "", Step("mute")),
    ("collapse", One, "", Step("fold")),
    ("color", One, "", Step("colour")),
    ("rename", One, "", That("has('.node-title-input')", "Esc")),
    ("undo", One, "B", That("step() === ''", "")),
    ("redo", One, "B Mod+Z", Step("bypass")),
    ("save-version", Nothing, "", That("has('.version-panel input')", "Mod+.")),
    ("palette", Nothing, "", That("has('.palette-commands')", "Esc")),
    ("find", Nothing, "", That("has('.find')", "Esc")),
    ("select-all", Nothing, "", That("selected().length === 6", "")),
    ("select-upstream", One, "", That("selected().join() === 'a,b'", "")),
    ("select-downstream", One, "", That("selected().join() === 'b,c'", "")),
    ("go-left", One, "", That("selected().join() === 'a'", "")),
    ("go-right", One, "", That("selected().join() === 'c'", "")),
    ("go-up", One, "", That("selected().join() === 'd'", "")),
    ("go-down", One, "", That("selected().join() === 'e'", "")),
    ("cancel", All, "", That("selected().length === 0", "")),
    ("nudge-left", One, "", Step("nudge")),
    ("nudge-right", One, "", Step("nudge")),
    ("nudge-up", One, "", Step("nudge")),
    ("nudge-down", One, "", Step("nudge")),
    ("nudge-left-far", One, "", Step("nudge")),
    ("nudge-right-far", One, "", Step("nudge")),
    ("nudge-up-far", One, "", Step("nudge")),
    ("nudge-down-far", One, "", Step("nudge")),
    ("align", All, "", Step("align")),
    ("distribute", All, "", Step("distribute")),
    ("tidy", All, "", Step("tidy up")),
    ("align-left", All, "", Step("align")),
    ("align-right", All, "", Step("align")),
    ("align-top", All, "", Step("align")),
    ("align-bottom", All, "", Step("align")),
    ("align-centers", All, "", Step("align")),
    ("align-middles", All, "", Step("align")),
    ("distribute-across", All, "", Step("distribute")),
    ("distribute-down", All, "", Step("distribute")),
    ("fit-all", Nothing, "Plus Plus", That("moved()", "")),
    ("fit-selection", One, "Plus Plus", That("moved()", "")),
    ("zoom-one", Nothing, "Plus Plus", That("zoom() === '100 %'", "")),
    ("zoom-in", Nothing, "", That("moved()", "")),
    ("zoom-out", Nothing, "", That("moved()", "")),
    ("hand", Nothing, "", That("has('.surface[data-space=true]')", "")),
    ("pointer", Nothing, "H", That("has('.surface[data-space=false]')", "")),
    ("minimap", Nothing, "", That("has('.minimap')", "Alt+M")),
    ("grid", Nothing, "", That("has('.surface[data-grid=true]')", "Shift+G")),
    ("queue", Nothing, "", That("tab() === 'Runs'", "Mod+.")),
    ("info", Nothing, "", That("tab() === 'Settings'", "Mod+.")),
    ("side-panel", Nothing, "", That("tab() === 'Settings'", "Mod+.")),
    ("shortcuts", Nothing, "", That("has('.sheet')", "Esc")),
    ("chat", Nothing, "", That("has('.chat-field')", "Esc")),
    ("hide-people", Nothing, "", That("has('.surface[data-people=hidden]')", "Alt+P")),
    ("cancel-run", Nothing, "", That("status('f') === 'cancelled'", "")),
];

/// These come as events of the browser's own: see `pasting.rs`.
const CLIPBOARD: &[&str] = &["copy", "cut", "paste", "paste-wired"];

/// Helpers for the page. Presses are the events that a keyboard makes, on whatever has the focus.
const HARNESS: &str = r#"
    const names = { Plus: '+', Left: 'ArrowLeft', Right: 'ArrowRight', Up: 'ArrowUp', Down: 'ArrowDown', Esc: 'Escape' };
    const press = (keys) => {
      const parts = keys.split('+');
      const name = parts.pop();
      const key = names[name] ?? (name.length === 1 && !parts.includes('Shift') ? name.toLowerCase() : name);
      const held = { ctrlKey: parts.includes('Mod'), shiftKey: parts.includes('Shift'), altKey: parts.includes('Alt') };
      const code = /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : '';
      const to = document.activeElement ?? document.body;
      to.dispatchEvent(new KeyboardEvent('keydown', { key, code, ...held, bubbles: true, cancelable: true }));
      to.dispatchEvent(new KeyboardEvent('keyup', { key, code, ...held, bubbles: true, cancelable: true }));
    };
    const has = (css) => document.querySelector(css) !== null;
    const selected = () => [...document.querySelectorAll("article[data-node][data-selected=true]")]
      .map((node) => node.getAttribute('aria-label')).sort();
    const status = (name) => document.querySelector(`article[data-node][aria-label='${name}']`)?.dataset.status;
    const step = () => (document.querySelector(".top-bar [aria-label='Undo']")?.dataset.tip ?? '').replace(/^Undo ?/, '');
    const zoom = () => document.querySelector('.zoom-value')?.textContent.trim();
    const tab = () => document.querySelector('.side [role=tab][aria-selected=true]')?.firstChild?.textContent.trim();
    const look = () => ['canvas-layer', 'canvas-plane'].map((id) => document.getElementById(id)?.style.transform).join(' ');
    window.fetches ??= [];
    if (!window.fetchWatched) {
      window.fetchWatched = true;
      const real = window.fetch;
      window.fetch = (...given) => { window.fetches.push(String(given[0]?.url ?? given[0])); return real(...given); };
    }
    const fetched = (part) => window.fetches.some((url) => url.includes(part));
    let before = look();
    const moved = () => look() !== before;
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const until = async (what) => {
      const end = performance.now() + 25000;
      while (!what()) { if (performance.now() > end) return false; await frame(); }
      return true;
    };
    const touch = () => document.body.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
    // Tab is a shortcut only just after a hand.
    const free = async () => {
      document.activeElement?.blur(); press('Esc'); await frame(); document.activeElement?.blur(); touch();
    };
"#;

impl Person {
    /// Runs the body of an async function with the helpers at hand; `null` is success, a text says what failed.
    pub async fn tries(&self, body: &str, arguments: Vec<Value>) -> Option<String> {
        let script = format!(
            "const done = arguments[arguments.length - 1]; const given = arguments;
             (async () => {{ {HARNESS} {body} }})().then((told) => done(told ?? null), (error) => done(String(error)));"
        );
        let told = self.client.execute_async(&script, arguments).await.expect("the script runs");
        told.as_str().map(str::to_owned)
    }

    async fn presses(&self, keys: &str, chosen: Chosen, first: &str, seen: Seen) -> Option<String> {
        let choose = match chosen {
            Nothing | Wire => "",
            One => "Alt+Right",
            All => "Mod+A",
        };
        let (condition, back) = match seen {
            Step(label) => (format!("step() === '{label}'"), ""),
            That(condition, back) => (condition.to_owned(), back),
        };
        let undone = matches!(seen, Step(_));
        let wire = matches!(chosen, Wire);
        let body = format!(
            "const [keys, choose, first, back, undone, wire] = given;
             await free();
             if (!(await until(() => selected().length === 0))) return 'something stayed selected';
             if (choose) {{
               press(choose);
               if (!(await until(() => selected().length > 0))) return 'nothing was selected';
             }}
             if (wire) {{
               const path = document.querySelector('path[data-edge-hit]');
               const {{ x, y }} = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM());
               for (const kind of ['pointerdown', 'pointerup']) {{
                 path.dispatchEvent(new PointerEvent(kind, {{ bubbles: true, cancelable: true, clientX: x, clientY: y, pointerId: 7 }}));
               }}
               if (!(await until(() => has('.wire-group[data-selected=wire]')))) return 'no wire was selected';
             }}
             for (const key of first.split(' ').filter(Boolean)) {{ press(key); await frame(); await frame(); }}
             before = look();
             window.fetches.length = 0;
             press(keys);
             const seen = await until(() => {condition});
             if (!seen) return `not seen; the step is “${{step()}}”, selected are ${{selected()}}`;
             if (back && back !== 'Esc') document.activeElement?.blur();
             if (back) {{ press(back); await frame(); }}
             document.activeElement?.blur();
             for (let n = 0; n < 4 && step() !== ''; n += 1) {{ press('Mod+Z'); await frame(); }}
             if (!(await until(() => step() === ''))) return `“${{step()}}” was not taken back`;"
        );
        let arguments = vec![json!(keys), json!(choose), json!(first), json!(back), json!(undone), json!(wire)];
        self.tries(&body, arguments).await
    }
}

/// A chain of three with one node above, one below, and one that waits for people.
fn graph() -> Value {
    let text = |title: &str, pos: [i32; 2]| json!({"type": "text.input", "title": title, "pos": pos, "params": {"value": "x"}});
    json!({"openflow": 1, "meta": {"title": "Keys"},
        "nodes": {
            "a": text("a", [0, 0]),
            "b": {"type": "text.replace", "title": "b", "pos": [400, 20], "params": {"find": "x"}},
            "c": {"type": "output.text", "title": "c", "pos": [830, 0]},
            "d": text("d", [410, -500]),
            "e": text("e", [390, 520]),
            "f": {"type": "flow.approve", "title": "f", "pos": [830, 520]}},
        "edges": {
            "b:text": {"from": "a", "output": "text", "to": "b", "input": "text"},
            "c:text": {"from": "b", "output": "text", "to": "c", "input": "text"},
            "f:value": {"from": "e", "output": "text", "to": "f", "input": "value"}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shortcut_of_the_sheet_does_what_it_says() {
    play("every_shortcut_of_the_sheet_does_what_it_says", |stage| async move {
        let ada = stage.person("Ada").await;
        let made = ada.request("POST", "/api/workflows", Some(json!({"title": "Keys", "graph": graph()}))).await;
        let path = format!("/w/{}", made["id"].as_str().expect("an id"));
        ada.goto(&path).await;
        ada.opens_editor().await;
        ada.until("six nodes", "return document.querySelectorAll('article[data-node]').length === 6;", vec![]).await;

        assert_eq!(ada.tries("await free(); press('?');", vec![]).await, None);
        ada.find(".sheet [data-action]").await;
        let script = "return [...document.querySelectorAll('.sheet [data-action]')]
            .map((row) => [row.dataset.action, row.dataset.keys]);";
        let rows: Vec<(String, String)> = serde_json::from_value(ada.script(script, vec![]).await).expect("rows");
        assert_eq!(ada.tries("await free(); await until(() => !has('.sheet'));", vec![]).await, None);

        let listed: BTreeSet<&str> =
            rows.iter().filter(|(_, keys)| !keys.is_empty()).map(|(action, _)| action.as_str()).collect();
        let expected: BTreeSet<&str> =
            EXPECTED.iter().map(|(action, ..)| *action).chain(CLIPBOARD.iter().copied()).collect();
        assert_eq!(listed, expected, "rows of the sheet, and what is expected of them");

        let mut wrong = Vec::new();
        for (action, chosen, first, seen) in EXPECTED {
            let (_, keys) = rows.iter().find(|(listed, _)| listed == action).expect("compared above");
            let key = keys.split(' ').next().expect("it has a key");
            if let Some(told) = ada.presses(key, *chosen, first, *seen).await {
                wrong.push(format!("`{action}` on {key}: {told}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");

        // Tab is a shortcut once after a hand, and then moves the focus again.
        let tabbed = "const open = () => has('[role=dialog][aria-label=\"Add node\"]');
            await free();
            press('Tab');
            if (!(await until(open))) return 'Tab after a hand opened nothing';
            press('Esc');
            if (!(await until(() => !open()))) return 'Escape did not close the search';
            document.activeElement?.blur();
            press('Tab');
            await frame(); await frame();
            if (open()) return 'Tab catches whoever goes by keyboard';";
        assert_eq!(ada.tries(tabbed, vec![]).await, None);

        // In a field the same keys are letters.
        let typed = "await free();
            press('Alt+Right');
            await until(() => selected().length > 0);
            document.querySelector('.workflow-title').focus();
            press('b'); press('Delete'); press('d');
            await frame(); await frame();
            if (step() !== '') return `typing made “${step()}”`;";
        assert_eq!(ada.tries(typed, vec![]).await, None);
    })
    .await;
}
