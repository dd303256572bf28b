//! JSON that is put together and taken apart: objects, merges, rows and columns.

use serde_json::{Map, Value as Json};

use crate::{Any, Choice, NodeError, Outputs, node};

use super::{parsed, value_of};
use crate::nodes::text::within_limit;

/// Reads a text that holds JSON, as models write it: a fence of back-ticks around it is taken away.
#[node("json.parse", title = "Read JSON", output = "json", example = r#"{"inputs":{"text":"{\"mood\": \"slow\"}"}}"#)]
fn parse(
    /// The text.
    text: String,
) -> Result<Json, NodeError> {
    parsed(Json::String(text)).map_err(|error| error.in_field("text"))
}

/// Writes JSON as text: in one line, or for people to read.
#[node(
    "json.write",
    title = "Write JSON",
    example = r#"{"inputs":{"json":{"type":"json","value":{"mood":"slow"}}},"params":{"pretty":true}}"#
)]
fn write(
    /// The JSON.
    json: Json,
    /// One line for each field.
    #[param(title = "For people", default = true)]
    pretty: bool,
) -> Result<String, NodeError> {
    let text = if pretty { serde_json::to_string_pretty(&json) } else { serde_json::to_string(&json) };
    within_limit(text.map_err(|error| NodeError::internal("the JSON could not be written", error))?)
}

/// Sets a field of an object, or makes a new one. The path may go deeper: `camera.lens`.
#[node(
    "json.set",
    title = "Set field",
    output = "json",
    example = r#"{"inputs":{"json":{"type":"json","value":{"mood":"slow"}},"value":"Dawn"},"params":{"path":"shot.title"}}"#
)]
fn set(
    /// The object. Without it, a new one.
    json: Option<Json>,
    /// What the field is to hold.
    value: Json,
    /// The field, or the way to it: names with dots between them.
    #[param(title = "Field", default = "field")]
    path: String,
) -> Result<Json, NodeError> {
    const DEPTH_MAX: usize = 64;
    let names: Vec<&str> = path.split('.').map(str::trim).collect();
    if names.iter().any(|name| name.is_empty()) || names.len() > DEPTH_MAX {
        return Err(NodeError::invalid("path", "the field needs a name: names with dots between them"));
    }
    let mut json = json.unwrap_or_else(|| Json::Object(Map::new()));
    let mut place = &mut json;
    for name in &names {
        if place.is_null() {
            *place = Json::Object(Map::new());
        }
        let Json::Object(fields) = place else {
            return Err(NodeError::invalid("path", format!("`{name}` cannot be set: what holds it is no object")));
        };
        place = fields.entry((*name).to_owned()).or_insert(Json::Null);
    }
    *place = value;
    Ok(json)
}

/// Merges objects: fields of later ones take the place of fields of earlier ones. Lists are put together.
#[node(
    "json.merge",
    title = "Merge JSON",
    output = "json",
    example = r#"{"inputs":{"objects":[{"type":"json","value":{"a":1}},{"type":"json","value":{"b":2}}]}}"#
)]
fn merge(
    /// The objects, in the order of their wires.
    objects: Vec<Json>,
    /// Merges what fields hold as well.
    #[param(title = "Deep", default = true)]
    deep: bool,
) -> Result<Json, NodeError> {
    let mut merged = Json::Null;
    for object in objects {
        merge_into(&mut merged, object, deep, true);
    }
    Ok(merged)
}

fn merge_into(below: &mut Json, above: Json, deep: bool, outermost: bool) {
    match (below, above) {
        (Json::Object(below), Json::Object(above)) if deep || outermost => {
            for (name, value) in above {
                merge_into(below.entry(name).or_insert(Json::Null), value, deep, false);
            }
        }
        (Json::Array(below), Json::Array(above)) if deep || outermost => below.extend(above),
        (below, above) => *below = above,
    }
}

#[derive(Outputs)]
struct Fields {
    /// The names of the fields.
    names: Vec<String>,
    /// What they hold, in the same order.
    values: Vec<Any>,
}

/// Takes an object apart into names and values, as two lists.
#[node(
    "json.fields",
    title = "Fields of JSON",
    example = r#"{"inputs":{"json":{"type":"json","value":{"mood":"slow","shots":3}}}}"#
)]
fn fields(
    /// The object.
    json: Json,
) -> Result<Fields, NodeError> {
    let Json::Object(fields) = parsed(json)? else {
        return Err(NodeError::invalid("json", "only an object has fields"));
    };
    let (names, values) = fields.into_iter().map(|(name, value)| (name, Any(value_of(value)))).unzip();
    Ok(Fields { names, values })
}

