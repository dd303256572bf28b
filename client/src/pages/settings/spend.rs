//! What was spent this month, by person, workflow and model; and, for admins, what may be (`caps`).

use dioxus::prelude::*;
use shared::{
    api::{CapSubject, Spend, SpendTotal},
    id::WorkspaceId,
};

use super::caps::Caps;
use crate::{
    api::Api,
    session::use_session,
    ui::{Skeleton, Tone, use_toaster},
};

#[component]
pub fn Spending(workspace: WorkspaceId) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut spend = use_signal(|| None::<Spend>);
    let mut asked = use_signal(|| 0u32);
    let again = asked();
    use_resource(use_reactive!(|(workspace, again)| async move {
        // Asked again when a cap was set.
        let _ = again;
        match Api.spend(workspace).await {
            Ok(found) => spend.set(Some(found)),
            Err(error) => {
                session.failed(&error);
                toaster.say(Tone::Danger, error.sentence());
            }
        }
    }));
    let Some(spend) = spend() else { return rsx! { Skeleton { height: "52px" } } };
    rsx! {
        ul { class: "keys", "data-testid": "spend",
            for (name, about, total) in rows(&spend) {
                li { class: "key-row",
                    div { class: "who",
                        span { class: "name", "{name}" }
                        span { class: "email", "{about}" }
                    }
                    span { class: "tabular", "{amount(total)}" }
                }
            }
        }
        // Others see their own cap beside what they spent.
        if !spend.own_only {
            h3 { class: "caps-title", "Caps" }
            Caps { workspace, spend, onchange: move |()| asked += 1 }
        }
    }
}

/// What is said in each line: whose, what about it, how much. The whole first.
fn rows(spend: &Spend) -> Vec<(String, String, SpendTotal)> {
    let whole = if spend.own_only { "By you" } else { "By everybody" };
    let mut rows = vec![(whole.to_owned(), calls(spend.total), spend.total)];
    rows.extend(spend.members.iter().map(|member| {
        let cap = spend.caps.iter().find(|cap| cap.subject == CapSubject::Member(member.user));
        let about = cap.map_or_else(String::new, |cap| format!(", of ${:.2}", cap.usd_per_month));
        (member.name.clone(), format!("{}{about}", calls(member.total)), member.total)
    }));
    rows.extend(spend.workflows.iter().map(|workflow| {
        let cap = spend.caps.iter().find(|cap| cap.subject == CapSubject::Workflow(workflow.workflow));
        let about = cap.map_or_else(String::new, |cap| format!(", of ${:.2}", cap.usd_per_month));
        let title = workflow.title.clone().unwrap_or_else(|| "A deleted workflow".to_owned());
        (title, format!("{}{about}", calls(workflow.total)), workflow.total)
    }));
    rows.extend(spend.models.iter().map(|model| {
        let payer = if model.payer == "person" { "own keys" } else { "the workspace's keys" };
        let about = format!("{}, {payer} at {}", calls(model.total), model.provider);
        (model.model.clone(), about, model.total)
    }));
    rows
}

fn calls(total: SpendTotal) -> String {
    let calls = if total.calls == 1 { "1 call".to_owned() } else { format!("{} calls", total.calls) };
    match total.calls_of_unknown_cost {
        0 => calls,
        unknown => format!("{calls}, {unknown} of unknown cost"),
    }
}

/// What nobody knows is not nothing.
fn amount(total: SpendTotal) -> String {
    match total.calls_of_unknown_cost {
        0 => format!("${:.2}", total.usd),
        unknown if unknown == total.calls => "Unknown".to_owned(),
        _ => format!("${:.2} and more", total.usd),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_knows_is_said_beside_what_is_known() {
        let total = SpendTotal { usd: 1.5, calls: 3, calls_of_unknown_cost: 1 };
        assert_eq!((calls(total).as_str(), amount(total).as_str()), ("3 calls, 1 of unknown cost", "$1.50 and more"));
        let unknown = SpendTotal { usd: 0.0, calls: 2, calls_of_unknown_cost: 2 };
        assert_eq!(amount(unknown), "Unknown");
        assert_eq!(calls(SpendTotal { usd: 0.1, calls: 1, calls_of_unknown_cost: 0 }), "1 call");
    }

    #[test]
    fn the_whole_comes_first_and_a_cap_stands_with_what_it_caps() {
        let total = SpendTotal { usd: 1.0, calls: 1, calls_of_unknown_cost: 0 };
        let spend: Spend = serde_json::from_value(serde_json::json!({
            "since": "2026-11-01T00:00:00Z", "own_only": true, "total": total,
            "members": [{"user": "usr_00000000000000000000000000000001", "name": "Ada", "total": total}],
            "workflows": [], "models": [{"provider": "fal", "model": "wan-2.6", "payer": "person", "total": total}],
            "caps": [{"subject": {"member": "usr_00000000000000000000000000000001"}, "usd_per_month": 5.0}],
        }))
        .unwrap();
        let rows = rows(&spend);
        assert_eq!(rows[0].0, "By you");
        assert_eq!((rows[1].0.as_str(), rows[1].1.as_str()), ("Ada", "1 call, of $5.00"));
        assert_eq!(rows[2].1, "1 call, own keys at fal");
    }
}
