//! The editor: the page of one workflow. Everything it shows is in the replica's view or in the canvas's state.

use dioxus::prelude::*;

use crate::{
    canvas::{
        deleted::Deleted,
        keyboard::use_keyboard,
        node::use_measure_provider,
        people::{Calls, use_idleness},
        state::use_canvas_provider,
        surface::Surface,
    },
    dom,
    pages::share::ShareDialog,
    panels::{
        Announcer, Chat, CommandPalette, ContextMenu, Find, Follow, Minimap, Palette, RunBar, ShortcutSheet, SidePanel,
        TopBar, ZoomBar,
    },
    replica::view::CanvasViewStoreExt,
};

#[component]
pub fn Editor() -> Element {
    let canvas = use_canvas_provider();
    use_measure_provider(canvas);
    let space = use_keyboard(canvas);
    use_idleness(canvas);
    let mut fitted = use_signal(|| false);
    let mut sharing = use_signal(|| false);
    let role = canvas.view.role().cloned();
    // Everything in sight, once, when the workflow has arrived.
    use_effect(move || {
        if *canvas.view.synced().read() && !*fitted.peek() {
            fitted.set(true);
            // A link may lead to one node.
            let wanted = dom::fragment().parse().ok().filter(|id| canvas.view.nodes().peek().contains_key(id));
            if let Some(id) = wanted {
                canvas.go_to(&id);
                return;
            }
            canvas.fit(None);
            spawn(async move {
                // Once more when the browser has laid the nodes out, unless the person moved meanwhile.
                let estimated = canvas.looking();
                dom::next_frame().await;
                dom::next_frame().await;
                if canvas.looking() == estimated {
                    canvas.fit(None);
                }
            });
        }
    });
    rsx! {
        main { class: "editor", "data-readonly": !canvas.writable(),
            Announcer {}
            Surface { space }
            TopBar { onshare: move |_| sharing.set(true) }
            RunBar {}
            ZoomBar {}
            Minimap {}
            SidePanel {}
            Follow {}
            Palette {}
            CommandPalette {}
            Find {}
            Chat {}
            Calls {}
            Deleted {}
            ContextMenu {}
            ShortcutSheet {}
            if sharing() {
                ShareDialog { workspace: canvas.replica().workspace(), workflow: canvas.replica().workflow(), role, onclose: move |_| sharing.set(false) }
            }
        }
    }
}