/// Makes an object out of two lists: names and values.
#[node(
    "json.from_lists",
    title = "JSON from lists",
    output = "json",
    example = r#"{"inputs":{"names":["mood","light"],"values":["slow","warm"]}}"#
)]
fn from_lists(
    /// The names.
    names: Vec<String>,
    /// The values, as many as names.
    values: Vec<Json>,
) -> Result<Json, NodeError> {
    if names.len() != values.len() {
        let message = format!("there are {} names and {} values", names.len(), values.len());
        return Err(NodeError::invalid("values", message));
    }
    Ok(Json::Object(names.into_iter().zip(values).collect()))
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Separator {
    #[choice(title = "Comma")]
    Comma,
    #[choice(title = "Semicolon")]
    Semicolon,
    Tab,
}

impl Separator {
    fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

#[derive(Outputs)]
struct Rows {
    /// The rows: objects by the names of the columns, or lists.
    rows: Json,
    /// The names of the columns.
    columns: Vec<String>,
    /// How many rows there are.
    count: f64,
}

/// Reads a table (CSV), as spreadsheets write it. Each row becomes an object.
#[node("json.parse_csv", title = "Read CSV", example = r#"{"inputs":{"text":"title,seconds\nDawn,2\nNoon,3.5\n"}}"#)]
fn parse_csv(
    /// The table.
    text: String,
    /// What stands between two cells.
    #[param(title = "Separator", default = Separator::Comma)]
    separator: Separator,
    /// The first row holds the names of the columns.
    #[param(title = "Header", default = true)]
    header: bool,
    /// Turns cells that look like numbers into numbers.
    #[param(title = "Numbers", default = true)]
    numbers: bool,
) -> Result<Rows, NodeError> {
    const CELLS_MAX: usize = 2_000_000;
    let unreadable =
        |error: csv::Error| NodeError::invalid("text", "the table cannot be read").with_raw(&error.to_string());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator.byte())
        .has_headers(header)
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let columns: Vec<String> =
        if header { reader.headers().map_err(unreadable)?.iter().map(str::to_owned).collect() } else { Vec::new() };
    let cell = |text: &str| match text.trim().parse::<f64>() {
        // `007` and `+1` are no numbers but codes.
        Ok(number) if numbers && number.is_finite() && !is_code(text.trim()) => {
            if number.fract() == 0.0 && number.abs() < 9e15 { (number as i64).into() } else { number.into() }
        }
        _ => Json::from(text),
    };
    let (mut rows, mut cells) = (Vec::new(), 0);
    for row in reader.records() {
        let row = row.map_err(unreadable)?;
        cells += row.len();
        if cells > CELLS_MAX {
            return Err(NodeError::invalid("text", format!("the table has more than {CELLS_MAX} cells")));
        }
        rows.push(if header {
            columns.iter().zip(row.iter().map(cell)).map(|(name, cell)| (name.clone(), cell)).collect()
        } else {
            Json::Array(row.iter().map(cell).collect())
        });
    }
    Ok(Rows { count: rows.len() as f64, rows: rows.into(), columns })
}

fn is_code(text: &str) -> bool {
    let digits = text.trim_start_matches('-');
    text.starts_with('+') || (digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0."))
}

/// Writes a list of objects (or of lists) as a table (CSV).
#[node(
    "json.write_csv",
    title = "Write CSV",
    example = r#"{"inputs":{"rows":{"type":"json","value":[{"title":"Dawn","seconds":2},{"title":"Noon"}]}}}"#
)]
fn write_csv(
    /// The rows.
    rows: Json,
    /// What stands between two cells.
    #[param(title = "Separator", default = Separator::Comma)]
    separator: Separator,
    /// Puts the names of the columns first.
    #[param(title = "Header", default = true)]
    header: bool,
) -> Result<String, NodeError> {
    let Json::Array(rows) = parsed(rows).map_err(|error| error.in_field("rows"))? else {
        return Err(NodeError::invalid("rows", "the rows are not a list"));
    };
    // In the order in which they first come up.
    let mut columns: Vec<String> = Vec::new();
    for name in rows.iter().filter_map(Json::as_object).flat_map(Map::keys) {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    let cell = |json: &Json| match json {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut writer = csv::WriterBuilder::new().delimiter(separator.byte()).flexible(true).from_writer(Vec::new());
    let unwritable =
        |error: csv::Error| NodeError::invalid("rows", "the table cannot be written").with_raw(&error.to_string());
    if header && !columns.is_empty() {
        writer.write_record(&columns).map_err(unwritable)?;
    }
    for row in &rows {
        let cells: Vec<String> = match row {
            Json::Object(fields) => {
                columns.iter().map(|name| fields.get(name).map_or_else(String::new, cell)).collect()
            }
            Json::Array(cells) => cells.iter().map(cell).collect(),
            single => vec![cell(single)],
        };
        writer.write_record(&cells).map_err(unwritable)?;
    }
    let bytes = writer.into_inner().map_err(|error| NodeError::internal("the table could not be written", error))?;
    within_limit(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_are_read_as_they_are_written() {
        let rows = json!([{"title": "Dawn, \"early\"", "seconds": 2}, {"title": "007", "seconds": 3.5}]);
        let text = write_csv(rows.clone(), Separator::Semicolon, true).unwrap();
        let read = parse_csv(text, Separator::Semicolon, true, true).unwrap();
        assert_eq!(read.rows, rows);
        let plain = parse_csv("1,a\n2,b".into(), Separator::Comma, false, true).unwrap();
        assert_eq!((plain.rows, plain.columns.len()), (json!([[1, "a"], [2, "b"]]), 0));
    }

    #[test]
    fn fields_are_set_however_deep() {
        let set = |json: Json, path: &str| set(Some(json), json!(1), path.into());
        assert_eq!(set(json!({"a": {"b": 2}}), "a.c").unwrap(), json!({"a": {"b": 2, "c": 1}}));
        assert_eq!(set(json!({}), "x.y.z").unwrap(), json!({"x": {"y": {"z": 1}}}));
        assert!(set(json!({"a": 3}), "a.b").is_err() && set(json!({}), "").is_err());
    }

    #[test]
    fn later_fields_win() {
        let objects = vec![json!({"a": {"x": 1}, "l": [1]}), json!({"a": {"y": 2}, "l": [2]})];
        assert_eq!(merge(objects.clone(), true).unwrap(), json!({"a": {"x": 1, "y": 2}, "l": [1, 2]}));
        assert_eq!(merge(objects, false).unwrap(), json!({"a": {"y": 2}, "l": [2]}));
    }
}
