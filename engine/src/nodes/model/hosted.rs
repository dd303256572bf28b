//! `model.hosted`: any model that fal or Replicate hosts, by what it says of itself.
//!
//! Registered by hand: its ports and parameters are those of the note in `interface` (`shared::node::HostedModel`), which
//! `provider::hosted` makes of the vendor's schema. The note came through the document: nothing of it is believed.

use std::time::Duration;

use serde_json::{Value as Json, json};
use shared::{
    graph::Params,
    node::{DynamicPorts, HostedInput, HostedKind, HostedModel, HostedOutput, NodeSpec},
    run::FailureCode,
    value::{Media, Value, ValueType, Values},
};

use super::{Call, work::attach};
use crate::{
    Args, Inputs, NodeContext, NodeError, NodeKind, ParamHints, Seed,
    generation::GenerationKind,
    input::param_json,
    media::value_of,
    param::param_spec,
    provider::{
        ProviderError, is_endpoint,
        order::{self, HOSTED, HostedOrder, HostedValue, JobError, Order},
    },
    registry::{NodeFuture, SpecHints, dynamic_step, finish_spec},
};

const TIME_LIMIT: Duration = Duration::from_secs(2 * 3600);

inventory::submit! {
    NodeKind { node_type: HOSTED, timeout: Some(TIME_LIMIT), make_spec: spec, call }
}

fn spec() -> NodeSpec {
    let unwired = || ParamHints { unwired: true, advanced: true, ..ParamHints::default() };
    let text = "The model: its address at fal or Replicate, an id like `fal-ai/flux/dev`, or `owner/name`. \"Fetch\" reads \
                what it takes and gives.";
    let hints = ParamHints { model: Some(HOSTED), ..ParamHints::default() };
    let model = param_spec::<String>("model", "Model", text, json!(""), hints);
    let text = "What the model takes and gives, as it was fetched.";
    let interface = param_spec::<Json>("interface", "Interface", text, Json::Null, unwired());
    let text = "The key to use, as `provider:name`. Left empty, the first key of whoever hosts the model.";
    let connection = param_spec::<String>("connection", "Connection", text, json!(""), unwired());
    let text = "Stands for the model's seed, if it has one. Left empty, every run makes something else.";
    let hints = ParamHints { advanced: true, ..ParamHints::default() };
    let seed = param_spec::<Seed>("seed", "Seed", text, Json::Null, hints);
    let text = "Runs any model of fal or Replicate, by its address.\n\nIts inputs, settings and outputs are those that the \
                model itself names. What it costs is not known before, and often not afterwards. A run that is cut off \
                goes on with the job it ordered.";
    let params = vec![model, interface, connection, seed];
    let spec = dynamic_step(HOSTED, "Hosted model", text, DynamicPorts::Hosted, params);
    let example = json!({"params": {"model": "fal-ai/flux/dev", "interface": {
        "provider": "fal", "endpoint": "fal-ai/flux/dev",
        "inputs": [{"name": "prompt", "kind": "text", "default": "A paper boat"}],
        "outputs": [{"name": "images", "type": "list<image>", "pointer": "/images"}],
    }}});
    finish_spec(spec, &example.to_string(), &SpecHints::default())
}

fn call(ctx: &NodeContext, args: Args) -> NodeFuture<'_> {
    Box::pin(run(ctx, args))
}

async fn run(ctx: &NodeContext, mut args: Args) -> Result<Values, NodeError> {
    let interface: Json = args.param("interface")?;
    let connection: String = args.param("connection")?;
    let Seed(seed) = args.param("seed")?;
    let nothing =
        || NodeError::invalid("model", "nothing is known of the model: paste its address and press \"Fetch\"");
    let model = HostedModel::read(&interface).ok_or_else(nothing)?;
    if !is_endpoint(&model.provider, &model.endpoint) {
        return Err(NodeError::invalid("interface", "it names no model: fetch the model again"));
    }
    let (mut inputs, mut params) = args.into_rest();
    let mut hosted = HostedOrder { values: Vec::new(), outputs: model.outputs.clone() };
    for input in &model.inputs {
        if let Some(value) = value(ctx, input, &mut inputs, &mut params, seed).await? {
            hosted.values.push((input.name.clone(), value));
        }
    }
    let chosen = order::choose_hosted(ctx, &model.provider, &model.endpoint, &connection, &hosted).await?;
    let mut call = Call::new(ctx, &model.provider, &model.endpoint, kind(&model.outputs));
    call.generation.payer = chosen.payer;
    let order = Order::Hosted(hosted);
    for (name, value) in order.noted() {
        call.note(name, value);
    }
    let made = match order::run(ctx, &chosen, &order).await {
        Ok(made) => made,
        Err(JobError::Vendor(error) | JobError::Down(error)) => return Err(call.failed(error)),
        Err(JobError::Run(NodeError::Cancelled)) => return Err(call.cancelled()),
        Err(JobError::Run(error)) => return Err(error),
    };
    let mut media = Vec::new();
    for file in &made.files {
        let kept = ctx.store_file(file).await;
        media.push(kept.map_err(|error| {
            let message = format!("what the provider answered with cannot be read: {error}");
            call.failed(ProviderError::new(FailureCode::ProviderDown, message))
        })?);
    }
    if let Some(first) = media.first() {
        call.made(first);
    }
    let values = values(&model.outputs, &made.answer, media);
    if values.is_empty() {
        let message = "the provider's answer holds nothing of what the model says it gives";
        let error = ProviderError::new(FailureCode::ProviderDown, message).with_raw(&made.answer.to_string());
        return Err(call.failed(error));
    }
    if let Some(Value::Text(text)) = values.values().find(|value| matches!(value, Value::Text(_))) {
        call.generation.output.text = Some(text.clone());
    }
    call.generation.metrics.queue_ms = made.queued.map(|queued| queued.as_millis() as u64);
    call.generation.metrics.retries = made.retries;
    call.generation.metrics.cost_usd = made.cost_usd;
    call.record();
    Ok(values)
}

