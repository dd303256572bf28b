//! What a node *is*: its ports and parameters as data.
//!
//! The engine makes a [`NodeSpec`] from every `#[node]` function, the server hands the [`Catalog`] out at
//! `GET /api/nodes`, and the client draws palette, ports and parameter widgets from it. Nobody hard-codes a node.

mod comfy;
mod dynamic;
mod hosted;

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{graph::Node, value::ValueType};
pub use comfy::{ComfyInput, ComfyKind, ComfyOutput, comfy_inputs, comfy_outputs, is_comfy_api};
pub use dynamic::{Interface, InterfacePort, interface_of, public_name};
pub use hosted::{HOSTED_CHOICES_MAX, HOSTED_PORTS_MAX, HostedInput, HostedKind, HostedModel, HostedOutput};

/// Everything that is known of a kind of node without running it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeSpec {
    /// `category.name`, for example `image.crop`. Stands in documents: never renamed.
    #[serde(rename = "type")]
    pub node_type: String,
    /// Raised when parameters or ports change meaning.
    pub version: u32,
    /// For people, for example "Crop".
    pub title: String,
    /// First sentence of the description: what the palette shows.
    pub summary: String,
    /// The whole doc comment, in markdown.
    pub description: String,
    pub role: NodeRole,
    pub resource: Resource,
    /// `false` for nodes whose result may differ from call to call, such as a web request.
    pub cacheable: bool,
    pub inputs: Vec<PortSpec>,
    pub outputs: Vec<PortSpec>,
    pub params: Vec<ParamSpec>,
    /// Where its ports follow from a node's parameters: see [`Catalog::of`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dynamic: Option<DynamicPorts>,
    /// Types it had before: documents that name one are read as if they named this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<String>,
    /// What was called otherwise in earlier versions: see [`crate::migrate`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renamed: Vec<Renamed>,
    /// A use of the node that works: `{"inputs": {name: sample}, "params": {name: value}}`.
    pub example: serde_json::Value,
}

/// What a node is to its workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeRole {
    /// A named input of the whole workflow (its parameter `name` is the public name).
    Input,
    /// Everything in between.
    Step,
    /// A named output of the whole workflow.
    Output,
    /// Words for people: no part of any run.
    Note,
    /// A bend in a wire: what arrives at its only input goes on from its only output. Not run either.
    Reroute,
}

/// What a node mainly uses up; runs limit how many of each kind work at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Microseconds: text, numbers.
    Light,
    /// A core of this machine: pictures.
    Cpu,
    /// An ffmpeg process, which uses several cores.
    Ffmpeg,
    /// A service elsewhere.
    Network,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PortSpec {
    pub name: String,
    #[serde(rename = "type")]
    pub value_type: ValueType,
    pub description: String,
    /// Inputs only: the node cannot run without it.
    #[serde(default)]
    pub required: bool,
    /// Inputs only: what becomes of lists that arrive.
    #[serde(default, skip_serializing_if = "Lists::is_whole")]
    pub lists: Lists,
    /// Outputs only: it carries what arrived at this input, and has the type of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
    /// Outputs only: the items of this list and of the node's other aligned lists belong together, one by one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub aligned: bool,
}

/// What an input does with lists. See [`crate::shape`] for the rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lists {
    /// A list that the type takes arrives as one value; any other is taken item by item.
    #[default]
    Whole,
    /// Item by item, also where the type would take the list as one value.
    Each,
    /// The items of one level of mapping become one list, also where each of them is a list.
    Collect,
    /// Lists that are put beside each other: an item that is missing in one is left out of all.
    Paired,
    /// Several wires may end here, and the first that has a value is the one that counts.
    First,
}

impl Lists {
    fn is_whole(&self) -> bool {
        *self == Self::Whole
    }
}

/// How the ports of a node follow from its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum DynamicPorts {
    /// An output for each text in this parameter, in front of the outputs that the spec lists.
    Cases { param: String },
    /// The named inputs and outputs of the workflow that the node stands for.
    Workflow,
    /// What ComfyUI's workflow in the parameter `workflow` loads, is told, and keeps.
    ComfyUi,
    /// What the hosted model takes and gives, by the note in the parameter `interface`. Parameters follow from it too.
    Hosted,
}

/// A parameter or port that had another name in nodes of earlier versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renamed {
    pub from: String,
    pub to: String,
}

