//! Bodies about money: what was spent, how much may be, and what a run is going to cost.

use serde::{Deserialize, Serialize};

use crate::id::{NodeId, UserId, WorkflowId};

/// `GET /api/workspaces/{id}/spend`: this month's, dearest first. Admins see everybody's, others their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Spend {
    /// When the month began, in UTC.
    pub since: String,
    /// Whether it is only the asking person's.
    pub own_only: bool,
    pub total: SpendTotal,
    pub members: Vec<MemberSpend>,
    pub workflows: Vec<WorkflowSpend>,
    pub models: Vec<ModelSpend>,
    /// Those that concern what is shown.
    pub caps: Vec<Cap>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SpendTotal {
    /// As far as it is known.
    pub usd: f64,
    pub calls: u64,
    /// Calls that are not in `usd`, because neither the provider nor the catalogue tells what they cost.
    pub calls_of_unknown_cost: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberSpend {
    pub user: UserId,
    pub name: String,
    pub total: SpendTotal,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowSpend {
    pub workflow: WorkflowId,
    /// Absent: it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub total: SpendTotal,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelSpend {
    pub provider: String,
    pub model: String,
    /// Whose key it was: `person` or `workspace`.
    pub payer: String,
    pub total: SpendTotal,
}

/// Whose spending is capped: one person's, or everybody's together in one workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CapSubject {
    Member(UserId),
    Workflow(WorkflowId),
}

/// How much may be spent in a month, whoever's key pays. What is reached refuses the next call, and stops none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cap {
    pub subject: CapSubject,
    pub usd_per_month: f64,
}

/// `PUT /api/workspaces/{id}/caps`
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetCap {
    pub subject: CapSubject,
    /// Absent: the cap goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_per_month: Option<f64>,
}

/// `GET /api/workflows/{id}/estimate`: what a run costs by list prices, if nothing is there already and no node is given a
/// list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Estimate {
    /// The sum of what is known.
    pub usd: f64,
    /// Calls that are not in `usd`, because their price follows from the answer or is not known.
    pub calls_of_unknown_cost: u64,
    pub calls: Vec<CallCost>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallCost {
    pub node: NodeId,
    pub model: String,
    /// Who would be asked. Absent: there is no key, so the node would fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Whose key pays: `person` (the asking one) or `workspace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
    /// The most it can be, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_at_most: Option<f64>,
}
