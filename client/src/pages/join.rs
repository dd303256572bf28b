//! Where an invitation link leads: signed in, signed out, or about to make an account.
//!
//! The token is behind the `#` of the address. It is kept in the browser while somebody signs in first, which may lead
//! over another site, and forgotten as soon as it was used or refused.

use dioxus::prelude::*;
use shared::{api::InvitationPreview, error::ErrorCode};

use super::{people::role_title, starting::Starting};
use crate::{
    api::{Api, ApiError},
    dom,
    route::Route,
    session::{SignIn, use_session},
    ui::{Button, Size, Tone, Variant, use_toaster},
};

const TOKEN_KEY: &str = "openflow.invitation";

#[component]
pub fn Join() -> Element {
    let session = use_session();
    let token = use_hook(|| {
        let fragment = dom::fragment();
        if !fragment.is_empty() {
            dom::store(TOKEN_KEY, &fragment);
        }
        dom::stored(TOKEN_KEY).unwrap_or_default()
    });
    use_effect(|| dom::set_title("Invitation – OpenFlow"));
    let preview = {
        let token = token.clone();
        use_resource(move || {
            let token = token.clone();
            async move { Api.preview_invitation(token).await }
        })
    };
    match (&*preview.read(), session.sign_in()) {
        (None, _) | (_, SignIn::Unknown) => rsx! { Starting {} },
        (Some(Err(error)), _) => rsx! { Over { error: error.clone() } },
        (Some(Ok(preview)), sign_in) => rsx! {
            Invited { preview: preview.clone(), token, signed_in: matches!(sign_in, SignIn::In(_)) }
        },
    }
}

#[component]
fn Invited(preview: InvitationPreview, token: String, signed_in: bool) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut busy = use_signal(|| false);
    let join = move |_| {
        let token = token.clone();
        async move {
            busy.set(true);
            match Api.accept_invitation(token).await {
                Ok(workspace) => {
                    dom::forget(TOKEN_KEY);
                    session.reload().await;
                    session.choose_workspace(workspace.id);
                    navigator().replace(Route::Home {});
                }
                Err(error) => toaster.say(Tone::Danger, error.sentence()),
            }
            busy.set(false);
        }
    };
    rsx! {
        main { class: "notice join",
            img { src: "/assets/logo.svg", alt: "", width: 40, height: 40 }
            p { class: "overline", "{preview.invited_by} invites you to" }
            h1 { "{preview.workspace_name}" }
            p { "Your role there: {role_title(preview.role)}. Members {preview.role.summary()}." }
            if signed_in {
                Button { variant: Variant::Primary, size: Size::L, busy: busy(), onclick: join, "Join {preview.workspace_name}" }
                if let Some(me) = session.me() {
                    p { class: "quiet", "You are signed in as {me.user.email}." }
                }
            } else {
                Button {
                    variant: Variant::Primary,
                    size: Size::L,
                    onclick: move |_| {
                        navigator().push(Route::SignIn { next: Route::Join {}.to_string() });
                    },
                    "Sign in or create an account"
                }
                p { class: "quiet", "You come back here afterwards." }
            }
        }
    }
}

#[component]
fn Over(error: ApiError) -> Element {
    use_hook(|| dom::forget(TOKEN_KEY));
    let text = match error.code() {
        Some(ErrorCode::NotFound | ErrorCode::Conflict) => {
            "It may have expired, been used up or been revoked. Ask whoever sent it for a new one.".to_owned()
        }
        _ => error.sentence(),
    };
    rsx! {
        main { class: "notice",
            h1 { "This invitation does not work" }
            p { "{text}" }
            Link { class: "button", to: Route::Home {}, "Go to your workflows" }
        }
    }
}
