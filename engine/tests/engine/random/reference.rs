//! What a graph comes to, worked out node after node by somebody with a lot of time.
//!
//! Shares nothing with the engine but the effective graph. Every result is a tree: a node that is run over a list has a
//! branch for each item, and each level is named after the output the list came from.

use std::collections::BTreeMap;

use engine::catalog;
use shared::{
    effective::effective,
    graph::{Edge, Graph, Node},
    value::{Value, Values},
};

#[derive(Debug, Clone)]
enum Tree<T> {
    Leaf(T),
    /// Of the list that is gone through: one for each item.
    Items(String, Vec<Tree<T>>),
}

/// How one step ended, or what came of one of its outputs.
#[derive(Debug, Clone)]
enum End<T> {
    Done(T),
    Gone {
        /// Here, or further up.
        failed: Option<Where>,
        /// Not only a value is missing, but the list that would have been gone through.
        list: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Where {
    Here,
    Before,
}

use End::{Done, Gone};
use Tree::{Items, Leaf};

struct Made {
    tree: Tree<End<Values>>,
    depth: usize,
    /// Of a node that collects: what it collected, still item by item.
    origin: Option<(Tree<End<Value>>, usize)>,
}

/// What every node that is run says in the end. `None`: nothing is left to run.
pub fn interpret(graph: &Graph) -> Option<BTreeMap<String, String>> {
    let graph = effective(graph, catalog());
    if graph.nodes.is_empty() {
        return None;
    }
    let mut made: BTreeMap<String, Made> = BTreeMap::new();
    // In a random graph a node only needs nodes of smaller names.
    for (id, node) in &graph.nodes {
        let result = run(&graph, id.as_str(), node, &made);
        made.insert(id.to_string(), result);
    }
    Some(made.iter().map(|(id, made)| (id.clone(), told(&graph.nodes[id.as_str()], made))).collect())
}

/// Whether the output gives lists: what passes through gives what came in.
fn gives_lists(graph: &Graph, made: &BTreeMap<String, Made>, edge: &Edge) -> bool {
    let node = edge.from.as_str();
    match graph.nodes[node].node_type.as_str() {
        "test.list" | "flow.collect" | "flow.zip" => true,
        "flow.if" => arriving(graph, made, node, "value").is_some_and(|(list, _)| list),
        "flow.merge" => arriving(graph, made, node, "values").is_some_and(|(list, _)| list),
        _ => false,
    }
}

/// What kind of items or values the output gives.
fn item_type(graph: &Graph, made: &BTreeMap<String, Made>, edge: &Edge) -> String {
    let node = edge.from.as_str();
    let input = match graph.nodes[node].node_type.as_str() {
        "test.ends" => return "bool".into(),
        "flow.if" => "value",
        "flow.merge" => "values",
        "flow.filter" => "item",
        "flow.zip" => edge.output.as_str(),
        "flow.collect" => "items",
        _ => return "text".into(),
    };
    arriving(graph, made, node, input).map_or_else(|| "any".to_owned(), |(_, item)| item)
}

/// What all wires into an input bring: whether lists, and of what. `None`: they differ, which is anything.
fn arriving(graph: &Graph, made: &BTreeMap<String, Made>, node: &str, input: &str) -> Option<(bool, String)> {
    // What comes one by one arrives at a collector as a list.
    let collects = graph.nodes[node].node_type == "flow.collect";
    let mut brought = wires(graph, node, input).map(|edge| {
        let one_by_one = collects && made[edge.from.as_str()].depth > 0;
        (one_by_one || gives_lists(graph, made, edge), item_type(graph, made, edge))
    });
    let first = brought.next()?;
    brought.all(|other| other == first).then_some(first)
}

fn wires<'g>(graph: &'g Graph, node: &'g str, input: &'g str) -> impl Iterator<Item = &'g Edge> {
    graph.edges.values().filter(move |edge| edge.to.as_str() == node && edge.input == input)
}

/// What one wire brings, as a tree of values; several sparse items where lists are paired.
enum Brought {
    Value(Tree<End<Value>>, usize),
    Sparse(Tree<End<Vec<Option<Value>>>>, usize),
}

