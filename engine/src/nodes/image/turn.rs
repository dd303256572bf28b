//! Turning and mirroring.

use image::DynamicImage;

use crate::{Choice, Image, NodeContext, NodeError, node};

use super::changed;

#[derive(Debug, Clone, Copy, Choice)]
pub(in crate::nodes) enum Turn {
    #[choice(title = "Not at all")]
    None,
    #[choice(title = "Quarter, clockwise")]
    Right,
    #[choice(title = "Half")]
    Half,
    #[choice(title = "Quarter, anticlockwise")]
    Left,
}

#[derive(Debug, Clone, Copy, Choice)]
pub(in crate::nodes) enum Mirror {
    #[choice(title = "Not at all")]
    None,
    #[choice(title = "Left and right")]
    Horizontal,
    #[choice(title = "Top and bottom")]
    Vertical,
}

/// Turns or mirrors a picture. It is turned first.
#[node(
    "image.rotate",
    title = "Turn and mirror",
    resource = "cpu",
    example = r#"{"inputs":{"image":"sample:photo"},"params":{"turn":"right"}}"#
)]
async fn rotate(
    /// The picture.
    image: Image,
    /// How far to turn it.
    #[param(title = "Turn", default = Turn::Right)]
    turn: Turn,
    /// What to swap.
    #[param(title = "Mirror", default = Mirror::None)]
    mirror: Mirror,
    ctx: &NodeContext,
) -> Result<Image, NodeError> {
    let work = move |picture: DynamicImage| {
        let turned = match turn {
            Turn::None => picture,
            Turn::Right => picture.rotate90(),
            Turn::Half => picture.rotate180(),
            Turn::Left => picture.rotate270(),
        };
        Ok(match mirror {
            Mirror::None => turned,
            Mirror::Horizontal => turned.fliph(),
            Mirror::Vertical => turned.flipv(),
        })
    };
    changed(&image, ctx, work).await
}
