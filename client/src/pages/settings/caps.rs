//! Caps: what a member, or everybody together in a workflow, may spend in a month. For admins; others see their own beside
//! what they spent.

use dioxus::prelude::*;
use shared::{
    api::{Cap, CapSubject, Member, SetCap, Spend, Workflow},
    id::WorkspaceId,
};

use crate::{
    api::Api,
    ui::{Button, Glyph, Icon, IconButton, Select, TextInput, Tone, use_toaster},
};

#[component]
pub fn Caps(workspace: WorkspaceId, spend: Spend, onchange: EventHandler<()>) -> Element {
    let toaster = use_toaster();
    let known = use_resource(use_reactive!(|workspace| async move {
        let (members, workflows) = futures_util::join!(Api.members(workspace), Api.workflows(Some(workspace)));
        (members.unwrap_or_default(), workflows.unwrap_or_default())
    }));
    let known = known.read();
    let (members, workflows) = known.clone().unwrap_or_default();
    let mut subject = use_signal(String::new);
    let mut usd = use_signal(String::new);
    let mut error = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    let options = options(&members, &workflows);
    let set = move |body: SetCap| async move {
        busy.set(true);
        error.set(None);
        match Api.set_cap(workspace, &body).await {
            Ok(()) => {
                usd.set(String::new());
                onchange.call(());
            }
            Err(refusal) => error.set(Some(refusal.field().map_or_else(|| refusal.sentence(), |(_, text)| text))),
        }
        busy.set(false);
    };
    let chosen = if subject().is_empty() { options.first().map(|(key, _)| key.clone()) } else { Some(subject()) };
    let submit = {
        let chosen = chosen.clone().and_then(|key| subject_of(&key));
        move |event: FormEvent| {
            event.prevent_default();
            let body = chosen.zip(amount(&usd())).filter(|_| !busy());
            async move {
                match body {
                    Some((subject, usd)) => set(SetCap { subject, usd_per_month: Some(usd) }).await,
                    None => error.set(Some("How much, in US dollars? For example 25.".to_owned())),
                }
            }
        }
    };
    rsx! {
        ul { class: "keys", aria_label: "Caps",
            for cap in spend.caps.clone() {
                li { key: "{key_of(cap.subject)}", class: "key-row", "data-testid": "cap",
                    Icon { glyph: Glyph::Ban }
                    div { class: "who",
                        span { class: "name", "{title_of(&cap, &spend, &members, &workflows)}" }
                        span { class: "email", "Calls are refused once this is spent in a month" }
                    }
                    span { class: "tabular", "${cap.usd_per_month:.2} a month" }
                    IconButton {
                        glyph: Glyph::Trash2,
                        label: "Remove the cap of {title_of(&cap, &spend, &members, &workflows)}",
                        tip: "Remove",
                        onclick: move |_| async move {
                            let body = SetCap { subject: cap.subject, usd_per_month: None };
                            match Api.set_cap(workspace, &body).await {
                                Ok(()) => onchange.call(()),
                                Err(error) => toaster.say(Tone::Danger, error.sentence()),
                            }
                        },
                    }
                }
            }
        }
        form { class: "cap-form", onsubmit: submit, novalidate: true, aria_label: "Set a cap",
            Select {
                label: "Whose spending",
                value: chosen.unwrap_or_default(),
                options,
                onchange: move |value: String| subject.set(value),
            }
            TextInput {
                value: usd(),
                name: "usd_per_month",
                inputmode: "decimal",
                aria_label: "US dollars a month",
                placeholder: "$ a month",
                autocomplete: "off",
                oninput: move |text| usd.set(text),
            }
            Button { submit: true, busy: busy(), "Set cap" }
        }
        if let Some(error) = error() {
            p { class: "form-error", role: "alert", "{error}" }
        }
    }
}

fn options(members: &[Member], workflows: &[Workflow]) -> Vec<(String, String)> {
    let members = members.iter().map(|member| (key_of(CapSubject::Member(member.user)), member.name.clone()));
    let workflows = workflows
        .iter()
        .map(|workflow| (key_of(CapSubject::Workflow(workflow.id)), format!("Workflow: {}", titled(&workflow.title))));
    members.chain(workflows).collect()
}

fn titled(title: &str) -> &str {
    if title.is_empty() { "Untitled" } else { title }
}

/// As a list's value: ids tell by their beginning what they are of.
fn key_of(subject: CapSubject) -> String {
    match subject {
        CapSubject::Member(user) => user.to_string(),
        CapSubject::Workflow(workflow) => workflow.to_string(),
    }
}

fn subject_of(key: &str) -> Option<CapSubject> {
    key.parse().map(CapSubject::Member).or_else(|_| key.parse().map(CapSubject::Workflow)).ok()
}

/// `25`, `$25.50`, `25,50`.
fn amount(text: &str) -> Option<f64> {
    let usd: f64 = text.trim().trim_start_matches('$').replace(',', ".").parse().ok()?;
    (usd.is_finite() && usd >= 0.0).then_some(usd)
}

fn title_of(cap: &Cap, spend: &Spend, members: &[Member], workflows: &[Workflow]) -> String {
    match cap.subject {
        CapSubject::Member(user) => {
            let now = members.iter().find(|member| member.user == user).map(|member| member.name.clone());
            let before = || spend.members.iter().find(|member| member.user == user).map(|member| member.name.clone());
            now.or_else(before).unwrap_or_else(|| "A former member".to_owned())
        }
        CapSubject::Workflow(id) => {
            let workflow = workflows.iter().find(|workflow| workflow.id == id);
            workflow.map_or_else(|| "A deleted workflow".to_owned(), |workflow| titled(&workflow.title).to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_typed_as_people_type_it() {
        assert_eq!((amount(" $25.50 "), amount("25,5"), amount("0")), (Some(25.5), Some(25.5), Some(0.0)));
        assert_eq!((amount(""), amount("-1"), amount("inf"), amount("much")), (None, None, None, None));
    }

    #[test]
    fn a_chosen_entry_finds_back_to_what_it_is_of() {
        for subject in [
            CapSubject::Member("usr_00000000000070008000000000000000".parse().expect("an id")),
            CapSubject::Workflow("wf_00000000000070008000000000000000".parse().expect("an id")),
        ] {
            assert_eq!(subject_of(&key_of(subject)), Some(subject));
        }
    }
}
