//! A graph document as plain data.
//!
//! Reads whatever an update can have put there: a document is never refused, what does not fit becomes a problem that
//! names the place. Unknown node types are not looked at here; they keep their data.

use yrs::{Any, Doc, GetString, Map, MapRef, Out, ReadTxn, Transact, Transaction, any::Number};

use super::{ROOTS, Roots, SCHEMA, json::json_from_any};
use crate::{
    check::{Place, Problem, ProblemCode},
    graph::{Edge, EdgeId, Frame, Graph, Meta, Mode, Node, Pin},
    id::{FrameId, NodeId},
};

/// Entries that are read without a pause: two to three milliseconds in a browser.
const PART: usize = 400;

pub(super) fn graph<T: ReadTxn>(roots: &Roots, txn: &T) -> (Graph, Vec<Problem>) {
    let mut reading = Reading::default();
    for (key, value) in roots.nodes.iter(txn) {
        reading.node(txn, key, value);
    }
    for (key, value) in roots.edges.iter(txn) {
        reading.edge(txn, key, value);
    }
    for (key, value) in roots.frames.iter(txn) {
        reading.frame(txn, key, value);
    }
    reading.finished(roots, txn)
}

/// The same with pauses, in which the document may change: what is read is then of different moments.
pub(super) async fn graph_in_parts(roots: &Roots, doc: &Doc, mut pause: impl AsyncFnMut()) -> (Graph, Vec<Problem>) {
    let mut reading = Reading::default();
    type Read = fn(&mut Reading, &Transaction<'_>, &str, Out);
    let reads: [(&MapRef, Read); 3] = [
        (&roots.nodes, |reading, txn, key, value| reading.node(txn, key, value)),
        (&roots.edges, |reading, txn, key, value| reading.edge(txn, key, value)),
        (&roots.frames, |reading, txn, key, value| reading.frame(txn, key, value)),
    ];
    for (root, read) in reads {
        let keys: Vec<String> = root.keys(&doc.transact()).map(str::to_owned).collect();
        for part in keys.chunks(PART) {
            {
                let txn = doc.transact();
                for key in part {
                    // Deleted in a pause, maybe.
                    if let Some(value) = root.get(&txn, key) {
                        read(&mut reading, &txn, key, value);
                    }
                }
            }
            pause().await;
        }
    }
    reading.finished(roots, &doc.transact())
}

#[derive(Default)]
struct Reading {
    graph: Graph,
    problems: Vec<Problem>,
}

impl Reading {
    fn node<T: ReadTxn>(&mut self, txn: &T, key: &str, value: Out) {
        let Some(id) = parsed::<NodeId>(key, "nodes", &mut self.problems) else { return };
        if let Some(node) = node(txn, &id, value, &mut self.problems) {
            self.graph.nodes.insert(id, node);
        }
    }

    fn edge<T: ReadTxn>(&mut self, _: &T, key: &str, value: Out) {
        let Some(id) = parsed::<EdgeId>(key, "edges", &mut self.problems) else { return };
        if let Some(edge) = edge(&id, &value, &mut self.problems) {
            self.graph.edges.insert(id, edge);
        }
    }

    fn frame<T: ReadTxn>(&mut self, txn: &T, key: &str, value: Out) {
        let Some(id) = parsed::<FrameId>(key, "frames", &mut self.problems) else { return };
        if let Some(frame) = frame(txn, &id, value, &mut self.problems) {
            self.graph.frames.insert(id, frame);
        }
    }

    fn finished<T: ReadTxn>(mut self, roots: &Roots, txn: &T) -> (Graph, Vec<Problem>) {
        self.graph.meta = meta(roots, txn, &mut self.problems);
        for (root, _) in txn.root_refs() {
            if !ROOTS.contains(&root) {
                let message = format!("unknown root `{}` is ignored", excerpt(root));
                self.problems.push(malformed(Place::Workflow, message));
            }
        }
        // The maps above are hash maps: without this, two looks at one document would differ.
        self.problems.sort_by(|a, b| (&a.place, &a.message).cmp(&(&b.place, &b.message)));
        (self.graph, self.problems)
    }
}

fn parsed<I: std::str::FromStr>(key: &str, root: &str, problems: &mut Vec<Problem>) -> Option<I> {
    let id = key.parse().ok();
    if id.is_none() {
        let message = format!("`{}` in `{root}` is not an id; the entry is left out", excerpt(key));
        problems.push(malformed(Place::Workflow, message));
    }
    id
}

pub(super) fn meta<T: ReadTxn>(roots: &Roots, txn: &T, problems: &mut Vec<Problem>) -> Meta {
    let mut fields = Fields { txn, map: roots.meta.clone(), place: Place::Workflow, problems };
    if let Some(schema) = fields.number("schema")
        && schema > SCHEMA as f64
    {
        let message = format!("the document has schema {schema}, this build reads up to {SCHEMA}");
        fields.problems.push(Problem::error(Place::Workflow, ProblemCode::NewerSchema, message));
    }
    Meta {
        title: fields.text("title").unwrap_or_default(),
        description: fields.text("description").unwrap_or_default(),
    }
}

pub(super) fn node<T: ReadTxn>(txn: &T, id: &NodeId, value: Out, problems: &mut Vec<Problem>) -> Option<Node> {
    let place = Place::node(id);
    let Out::YMap(map) = value else {
        problems.push(malformed(place, "the node is not a map; it is left out".into()));
        return None;
    };
    let mut fields = Fields { txn, map, place, problems };
    let Some(node_type) = fields.text("type").filter(|node_type| !node_type.is_empty()) else {
        let place = Place::field(id, "type");
        fields.problems.push(malformed(place, "the node has no type; it is left out".into()));
        return None;
    };
    let version = match fields.number("version") {
        Some(version) if version >= 1.0 && version <= f64::from(u32::MAX) => version as u32,
        Some(_) => {
            fields.wrong("version", "a version number");
            1
        }
        None => 1,
    };
    let mode = match fields.text("mode").as_deref() {
        None | Some("active") => Mode::Active,
        Some("bypass") => Mode::Bypass,
        Some("mute") => Mode::Mute,
        Some(_) => {
            fields.wrong("mode", "`active`, `bypass` or `mute`");
            Mode::Active
        }
    };
    let frame = fields.text("frame").and_then(|frame| {
        let id = frame.parse::<FrameId>().ok();
        if id.is_none() {
            fields.wrong("frame", "a frame's id");
        }
        id
    });
    Some(Node {
        node_type,
        version,
        pos: fields.pair("pos").unwrap_or_default(),
        size: fields.pair("size"),
        title: fields.text("title"),
        params: params(&mut fields),
        mode,
        frame,
        color: fields.text("color"),
        collapsed: fields.flag("collapsed").unwrap_or_default(),
        z: fields.text("z"),
        pin: pin(&mut fields),
        timeout_seconds: fields.count("timeout_seconds"),
        retries: fields.count("retries"),
    })
}

fn pin<T: ReadTxn>(fields: &mut Fields<'_, T>) -> Option<Pin> {
    let pin = match fields.get("pin")? {
        Out::Any(any) => json_from_any(&any).ok().and_then(|json| serde_json::from_value(json).ok()),
        _ => None,
    };
    if pin.is_none() {
        fields.wrong("pin", "a result");
    }
    pin
}

fn params<T: ReadTxn>(fields: &mut Fields<'_, T>) -> crate::graph::Params {
    let mut params = crate::graph::Params::new();
    let Place::Node { id, .. } = &fields.place else { return params };
    let id = id.clone();
    match fields.map.get(fields.txn, "params") {
        Some(Out::YMap(map)) => {
            for (name, value) in map.iter(fields.txn) {
                let value = match value {
                    Out::YText(text) => Ok(text.get_string(fields.txn).into()),
                    Out::Any(any) => json_from_any(&any).map_err(|error| error.to_string()),
                    _ => Err("holds a shared type where a value belongs".into()),
                };
                match value {
                    Ok(value) => drop(params.insert(name.into(), value)),
                    Err(error) => fields.problems.push(malformed(
                        Place::field(&id, name),
                        format!("`{}` {error}; it is left out", excerpt(name)),
                    )),
                }
            }
        }
        None => {}
        Some(_) => fields.wrong("params", "a map"),
    }
    params
}

pub(super) fn edge(id: &EdgeId, value: &Out, problems: &mut Vec<Problem>) -> Option<Edge> {
    let edge = match value {
        Out::Any(Any::Map(map)) => {
            let text = |key: &str| match map.get(key) {
                Some(Any::String(text)) if !text.is_empty() => Some(text.to_string()),
                _ => None,
            };
            let node = |key: &str| text(key).and_then(|id| id.parse::<NodeId>().ok());
            match (node("from"), text("output"), node("to"), text("input")) {
                (Some(from), Some(output), Some(to), Some(input)) => Some(Edge { from, output, to, input }),
                _ => None,
            }
        }
        _ => None,
    };
    if edge.is_none() {
        let message = "the wire does not say `from`, `output`, `to` and `input`; it is left out";
        problems.push(malformed(Place::Edge { id: id.clone() }, message.into()));
    }
    edge
}

pub(super) fn frame<T: ReadTxn>(txn: &T, id: &FrameId, value: Out, problems: &mut Vec<Problem>) -> Option<Frame> {
    let place = Place::Frame { id: id.clone() };
    let Out::YMap(map) = value else {
        problems.push(malformed(place, "the frame is not a map; it is left out".into()));
        return None;
    };
    let mut fields = Fields { txn, map, place, problems };
    let (Some(pos), Some(size)) = (fields.pair("pos"), fields.pair("size")) else {
        fields.problems.push(malformed(fields.place.clone(), "the frame has no place; it is left out".into()));
        return None;
    };
    Some(Frame { pos, size, title: fields.text("title").unwrap_or_default(), color: fields.text("color") })
}

/// The fields of one map; each getter answers `None` for what is absent, and adds a problem for what does not fit.
struct Fields<'a, T> {
    txn: &'a T,
    map: MapRef,
    place: Place,
    problems: &'a mut Vec<Problem>,
}

