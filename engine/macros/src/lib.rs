//! `#[node]`, `#[derive(Outputs)]`, `#[derive(Params)]` and `#[derive(Choice)]`: how a Rust item becomes part of the node catalogue.
//!
//! Used by `engine/src/nodes/` and by node packs that are compiled in. What the macros refuse, they refuse at compile
//! time: a node without a doc comment, without an example, or with an undocumented port never gets into a build.

use proc_macro::TokenStream;

mod attribute;
mod choice;
mod docs;
mod node;
mod outputs;
mod params;

/// Registers a documented function as a node.
///
/// ```text
/// /// Blurs a picture. (First sentence: the palette's text. All of it: the help text.)
/// #[node("image.blur", title = "Blur", resource = "cpu", example = r#"{"inputs":{"image":"sample:photo"}}"#)]
/// async fn blur(
///     /// The picture to blur.
///     image: Image,                                   // an input; `Option<T>`: not required; `Vec<T>`: a list
///     /// How far the blur reaches.
///     #[param(title = "Radius", min = 0.0, max = 100.0, step = 0.5, unit = "px", default = 4.0)]
///     radius: f64,                                    // a parameter
///     ctx: &NodeContext,                              // optional, in any position
/// ) -> Result<Image, NodeError>                       // the output `image`; several: a struct with `Outputs`
/// ```
///
/// Behind the type: `title` (required), `example` (required), `resource` (`light`, `cpu`, `ffmpeg`, `network`;
/// `light` when absent), `role` (`input`, `output`), `cacheable = false`, `version = 2`, `timeout_seconds = 600`,
/// `output = "name"` and `returns = "what the output is"` for a single output.
///
/// In `#[param]`: `title`, `default`, `min`, `max`, `step`, `unit`, `advanced`, `prompt`, `wire = false`,
/// `accept = "image"`, `model = "text.chat"`.
///
/// An argument with `#[params]` is a struct with `#[derive(Params)]`: parameters that several nodes have in common.
///
/// A node of role `input` has the parameters `name` and `value`: a run given the public input `name` replaces `value`.
/// A node of role `output` has the parameter `name`: its first output is the public result of that name.
#[proc_macro_attribute]
pub fn node(attribute: TokenStream, item: TokenStream) -> TokenStream {
    node::expand(attribute.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes every field of a struct an output port. A field of type `Option<T>` may stay without a value.
#[proc_macro_derive(Outputs)]
pub fn outputs(item: TokenStream) -> TokenStream {
    outputs::expand(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a fieldless enum a parameter type with a closed set of values.
///
/// `FitInside` is stored as `fit_inside` and shown as "Fit inside"; `#[choice(value = "…", title = "…")]` says otherwise.
#[proc_macro_derive(Choice, attributes(choice))]
pub fn choice(item: TokenStream) -> TokenStream {
    choice::expand(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes every field of a struct a parameter, as `#[param(…)]` on the field says. For settings that nodes share: such a
/// node takes the struct as an argument with `#[params]`.
#[proc_macro_derive(Params, attributes(param))]
pub fn params(item: TokenStream) -> TokenStream {
    params::expand(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
