//! Settings of the workspace being looked at: name, provider keys, what they spend, members, invitations, and the ways out of it.

mod caps;
mod keys;
mod spend;
mod workspace;

use dioxus::prelude::*;

use self::{
    keys::Keys,
    spend::Spending,
    workspace::{Leaving, Name, can_leave},
};
use super::{invitations::Invitations, people::Members, shell::Shell};
use crate::{api::KeyPlace, dom, session::use_session};

#[component]
pub fn Settings() -> Element {
    let session = use_session();
    use_effect(|| dom::set_title("Settings – OpenFlow"));
    rsx! {
        Shell {
            if let Some(workspace) = session.workspace() {
                div { class: "settings", key: "{workspace.id}",
                    header { class: "page-head",
                        div {
                            p { class: "overline", "Settings" }
                            h1 { "{workspace.name}" }
                        }
                    }
                    if workspace.role.can_manage() {
                        section { aria_label: "Workspace",
                            Name { workspace: workspace.clone() }
                        }
                    }
                    section { aria_labelledby: "keys-title",
                        div { class: "section-head",
                            h2 { id: "keys-title", "Provider keys" }
                            p {
                                "Members run models with these keys. A key is stored encrypted and is never shown again, not even to you."
                            }
                        }
                        Keys { place: KeyPlace::Workspace(workspace.id), manageable: workspace.role.can_manage() }
                    }
                    section { aria_labelledby: "own-keys-title",
                        div { class: "section-head",
                            h2 { id: "own-keys-title", "Your own keys" }
                            p { "Runs that you start use these first, in every workspace. Nobody else can use them." }
                        }
                        Keys { place: KeyPlace::Own, manageable: true }
                    }
                    section { aria_labelledby: "spend-title",
                        div { class: "section-head",
                            h2 { id: "spend-title", "Spent this month" }
                            p { "As far as providers and price lists tell." }
                        }
                        Spending { workspace: workspace.id }
                    }
                    section { aria_labelledby: "members-title",
                        div { class: "section-head",
                            h2 { id: "members-title", "Members" }
                            p { "Members can open every workflow of this workspace. Their role says what they may do there." }
                        }
                        Members { workspace: workspace.id, own: workspace.role }
                    }
                    if workspace.role.can_manage() {
                        section { aria_labelledby: "invitations-title",
                            div { class: "section-head",
                                h2 { id: "invitations-title", "Invitation links" }
                                p { "Whoever follows one becomes a member. Revoking a link lets nobody else in; who followed it stays." }
                            }
                            Invitations { workspace: workspace.id, listed: true }
                        }
                    }
                    if can_leave(&workspace) {
                        section { aria_labelledby: "leaving-title",
                            div { class: "section-head",
                                h2 { id: "leaving-title", "Leave or delete" }
                            }
                            Leaving { workspace: workspace.clone() }
                        }
                    }
                }
            }
        }
    }
}
