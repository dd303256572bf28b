//! What a hand does to each page in turn.

use std::{f64::consts::TAU, time::Duration};

use anyhow::ensure;

use super::{
    frames::Frames,
    graph,
    page::Button,
    subject::{self, Subject},
};

/// Cards can be read, and about a hundred and fifty are in sight.
const NEAR: f64 = 0.46;
/// Boxes, and most of the graph.
const FAR: f64 = 0.12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    Pan,
    PanFar,
    Zoom,
    DragOne,
    DragFifty,
    RemoteEdits,
    PanAmongEdits,
}

impl Scenario {
    pub const ALL: [Self; 7] =
        [Self::Pan, Self::PanFar, Self::Zoom, Self::DragOne, Self::DragFifty, Self::RemoteEdits, Self::PanAmongEdits];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pan => "pan",
            Self::PanFar => "pan, far out",
            Self::Zoom => "zoom",
            Self::DragOne => "drag one",
            Self::DragFifty => "drag fifty",
            Self::RemoteEdits => "remote edits",
            Self::PanAmongEdits => "pan among remote edits",
        }
    }

    /// Puts the page where the scenario begins. Not measured.
    pub async fn prepare(self, subject: &mut Subject) -> anyhow::Result<()> {
        subject.look(if self == Self::PanFar { FAR } else { NEAR }).await?;
        if self == Self::DragFifty {
            // A box around ten columns and five rows, from a gap between nodes to another.
            let corner = |at: [f64; 2]| [at[0] - 0.1 * graph::STEP[0] * NEAR, at[1] - 0.08 * graph::STEP[1] * NEAR];
            let [from, to] = [subject.handle_of(21, 18).await?, subject.handle_of(28, 22).await?];
            let half_node = 130.0 * NEAR;
            let [from, to] = [corner([from[0] - half_node, from[1]]), [to[0] + half_node, to[1] + 10.0]];
            subject.page.shift(true).await?;
            subject.page.mouse("mouseMoved", from, Button::None, true).await?;
            subject.page.mouse("mousePressed", from, Button::Left, true).await?;
            for step in 1..=10 {
                let part = f64::from(step) / 10.0;
                let at = [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part];
                subject.page.mouse("mouseMoved", at, Button::Left, true).await?;
            }
            subject.page.mouse("mouseReleased", to, Button::Left, true).await?;
            subject.page.shift(false).await?;
            let selected = subject.selected().await?;
            ensure!((30.0..=70.0).contains(&selected), "{selected} nodes are selected, not fifty");
        }
        if matches!(self, Self::RemoteEdits | Self::PanAmongEdits) {
            subject.others_edit(true).await?;
        }
        Ok(())
    }

    pub async fn measure(self, subject: &mut Subject, lasts: Duration) -> anyhow::Result<Frames> {
        let center = subject.center();
        let circle = |part: f64| [120.0 * (part * TAU).sin(), 120.0 * (1.0 - (part * TAU).cos())];
        let handle = match self {
            Self::DragOne | Self::DragFifty => subject.handle_of(24, 19).await?,
            _ => center,
        };
        subject.page.begin_watching().await?;
        match self {
            // There and back, four screens' widths in all, taken where nothing is in the way.
            Self::Pan | Self::PanFar | Self::PanAmongEdits => {
                let gap = gap(subject).await?;
                subject
                    .page
                    .drag(gap, lasts, |part| [-1100.0 * (part * TAU).sin(), -500.0 * (part * TAU).sin()])
                    .await?;
            }
            Self::Zoom => {
                // Out to a fifth, in to five times, and back.
                let [out, back] = [subject.wheel_for(1.0 / 1.03), subject.wheel_for(1.03)];
                let wave = |part: f64| if (0.25..0.75).contains(&part) { back } else { out };
                subject.page.turn(center, lasts, wave).await?;
            }
            Self::DragOne | Self::DragFifty => subject.page.drag(handle, lasts, circle).await?,
            Self::RemoteEdits => tokio::time::sleep(lasts).await,
        }
        subject.page.end_watching().await
    }

    pub async fn put_back(self, subject: &mut Subject) -> anyhow::Result<()> {
        subject.others_edit(false).await?;
        if self == Self::DragFifty {
            // What stays selected would be taken by the next hand.
            let gap = gap(subject).await?;
            subject.page.mouse("mouseMoved", gap, Button::None, false).await?;
            subject.page.mouse("mousePressed", gap, Button::Left, false).await?;
            subject.page.mouse("mouseReleased", gap, Button::Left, false).await?;
            subject.page.until(&format!("{} === 0", subject::SELECTED)).await?;
        }
        Ok(())
    }
}

/// A spot near the middle where a press takes the canvas, and no node or wire.
async fn gap(subject: &mut Subject) -> anyhow::Result<[f64; 2]> {
    let script = "(() => { for (let y = 450; y < 800; y += 3) for (let x = 720; x < 1300; x += 3) {
        const hit = document.elementFromPoint(x, y);
        if (hit && !hit.closest('.node, .react-flow__node, .react-flow__nodesselection, .cursor, .frame, [data-edge-hit], .react-flow__edge, button')
            && hit.closest('.surface, .react-flow')) return [x, y]; } return null; })()";
    Ok(serde_json::from_value(subject.page.until(script).await?)?)
}