impl PortSpec {
    /// A port that is not required and does nothing special about lists.
    pub fn new(name: impl Into<String>, value_type: ValueType, description: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value_type,
            description: description.into(),
            required: false,
            lists: Lists::Whole,
            same_as: None,
            aligned: false,
        }
    }

    /// Whether several wires may end here (a `list<…>` input collects them in the order of their edge ids).
    pub fn is_list(&self) -> bool {
        match self.lists {
            Lists::First => true,
            // Two lists on one side would have no order of their own.
            Lists::Paired => false,
            Lists::Whole | Lists::Each | Lists::Collect => self.value_type.is_list(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParamSpec {
    pub name: String,
    /// For people, for example "Blur radius".
    pub title: String,
    pub description: String,
    #[serde(flatten)]
    pub kind: ParamKind,
    /// `null`: there is none, the person must give a value unless the parameter is `optional`.
    pub default: serde_json::Value,
    /// `null` is a value the node works with, for example "let the model decide".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// The type of wire that may replace the literal value; `None` for parameters that cannot be wired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<ValueType>,
    /// Shown only when unfolded.
    #[serde(default)]
    pub advanced: bool,
}

/// How a parameter is edited and what it may hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ParamKind {
    /// One line of text.
    Text,
    /// Text that several people may type into at once: a Y.Text in the document, a string in the exchange format.
    Prompt,
    Number {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<f64>,
        /// For example `px`, `s`, `dB`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
    Integer {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
    Bool,
    /// One of a closed set.
    Choice {
        options: Vec<ChoiceOption>,
    },
    /// `#rrggbb` or `#rrggbbaa`.
    Color,
    /// A non-negative integer; `null` asks for a new random one on each run; see [`crate::seed`] for the third way.
    Seed,
    /// A blob the person picked or uploaded: the JSON of a [`crate::value::Media`], or `null`.
    Media {
        /// The kind of media it takes: `image`, `video`, `audio` or `file`.
        accept: ValueType,
    },
    Json,
    /// A model id for one capability, for example `text.chat`; free text, suggestions come from `GET /api/models`.
    Model {
        capability: String,
    },
    /// A workflow that the node stands for: a link with its version, `{"workflow": …, "version": …, "interface": …}`, or
    /// a graph of its own, `{"graph": …}`.
    Workflow,
    /// What an agent may use: a list of types of nodes, of `{"node": …}` and of `{"name": …, "workflow": …}`.
    Tools,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption {
    pub value: String,
    pub title: String,
}

impl NodeSpec {
    /// Whether an agent may use it as a tool: what makes sense alone. Agents, and what has ports of its own, come within a
    /// workflow.
    pub fn may_be_tool(&self) -> bool {
        let has_tools = self.params.iter().any(|param| param.kind == ParamKind::Tools);
        self.role == NodeRole::Step && self.dynamic.is_none() && !has_tools && self.category() != "flow"
    }

    /// The part of the type before the first dot: `image` of `image.crop`.
    pub fn category(&self) -> &str {
        self.node_type.split('.').next().unwrap_or_default()
    }

    /// What a wire into `input` must carry: an input port's type, or a wireable parameter's.
    pub fn input_type(&self, input: &str) -> Option<&ValueType> {
        let port = self.inputs.iter().find(|port| port.name == input).map(|port| &port.value_type);
        port.or_else(|| self.param(input).and_then(|param| param.wire.as_ref()))
    }

    pub fn output_type(&self, output: &str) -> Option<&ValueType> {
        self.outputs.iter().find(|port| port.name == output).map(|port| &port.value_type)
    }

    pub fn input(&self, name: &str) -> Option<&PortSpec> {
        self.inputs.iter().find(|port| port.name == name)
    }

    pub fn param(&self, name: &str) -> Option<&ParamSpec> {
        self.params.iter().find(|param| param.name == name)
    }
}

/// All kinds of nodes a server knows, by type.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Catalog {
    specs: BTreeMap<String, NodeSpec>,
}

impl Catalog {
    /// What is known of all nodes of this type. The ports of one node: [`Catalog::of`].
    pub fn get(&self, node_type: &str) -> Option<&NodeSpec> {
        self.specs.get(node_type)
    }

    /// What is known of this very node: its type's spec, with the ports that follow from its parameters.
    pub fn of(&self, node: &Node) -> Option<Cow<'_, NodeSpec>> {
        let spec = self.get(&node.node_type)?;
        Some(match &spec.dynamic {
            None => Cow::Borrowed(spec),
            Some(ports) => Cow::Owned(dynamic::with_ports(spec, ports, &node.params, self)),
        })
    }

    /// In the order of their types.
    pub fn iter(&self) -> impl Iterator<Item = &NodeSpec> {
        self.specs.values()
    }

    pub fn len(&self) -> usize {
        self.specs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.specs.is_empty()
    }
}

impl FromIterator<NodeSpec> for Catalog {
    fn from_iter<I: IntoIterator<Item = NodeSpec>>(specs: I) -> Self {
        Self { specs: specs.into_iter().map(|spec| (spec.node_type.clone(), spec)).collect() }
    }
}
