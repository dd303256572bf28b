//! What a hand holds, until it lets go, gives up or is lost.

use serde_json::json;

use crate::{gestures::HANDS, stage::play};

#[tokio::test(flavor = "multi_thread")]
async fn a_button_that_was_let_go_outside_the_window_holds_nothing_any_more() {
    play("a_button_that_was_let_go_outside_the_window_holds_nothing_any_more", |stage| async move {
        let ada = stage.person("Ada").await;
        ada.opens_node("text.input", json!({"value": "x"})).await;
        let script = "const title = () => box(document.querySelector('.node-title'));
            const [x, y] = title();
            fire('pointerdown', [x, y]);
            for (const by of [20, 60]) { fire('pointermove', [x + by, y], { on: surface }); await frame(); }
            for (const by of [90, 300]) { fire('pointermove', [x + by, y], { on: surface, buttons: 0 }); await frame(); }
            if (surface.dataset.holding !== 'nothing') return 'it is still held';
            return sees(() => title()[0] > x + 30 && title()[0] < x + 100, 'the node where it was let go');";
        assert_eq!(ada.tries(&format!("{HANDS} {script}"), vec![]).await, None);
        ada.sees_saved().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wires_of_many_nodes_go_with_the_hand_and_are_where_it_let_go() {
    play("the_wires_of_many_nodes_go_with_the_hand_and_are_where_it_let_go", |stage| async move {
        let ada = stage.person("Ada").await;
        let mut nodes = json!({"a": {"type": "text.input", "pos": [0, 0], "params": {"value": "x"}}});
        let mut edges = json!({});
        for n in 0..30 {
            let id = format!("b{n}");
            nodes[&id] = json!({"type": "text.trim", "pos": [400 + 300 * (n % 6), 260 * (n / 6)]});
            edges[format!("{id}:text")] = json!({"from": "a", "output": "text", "to": id, "input": "text"});
        }
        let graph = json!({"openflow": 1, "nodes": nodes, "edges": edges});
        let made = ada.request("POST", "/api/workflows", Some(json!({"title": "Many", "graph": graph}))).await;
        ada.goto(&format!("/w/{}", made["id"].as_str().expect("an id"))).await;
        ada.opens_editor().await;
        ada.sees_wires(30).await;
        let script = "
            const first = () => document.querySelector(\"article[data-node='a']\");
            const [x, y] = box(first().querySelector('.node-title'));
            const near = () => {
              const [toX, toY] = box(first().querySelector(\"[data-port='out:text']\"));
              const paths = [...document.querySelectorAll('.wires.all path.wire')].filter((path) => path.getClientRects().length);
              return paths.some((path) => {
                const from = path.getPointAtLength(0).matrixTransform(path.getScreenCTM());
                return Math.hypot(from.x - toX, from.y - toY) < 4;
              });
            };
            const gathered = () => document.querySelectorAll('.wire-group[data-gathered=true]').length;
            press('Mod+A'); await frame();
            fire('pointerdown', [x, y]);
            for (const by of [20, 60, 90]) { fire('pointermove', [x + by, y], { on: surface }); await frame(); }
            const held = await sees(() => gathered() === 30 && near(), 'thirty wires as one, at the port');
            if (held) return held;
            fire('pointerup', [x + 90, y], { on: surface }); await frame();
            return sees(() => gathered() === 0 && near() && box(first().querySelector('.node-title'))[0] > x + 60, 'each wire by itself, at the port');";
        assert_eq!(ada.tries(&format!("{HANDS} {script}"), vec![]).await, None);
        ada.sees_saved().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_goes_back_to_where_it_was() {
    play("what_is_given_up_goes_back_to_where_it_was", |stage| async move {
        let ada = stage.person("Ada").await;
        let graph = json!({"openflow": 1, "nodes": {
            "a": {"type": "text.input", "title": "a", "pos": [0, 0], "params": {"value": "x"}},
            "d": {"type": "text.trim", "title": "d", "pos": [400, 0]},
            "e": {"type": "text.trim", "title": "e", "pos": [0, 420]}}});
        let made = ada.request("POST", "/api/workflows", Some(json!({"title": "Back", "graph": graph}))).await;
        ada.goto(&format!("/w/{}", made["id"].as_str().expect("an id"))).await;
        ada.opens_editor().await;
        ada.find("article[data-node='e'] .node-title").await;
        let script = "
            const at = () => ['a', 'd', 'e'].map(head);
            const shifts = (from) => at().map(([x, y], n) => [Math.round(x - from[n][0]), Math.round(y - from[n][1])].join()).join(' ');
            await click(head('a')); await click(head('d'), { shift: true });
            const told = await selects('a,d');
            if (told) return told;
            const start = at();
            const [x, y] = start[0];
            fire('pointerdown', [x, y]);
            for (const part of [0.2, 0.6, 1]) { fire('pointermove', [x + 87 * part, y + 171 * part], { on: surface }); await frame(); }
            const carried = await sees(() => { const [one, two, three] = shifts(start).split(' '); return one === two && one !== '0,0' && three === '0,0'; },
              'both elsewhere by as much, and the third where it was');
            if (carried) return carried;
            press('Esc'); await frame();
            const back = await sees(() => shifts(start) === '0,0 0,0 0,0', 'both where they were');
            if (back) return `${back}; they are ${shifts(start)} from there`;
            for (const more of [100, 140]) { fire('pointermove', [x + more, y], { on: surface }); await frame(); }
            fire('pointerup', [x + 140, y], { on: surface }); await frame();
            if (shifts(start) !== '0,0 0,0 0,0') return 'what was given up went on with the hand';
            return step() === '' ? null : `a step “${step()}” was made of nothing`;";
        assert_eq!(ada.tries(&format!("{HANDS} {script}"), vec![]).await, None);
    })
    .await;
}