fn bring(graph: &Graph, edge: &Edge, node_type: &str, made: &BTreeMap<String, Made>) -> Brought {
    let source = &made[edge.from.as_str()];
    let value = map(&source.tree, &|end| match end {
        Done(values) => values.get(&edge.output).cloned().map_or(Gone { failed: None, list: false }, Done),
        Gone { failed, list } => Gone { failed: failed.map(|_| Where::Before), list: *list },
    });
    let lists = gives_lists(graph, made, edge);
    let (node_type, input) = (node_type, edge.input.as_str());
    match (node_type, input) {
        ("flow.zip", _) => match &source.origin {
            Some((origin, depth)) => Brought::Sparse(collect(origin, *depth), depth - 1),
            None if lists || source.depth == 0 => {
                let whole = map(&value, &|end| match end {
                    Done(Value::List(items)) => Done(items.iter().cloned().map(Some).collect()),
                    Done(single) => Done(vec![Some(single.clone())]),
                    Gone { failed, list } => Gone { failed: *failed, list: *list },
                });
                Brought::Sparse(whole, source.depth)
            }
            None => Brought::Sparse(collect(&value, source.depth), source.depth - 1),
        },
        ("flow.collect", _) if source.depth > 0 => dense(&value, source.depth),
        ("flow.collect", _) => Brought::Value(value, source.depth),
        ("test.joined", _) if lists || source.depth == 0 => Brought::Value(value, source.depth),
        ("test.joined", _) => dense(&value, source.depth),
        ("flow.if", "value") | ("flow.merge", _) => Brought::Value(value, source.depth),
        _ if !lists => Brought::Value(value, source.depth),
        _ => match &source.origin {
            Some((origin, depth)) => Brought::Value(origin.clone(), *depth),
            None => {
                let kind = graph.nodes[&edge.from].node_type.as_str();
                let output = if kind == "flow.zip" { "a" } else { edge.output.as_str() };
                let name = format!("{}.{output}", edge.from);
                Brought::Value(open(&value, &name), source.depth + 1)
            }
        },
    }
}

fn map<T, U>(tree: &Tree<T>, change: &impl Fn(&T) -> U) -> Tree<U> {
    match tree {
        Leaf(end) => Leaf(change(end)),
        Items(name, items) => Items(name.clone(), items.iter().map(|item| map(item, change)).collect()),
    }
}

fn open(tree: &Tree<End<Value>>, name: &str) -> Tree<End<Value>> {
    match tree {
        Items(axis, items) => Items(axis.clone(), items.iter().map(|item| open(item, name)).collect()),
        Leaf(Done(Value::List(items))) => {
            Items(name.into(), items.iter().cloned().map(|item| Leaf(Done(item))).collect())
        }
        Leaf(Done(single)) => Items(name.into(), vec![Leaf(Done(single.clone()))]),
        Leaf(Gone { failed, .. }) => Leaf(Gone { failed: *failed, list: true }),
    }
}

fn collect(tree: &Tree<End<Value>>, depth: usize) -> Tree<End<Vec<Option<Value>>>> {
    match tree {
        Leaf(Done(_)) => unreachable!("a value lies at its full depth"),
        Leaf(Gone { failed, .. }) => Leaf(Gone { failed: *failed, list: depth > 1 }),
        Items(axis, items) if depth > 1 => {
            Items(axis.clone(), items.iter().map(|item| collect(item, depth - 1)).collect())
        }
        Items(_, items) => {
            let ends: Vec<&End<Value>> = items
                .iter()
                .map(|item| match item {
                    Leaf(end) => end,
                    Items(..) => unreachable!("the innermost level has leaves"),
                })
                .collect();
            let failed = ends.iter().any(|end| matches!(end, Gone { failed: Some(_), .. }));
            let any = ends.iter().any(|end| matches!(end, Done(_)));
            if failed && !any {
                return Leaf(Gone { failed: Some(Where::Before), list: false });
            }
            let item = |end: &&End<Value>| match end {
                Done(value) => Some(value.clone()),
                Gone { .. } => None,
            };
            Leaf(Done(ends.iter().map(item).collect()))
        }
    }
}

fn dense(tree: &Tree<End<Value>>, depth: usize) -> Brought {
    let list = map(&collect(tree, depth), &|end| match end {
        Done(items) => Done(Value::List(items.iter().flatten().cloned().collect())),
        Gone { failed, list } => Gone { failed: *failed, list: *list },
    });
    Brought::Value(list, depth - 1)
}

/// What arrives at a node, input by input.
type Trees = Vec<(String, Tree<End<Vec<Option<Value>>>>)>;

/// What arrives at one step, input by input.
type Arrived = Vec<(String, End<Vec<Option<Value>>>)>;