/// What the model is told for one of its inputs; `None`: nothing, it has its own way.
async fn value(
    ctx: &NodeContext,
    input: &HostedInput,
    inputs: &mut Inputs,
    params: &mut Params,
    seed: u64,
) -> Result<Option<HostedValue>, NodeError> {
    let name = input.param_name();
    let mut wired = inputs.remove(&name).unwrap_or_default();
    let missing =
        || NodeError::new(FailureCode::MissingInput, format!("the model needs `{name}`")).in_field(name.as_str());
    match &input.kind {
        HostedKind::Seed => return Ok(Some(HostedValue::Plain(json!(seed)))),
        HostedKind::Media { list, .. } => {
            let items = wired.into_iter().flat_map(|value| match value {
                Value::List(items) => items,
                single => vec![single],
            });
            let mut media = Vec::new();
            for item in items {
                let wrong = || NodeError::invalid(&name, format!("input `{name}` takes a picture, film or sound"));
                media.push(attach(ctx, item.media().ok_or_else(wrong)?).await?);
            }
            return match (media.len(), list) {
                (0, _) if input.required => Err(missing()),
                (0, _) => Ok(None),
                (_, true) => Ok(Some(HostedValue::List(media))),
                (1, false) => Ok(media.pop().map(HostedValue::Media)),
                (_, false) => Err(NodeError::invalid(&name, format!("input `{name}` takes one, not several"))),
            };
        }
        _ => {}
    }
    let wire = match &input.kind {
        HostedKind::Text | HostedKind::Choice { .. } => ValueType::Text,
        HostedKind::Number { .. } | HostedKind::Integer { .. } => ValueType::Number,
        HostedKind::Bool => ValueType::Bool,
        HostedKind::Json | HostedKind::Seed | HostedKind::Media { .. } => ValueType::Json,
    };
    let wrong = |why: String| NodeError::invalid(&name, format!("parameter `{name}`: {why}"));
    let given = match wired.pop() {
        Some(value) => param_json(value, Some(&wire)).map_err(wrong)?,
        // An empty choice is the model's own.
        None => params.remove(&name).filter(|value| !value.is_null() && value != "").unwrap_or_default(),
    };
    if given.is_null() {
        return match input.takes(&input.default) {
            Some(default) => Ok(Some(HostedValue::Plain(default))),
            None if input.required => Err(missing()),
            None => Ok(None),
        };
    }
    let taken = input.takes(&given).ok_or_else(|| wrong(format!("the model does not take {given}")))?;
    Ok(Some(HostedValue::Plain(taken)))
}

fn kind(outputs: &[HostedOutput]) -> GenerationKind {
    let kinds = outputs.iter().filter_map(|output| match output.value_type.item() {
        ValueType::Video => Some(GenerationKind::Video),
        ValueType::Audio => Some(GenerationKind::Audio),
        ValueType::Image | ValueType::Mask | ValueType::Any => Some(GenerationKind::Image),
        _ => None,
    });
    kinds.into_iter().next().unwrap_or(GenerationKind::Text)
}

/// The answer by output. `media` are the fetched files, in the order in which the outputs name them.
fn values(outputs: &[HostedOutput], answer: &Json, media: Vec<Media>) -> Values {
    let mut media = media.into_iter();
    let mut values = Values::new();
    for output in outputs {
        let count = output.addresses(answer).len();
        let files: Vec<Value> = media.by_ref().take(count).map(value_of).collect();
        // A file that is something else than was said would break whoever takes it.
        let fits = |value: &Value| output.value_type.item().accepts(&value.value_type());
        let found = answer.pointer(&output.pointer);
        let value = match (&output.value_type, found) {
            (ValueType::List(_), _) if count > 0 => Some(Value::List(files.into_iter().filter(fits).collect())),
            (_, _) if count > 0 => files.into_iter().find(fits),
            (_, None | Some(Json::Null)) => None,
            (ValueType::Text, Some(Json::String(text))) => Some(Value::Text(text.clone())),
            // Language models give their text piece by piece.
            (ValueType::Text, Some(Json::Array(pieces))) => {
                Some(Value::Text(pieces.iter().filter_map(Json::as_str).collect()))
            }
            (ValueType::Number, Some(found)) => found.as_f64().map(Value::Number),
            (ValueType::Bool, Some(found)) => found.as_bool().map(Value::Bool),
            (ValueType::Json | ValueType::Any, Some(found)) => Some(Value::Json(found.clone())),
            _ => None,
        };
        if let Some(value) = value {
            values.insert(output.name.clone(), value);
        }
    }
    values
}
