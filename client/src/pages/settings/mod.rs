//! Settings of the workspace being looked at: provider keys and members.

mod keys;

use dioxus::prelude::*;

use self::keys::Keys;
use super::{people::Members, shell::Shell};
use crate::{dom, session::use_session};

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
                    section { aria_labelledby: "keys-title",
                        div { class: "section-head",
                            h2 { id: "keys-title", "Provider keys" }
                            p {
                                "Members run models with these keys. A key is stored encrypted and is never shown again, not even to you."
                            }
                        }
                        Keys { workspace: workspace.id, role: workspace.role }
                    }
                    section { aria_labelledby: "members-title",
                        div { class: "section-head",
                            h2 { id: "members-title", "Members" }
                            p { "Members can open every workflow of this workspace. Their role says what they may do there." }
                        }
                        Members { workspace: workspace.id, own: workspace.role }
                    }
                }
            }
        }
    }
}
