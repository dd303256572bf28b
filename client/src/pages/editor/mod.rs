//! The editor: the page of one workflow. Everything it shows is in the replica's view or in the canvas's state.

use dioxus::prelude::*;

use crate::{
    canvas::{
        deleted::Deleted,
        keyboard::use_keyboard,
        node::use_measure_provider,
        people::{Calls, use_idleness},
        rewired::Rewired,
        state::use_canvas_provider,
        surface::Surface,
    },
    dom,
    estimate::use_estimates_provider,
    pages::share::ShareDialog,
    panels::{
        Announcer, Chat, CommandPalette, ContextMenu, Find, Follow, Minimap, Palette, RunBar, ShortcutSheet, SidePanel,
        TopBar, ZoomBar,
    },
    replica::view::CanvasViewStoreExt,
};

/// For how many frames a workflow that has just opened waits for its nodes.
const FIT_FRAMES: u32 = 60;

#[component]
pub fn Editor() -> Element {
    let canvas = use_canvas_provider();
    use_measure_provider(canvas);
    use_estimates_provider(canvas);
    let space = use_keyboard(canvas);
    use_idleness(canvas);
    let mut fitted = use_signal(|| false);
    let mut sharing = use_signal(|| false);
    let role = canvas.view.role().cloned();
    // Once, when the workflow has arrived.
    use_effect(move || {
        if *canvas.view.synced().read() && !*fitted.peek() {
            fitted.set(true);
            // A link may lead to one node.
            let wanted = dom::fragment().parse().ok().filter(|id| canvas.view.nodes().peek().contains_key(id));
            if let Some(id) = wanted {
                canvas.go_to(&id);
                return;
            }
            canvas.look_from_the_start();
            spawn(async move {
                // Nodes come some frames after the word that all is here, and have their sizes two frames later. A view
                // that the person moved, or a workflow that they build already, is left alone.
                let mut seen = canvas.looking();
                let mut fits = 0;
                for _ in 0..FIT_FRAMES {
                    dom::next_frame().await;
                    if fits == 2 || canvas.looking() != seen || canvas.view.undo_label().peek().is_some() {
                        return;
                    }
                    if !canvas.view.nodes().peek().is_empty() {
                        canvas.look_from_the_start();
                        seen = canvas.looking();
                        fits += 1;
                    }
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
            Rewired {}
            ContextMenu {}
            ShortcutSheet {}
            if sharing() {
                ShareDialog { workspace: canvas.replica().workspace(), workflow: canvas.replica().workflow(), role, onclose: move |_| sharing.set(false) }
            }
        }
    }
}
