//! Signing in and signing up: one form, two ways to send it.

mod picture;

use dioxus::prelude::*;
use shared::{
    api::{Login, SignUp},
    error::ErrorCode,
};

use picture::Picture;

use crate::{
    api::{Api, ApiError},
    dom,
    route::Route,
    session::{self, use_session},
    ui::{Button, Field, Glyph, IconButton, Size, Variant},
};

const MIN_PASSWORD_CHARS: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    SignIn,
    SignUp,
}

/// What is wrong, and at which field; without one it concerns the whole form.
#[derive(Debug, Clone, PartialEq)]
struct Complaint {
    field: Option<&'static str>,
    text: String,
}

#[component]
pub fn SignIn(next: String) -> Element {
    let session = use_session();
    let mut mode = use_signal(|| Mode::SignIn);
    let mut email = use_signal(String::new);
    let mut password = use_signal(String::new);
    let mut name = use_signal(String::new);
    let mut complaint = use_signal(|| None::<Complaint>);
    let mut busy = use_signal(|| false);

    use_effect(move || dom::set_title("Sign in – OpenFlow"));
    let github = use_resource(|| async { Api.sign_in_methods().await.is_ok_and(|methods| methods.github) });
    // How a visit to GitHub ended, if it did not end well.
    let github_said = use_hook(|| dom::query("github").and_then(|word| github_word(&word)));
    let github_href = format!("/api/auth/github?next={}", dom::encode_uri(&destination(&next).to_string()));
    // Also for somebody who comes here signed in.
    use_effect(move || {
        if let session::SignIn::In(_) = session.sign_in() {
            navigator().replace(destination(&next));
        }
    });

    let submit = move |event: FormEvent| async move {
        event.prevent_default();
        if busy() {
            return;
        }
        complaint.set(check(mode(), &email.peek(), &password.peek(), &name.peek()));
        if complaint.peek().is_some() {
            return;
        }
        busy.set(true);
        let answer = send(mode(), email(), password(), name()).await;
        match answer {
            Ok(()) => session.reload().await,
            Err(error) => complaint.set(Some(complaint_of(&error))),
        }
        busy.set(false);
    };

    let (title, action, question, other, other_mode) = match mode() {
        Mode::SignIn => ("Sign in to OpenFlow", "Sign in", "New here?", "Create an account", Mode::SignUp),
        Mode::SignUp => ("Create your account", "Create account", "Have an account?", "Sign in", Mode::SignIn),
    };
    let password_kind = match mode() {
        Mode::SignIn => "current-password",
        Mode::SignUp => "new-password",
    };
    let at = move |field: &'static str| {
        complaint().filter(|complaint| complaint.field == Some(field)).map(|complaint| complaint.text)
    };
    let form_error = complaint().filter(|complaint| complaint.field.is_none());
    rsx! {
        main { class: "sign-in",
            section { class: "sign-in-side",
                div { class: "sign-in-panel",
                    img { class: "mark", src: "/assets/logo.svg", alt: "", width: 36, height: 36 }
                    h1 { "{title}" }
                    form { onsubmit: submit, novalidate: true,
                        if mode() == Mode::SignUp {
                            Field { label: "Name", error: at("name"),
                                Line { name: "name", autocomplete: "name", value: name(), invalid: at("name").is_some(), oninput: move |text| name.set(text) }
                            }
                        }
                        Field { label: "E-mail", error: at("email"),
                            Line { name: "email", kind: "email", autocomplete: "username", focus: true, value: email(), invalid: at("email").is_some(), oninput: move |text| email.set(text) }
                        }
                        Field {
                            label: "Password",
                            hint: (mode() == Mode::SignUp).then(|| format!("At least {MIN_PASSWORD_CHARS} characters. A sentence is good.")),
                            error: at("password"),
                            Password {
                                autocomplete: password_kind,
                                value: password(),
                                invalid: at("password").is_some(),
                                oninput: move |text| password.set(text),
                            }
                        }
                        if let Some(complaint) = form_error {
                            p { class: "form-error", role: "alert", "{complaint.text}" }
                        }
                        Button { variant: Variant::Primary, size: Size::L, submit: true, busy: busy(), "{action}" }
                    }
                    if let Some(said) = github_said {
                        p { class: "form-note", role: "status", "{said}" }
                    }
                    if github() == Some(true) {
                        p { class: "sign-in-or", "or" }
                        // A page of the server's, which leads to another site: no route of the app.
                        a { class: "button sign-in-github", href: "{github_href}", "data-size": "l", "Continue with GitHub" }
                    }
                    p { class: "sign-in-other",
                        "{question} "
                        button {
                            r#type: "button",
                            onclick: move |_| {
                                mode.set(other_mode);
                                complaint.set(None);
                            },
                            "{other}"
                        }
                    }
                }
            }
            Picture {}
        }
    }
}

#[component]
fn Line(
    name: &'static str,
    #[props(default = "text")] kind: &'static str,
    autocomplete: &'static str,
    #[props(default)] focus: bool,
    value: String,
    invalid: bool,
    oninput: EventHandler<String>,
) -> Element {
    rsx! {
        input {
            class: "input",
            "data-size": "l",
            r#type: kind,
            name,
            autocomplete,
            value,
            autocapitalize: "off",
            spellcheck: "false",
            aria_invalid: invalid.then_some("true"),
            oninput: move |event| oninput.call(event.value()),
            onmounted: move |event| async move {
                if focus {
                    // An input that left the page meanwhile needs no focus.
                    let _ = event.set_focus(true).await;
                }
            },
        }
    }
}

