//! Reading: one pass over the JSON that always knows where it is.

use std::{collections::BTreeMap, str::FromStr};

use serde_json::{Map, Value};

use super::{ExchangeError, Limits, VERSION};
use crate::{
    document::normalised,
    graph::{Edge, Frame, Graph, Meta, Mode, Node, Params, Pin},
};

/// Longest type, port or parameter name, in bytes.
const MAX_NAME_BYTES: usize = 128;

type Read<T> = Result<T, ExchangeError>;

/// Reads a text, strictly.
pub fn read(text: &str, limits: Limits) -> Read<Graph> {
    if text.len() > limits.bytes {
        return Err(ExchangeError::TooLarge { bytes: text.len(), max: limits.bytes });
    }
    let value = serde_json::from_str(text).map_err(|error| ExchangeError::Json { message: error.to_string() })?;
    read_value_with(&value, limits)
}

/// Reads JSON that has been parsed already, with the default limits (its size is for the caller to bound).
pub fn read_value(value: &Value) -> Read<Graph> {
    read_value_with(value, Limits::default())
}

pub fn read_value_with(value: &Value, limits: Limits) -> Read<Graph> {
    check_depth(value, "", limits.depth, limits.depth)?;
    let top = At { value, place: String::new() };
    let entries = top.object()?;
    match entries.get("openflow") {
        None => return Err(ExchangeError::NotOpenFlow),
        Some(version) if version.as_u64() == Some(VERSION) => {}
        Some(version) => return Err(ExchangeError::Version { got: excerpt(&version.to_string()) }),
    }
    top.only(&["openflow", "meta", "nodes", "edges", "frames"])?;
    Ok(Graph {
        meta: top.optional("meta", meta)?.unwrap_or_default(),
        nodes: top.entries("nodes", limits.nodes, node)?,
        edges: top.entries("edges", limits.nodes.saturating_mul(4), edge)?,
        frames: top.entries("frames", limits.nodes, frame)?,
    })
}

fn meta(at: &At) -> Read<Meta> {
    at.only(&["title", "description"])?;
    Ok(Meta {
        title: at.optional("title", At::text)?.unwrap_or_default(),
        description: at.optional("description", At::text)?.unwrap_or_default(),
    })
}

fn node(at: &At) -> Read<Node> {
    at.only(&[
        "type",
        "version",
        "pos",
        "size",
        "title",
        "params",
        "mode",
        "frame",
        "color",
        "collapsed",
        "z",
        "pin",
        "timeout_seconds",
        "retries",
    ])?;
    Ok(Node {
        node_type: at.required("type", At::name)?,
        version: at.optional("version", version)?.unwrap_or(1),
        pos: at.optional("pos", At::pair)?.unwrap_or_default(),
        size: at.optional("size", At::pair)?,
        title: at.optional("title", At::text)?,
        params: at.optional("params", params)?.unwrap_or_default(),
        mode: at.optional("mode", mode)?.unwrap_or_default(),
        frame: at.optional("frame", At::id)?,
        color: at.optional("color", At::text)?,
        collapsed: at.optional("collapsed", At::flag)?.unwrap_or_default(),
        z: at.optional("z", At::text)?,
        pin: at.optional("pin", pin)?,
        timeout_seconds: at.optional("timeout_seconds", count)?,
        retries: at.optional("retries", count)?,
    })
}

fn pin(at: &At) -> Read<Pin> {
    at.only(&["values", "run", "seed"])?;
    serde_json::from_value(at.value.clone()).map_err(|error| at.invalid(error.to_string()))
}

fn count(at: &At) -> Read<u32> {
    let count = at.value.as_u64().and_then(|count| u32::try_from(count).ok());
    count.ok_or_else(|| at.expected("a whole number from 0 up"))
}

fn version(at: &At) -> Read<u32> {
    match at.value.as_u64().and_then(|version| u32::try_from(version).ok()) {
        Some(version) if version > 0 => Ok(version),
        _ => Err(at.expected("a version number, 1 or more")),
    }
}

fn mode(at: &At) -> Read<Mode> {
    match at.text()?.as_str() {
        "active" => Ok(Mode::Active),
        "bypass" => Ok(Mode::Bypass),
        "mute" => Ok(Mode::Mute),
        _ => Err(at.expected("`active`, `bypass` or `mute`")),
    }
}

fn params(at: &At) -> Read<Params> {
    let mut params = Params::new();
    for (name, value) in at.object()? {
        let at = at.child(name, value);
        at.check_name(name)?;
        params.insert(name.clone(), normalised(value.clone()));
    }
    Ok(params)
}

fn edge(at: &At) -> Read<Edge> {
    at.only(&["from", "output", "to", "input"])?;
    Ok(Edge {
        from: at.required("from", At::id)?,
        output: at.required("output", At::name)?,
        to: at.required("to", At::id)?,
        input: at.required("input", At::name)?,
    })
}

fn frame(at: &At) -> Read<Frame> {
    at.only(&["pos", "size", "title", "color"])?;
    Ok(Frame {
        pos: at.required("pos", At::pair)?,
        size: at.required("size", At::pair)?,
        title: at.optional("title", At::text)?.unwrap_or_default(),
        color: at.optional("color", At::text)?,
    })
}