fn run(graph: &Graph, id: &str, node: &Node, made: &BTreeMap<String, Made>) -> Made {
    let edges: Vec<&Edge> = graph.edges.values().filter(|edge| edge.to.as_str() == id).collect();
    let mut trees = Trees::new();
    let (mut depth, mut origin) = (0, None);
    for edge in &edges {
        let (tree, of) = match bring(graph, edge, &node.node_type, made) {
            Brought::Sparse(tree, depth) => (tree, depth),
            Brought::Value(tree, depth) => (
                map(&tree, &|end| match end {
                    Done(value) => Done(vec![Some(value.clone())]),
                    Gone { failed, list } => Gone { failed: *failed, list: *list },
                }),
                depth,
            ),
        };
        depth = depth.max(of);
        trees.push((edge.input.clone(), tree));
        let source = &made[edge.from.as_str()];
        let one_by_one = source.depth > 0 && !gives_lists(graph, made, edge);
        if node.node_type == "flow.collect" && edges.len() == 1 && one_by_one {
            let value = map(&source.tree, &|end| match end {
                Done(values) => values.get(&edge.output).cloned().map_or(Gone { failed: None, list: false }, Done),
                Gone { failed, list } => Gone { failed: failed.map(|_| Where::Before), list: *list },
            });
            origin = Some((value, source.depth));
        }
    }
    Made { tree: step(node, trees), depth, origin }
}

fn step(node: &Node, trees: Trees) -> Tree<End<Values>> {
    for (_, tree) in &trees {
        if let Leaf(Gone { failed, list: true }) = tree {
            return Leaf(Gone { failed: failed.map(|_| Where::Before), list: true });
        }
    }
    let lists: Vec<(&String, usize)> = trees
        .iter()
        .filter_map(|(_, tree)| match tree {
            Items(name, items) => Some((name, items.len())),
            Leaf(_) => None,
        })
        .collect();
    if let Some((name, len)) = lists.first() {
        assert!(lists.iter().all(|list| list == &lists[0]), "strangers meet: {lists:?}");
        let item = |n: usize| {
            trees
                .iter()
                .map(|(input, tree)| {
                    (
                        input.clone(),
                        match tree {
                            Items(_, items) => items[n].clone(),
                            leaf => leaf.clone(),
                        },
                    )
                })
                .collect()
        };
        return Items((*name).clone(), (0..*len).map(|n| step(node, item(n))).collect());
    }
    let arrived = trees.into_iter().map(|(input, tree)| match tree {
        Leaf(end) => (input, end),
        Items(..) => unreachable!("all lists were gone through"),
    });
    Leaf(execute(node, arrived.collect()))
}

fn execute(node: &Node, arrived: Arrived) -> End<Values> {
    let spec = catalog().get(&node.node_type).unwrap();
    let is_merge = node.node_type == "flow.merge";
    let gone = |failed: bool| Gone { failed: failed.then_some(Where::Before), list: false };
    let failed = arrived.iter().any(|(_, end)| matches!(end, Gone { failed: Some(_), .. }));
    if failed && !is_merge {
        return gone(true);
    }
    let mut inputs: BTreeMap<String, Vec<Vec<Option<Value>>>> = BTreeMap::new();
    for (input, end) in &arrived {
        if let Done(items) = end {
            inputs.entry(input.clone()).or_default().push(items.clone());
        }
    }
    for (input, _) in &arrived {
        let required = spec.input(input).is_none_or(|port| port.required);
        if required && !inputs.contains_key(input) {
            return gone(failed);
        }
    }
    calculate(node, &inputs)
}

