//! A workflow as a node, once or again and again.
//!
//! Registered by hand: their ports are those of the workflow they stand for, which no function's arguments can say.

use std::time::Duration;

use serde_json::{Value as Json, json};
use shared::{
    node::{DynamicPorts, NodeSpec, ParamKind, ParamSpec, Resource},
    value::{Value, ValueType, Values},
};

use crate::{
    Args, Inputs, NodeContext, NodeKind, ParamHints, ParamValue,
    param::param_spec,
    registry::{NodeFuture, SpecHints, dynamic_step, finish_spec},
};

/// What is within has limits of its own.
const TIME_LIMIT: Duration = Duration::from_secs(90 * 24 * 3600);

/// The most rounds a workflow is repeated.
const ROUNDS_MAX: u32 = 1000;

inventory::submit! {
    NodeKind { node_type: "flow.workflow", timeout: Some(TIME_LIMIT), make_spec: workflow_spec, call: call_workflow }
}

inventory::submit! {
    NodeKind { node_type: "flow.repeat", timeout: Some(TIME_LIMIT), make_spec: repeat_spec, call: call_repeat }
}

fn workflow_spec() -> NodeSpec {
    let description = "Runs a whole workflow as one node. Its named inputs and outputs are the ports. A linked workflow \
                       stays at the version that was chosen; detached, its graph becomes part of this one.";
    spec("flow.workflow", "Workflow", description, vec![source_param()])
}

fn repeat_spec() -> NodeSpec {
    let description = "Runs a workflow again and again. After each round, outputs go into the inputs of the same name. It \
                       ends after the last round, or when the output that you name is true.";
    let hints = ParamHints { min: Some(1.0), max: Some(ROUNDS_MAX.into()), unwired: true, ..ParamHints::default() };
    let rounds = param_spec::<u32>("rounds", "Rounds", "How often it runs, at most.", json!(3), hints);
    let hints = ParamHints { unwired: true, ..ParamHints::default() };
    let text = "The truth value among its outputs that ends it early. Empty: it runs all rounds.";
    let until = param_spec::<String>("until", "Until", text, json!(""), hints);
    spec("flow.repeat", "Repeat", description, vec![source_param(), rounds, until])
}

fn source_param() -> ParamSpec {
    let text = "The workflow: a link with its version, or a graph of its own.";
    let hints = ParamHints { unwired: true, ..ParamHints::default() };
    param_spec::<Source>("source", "Workflow", text, Json::Null, hints)
}

/// The workflow that a node stands for, as the plan reads it.
struct Source(Json);

impl ParamValue for Source {
    const OPTIONAL: bool = true;

    fn kind(_hints: &ParamHints) -> ParamKind {
        ParamKind::Workflow
    }

    fn wire() -> Option<ValueType> {
        None
    }

    fn from_json(json: &Json) -> Result<Self, String> {
        Ok(Self(json.clone()))
    }

    fn to_json(&self) -> Json {
        self.0.clone()
    }
}

fn spec(node_type: &str, title: &str, description: &str, params: Vec<ParamSpec>) -> NodeSpec {
    let step = dynamic_step(node_type, title, description, DynamicPorts::Workflow, params);
    // Each node within has a result that is remembered or not.
    let spec = NodeSpec { resource: Resource::Light, cacheable: false, ..step };
    let example = json!({"params": {"source": {"graph": {
        "openflow": 1,
        "nodes": {
            "in": {"type": "text.input", "params": {"name": "text", "value": "hello"}},
            "loud": {"type": "text.case", "params": {"case": "upper"}},
            "out": {"type": "output.text", "params": {"name": "text"}},
        },
        "edges": {
            "loud:text": {"from": "in", "output": "text", "to": "loud", "input": "text"},
            "out:text": {"from": "loud", "output": "text", "to": "out", "input": "text"},
        },
    }}}});
    finish_spec(spec, &example.to_string(), &SpecHints::default())
}

fn call_workflow(ctx: &NodeContext, args: Args) -> NodeFuture<'_> {
    Box::pin(async move { ctx.run_inner(single(args.into_rest().0), 0).await })
}

fn call_repeat(ctx: &NodeContext, mut args: Args) -> NodeFuture<'_> {
    Box::pin(async move {
        let (rounds, until): (u32, String) = (args.param("rounds")?, args.param("until")?);
        let mut inputs = single(args.into_rest().0);
        let mut outputs = Values::new();
        for round in 0..rounds {
            ctx.check_cancelled()?;
            outputs = ctx.run_inner(inputs.clone(), round).await?;
            if outputs.get(&until) == Some(&Value::Bool(true)) {
                break;
            }
            let fed_back: Vec<&str> = ctx.inner_inputs().filter(|name| outputs.contains_key(*name)).collect();
            for name in fed_back {
                inputs.insert(name.to_owned(), outputs[name].clone());
            }
        }
        Ok(outputs)
    })
}

/// One value for each input: several wires are one list.
fn single(inputs: Inputs) -> Values {
    let value = |mut values: Vec<Value>| match values.len() {
        1 => values.pop(),
        0 => None,
        _ => Some(Value::List(values)),
    };
    inputs.into_iter().filter_map(|(name, values)| Some((name, value(values)?))).collect()
}
