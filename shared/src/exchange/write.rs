//! Writing: pretty, keys sorted, a line feed at the end.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use super::VERSION;
use crate::{document::normalised, graph::Graph};

/// The graph as text. Equal graphs give equal texts.
pub fn write(graph: &Graph) -> String {
    let mut text = serde_json::to_string_pretty(&Sorted(&write_value(graph))).unwrap_or_default();
    text.push('\n');
    text
}

/// The graph as JSON.
pub fn write_value(graph: &Graph) -> Value {
    let mut value = normalised(serde_json::to_value(graph).unwrap_or_default());
    value["openflow"] = VERSION.into();
    value
}

/// `serde_json` may be built to keep the order of insertion; a file must not depend on that.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(entries) => {
                let entries: BTreeMap<&String, &Value> = entries.iter().collect();
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, &Sorted(value))?;
                }
                map.end()
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            value => value.serialize(serializer),
        }
    }
}