#[component]
fn Password(autocomplete: &'static str, value: String, invalid: bool, oninput: EventHandler<String>) -> Element {
    let mut shown = use_signal(|| false);
    rsx! {
        span { class: "password",
            input {
                class: "input",
                "data-size": "l",
                r#type: if shown() { "text" } else { "password" },
                name: "password",
                autocomplete,
                value,
                aria_invalid: invalid.then_some("true"),
                oninput: move |event| oninput.call(event.value()),
            }
            IconButton {
                glyph: Glyph::Eye,
                label: "Show password",
                tip: if shown() { "Hide" } else { "Show" },
                size: Size::S,
                pressed: shown(),
                onclick: move |event: MouseEvent| {
                    // Inside a label: the click would go on to the field.
                    event.prevent_default();
                    shown.toggle();
                },
            }
        }
    }
}

async fn send(mode: Mode, email: String, password: String, name: String) -> Result<(), ApiError> {
    let email = email.trim().to_owned();
    match mode {
        Mode::SignIn => Api.login(&Login { email, password }).await?,
        Mode::SignUp => Api.sign_up(&SignUp { email, password, name: name.trim().to_owned() }).await?,
    };
    Ok(())
}

/// What can be said without asking the server.
fn check(mode: Mode, email: &str, password: &str, name: &str) -> Option<Complaint> {
    let complain = |field, text: &str| Some(Complaint { field: Some(field), text: text.into() });
    if mode == Mode::SignUp && name.trim().is_empty() {
        return complain("name", "What shall others call you?");
    }
    if !email.contains('@') {
        return complain("email", "Enter your e-mail address.");
    }
    if password.is_empty() {
        return complain("password", "Enter your password.");
    }
    if mode == Mode::SignUp && password.chars().count() < MIN_PASSWORD_CHARS {
        return complain("password", &format!("Use at least {MIN_PASSWORD_CHARS} characters."));
    }
    None
}

fn complaint_of(error: &ApiError) -> Complaint {
    let (field, text) = match error.code() {
        Some(ErrorCode::InvalidCredentials) => (None, "E-mail or password is wrong.".to_owned()),
        Some(ErrorCode::EmailTaken) => {
            (Some("email"), "There is an account with this address. Sign in instead?".to_owned())
        }
        Some(ErrorCode::RateLimited) => (None, "Too many tries. Wait a minute, then try again.".to_owned()),
        _ => match error.field() {
            Some(("email", text)) => (Some("email"), text),
            Some(("name", text)) => (Some("name"), text),
            Some(("password", text)) => (Some("password"), text),
            Some(_) | None => (None, error.sentence()),
        },
    };
    Complaint { field, text }
}

/// What the server says in a word when somebody comes back from GitHub.
pub fn github_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "connected" => "Your GitHub account is connected.",
        "taken" => {
            "There is an account with your GitHub e-mail address already. Sign in with its password, then connect GitHub under Account."
        }
        "unverified" => "GitHub has not verified an e-mail address of yours. Verify it there, then try again.",
        "denied" => "GitHub did not let you in.",
        "expired" => "That took too long, or was tried twice. Try again.",
        "other_email" => "That GitHub account has another e-mail address than this account.",
        "connected_elsewhere" => "That GitHub account signs somebody else in.",
        "connected_already" => "Another GitHub account is connected. Disconnect it first.",
        "unavailable" => "GitHub does not answer. Try again in a moment.",
        _ => return None,
    })
}

/// Where to go after signing in: the page that was asked for, if it is one of ours.
fn destination(next: &str) -> Route {
    match next.parse::<Route>() {
        Ok(Route::SignIn { .. } | Route::Missing { .. }) | Err(_) => Route::Home {},
        Ok(route) => route,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_one_is_where_one_wanted_to_be_and_nowhere_else() {
        let workflow = "/w/wf_00000000000000000000000000000007";
        assert_eq!(destination(workflow).to_string(), workflow);
        assert_eq!(destination("/settings"), Route::Settings {});
        for elsewhere in ["", "https://example.org/", "//example.org", "/sign-in?next=x", "/nowhere"] {
            assert_eq!(destination(elsewhere), Route::Home {}, "{elsewhere}");
        }
    }

    #[test]
    fn the_first_thing_that_is_missing_is_named() {
        let field = |mode, email, password, name| check(mode, email, password, name).and_then(|found| found.field);
        assert_eq!(field(Mode::SignIn, "ada", "", ""), Some("email"));
        assert_eq!(field(Mode::SignIn, "ada@example.org", "", ""), Some("password"));
        assert_eq!(field(Mode::SignIn, "ada@example.org", "short", ""), None);
        assert_eq!(field(Mode::SignUp, "ada@example.org", "long enough!", " "), Some("name"));
        assert_eq!(field(Mode::SignUp, "ada@example.org", "short", "Ada"), Some("password"));
    }
}
