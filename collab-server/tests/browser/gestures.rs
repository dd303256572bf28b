//! Every row of the table of gestures, as the sheet lists it, is done and has its effect: each of its ways.
//!
//! The rows come out of the page. A way that nothing is expected of fails, and so does an expectation without a way.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{person::Person, stage::play};

/// What the person said they work with.
#[derive(Clone, Copy, PartialEq)]
enum With {
    /// Nothing yet.
    Any,
    Mouse,
    Trackpad,
}

use With::{Any, Mouse, Trackpad};

/// Row, way, what they work with, what is done and to be seen. A text tells what was not seen.
const EXPECTED: &[(&str, &str, With, &str)] = &[
    ("pan", "Drag", Any, "await drag(empty(), [40, 30]); return pans();"),
    ("pan", "Space+drag", Any, "
        key('keydown', ' ');
        if (!(await until(() => has('.surface[data-space=true]')))) return 'space is not held';
        await drag(head('a'), [40, 30]);
        key('keyup', ' ');
        const told = await pans();
        return told ?? (has('[role=dialog]') ? 'letting go of space opened something' : null);"),
    ("pan", "Middle+drag", Any, "await drag(head('a'), [40, 30], { button: 1 }); return pans();"),
    ("pan", "Right+drag", Any, "
        await drag(empty(), [40, 30], { button: 2 });
        return (await pans()) ?? (has('[role=menu]') ? 'a menu opened' : null);"),
    ("pan", "Drag with a finger", Any, "await drag(empty(), [40, 30], { touch: true }); return pans();"),
    ("pan-sideways", "Shift+wheel", Any, "
        const top = place().f;
        wheel({ deltaY: 120, shiftKey: true });
        return (await sees(moved, 'a move')) ?? (place().f === top ? null : 'it moved up or down');"),
    ("zoom", "Mod+wheel", Any, "wheel({ deltaY: 40, ctrlKey: true }); return sees(() => place().a < was.a, 'a smaller view');"),
    ("zoom", "Wheel, with a mouse", Mouse, "wheel({ deltaY: 40 }); return sees(() => place().a < was.a, 'a smaller view');"),
    ("zoom", "Pinch", Any, "
        const [x, y] = empty();
        fire('pointerdown', [x, y], { touch: true, pointer: 11 });
        fire('pointerdown', [x + 40, y], { touch: true, pointer: 12 });
        fire('pointermove', [x + 120, y], { touch: true, pointer: 12, on: surface });
        await frame();
        fire('pointerup', [x, y], { touch: true, pointer: 11, on: surface });
        fire('pointerup', [x + 120, y], { touch: true, pointer: 12, on: surface });
        return sees(() => place().a > was.a, 'a larger view');"),
    ("pan-wheel", "Wheel, with a trackpad", Trackpad, "
        wheel({ deltaY: 40 });
        return (await sees(moved, 'a move')) ?? (place().a === was.a ? null : 'it zoomed');"),
    ("select", "Click", Any, "await click(head('a')); return selects('a');"),
    ("select-region", "Shift+drag", Any, "await around({ shift: true }); return selects('a,b,d,e');"),
    ("select-region", "Mod+drag", Any, "await around({ mod: true }); return selects('a,b,d,e');"),
    ("select-region", "Drag, with a trackpad", Trackpad, "await around({}); return selects('a,b,d,e');"),
    ("select-more", "Shift+click", Any, "await click(head('a')); await click(head('d'), { shift: true }); return selects('a,d');"),
    ("select-more", "Mod+click", Any, "await click(head('a')); await click(head('d'), { mod: true }); return selects('a,d');"),
    ("select-nothing", "Click beside everything", Any, "
        await click(head('a'));
        const told = await selects('a');
        await click(empty());
        return told ?? selects('');"),
    ("move", "Drag a node", Any, "
        const [x] = head('d');
        await drag(head('d'), [60, 40]);
        return (await steps('move')) ?? sees(() => head('d')[0] > x + 20, 'the node elsewhere');"),
    ("move", "Drag one of a selection", Any, "
        await click(head('a')); await click(head('d'), { shift: true });
        if (await selects('a,d')) return selects('a,d');
        const [x] = head('a');
        await drag(head('d'), [60, 40]);
        return (await steps('move')) ?? sees(() => head('a')[0] > x + 20, 'the other node elsewhere');"),
    ("copy", "Alt+drag", Any, "await drag(head('d'), [60, 90], { alt: true }); return steps('duplicate');"),
    ("resize", "Drag its corner", Any, "const corner = card('d').querySelector('[data-corner]'); await drag(box(corner), [60, 0], { on: corner }); return steps('resize');"),
    ("add", "Double-click", Any, "twice(empty()); return dialog('Add node');"),
    ("rename", "Double-click a title", Any, "twice(head('a')); return sees(() => has('.node-title-input'), 'a field for the name');"),
    ("write", "Double-click it", Any, "
        fire('pointermove', empty(), { on: surface });
        press('Shift+S');
        const added = await sees(() => has('.note-field:focus'), 'a note that is written');
        if (added) return added;
        document.activeElement.blur();
        const left = await sees(() => has('.note-words'), 'a note that is read');
        if (left) return left;
        twice(box(document.querySelector('.note-words')));
        return sees(() => has('.note-field:focus'), 'a field to write in');"),
    ("wire", "Drag from a port", Any, "await dragTo(port('d', 'out:text'), port('e', 'in:text')); return steps('connect');"),
    ("wire", "Drag to a node", Any, "await dragTo(port('d', 'out:text'), head('e')); return steps('connect');"),
    ("wire", "Tap two ports", Any, "
        await click(port('d', 'out:text'), { touch: true });
        await click(port('e', 'in:text'), { touch: true });
        return steps('connect');"),
    ("wire-search", "Drop a wire on nothing", Any, "await dragTo(port('d', 'out:text'), empty()); return dialog('Add node');"),
    ("unwire", "Drag its end off", Any, "await dragTo(port('b', 'in:text'), empty()); return steps('disconnect');"),
    ("rewire", "Shift+drag from it", Any, "await dragTo(port('a', 'out:text'), port('d', 'out:text'), { shift: true }); return steps('rewire');"),
    ("select-wire", "Click it", Any, "await click(wire()); return sees(() => has('.wire-group[data-selected=wire]'), 'a selected wire');"),
    ("reroute", "Alt+click it", Any, "
        const wires = document.querySelectorAll('path[data-edge]').length;
        await click(wire(), { alt: true });
        return (await steps('reroute'))
          ?? sees(() => has(\"[data-type='flow.reroute']\"), 'a reroute')
          ?? sees(() => document.querySelectorAll('path[data-edge]').length === wires + 1, 'one more wire');"),
    ("insert", "Drop a node on it", Any, "
        const [middle, around] = [wire(), box(card('e'))];
        await drag(head('e'), [middle[0] - around[0], middle[1] - around[1]]);
        return steps('insert');"),
    ("insert-search", "Double-click a wire", Any, "twice(wire()); return dialog('Add node');"),
    ("free", "Shake it", Any, "
        const [x, y] = head('b');
        fire('pointerdown', [x, y]);
        for (let turn = 0; turn < 8; turn += 1) {
          for (const by of turn % 2 ? [60, 10] : [10, 60]) { fire('pointermove', [x + by, y], { on: surface }); await frame(); }
        }
        fire('pointerup', [x, y], { on: surface });
        return sees(() => !has('path[data-edge]'), 'no wire');"),
    ("menu", "Right click", Any, "await click(head('a'), { button: 2 }); return sees(() => has('[role=menu]'), 'a menu');"),
    ("menu", "Long press", Any, "
        fire('pointerdown', head('a'), { touch: true });
        const told = await sees(() => has('[role=menu]'), 'a menu');
        fire('pointerup', head('a'), { touch: true, on: surface });
        return told;"),
];

/// A hand, beside the keys of `shortcuts.rs`. Events as a browser makes them, on whatever lies there.
pub const HANDS: &str = r#"
    const surface = document.getElementById('canvas-surface');
    const [layer, plane] = ['canvas-layer', 'canvas-plane'].map((id) => document.getElementById(id));
    const place = () => new DOMMatrix(layer.style.transform).multiply(new DOMMatrix(plane.style.transform));
    const was = place();
    const box = (element) => { const at = element.getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2]; };
    const card = (name) => document.querySelector(`article[data-node][aria-label='${name}']`);
    const head = (name) => box(card(name).querySelector('.node-title'));
    const port = (name, hook) => box(card(name).querySelector(`[data-port='${hook}']`));
    const wire = () => {
      const path = document.querySelector('path[data-edge-hit]');
      const at = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM());
      return [at.x, at.y];
    };
    const empty = () => {
      const room = surface.getBoundingClientRect();
      for (let y = room.top + 200; y < room.bottom - 160; y += 9) {
        for (let x = room.left + 200; x < room.right - 200; x += 9) {
          const near = [[0, 0], [40, 30], [-12, -12], [40, 0], [120, 0]].map(([dx, dy]) => document.elementFromPoint(x + dx, y + dy));
          const free = (hit) => hit && hit.closest('.surface') && !hit.closest('[data-node], [data-edge-hit], .frame, button');
          if (near.every(free)) return [x, y];
        }
      }
      throw 'there is no empty spot';
    };
    const fire = (kind, [x, y], how = {}) => {
      const to = how.on ?? document.elementFromPoint(x, y) ?? surface;
      const button = how.button ?? 0;
      to.dispatchEvent(new PointerEvent(kind, {
        bubbles: true, cancelable: true, composed: true, clientX: x, clientY: y, pointerId: how.pointer ?? 7, isPrimary: true,
        pointerType: how.touch ? 'touch' : 'mouse', button, buttons: how.buttons ?? (kind === 'pointerup' ? 0 : [1, 4, 2][button]),
        shiftKey: !!how.shift, ctrlKey: !!how.mod, altKey: !!how.alt }));
    };
    const dragTo = async (from, to, how = {}) => {
      fire('pointerdown', from, how);
      for (const part of [0.2, 0.6, 1, 1]) {
        fire('pointermove', [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part], { ...how, on: surface });
        await frame();
      }
      fire('pointerup', to, { ...how, on: surface });
      await frame();
    };
    const drag = (from, by, how) => dragTo(from, [from[0] + by[0], from[1] + by[1]], how);
    const click = async (at, how = {}) => { fire('pointerdown', at, how); fire('pointerup', at, how); await frame(); };
    const twice = ([x, y]) => document.elementFromPoint(x, y)
      .dispatchEvent(new MouseEvent('dblclick', { bubbles: true, cancelable: true, composed: true, clientX: x, clientY: y }));
    const wheel = (how) => {
      const [x, y] = empty();
      document.elementFromPoint(x, y)
        .dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, composed: true, clientX: x, clientY: y, ...how }));
    };
    const key = (kind, name) =>
      document.body.dispatchEvent(new KeyboardEvent(kind, { key: name, code: 'Space', bubbles: true, cancelable: true }));
    const around = (how) => {
      const cards = [...document.querySelectorAll('article[data-node]')].map((node) => node.getBoundingClientRect());
      const least = (side) => Math.min(...cards.map((card) => card[side]));
      const most = (side) => Math.max(...cards.map((card) => card[side]));
      return dragTo([least('left') - 14, least('top') - 14], [most('right') + 8, most('bottom') + 8], how);
    };
    const sees = async (what, name) => (await until(what)) ? null
      : `${name} was not seen; the step is “${step()}”, selected are “${selected()}”`;
    const pans = () => sees(() => moved() && place().a === was.a, 'a moved view');
    const selects = (names) => sees(() => selected().join() === names, `“${names}” selected`);
    const steps = (label) => sees(() => step().startsWith(label), `a step “${label}”`);
    const dialog = (name) => sees(() => has(`[role=dialog][aria-label='${name}']`), `the dialog “${name}”`);
"#;

impl Person {
    /// Does one thing, and puts everything back.
    async fn moves(&self, body: &str) -> Option<String> {
        let script = format!(
            "await free();
             if (!(await until(() => selected().length === 0))) return 'something stayed selected';
             press('F'); await frame(); await frame();
             {HANDS}
             before = look();
             const told = await (async () => {{ {body} }})();
             document.activeElement?.blur();
             await free();
             if (!(await until(() => !has('[role=dialog], [role=menu]')))) return told ?? 'something stayed open';
             for (let n = 0; n < 6 && step() !== ''; n += 1) {{ press('Mod+Z'); await frame(); }}
             if (!(await until(() => step() === ''))) return told ?? `“${{step()}}” was not taken back`;
             return told;"
        );
        self.tries(&script, vec![]).await
    }
}

/// A wire, and two nodes that hang on none.
fn graph() -> Value {
    let text = |title: &str, pos: [i32; 2]| json!({"type": "text.input", "title": title, "pos": pos, "params": {"value": "x"}});
    json!({"openflow": 1, "meta": {"title": "Hands"},
        "nodes": {
            "a": text("a", [0, 0]),
            "b": {"type": "text.replace", "title": "b", "pos": [460, 0], "params": {"find": "x"}},
            "d": text("d", [0, 420]),
            "e": {"type": "text.trim", "title": "e", "pos": [460, 440]}},
        "edges": {"b:text": {"from": "a", "output": "text", "to": "b", "input": "text"}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn every_gesture_of_the_sheet_does_what_it_says() {
    play("every_gesture_of_the_sheet_does_what_it_says", |stage| async move {
        let ada = stage.person("Ada").await;
        let made = ada.request("POST", "/api/workflows", Some(json!({"title": "Hands", "graph": graph()}))).await;
        let path = format!("/w/{}", made["id"].as_str().expect("an id"));
        let mut wrong = Vec::new();
        for (with, name) in [(Any, ""), (Mouse, "mouse"), (Trackpad, "trackpad")] {
            let remember = "arguments[0] ? localStorage.setItem('openflow.device', arguments[0])
                : localStorage.removeItem('openflow.device'); return true;";
            ada.script(remember, vec![json!(name)]).await;
            ada.goto(&path).await;
            ada.opens_editor().await;
            let drawn = "return document.querySelectorAll('article[data-node] [data-port]').length >= 5
                && document.querySelector('path[data-edge]') !== null;";
            ada.until("the graph", drawn, vec![]).await;
            if with == Any {
                ada.expects_every_way().await;
            }
            for (row, way, _, body) in EXPECTED.iter().filter(|(_, _, device, _)| *device == with) {
                if let Some(told) = ada.moves(body).await {
                    wrong.push(format!("`{row}`, {way}: {told}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    })
    .await;
}

impl Person {
    /// What the sheet lists is what this file expects.
    async fn expects_every_way(&self) {
        assert_eq!(self.tries("await free(); press('?');", vec![]).await, None);
        self.find(".sheet [data-hand]").await;
        let script = "return [...document.querySelectorAll('.sheet [data-hand]')].flatMap((row) =>
            [...row.querySelectorAll('[data-way]')].map((way) => [row.dataset.hand, way.dataset.way]));";
        let listed: BTreeSet<(String, String)> =
            serde_json::from_value(self.script(script, vec![]).await).expect("rows");
        let expected: BTreeSet<(String, String)> =
            EXPECTED.iter().map(|(row, way, ..)| ((*row).to_owned(), (*way).to_owned())).collect();
        assert_eq!(listed, expected, "rows of the sheet, and what is expected of them");
        assert_eq!(self.tries("await free(); await until(() => !has('.sheet'));", vec![]).await, None);
    }
}
