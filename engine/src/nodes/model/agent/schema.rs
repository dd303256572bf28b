//! A tool's arguments: their JSON schema, which the model is told, and what it wrote, held against the tool.

use serde_json::{Map, Value as Json, json};
use shared::{
    graph::Params,
    node::{Interface, NodeSpec, ParamKind, ParamSpec},
    value::ValueType,
};

use super::shelf::Shelf;
use crate::{
    Inputs,
    plan::{PlannedTool, ToolWork},
    provider::ToolSpec,
};

/// The tool as the model is told of it.
pub(super) fn told(tool: &PlannedTool) -> ToolSpec {
    let (properties, required) = match &tool.work {
        ToolWork::Node { kind, fixed } => of_node(kind.spec(), fixed),
        ToolWork::Workflow { interface, .. } => (of_workflow(interface), Vec::new()),
    };
    let parameters = json!({"type": "object", "properties": properties, "required": required});
    ToolSpec { name: tool.name.clone(), description: tool.description.clone(), parameters }
}

fn of_workflow(interface: &Interface) -> Map<String, Json> {
    let ports = interface.inputs.iter();
    ports.map(|port| (port.name.clone(), described(of_type(&port.value_type), &port.description))).collect()
}

fn of_node(spec: &NodeSpec, fixed: &Params) -> (Map<String, Json>, Vec<String>) {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for port in &spec.inputs {
        properties.insert(port.name.clone(), described(of_type(&port.value_type), &port.description));
        required.extend(port.required.then(|| port.name.clone()));
    }
    for param in spec.params.iter().filter(|param| is_open(param, fixed)) {
        let mut schema = described(of_param(&param.kind), &param.description);
        if !param.default.is_null() {
            schema["default"] = param.default.clone();
        } else if !param.optional && !matches!(param.kind, ParamKind::Seed) {
            required.push(param.name.clone());
        }
        properties.insert(param.name.clone(), schema);
    }
    (properties, required)
}

/// What a wire may change, the model may change. Connections are none of that, and which model is paid for is not either.
fn is_open(param: &ParamSpec, fixed: &Params) -> bool {
    let closed = matches!(param.kind, ParamKind::Model { .. });
    let open = matches!(param.kind, ParamKind::Choice { .. } | ParamKind::Media { .. });
    !closed && (param.wire.is_some() || open) && !fixed.contains_key(&param.name)
}

fn described(mut schema: Json, text: &str) -> Json {
    let own = schema["description"].as_str().unwrap_or_default();
    let text = [text.trim(), own].iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join(" ");
    if !text.is_empty() {
        schema["description"] = json!(text);
    }
    schema
}

fn of_type(value_type: &ValueType) -> Json {
    match value_type {
        ValueType::Text => json!({"type": "string"}),
        ValueType::Number => json!({"type": "number"}),
        ValueType::Bool => json!({"type": "boolean"}),
        ValueType::Json | ValueType::Any => json!({}),
        ValueType::Embedding => json!({"type": "array", "items": {"type": "number"}}),
        ValueType::List(item) => json!({"type": "array", "items": of_type(item)}),
        ValueType::Image | ValueType::Mask | ValueType::Video | ValueType::Audio | ValueType::File => {
            json!({"type": "string", "description": format!("The name of a medium of type {value_type}, such as `{value_type}-1`.")})
        }
    }
}