/// A value and where it stands.
struct At<'a> {
    value: &'a Value,
    /// Names joined by dots; empty at the top.
    place: String,
}

impl<'a> At<'a> {
    fn child(&self, name: &str, value: &'a Value) -> At<'a> {
        At { value, place: joined(&self.place, name) }
    }

    fn invalid(&self, message: impl Into<String>) -> ExchangeError {
        let place = if self.place.is_empty() { "top".to_owned() } else { self.place.clone() };
        ExchangeError::Invalid { place, message: message.into() }
    }

    fn expected(&self, what: &str) -> ExchangeError {
        self.invalid(format!("expected {what}, got {}", described(self.value)))
    }

    fn object(&self) -> Read<&'a Map<String, Value>> {
        self.value.as_object().ok_or_else(|| self.expected("an object"))
    }

    /// Refuses every field but these.
    fn only(&self, known: &[&str]) -> Read<()> {
        // The first in alphabetical order, so that the message does not depend on the order in the text.
        let unknown = self.object()?.keys().filter(|key| !known.contains(&key.as_str())).min();
        match unknown {
            None => Ok(()),
            Some(key) => Err(self.child(key, self.value).invalid("unknown field")),
        }
    }

    /// A field that may be absent; `null` is as good as absent.
    fn optional<T>(&self, name: &str, read: impl FnOnce(&At<'a>) -> Read<T>) -> Read<Option<T>> {
        match self.object()?.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(&self.child(name, value)).map(Some),
        }
    }

    fn required<T>(&self, name: &str, read: impl FnOnce(&At<'a>) -> Read<T>) -> Read<T> {
        match self.object()?.get(name) {
            None => Err(self.child(name, self.value).invalid("missing")),
            Some(value) => read(&self.child(name, value)),
        }
    }

    /// An object of things by id.
    fn entries<I: FromStr + Ord, T>(
        &self,
        name: &'static str,
        max: usize,
        read: impl Fn(&At<'a>) -> Read<T>,
    ) -> Read<BTreeMap<I, T>>
    where
        I::Err: std::fmt::Display,
    {
        let Some(value) = self.object()?.get(name) else { return Ok(BTreeMap::new()) };
        let at = self.child(name, value);
        let entries = at.object()?;
        if entries.len() > max {
            return Err(ExchangeError::TooMany { place: name, count: entries.len(), max });
        }
        let mut read_entries = BTreeMap::new();
        for (key, value) in entries {
            let at = at.child(key, value);
            let id = key.parse().map_err(|error: I::Err| at.invalid(error.to_string()))?;
            read_entries.insert(id, read(&at)?);
        }
        Ok(read_entries)
    }

    fn text(&self) -> Read<String> {
        self.value.as_str().map(str::to_owned).ok_or_else(|| self.expected("a text"))
    }

    fn flag(&self) -> Read<bool> {
        self.value.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    fn name(&self) -> Read<String> {
        let name = self.text()?;
        self.check_name(&name)?;
        Ok(name)
    }

    fn check_name(&self, name: &str) -> Read<()> {
        let valid = !name.is_empty() && name.len() <= MAX_NAME_BYTES && !name.chars().any(char::is_control);
        if valid { Ok(()) } else { Err(self.invalid(format!("a name has 1 to {MAX_NAME_BYTES} printable bytes"))) }
    }

    fn id<I: FromStr>(&self) -> Read<I>
    where
        I::Err: std::fmt::Display,
    {
        self.text()?.parse().map_err(|error: I::Err| self.invalid(error.to_string()))
    }

    fn pair(&self) -> Read<[f64; 2]> {
        let numbers = self.value.as_array().map(Vec::as_slice);
        match numbers {
            Some([x, y]) => x.as_f64().zip(y.as_f64()).map(|(x, y)| [x, y]),
            _ => None,
        }
        .ok_or_else(|| self.expected("two numbers"))
    }
}

fn joined(place: &str, name: &str) -> String {
    let name = excerpt(name);
    if place.is_empty() { name } else { format!("{place}.{name}") }
}

/// What stands there instead, short enough for a message.
fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("the text \"{}\"", excerpt(text)),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".into(),
    }
}

/// Enough of a foreign text to recognise it, on one line.
fn excerpt(text: &str) -> String {
    let visible = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut chars = text.chars().map(visible);
    let mut short: String = chars.by_ref().take(64).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}

/// Looks at containers only, so it never goes deeper than `max` itself. Names a place down to the parameter, since the
/// rest of it is what is wrong.
fn check_depth(value: &Value, place: &str, left: usize, max: usize) -> Read<()> {
    let is_container = |value: &Value| value.is_array() || value.is_object();
    if left == 0 && is_container(value) {
        return Err(ExchangeError::TooDeep { place: place.into(), max });
    }
    match value {
        Value::Array(items) => {
            items.iter().filter(|item| is_container(item)).try_for_each(|item| check_depth(item, place, left - 1, max))
        }
        Value::Object(entries) => {
            entries.iter().filter(|(_, entry)| is_container(entry)).try_for_each(|(key, entry)| {
                if max - left < 4 {
                    check_depth(entry, &joined(place, key), left - 1, max)
                } else {
                    check_depth(entry, place, left - 1, max)
                }
            })
        }
        _ => Ok(()),
    }
}
