//! The graph that is measured: two thousand nodes in a grid, three thousand wires, for us and for React Flow.

use serde_json::{Map, Value, json};

const COLUMNS: usize = 50;
const ROWS: usize = 40;
const WIRES: usize = 3_000;
/// From the corner of a node to that of its neighbours, in canvas units.
pub const STEP: [f64; 2] = [290.0, 215.0];

pub fn id(column: usize, row: usize) -> String {
    format!("node-{column:02}-{row:02}")
}

pub fn place(column: usize, row: usize) -> [f64; 2] {
    [column as f64 * STEP[0], row as f64 * STEP[1]]
}

/// Nodes around the middle, which every scenario has in sight.
pub fn in_the_middle() -> Vec<(usize, usize)> {
    let columns = COLUMNS / 2 - 2..COLUMNS / 2 + 2;
    columns.flat_map(|column| (ROWS / 2 - 2..ROWS / 2 + 2).map(move |row| (column, row))).collect()
}

/// Column and row.
type Cell = (usize, usize);

/// From, to, input.
fn wires() -> Vec<(Cell, Cell, &'static str)> {
    let mut wires = Vec::new();
    for column in 1..COLUMNS {
        for row in 0..ROWS {
            wires.push(((column - 1, row), (column, row), "a"));
        }
    }
    for column in 1..COLUMNS {
        for row in (0..ROWS).step_by(2) {
            wires.push(((column - 1, row + 1), (column, row), "b"));
        }
    }
    // From the first column into itself, downwards, for what is missing.
    for row in 1..ROWS {
        wires.push(((0, row - 1), (0, row), "a"));
        wires.push(((0, row - 1), (0, row), "b"));
    }
    wires.truncate(WIRES);
    wires
}

/// In the exchange format.
pub fn ours() -> Value {
    let mut nodes = Map::new();
    for column in 0..COLUMNS {
        for row in 0..ROWS {
            let title = format!("Maths {column}.{row}");
            let params = json!({"operation": "add", "a": row, "b": 2});
            let node = json!({"type": "number.math", "title": title, "pos": place(column, row), "params": params});
            nodes.insert(id(column, row), node);
        }
    }
    let edges: Map<String, Value> = wires()
        .into_iter()
        .map(|(from, to, input)| {
            let to = id(to.0, to.1);
            let edge = json!({"from": id(from.0, from.1), "output": "number", "to": to, "input": input});
            (format!("{to}:{input}"), edge)
        })
        .collect();
    json!({"openflow": 1, "meta": {"title": "Two thousand nodes"}, "nodes": nodes, "edges": edges, "frames": {}})
}

/// As React Flow takes it.
pub fn react_flow() -> Value {
    let nodes = (0..COLUMNS).flat_map(|column| (0..ROWS).map(move |row| (column, row))).map(|(column, row)| {
        let [x, y] = place(column, row);
        let data = json!({"title": format!("Maths {column}.{row}"), "a": row, "b": 2});
        json!({"id": id(column, row), "type": "maths", "position": {"x": x, "y": y}, "data": data})
    });
    let edges = wires().into_iter().map(|(from, to, input)| {
        let (from, to) = (id(from.0, from.1), id(to.0, to.1));
        json!({"id": format!("{to}:{input}"), "source": from, "sourceHandle": "number", "target": to, "targetHandle": input})
    });
    json!({"nodes": nodes.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_as_large_as_promised() {
        let graph = ours();
        let count = |part: &str| graph[part].as_object().map(Map::len);
        assert_eq!((count("nodes"), count("edges")), (Some(2_000), Some(3_000)));
        assert_eq!(react_flow()["edges"].as_array().map(Vec::len), Some(3_000));
    }
}