fn of_param(kind: &ParamKind) -> Json {
    let within = |kind: &str, min: Option<Json>, max: Option<Json>| {
        let mut schema = json!({"type": kind});
        for (name, bound) in [("minimum", min), ("maximum", max)] {
            if let Some(bound) = bound {
                schema[name] = bound;
            }
        }
        schema
    };
    match kind {
        ParamKind::Text | ParamKind::Prompt | ParamKind::Color | ParamKind::Model { .. } => json!({"type": "string"}),
        ParamKind::Number { min, max, .. } => within("number", min.map(Json::from), max.map(Json::from)),
        ParamKind::Integer { min, max, .. } => within("integer", min.map(Json::from), max.map(Json::from)),
        ParamKind::Seed => within("integer", Some(json!(0)), None),
        ParamKind::Bool => json!({"type": "boolean"}),
        ParamKind::Choice { options } => {
            let values: Vec<&str> = options.iter().map(|option| option.value.as_str()).collect();
            json!({"type": "string", "enum": values})
        }
        ParamKind::Media { accept } => of_type(accept),
        ParamKind::Json | ParamKind::Workflow | ParamKind::Tools => json!({}),
    }
}

/// What the tool is used with. The error is for the model, which may do better.
pub(super) fn given(
    tool: &PlannedTool,
    arguments: Map<String, Json>,
    shelf: &Shelf,
) -> Result<(Inputs, Params), String> {
    let (mut inputs, mut params) = (Inputs::new(), Params::new());
    if let ToolWork::Node { fixed, .. } = &tool.work {
        params.clone_from(fixed);
    }
    for (name, json) in arguments {
        if json.is_null() {
            continue;
        }
        let wrong = |why: String| format!("argument `{name}`: {why}");
        let value_type = match &tool.work {
            ToolWork::Node { kind, fixed } => {
                let spec = kind.spec();
                if let Some(param) = spec.param(&name).filter(|param| is_open(param, fixed)) {
                    let media = matches!(param.kind, ParamKind::Media { .. });
                    let json = if media { shelf.parameter(&json).map_err(wrong)? } else { json };
                    params.insert(name, json);
                    continue;
                }
                spec.input(&name).map(|port| &port.value_type)
            }
            ToolWork::Workflow { interface, .. } => {
                interface.inputs.iter().find(|port| port.name == name).map(|port| &port.value_type)
            }
        };
        let value_type = value_type.ok_or_else(|| wrong("the tool takes nothing of this name".to_owned()))?;
        let value = shelf.read(&json, value_type).map_err(wrong)?;
        inputs.insert(name, vec![value]);
    }
    Ok((inputs, params))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NodeKind;

    fn tool(node_type: &str, fixed: Json) -> PlannedTool {
        let kind = NodeKind::find(node_type).unwrap();
        let fixed = serde_json::from_value(fixed).unwrap();
        let work = ToolWork::Node { kind, fixed };
        PlannedTool { name: "it".into(), description: "Does it.".into(), work }
    }

    fn object(json: Json) -> Map<String, Json> {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn a_schema_says_what_a_node_takes() {
        let parameters = told(&tool("text.case", json!({}))).parameters;
        assert_eq!(parameters["required"], json!(["text"]));
        assert_eq!(parameters["properties"]["text"]["type"], "string");
        assert!(parameters["properties"]["case"]["enum"].as_array().unwrap().contains(&json!("upper")));
        let image = told(&tool("image.crop", json!({}))).parameters;
        assert!(image["properties"]["image"]["description"].as_str().unwrap().contains("`image-1`"));
    }

    #[test]
    fn what_the_author_set_cannot_be_seen_or_changed() {
        let tool = tool("http.get", json!({"url": "https://news.example/"}));
        assert_eq!(told(&tool).parameters["properties"].get("url"), None);
        let refusal = given(&tool, object(json!({"url": "https://evil.example/"})), &Shelf::default()).unwrap_err();
        assert!(refusal.contains("`url`"), "{refusal}");
        let (_, params) = given(&tool, Map::new(), &Shelf::default()).unwrap();
        assert_eq!(params["url"], "https://news.example/");
    }

    #[test]
    fn connections_are_not_for_models() {
        let tool = tool("text.chat", json!({}));
        assert_eq!(told(&tool).parameters["properties"].get("connection"), None);
        assert!(given(&tool, object(json!({"connection": "openai:boss"})), &Shelf::default()).is_err());
    }
}
