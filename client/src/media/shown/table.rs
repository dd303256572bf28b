//! Rows of data as a table: a list of objects, or of lists.

use dioxus::prelude::*;
use serde_json::Value as Json;

const ROWS: usize = 200;
const COLUMNS: usize = 24;
const CELL_CHARS: usize = 200;

#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    head: Vec<String>,
    cells: Vec<Vec<String>>,
    more: usize,
}

/// `None`: this is no table.
pub fn rows_of(json: &Json) -> Option<Rows> {
    let items = json.as_array().filter(|items| !items.is_empty())?;
    let more = items.len().saturating_sub(ROWS);
    let shown = items.iter().take(ROWS);
    if items.iter().all(Json::is_object) {
        let mut head: Vec<String> = Vec::new();
        for field in shown.clone().filter_map(Json::as_object).flat_map(|row| row.keys()) {
            if !head.contains(field) {
                head.push(field.clone());
            }
        }
        head.truncate(COLUMNS);
        let cells = shown.map(|row| head.iter().map(|field| cell(row.get(field))).collect()).collect();
        return Some(Rows { head, cells, more });
    }
    if items.iter().all(Json::is_array) {
        let width = items.iter().filter_map(Json::as_array).map(Vec::len).max().unwrap_or(0).min(COLUMNS);
        let head = (1..=width).map(|number| number.to_string()).collect();
        let cells = shown.map(|row| (0..width).map(|at| cell(row.get(at))).collect()).collect();
        return (width > 0).then_some(Rows { head, cells, more });
    }
    None
}

fn cell(value: Option<&Json>) -> String {
    let text = match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    if text.chars().count() > CELL_CHARS { text.chars().take(CELL_CHARS).chain(['…']).collect() } else { text }
}

#[component]
pub fn Table(rows: Rows) -> Element {
    rsx! {
        div { class: "table-scroll", "data-scroll": "true", "data-control": "true", tabindex: "0", role: "group", aria_label: "Table",
            table {
                thead {
                    tr {
                        for (index , name) in rows.head.iter().enumerate() {
                            th { key: "{index}", scope: "col", "{name}" }
                        }
                    }
                }
                tbody {
                    for (index , row) in rows.cells.iter().enumerate() {
                        tr { key: "{index}",
                            for (index , text) in row.iter().enumerate() {
                                td { key: "{index}", "{text}" }
                            }
                        }
                    }
                }
            }
            if rows.more > 0 {
                p { class: "tree-count", "and {rows.more} more rows" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_with_other_fields_share_one_head() {
        let rows = rows_of(&json!([{"a": 1}, {"b": "x", "a": null}])).unwrap();
        assert_eq!(rows.head, ["a", "b"]);
        assert_eq!(rows.cells, [["1", ""], ["", "x"]]);
    }

    #[test]
    fn only_rows_are_a_table() {
        assert_eq!(rows_of(&json!({"a": 1})), None);
        assert_eq!(rows_of(&json!([1, 2])), None);
        assert_eq!(rows_of(&json!([])), None);
        assert!(rows_of(&json!([[1, 2], [3]])).is_some());
    }
}
