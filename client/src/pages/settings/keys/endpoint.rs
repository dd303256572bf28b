//! Adding a server of one's own that speaks OpenAI's language: any number, each with a name, a base URL and, if it wants
//! one, a key. It is asked for its models before it is stored.

use dioxus::prelude::*;
use shared::api::{CreateKey, Key};

use super::{COMPATIBLE, add::use_saving};
use crate::{
    api::KeyPlace,
    pages::shell::use_focus,
    ui::{Button, Dialog, Field, TextInput, Variant},
};

#[component]
pub fn AddEndpoint(place: KeyPlace, onclose: EventHandler<()>, onadd: Callback<Key>) -> Element {
    let mut name = use_signal(String::new);
    let mut base_url = use_signal(String::new);
    let mut secret = use_signal(String::new);
    let mut saving = use_saving();
    use_focus("endpoint-name");
    let body = move || draft(&name(), &base_url(), &secret(), !(saving.untried)());
    let add = move |event: FormEvent| async move {
        event.prevent_default();
        if let Some(body) = body() {
            saving.save(place, body, onadd).await;
        }
    };
    rsx! {
        Dialog { title: "Add endpoint", onclose,
            form { class: "stack", onsubmit: add, novalidate: true,
                Field { label: "Name", hint: "What nodes call it, for example studio.",
                    TextInput {
                        value: name(),
                        name: "name",
                        autocomplete: "off",
                        id: "endpoint-name",
                        oninput: move |text| name.set(text),
                    }
                }
                Field { label: "Base URL", hint: "Of any server that speaks OpenAI’s API: vLLM, LM Studio, llama.cpp, a gateway.",
                    TextInput {
                        value: base_url(),
                        name: "base_url",
                        placeholder: "https://models.example.org/v1",
                        autocomplete: "off",
                        oninput: move |text| {
                            base_url.set(text);
                            saving.untried.set(false);
                        },
                    }
                }
                Field { label: "Key", hint: "Leave empty if the server asks for none.",
                    TextInput {
                        value: secret(),
                        r#type: "password",
                        name: "secret",
                        autocomplete: "off",
                        oninput: move |text| secret.set(text),
                    }
                }
                if let Some(error) = (saving.error)() {
                    p { class: "form-error", role: "alert", "{error}" }
                }
                div { class: "form-actions",
                    Button { onclick: move |_| onclose.call(()), "Cancel" }
                    Button { variant: Variant::Primary, submit: true, busy: (saving.busy)(), disabled: body().is_none(),
                        if (saving.untried)() { "Save anyway" } else { "Save endpoint" }
                    }
                }
            }
        }
    }
}

/// What to send, once everything needed is there.
fn draft(name: &str, base_url: &str, secret: &str, check: bool) -> Option<CreateKey> {
    let (name, base_url) = (name.trim(), base_url.trim());
    (!name.is_empty() && !base_url.is_empty()).then(|| CreateKey {
        provider: COMPATIBLE.to_owned(),
        name: Some(name.to_owned()),
        base_url: Some(base_url.to_owned()),
        secret: secret.trim().to_owned(),
        check,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_needs_a_name_and_an_address_and_may_go_without_a_key() {
        assert!(draft("studio", " ", "x", true).is_none());
        assert!(draft(" ", "http://localhost:8080/v1", "x", true).is_none());
        let key = draft(" studio ", "http://localhost:8080/v1", "", true).expect("an endpoint");
        assert_eq!((key.provider.as_str(), key.name.as_deref()), (COMPATIBLE, Some("studio")));
        assert_eq!((key.secret.as_str(), key.check), ("", true));
    }
}