fn calculate(node: &Node, inputs: &BTreeMap<String, Vec<Vec<Option<Value>>>>) -> End<Values> {
    let first = |input: &str| inputs.get(input).map(|wires| wires[0][0].clone().unwrap());
    let text = |input: &str| match first(input) {
        Some(Value::Text(text)) => text,
        Some(Value::Bool(truth)) => truth.to_string(),
        None => String::new(),
        other => panic!("{other:?}"),
    };
    let all = |input: &str| -> Vec<Value> {
        let flat = |value: &Option<Value>| match value {
            Some(Value::List(items)) => items.clone(),
            Some(single) => vec![single.clone()],
            None => Vec::new(),
        };
        inputs[input].iter().flatten().flat_map(flat).collect()
    };
    // What passed through a merge may be of another kind than its port says.
    let wrong = |input: &String, value: &Value| match input.as_str() {
        "text" => !matches!(value, Value::Text(_) | Value::Bool(_)),
        "a" | "b" if node.node_type == "test.both" => !matches!(value, Value::Text(_) | Value::Bool(_)),
        "keep" | "condition" => !matches!(value, Value::Bool(_)),
        "texts" => all("texts").iter().any(|item| matches!(item, Value::List(_))),
        _ => false,
    };
    if inputs.iter().any(|(input, wires)| wires.iter().flatten().flatten().any(|value| wrong(input, value))) {
        return Gone { failed: Some(Where::Here), list: false };
    }
    let param = |name: &str| node.params.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let truth = |name: &str| first(name).is_none_or(|value| value == Value::Bool(true));
    let one = |port: &str, value: Value| Done(Values::from([(port.to_owned(), value)]));
    match node.node_type.as_str() {
        "test.list" => {
            let len = node.params.get("len").and_then(|len| len.as_u64()).unwrap_or(3);
            let items = (0..len).map(|n| Value::Text(format!("{}{}{n}", text("text"), param("label"))));
            one("texts", Value::List(items.collect()))
        }
        "test.mark" => {
            let (text, fails_at) = (text("text"), param("fails_at"));
            if !fails_at.is_empty() && text.ends_with(&fails_at) {
                return Gone { failed: Some(Where::Here), list: false };
            }
            one("text", Value::Text(text + param("label").as_str()))
        }
        "test.ends" => one("truth", Value::Bool(text("text").ends_with(&param("end")))),
        "test.both" => one("text", Value::Text(format!("({}+{})", text("a"), text("b")))),
        "test.joined" => {
            let texts: Vec<String> = all("texts")
                .into_iter()
                .map(|value| match value {
                    Value::Text(text) => text,
                    Value::Bool(truth) => truth.to_string(),
                    other => panic!("{other:?}"),
                })
                .collect();
            one("text", Value::Text(format!("[{}]", texts.join(","))))
        }
        "flow.if" => one(if truth("condition") { "then" } else { "else" }, first("value").unwrap()),
        "flow.filter" if truth("keep") => one("item", first("item").unwrap()),
        "flow.filter" => Done(Values::new()),
        "flow.collect" => one("items", Value::List(all("items"))),
        "flow.merge" => one("value", first("values").unwrap()),
        "flow.zip" => {
            let (a, b) = (&inputs["a"][0], &inputs["b"][0]);
            let pairs: Vec<(Value, Value)> = a.iter().zip(b).filter_map(|(a, b)| a.clone().zip(b.clone())).collect();
            let (a, b) = pairs.into_iter().unzip();
            Done(Values::from([("a".to_owned(), Value::List(a)), ("b".to_owned(), Value::List(b))]))
        }
        other => panic!("`{other}` is not in random graphs"),
    }
}

/// In the words of the test's look at events.
fn told(node: &Node, made: &Made) -> String {
    if made.depth == 0 {
        return match &made.tree {
            Leaf(Done(values)) => format!("{} failed:0", super::shown(values.iter())),
            Leaf(Gone { failed: Some(Where::Here), .. }) => "failed".into(),
            Leaf(Gone { .. }) => "skipped".into(),
            Items(..) => unreachable!("run once"),
        };
    }
    if let Leaf(_) = &made.tree {
        return "skipped".into();
    }
    let mut ends = Vec::new();
    leaves(&made.tree, &mut ends);
    let failed = ends.iter().filter(|end| matches!(end, Gone { failed: Some(_), .. })).count();
    let here = ends.iter().any(|end| matches!(end, Gone { failed: Some(Where::Here), .. }));
    match ends.iter().any(|end| matches!(end, Done(_))) {
        false if here => "failed".into(),
        false if failed > 0 => "skipped".into(),
        _ => {
            let spec = catalog().get(&node.node_type).unwrap();
            let lists: Values = spec
                .outputs
                .iter()
                .map(|port| (port.name.clone(), listed(&made.tree, &port.name).unwrap_or(Value::List(Vec::new()))))
                .collect();
            format!("{} failed:{failed}", super::shown(lists.iter()))
        }
    }
}

fn leaves<'t>(tree: &'t Tree<End<Values>>, ends: &mut Vec<&'t End<Values>>) {
    match tree {
        Leaf(end) => ends.push(end),
        Items(_, items) => items.iter().for_each(|item| leaves(item, ends)),
    }
}

/// Lists within lists of what is there; a list of nothing is left out of an outer one.
fn listed(tree: &Tree<End<Values>>, port: &str) -> Option<Value> {
    match tree {
        Leaf(Done(values)) => values.get(port).cloned(),
        Leaf(Gone { .. }) => None,
        Items(_, items) => {
            let items: Vec<Value> = items.iter().filter_map(|item| listed(item, port)).collect();
            (!items.is_empty()).then_some(Value::List(items))
        }
    }
}
