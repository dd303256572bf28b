//! Who belongs to a workspace, as what, and inviting more. Links are `invitations`, roles on one workflow `share`.

use dioxus::prelude::*;
use shared::{
    access::Role,
    api::{AddMember, Member},
    error::ErrorCode,
    id::{UserId, WorkspaceId},
};

use crate::{
    api::{Api, ApiError},
    session::use_session,
    ui::{Avatar, Button, Chip, Dialog, Glyph, IconButton, Select, Skeleton, Tone, Variant, use_toaster},
};

/// What each role may do, in the words of the person who gives it.
pub fn role_title(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Can view",
        Role::Commenter => "Can comment",
        Role::Runner => "Can run",
        Role::Editor => "Can edit",
        Role::Admin => "Admin",
        Role::Owner => "Owner",
    }
}

/// `own` is the asking person's role: who may manage sees controls, everybody else names.
#[component]
pub fn Members(workspace: WorkspaceId, own: Role) -> Element {
    let session = use_session();
    let toaster = use_toaster();
    let mut members = use_signal(|| None::<Vec<Member>>);
    use_resource(use_reactive!(|workspace| async move {
        match Api.members(workspace).await {
            Ok(found) => members.set(Some(found)),
            Err(error) => {
                session.failed(&error);
                toaster.say(Tone::Danger, error.sentence());
            }
        }
    }));
    let put = move |member: Member| {
        let mut members = members.write();
        let known = members.get_or_insert_default();
        match known.iter_mut().find(|known| known.user == member.user) {
            Some(known) => *known = member,
            None => known.push(member),
        }
    };
    let me = session.me().map(|me| me.user.id);
    let drop_member = move |gone: UserId| members.write().get_or_insert_default().retain(|member| member.user != gone);
    rsx! {
        if own.can_manage() {
            Invite { workspace, own, onadd: put }
        }
        ul { class: "members",
            match members() {
                None => rsx! {
                    for row in 0..2 {
                        li { key: "{row}", Skeleton { height: "44px" } }
                    }
                },
                Some(members) => rsx! {
                    for member in members {
                        Person { key: "{member.user}", workspace, own, me, member, onchange: put, onremove: drop_member }
                    }
                },
            }
        }
    }
}

#[component]
fn Person(
    workspace: WorkspaceId,
    own: Role,
    me: Option<UserId>,
    member: Member,
    onchange: EventHandler<Member>,
    onremove: EventHandler<UserId>,
) -> Element {
    let toaster = use_toaster();
    let mut busy = use_signal(|| false);
    let is_me = me == Some(member.user);
    // Owners are changed by owners only.
    let changeable = own.can_manage() && !is_me && (member.role != Role::Owner || own == Role::Owner);
    let user = member.user;
    let mut removing = use_signal(|| false);
    rsx! {
        li { class: "member",
            Avatar { name: member.name.clone(), color: color_of(member.user) }
            div { class: "who",
                span { class: "name",
                    "{member.name}"
                    if is_me {
                        span { class: "quiet", " (you)" }
                    }
                }
                span { class: "email", "{member.email}" }
            }
            if changeable {
                Select {
                    label: "Role of {member.name}",
                    value: member.role.as_str(),
                    options: offered(own),
                    disabled: busy(),
                    onchange: move |role: String| async move {
                        let Ok(role) = role.parse::<Role>() else { return };
                        busy.set(true);
                        match Api.change_member(workspace, user, role).await {
                            Ok(member) => onchange.call(member),
                            Err(error) => toaster.say(Tone::Danger, error.sentence()),
                        }
                        busy.set(false);
                    },
                }
                IconButton {
                    glyph: Glyph::X,
                    label: "Remove {member.name}",
                    tip: "Remove",
                    onclick: move |_| removing.set(true),
                }
            } else {
                Chip { "{role_title(member.role)}" }
            }
            if removing() {
                Dialog {
                    title: "Remove {member.name}?",
                    onclose: move |()| removing.set(false),
                    footer: rsx! {
                        Button { onclick: move |_| removing.set(false), "Cancel" }
                        Button {
                            variant: Variant::Danger,
                            onclick: move |_| async move {
                                match Api.remove_member(workspace, user).await {
                                    Ok(()) => onremove.call(user),
                                    Err(error) => toaster.say(Tone::Danger, error.sentence()),
                                }
                                removing.set(false);
                            },
                            "Remove"
                        }
                    },
                    p { "They are sent away from every workflow of this workspace at once. What they made stays." }
                }
            }
        }
    }
}

#[component]
pub fn Invite(workspace: WorkspaceId, own: Role, onadd: EventHandler<Member>) -> Element {
    let toaster = use_toaster();
    let mut email = use_signal(String::new);
    let mut role = use_signal(|| Role::Editor);
    let mut error = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    let invite = move |event: FormEvent| async move {
        event.prevent_default();
        let address = email.peek().trim().to_owned();
        if busy() || address.is_empty() {
            return;
        }
        busy.set(true);
        error.set(None);
        let body = AddMember { email: address, role: role() };
        match Api.add_member(workspace, &body).await {
            Ok(member) => {
                toaster.say(Tone::Ok, format!("{} has been added.", member.name));
                email.set(String::new());
                onadd.call(member);
            }
            Err(refusal) => error.set(Some(why_not(&refusal))),
        }
        busy.set(false);
    };
    rsx! {
        form { class: "invite", onsubmit: invite, novalidate: true,
            input {
                class: "input",
                r#type: "email",
                name: "email",
                aria_label: "E-mail address to invite",
                aria_invalid: error().is_some().then_some("true"),
                placeholder: "name@example.org",
                autocomplete: "off",
                value: email,
                oninput: move |event| {
                    email.set(event.value());
                    error.set(None);
                },
            }
            Select {
                label: "Role",
                value: role().as_str(),
                options: offered(own),
                onchange: move |text: String| if let Ok(chosen) = text.parse() { role.set(chosen) },
            }
            Button { variant: Variant::Primary, submit: true, busy: busy(), disabled: email().trim().is_empty(), "Invite" }
            if let Some(error) = error() {
                p { class: "form-error", role: "alert", "{error}" }
            }
        }
    }
}

fn why_not(error: &ApiError) -> String {
    match error.code() {
        Some(ErrorCode::NotFound) => {
            "Nobody has an account with this address yet. Ask them to sign up here, then invite them.".into()
        }
        _ => error.field().map_or_else(|| error.sentence(), |(_, text)| text),
    }
}

/// The roles a person with `own` may give.
fn offered(own: Role) -> Vec<(String, String)> {
    let roles = Role::ALL.into_iter().filter(|role| *role != Role::Owner || own == Role::Owner);
    roles.map(|role| (role.as_str().to_owned(), role_title(role).to_owned())).collect()
}

/// One of the palette's colours, always the same for a person.
pub fn color_of(user: UserId) -> String {
    // Light ones, in both themes: initials stand on them in a dark ink.
    const COLORS: [&str; 7] = ["#eae4d3", "#62d5c5", "#f49bc1", "#efcb5f", "#74b4ff", "#a5a4ff", "#cf96f5"];
    // The last byte is random in a UUIDv7; the first ones are its time.
    let last = user.as_uuid().as_bytes()[15];
    COLORS[usize::from(last) % COLORS.len()].to_owned()
}