impl<T: ReadTxn> Fields<'_, T> {
    fn get(&self, key: &str) -> Option<Out> {
        self.map.get(self.txn, key).filter(|value| !matches!(value, Out::Any(Any::Undefined | Any::Null)))
    }

    fn wrong(&mut self, key: &str, expected: &str) {
        let place = match &self.place {
            Place::Node { id, .. } => Place::field(id, key),
            place => place.clone(),
        };
        self.problems.push(malformed(place, format!("`{key}` is not {expected}; it is ignored")));
    }

    fn text(&mut self, key: &str) -> Option<String> {
        match self.get(key)? {
            Out::Any(Any::String(text)) => Some(text.to_string()),
            _ => {
                self.wrong(key, "a text");
                None
            }
        }
    }

    fn flag(&mut self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Out::Any(Any::Bool(flag)) => Some(flag),
            _ => {
                self.wrong(key, "true or false");
                None
            }
        }
    }

    fn number(&mut self, key: &str) -> Option<f64> {
        let number = match self.get(key)? {
            Out::Any(any) => finite(&any),
            _ => None,
        };
        if number.is_none() {
            self.wrong(key, "a number");
        }
        number
    }

    fn count(&mut self, key: &str) -> Option<u32> {
        let number = self.number(key)?;
        let whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
        if !whole {
            self.wrong(key, "a whole number from 0 up");
        }
        whole.then_some(number as u32)
    }

    fn pair(&mut self, key: &str) -> Option<[f64; 2]> {
        let pair = match self.get(key)? {
            Out::Any(Any::Array(items)) => match items.as_ref() {
                [x, y] => finite(x).zip(finite(y)).map(|(x, y)| [x, y]),
                _ => None,
            },
            _ => None,
        };
        if pair.is_none() {
            self.wrong(key, "a pair of numbers");
        }
        pair
    }
}

fn finite(any: &Any) -> Option<f64> {
    match any {
        Any::Number(Number::Int(value)) => Some(*value as f64),
        Any::Number(Number::Float(value)) if value.is_finite() => Some(*value),
        _ => None,
    }
}

fn malformed(place: Place, message: String) -> Problem {
    Problem::warning(place, ProblemCode::Malformed, message)
}

/// Enough of a foreign name to recognise it.
fn excerpt(text: &str) -> String {
    text.chars().take(48).collect()
}
