use serde_json::json;

use super::{Problem, check};
use crate::{
    fixture::{catalog, edge, edge_id, graph, id},
    graph::{Graph, Mode, Node},
};

fn lines(graph: &Graph) -> String {
    let severity = |problem: &Problem| serde_json::to_value(problem.severity).unwrap().as_str().unwrap().to_owned();
    check(graph, &catalog()).iter().map(|problem| format!("{} {problem}\n", severity(problem))).collect()
}

fn with_params(node_type: &str, params: serde_json::Value) -> Graph {
    let serde_json::Value::Object(params) = params else { panic!("parameters are an object") };
    let node = Node { params: params.into_iter().collect(), ..Node::new(node_type) };
    Graph { nodes: [(id("n"), node)].into(), ..Graph::default() }
}

#[test]
fn a_complete_graph_has_no_problems() {
    let graph =
        graph("a:photo; b:blur; d:collage; t:text; a.image -> b.image; b.image -> d.images; a.image -> d.images");
    expect_test::expect![""].assert_eq(&lines(&graph));
}

#[test]
fn each_wire_that_cannot_work_is_named() {
    let graph = graph(
        "a:photo; b:blur; t:text; x:pack.gone; d:describe
         a.image -> b.image; t.text -> b.radius; a.sound -> b.look; a.image -> b.color; gone.image -> d.image
         x.anything -> d.whatever; d.length -> b.radius; x.anything -> d.image; d.length -> t.text",
    );
    let mut graph = graph;
    graph.edges.insert(edge_id("e2"), edge("d.length -> b.radius"));
    graph.edges.insert(edge_id("e3"), edge("b.image -> nowhere.image"));
    expect_test::expect![[r#"
        error nodes.d.model: parameter `model` is required
        warning nodes.x: no node of type `pack.gone` is known here; its data is kept
        error edges.b:color: `blur` has no input `color`
        error edges.b:look: `photo` has no output `sound`
        error edges.b:look: parameter `look` of `blur` takes no wire
        error edges.d:whatever: `describe` has no input `whatever`
        error edges.e2: input `radius` of node `b` takes one wire and has another
        warning edges.e3: the wire ends at node `nowhere`, which is not there; it is ignored
        error edges.t:text: parameter `text` of `text` takes no wire
    "#]]
    .assert_eq(&lines(&graph));
}

#[test]
fn a_type_that_does_not_fit_is_named_with_both_types() {
    let graph = graph("t:text; b:blur; d:collage; t.text -> b.image; d.images -> b.radius");
    expect_test::expect![[r#"
        error nodes.d.images: input `images` is required
        error edges.b:image: output `text` is text, which input `image` (image) does not take
        error edges.b:radius: output `images` is list<image>, which input `radius` (number) does not take
    "#]]
    .assert_eq(&lines(&graph));
}

#[test]
fn a_circle_is_one_problem_with_all_its_nodes() {
    let graph = graph(
        "a:blur; b:blur; c:blur; d:blur; a.image -> b.image; b.image -> c.image; c.image -> a.image; d.image -> d.image",
    );
    expect_test::expect![[r#"
        error nodes.a: wires run in a circle through `a`, `b`, `c`
        error nodes.d: node `d` feeds itself
    "#]]
    .assert_eq(&lines(&graph));
}

#[test]
fn a_very_long_chain_does_not_exhaust_the_stack() {
    let text: String = (0..20_000).map(|n| format!("n{n}:blur; n{n}.image -> n{}.image;", n + 1)).collect();
    let mut chain = graph(&text);
    assert_eq!(check(&chain, &catalog()).len(), 2, "the first lacks its input, the last wire its end");
    chain.nodes.values_mut().for_each(|node| node.mode = Mode::Bypass);
    assert_eq!(check(&chain, &catalog()).len(), 1);
    chain.nodes.values_mut().for_each(|node| node.mode = Mode::Mute);
    assert_eq!(check(&chain, &catalog()).len(), 1);
}

#[test]
fn each_parameter_that_cannot_be_is_named() {
    let graphs = [
        with_params("blur", json!({"radius": 101, "look": "fluffy", "extra": 1})),
        with_params("blur", json!({"radius": -0.5, "look": 3})),
        with_params("blur", json!({"radius": "many"})),
        with_params("collage", json!({"count": 2.5})),
        with_params("collage", json!({"count": 9})),
        with_params("describe", json!({"model": 7, "seed": -1, "tint": "red", "strict": "yes"})),
        with_params("describe", json!({"model": "m", "seed": null, "tint": "#12345678", "strict": null})),
        with_params("text", json!({"text": ["x"]})),
        with_params("photo", json!({"file": {"blob": "0".repeat(64), "mime": "video/mp4", "size_bytes": 1}})),
        with_params("photo", json!({"file": "photo.png"})),
        with_params("photo", json!({"file": {"blob": "0".repeat(64), "mime": "image/png", "size_bytes": 1}})),
    ];
    let text: String = graphs.iter().map(lines).collect::<Vec<_>>().join("--\n");
    expect_test::expect![[r#"
        warning nodes.n.extra: `blur` has no parameter `extra`; its value is ignored
        error nodes.n.image: input `image` is required
        error nodes.n.look: `look` is `fluffy`, which is none of `soft`, `hard`
        error nodes.n.radius: `radius` is 101 px, above its maximum of 100 px
        --
        error nodes.n.image: input `image` is required
        error nodes.n.look: `look` is not a text
        error nodes.n.radius: `radius` is -0.5 px, below its minimum of 0 px
        --
        error nodes.n.image: input `image` is required
        error nodes.n.radius: `radius` is not a number
        --
        error nodes.n.count: `count` is not a whole number
        error nodes.n.images: input `images` is required
        --
        error nodes.n.count: `count` is 9, above its maximum of 8
        error nodes.n.images: input `images` is required
        --
        error nodes.n.image: input `image` is required
        error nodes.n.model: `model` is not a text
        error nodes.n.seed: `seed` is not a whole number from 0 up, empty for a random one, or one that counts up
        error nodes.n.strict: `strict` is not true or false
        error nodes.n.tint: `tint` is not a color like `#ff8800`
        --
        error nodes.n.image: input `image` is required
        --
        error nodes.n.text: `text` is not a text
        --
        error nodes.n.file: `file` takes image, not `video/mp4`
        --
        error nodes.n.file: `file` is not a picked file
        --
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_wired_parameter_may_hold_anything() {
    let mut graph = graph("p:photo; d:describe; b:blur; p.image -> b.image; p.image -> d.image; d.length -> b.radius");
    graph.nodes.get_mut("b").unwrap().params.insert("radius".into(), json!("left over"));
    graph.nodes.get_mut("d").unwrap().params.insert("model".into(), json!("m"));
    expect_test::expect![""].assert_eq(&lines(&graph));
}

#[test]
fn a_node_of_a_newer_version_is_an_error() {
    let mut graph = graph("t:text");
    graph.nodes.get_mut("t").unwrap().version = 2;
    expect_test::expect![[r#"
        error nodes.t.version: made with version 2 of `text`, which is version 1 here
    "#]]
    .assert_eq(&lines(&graph));
}

#[test]
fn public_names_differ_among_inputs_and_among_outputs() {
    let mut graph = graph("a:photo; b:photo; c:photo; s:save; u:save; a.image -> s.value; b.image -> u.value");
    for (node, name) in [("a", "cat"), ("b", "cat"), ("c", ""), ("s", "cat"), ("u", "dog")] {
        graph.nodes.get_mut(node).unwrap().params.insert("name".into(), json!(name));
    }
    expect_test::expect![[r#"
        error nodes.b.name: `cat` is already the name of the workflow's input `a`
    "#]]
    .assert_eq(&lines(&graph));
}

#[test]
fn what_is_left_out_of_a_run_need_not_be_complete() {
    let mut graph = graph("a:blur; b:blur; c:save; a.image -> b.image; b.image -> c.value");
    graph.nodes.get_mut("a").unwrap().mode = Mode::Mute;
    expect_test::expect![""].assert_eq(&lines(&graph));
    // A bypassed node with nothing to pass on leaves the next one without its input.
    graph.nodes.get_mut("a").unwrap().mode = Mode::Bypass;
    expect_test::expect![[r#"
        error nodes.b.image: input `image` is required
    "#]]
    .assert_eq(&lines(&graph));
}

#[test]
fn a_problem_says_its_place_in_json() {
    let problems = serde_json::to_value(check(&graph("b:blur"), &catalog())).unwrap();
    expect_test::expect![[
        r#"[{"code":"missing_input","message":"input `image` is required","place":{"at":"node","field":"image","id":"b"},"severity":"error"}]"#
    ]]
    .assert_eq(&problems.to_string());
}
