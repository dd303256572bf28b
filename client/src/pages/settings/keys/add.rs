//! Adding a vendor's key. It is tried at the vendor before it is stored.

use dioxus::prelude::*;
use shared::{
    api::{CreateKey, Key},
    error::ErrorCode,
};

use super::VENDORS;
use crate::{
    api::{Api, ApiError, KeyPlace},
    pages::shell::use_focus,
    ui::{Button, Dialog, Field, Select, TextInput, Variant},
};

/// What a form that stores a key does with the answer.
#[derive(Clone, Copy, PartialEq)]
pub struct Saving {
    pub busy: Signal<bool>,
    pub error: Signal<Option<String>>,
    /// The provider could not be asked: the key can be stored untried.
    pub untried: Signal<bool>,
}

pub fn use_saving() -> Saving {
    Saving { busy: use_signal(|| false), error: use_signal(|| None), untried: use_signal(|| false) }
}

impl Saving {
    pub async fn save(mut self, place: KeyPlace, body: CreateKey, onadd: Callback<Key>) {
        if *self.busy.peek() {
            return;
        }
        self.busy.set(true);
        self.error.set(None);
        match Api.create_key(place, &body).await {
            Ok(key) => onadd.call(key),
            Err(refusal) => {
                if body.check && refusal.code() == Some(ErrorCode::Unavailable) {
                    self.untried.set(true);
                }
                self.error.set(Some(told(&refusal)));
            }
        }
        self.busy.set(false);
    }
}

fn told(refusal: &ApiError) -> String {
    refusal.field().map_or_else(|| refusal.sentence(), |(_, text)| text)
}

#[component]
pub fn AddKey(place: KeyPlace, onclose: EventHandler<()>, onadd: Callback<Key>) -> Element {
    let mut vendor = use_signal(|| "openai".to_owned());
    let mut secret = use_signal(String::new);
    let mut saving = use_saving();
    use_focus("key-secret");
    let body = move || draft(&vendor(), &secret(), !(saving.untried)());
    let add = move |event: FormEvent| async move {
        event.prevent_default();
        if let Some(body) = body() {
            saving.save(place, body, onadd).await;
        }
    };
    let vendors = VENDORS.map(|(vendor, title)| (vendor.to_owned(), title.to_owned())).to_vec();
    rsx! {
        Dialog { title: "Add provider key", onclose,
            form { class: "stack", onsubmit: add, novalidate: true,
                Field { label: "Provider",
                    Select {
                        label: "Provider",
                        value: vendor(),
                        options: vendors,
                        onchange: move |value: String| {
                            vendor.set(value);
                            saving.untried.set(false);
                        },
                    }
                }
                Field { label: "Key", hint: "It is tried at the provider before it is saved.",
                    TextInput {
                        value: secret(),
                        r#type: "password",
                        name: "secret",
                        autocomplete: "off",
                        oninput: move |text| secret.set(text),
                        id: "key-secret",
                    }
                }
                if let Some(error) = (saving.error)() {
                    p { class: "form-error", role: "alert", "{error}" }
                }
                div { class: "form-actions",
                    Button { onclick: move |_| onclose.call(()), "Cancel" }
                    Button { variant: Variant::Primary, submit: true, busy: (saving.busy)(), disabled: body().is_none(),
                        if (saving.untried)() { "Save anyway" } else { "Save key" }
                    }
                }
            }
        }
    }
}

/// What to send, once everything needed is there.
fn draft(vendor: &str, secret: &str, check: bool) -> Option<CreateKey> {
    let secret = secret.trim().to_owned();
    (!secret.is_empty()).then(|| CreateKey { provider: vendor.to_owned(), name: None, base_url: None, secret, check })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_only_when_it_is_complete() {
        assert!(draft("fal", " ", true).is_none());
        let key = draft("fal", " sk-1 ", true).expect("a key");
        assert_eq!((key.provider.as_str(), key.secret.as_str()), ("fal", "sk-1"));
        assert_eq!((key.base_url, key.name, key.check), (None, None, true));
    }
}
