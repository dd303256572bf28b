//! What `#[node]` makes of a function.

use std::sync::Arc;

use engine::{Choice, Color, Inputs, MemoryBlobs, NodeContext, NodeError, NodeKind, Outputs, Seed, node};
use serde_json::json;
use shared::{
    graph::Params,
    node::{NodeRole, ParamKind, Resource},
    run::FailureCode,
    value::{Value, ValueType, Values},
};

#[derive(Choice)]
enum Case {
    Upper,
    #[choice(title = "all small")]
    AllLower,
}

/// A text, taken apart.
#[derive(Outputs)]
struct Parts {
    /// The text in another case.
    text: String,
    /// Its first word, if it has one.
    first: Option<String>,
    /// How many characters it has.
    length: f64,
}

/// Takes a text apart. It is a node for tests, i.e. it does many things.
///
/// A second paragraph.
#[node(
    "test.parts",
    title = "Parts",
    resource = "cpu",
    version = 3,
    timeout_seconds = 5,
    cacheable = false,
    example = r#"{"inputs":{"text":"hello"}}"#
)]
async fn parts(
    /// What is taken apart.
    text: String,
    /// More texts, put behind.
    more: Option<Vec<String>>,
    ctx: &NodeContext,
    /// How letters are written.
    #[param(default = Case::Upper)]
    case: Case,
    /// How often the text is repeated.
    #[param(title = "Times", min = 1, max = 3, unit = "times", default = 1)]
    repeat_count: u32,
    /// Put behind the text.
    #[param(prompt, default = "", advanced)]
    suffix: String,
    /// Unused.
    #[param]
    tint: Option<Color>,
    /// Unused.
    #[param(wire = false)]
    r#type: Option<f64>,
    /// Unused.
    #[param]
    seed: Seed,
) -> Result<Parts, NodeError> {
    ctx.check_cancelled()?;
    assert!(tint.is_none() && r#type.is_none());
    let text = format!("{text}{}{suffix}", more.unwrap_or_default().concat()).repeat(repeat_count as usize);
    let text = match case {
        Case::Upper => text.to_uppercase(),
        Case::AllLower => text.to_lowercase(),
    };
    let first = text.split_whitespace().next().map(str::to_owned);
    Ok(Parts { first, length: text.chars().count() as f64 + seed.0 as f64, text })
}

/// Doubles a number.
#[node("test.double", title = "Double", output = "twice", returns = "Twice the number.", example = "{}")]
fn double(
    /// What is doubled.
    #[param(default = 4)]
    number: f64,
) -> Result<f64, NodeError> {
    Ok(number * 2.0)
}

async fn run(node_type: &str, inputs: &[(&str, Vec<Value>)], params: serde_json::Value) -> Result<Values, NodeError> {
    let ctx = NodeContext::detached(Arc::new(MemoryBlobs::new()));
    let inputs: Inputs = inputs.iter().map(|(name, values)| ((*name).to_owned(), values.clone())).collect();
    let params: Params = serde_json::from_value(params).unwrap();
    NodeKind::find(node_type).unwrap().run(&ctx, inputs, params).await
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

#[test]
fn the_spec_says_what_the_function_says() {
    let spec = NodeKind::find("test.parts").unwrap().spec();
    assert_eq!(spec.summary, "Takes a text apart.");
    assert!(spec.description.ends_with("A second paragraph."));
    assert_eq!((spec.version, spec.role, spec.resource, spec.cacheable), (3, NodeRole::Step, Resource::Cpu, false));
    assert_eq!(spec.input("text").unwrap().value_type, ValueType::Text);
    assert!(spec.input("text").unwrap().required && !spec.input("more").unwrap().required);
    assert_eq!(spec.input("more").unwrap().value_type.to_string(), "list<text>");
    assert_eq!(spec.outputs.iter().map(|port| port.name.as_str()).collect::<Vec<_>>(), ["text", "first", "length"]);

    let repeat = spec.param("repeat_count").unwrap();
    assert_eq!(repeat.kind, ParamKind::Integer { min: Some(1), max: Some(3), unit: Some("times".into()) });
    assert_eq!((repeat.default.clone(), repeat.wire.clone()), (json!(1), Some(ValueType::Number)));
    assert_eq!((repeat.title.as_str(), repeat.optional), ("Times", false));
    assert_eq!(spec.param("suffix").unwrap().kind, ParamKind::Prompt);
    assert!(spec.param("suffix").unwrap().advanced);
    assert!(spec.param("tint").unwrap().optional && spec.param("seed").unwrap().optional);
    assert_eq!(spec.param("type").unwrap().wire, None);
    let ParamKind::Choice { options } = &spec.param("case").unwrap().kind else { panic!("not a choice") };
    assert_eq!(
        serde_json::to_value(options).unwrap(),
        json!([
            {"value": "upper", "title": "Upper"},
            {"value": "all_lower", "title": "all small"},
        ])
    );
    assert_eq!(spec.param("case").unwrap().default, json!("upper"));
}

#[tokio::test]
async fn wires_go_before_literals_and_literals_before_defaults() {
    let given = run("test.double", &[], json!({"number": 1.5})).await.unwrap();
    assert_eq!(given["twice"], Value::Number(3.0));
    let default = run("test.double", &[], json!({})).await.unwrap();
    assert_eq!(default["twice"], Value::Number(8.0));
    let wired = run("test.double", &[("number", vec![Value::Number(5.0)])], json!({"number": 1.5})).await.unwrap();
    assert_eq!(wired["twice"], Value::Number(10.0));
}

#[tokio::test]
async fn lists_collect_their_wires_and_absent_outputs_stay_away() {
    let more = vec![text("b"), Value::List(vec![text("c"), Value::Number(1.0)])];
    let params = json!({"case": "all_lower", "seed": 0, "repeat_count": 2.0});
    let values = run("test.parts", &[("text", vec![text("A")]), ("more", more)], params).await.unwrap();
    assert_eq!(values["text"], text("abc1abc1"));
    assert_eq!(values["length"], Value::Number(8.0));
    let values = run("test.parts", &[("text", vec![text(" ")])], json!({"seed": 0})).await.unwrap();
    assert!(!values.contains_key("first"));
}

#[tokio::test]
async fn a_refusal_names_the_field() {
    let cases = [
        (vec![], json!({}), "text", FailureCode::MissingInput),
        (vec![("text", vec![Value::Embedding(vec![])])], json!({}), "text", FailureCode::InvalidInput),
        (vec![("text", vec![text("a"), text("b")])], json!({}), "text", FailureCode::InvalidInput),
        (vec![("text", vec![text("a")])], json!({"repeat_count": 4}), "repeat_count", FailureCode::InvalidInput),
        (vec![("text", vec![text("a")])], json!({"repeat_count": "4"}), "repeat_count", FailureCode::InvalidInput),
        (vec![("text", vec![text("a")])], json!({"case": "title"}), "case", FailureCode::InvalidInput),
        (vec![("text", vec![text("a")])], json!({"tint": "red"}), "tint", FailureCode::InvalidInput),
    ];
    for (inputs, params, field, code) in cases {
        let error = run("test.parts", &inputs, params.clone()).await.unwrap_err();
        let failure = error.failure().unwrap();
        assert_eq!((failure.field.as_deref(), failure.code), (Some(field), code), "{params}: {failure:?}");
        assert!(failure.message.contains(&format!("`{field}`")), "{}", failure.message);
    }
}
