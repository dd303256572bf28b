//! Who does the work: the first provider of the model that can do what is asked and whose key is there.

use std::borrow::Cow;

use shared::run::FailureCode;
use time::OffsetDateTime;

use super::{FilmTask, HOSTED, HostedOrder, HostedValue, Order, Vendor, fit::fit};
use crate::{
    NodeContext, NodeError,
    provider::{
        models::{Field, Form, Model, Route, model},
        split_connection, vendor,
    },
    run::VendorJob,
    secret::Payer,
};

/// A provider that will do the work.
pub(crate) struct Chosen {
    pub route: Cow<'static, Route>,
    pub vendor: Box<dyn Vendor>,
    /// The vendor itself, whose prices are known; not a server that stands in for it.
    pub is_vendor: bool,
    pub payer: Option<Payer>,
}

impl Chosen {
    /// The list price of an order, where it is known. `None` rather than a guess.
    pub fn price(&self, order: &Order) -> Option<f64> {
        self.route.price(order).filter(|_| self.is_vendor)
    }
}

/// Fits `order` to the model and finds who serves it. `connection` names a provider, or `provider:name`; empty: any. A
/// job that is under way stays where it is. Providers that are known to be `down` are left out.
pub(crate) async fn choose(
    ctx: &NodeContext,
    id: &str,
    connection: &str,
    order: &mut Order,
    job: Option<&VendorJob>,
    down: &[String],
) -> Result<Chosen, NodeError> {
    let (wanted, name) = split_connection(connection);
    let known = model(id, order.capability());
    let routes: Vec<Cow<'static, Route>> = match known {
        Some(model) => {
            check_alive(model)?;
            fit(order, model)?;
            let mut routes: Vec<_> = routes_of(model, order)?.into_iter().map(Cow::Borrowed).collect();
            let served = routes.iter().any(|route| route.provider == wanted);
            // A server of one's own that speaks the language of a vendor knows the model by its name.
            if !wanted.is_empty() && !served && vendor::is_unknown(wanted) {
                routes.push(Cow::Owned(unknown_model(wanted, id, order)));
            }
            routes
        }
        None if wanted.is_empty() => match default_provider(order) {
            Some(provider) => vec![Cow::Owned(unknown_model(provider, id, order))],
            None => {
                let message = format!("the model `{id}` is not in the catalogue: name the connection that serves it");
                return Err(NodeError::invalid("connection", message));
            }
        },
        None => vec![Cow::Owned(unknown_model(wanted, id, order))],
    };
    let mut asked = Vec::new();
    for route in routes {
        let is_meant = job.map_or(wanted.is_empty() || wanted == route.provider, |job| job.provider == route.provider);
        if !is_meant || down.contains(&route.provider) {
            continue;
        }
        if !asked.contains(&route.provider) {
            asked.push(route.provider.clone());
        }
        let key = match ctx.key(&route.provider, name).await {
            Ok(key) => key,
            Err(error) if error.failure().is_some_and(|failure| failure.code == FailureCode::MissingKey) => continue,
            Err(error) => return Err(error.in_field("connection")),
        };
        let (is_vendor, payer) = (key.base_url.is_none(), key.payer);
        if let Some(vendor) = vendor::of(&route.provider, ctx.http().clone(), key) {
            return Ok(Chosen { route, vendor, is_vendor, payer });
        }
    }
    let title = known.map_or(id, |model| &model.title);
    if asked.is_empty() {
        let who = known.map(|model| providers(model.routes.iter())).unwrap_or_default();
        let message = format!("`{title}` is not served by `{wanted}` in this way; it is by {who}");
        return Err(NodeError::invalid("connection", message));
    }
    let who = asked.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
    let message = format!("`{title}` needs a key of {who}: add one in the workspace's settings");
    Err(NodeError::new(FailureCode::MissingKey, message).in_field("connection"))
}

/// Finds the key of the provider that hosts a model. `connection` may name one of several of that provider.
pub(crate) async fn choose_hosted(
    ctx: &NodeContext,
    provider: &str,
    endpoint: &str,
    connection: &str,
    order: &HostedOrder,
) -> Result<Chosen, NodeError> {
    let (wanted, name) = split_connection(connection);
    if !wanted.is_empty() && wanted != provider {
        let message = format!("the model is hosted by `{provider}`, not by `{wanted}`");
        return Err(NodeError::invalid("connection", message));
    }
    let key = ctx.key(provider, name).await.map_err(|error| error.in_field("connection"))?;
    let (is_vendor, payer) = (key.base_url.is_none(), key.payer);
    let unknown = || NodeError::invalid("interface", format!("`{provider}` hosts no models that are known here"));
    let vendor = vendor::of(provider, ctx.http().clone(), key).filter(|_| vendor::hosts(provider));
    let field = |(name, value): &(String, HostedValue)| {
        let field = match value {
            HostedValue::List(_) => Field::Formed { name: name.clone(), form: Form::List },
            HostedValue::Plain(_) | HostedValue::Media(_) => Field::Name(name.clone()),
        };
        (name.clone(), field)
    };
    let route = Route {
        provider: provider.to_owned(),
        serves: [(HOSTED.to_owned(), endpoint.to_owned())].into(),
        fields: order.values.iter().map(field).collect(),
        ..Route::default()
    };
    Ok(Chosen { route: Cow::Owned(route), vendor: vendor.ok_or_else(unknown)?, is_vendor, payer })
}

/// Who is meant if nobody is named: pictures have always come from OpenAI's language.
fn default_provider(order: &Order) -> Option<&'static str> {
    matches!(order.capability(), "image.generate" | "image.edit" | "image.inpaint" | "image.outpaint" | "audio.speak")
        .then_some("openai")
}

pub(in crate::provider) fn check_alive(model: &Model) -> Result<(), NodeError> {
    let today = OffsetDateTime::now_utc().date().to_string();
    match &model.shutdown {
        Some(day) if *day <= today => {
            let instead =
                model.successor.as_ref().map_or("choose another model".to_owned(), |id| format!("use `{id}`"));
            let message = format!("`{}` was shut down by its vendor on {day}: {instead}", model.title);
            Err(NodeError::invalid("model", message))
        }
        _ => Ok(()),
    }
}

/// The routes that can do all that is asked.
fn routes_of(model: &'static Model, order: &Order) -> Result<Vec<&'static Route>, NodeError> {
    let able: Vec<_> = model.routes.iter().filter(|route| route.endpoint(order).is_some()).collect();
    if able.is_empty() {
        let Order::Film(film) = order else {
            let message = format!("no provider that is known here does this with `{}`", model.title);
            return Err(NodeError::invalid("model", message));
        };
        let (field, what) = match (film.task, film.first_frame.is_some()) {
            (FilmTask::LipSync, true) => ("portrait", "moves the lips in films only: connect a film and no portrait"),
            (FilmTask::LipSync, false) => ("video", "has portraits speak: connect one, and no film"),
            (_, true) => ("first_frame", "makes films from words only: disconnect the first frame"),
            (_, false) => ("first_frame", "makes films from a picture only: connect a first frame"),
        };
        return Err(NodeError::invalid(field, format!("`{}` {what}", model.title)));
    }
    let missing = |route: &Route| {
        // A vendor's own file knows all fields; the others know those of the catalogue.
        let asked = asked(order);
        asked.into_iter().find(|field| !route.fields.is_empty() && !route.fields.contains_key(*field))
    };
    let whole: Vec<_> = able.iter().copied().filter(|route| missing(route).is_none()).collect();
    match (whole.is_empty(), able.iter().find_map(|route| missing(route))) {
        (true, Some(field)) => {
            let message = format!("no provider of `{}` that is known here takes `{field}`", model.title);
            Err(NodeError::invalid(field, message))
        }
        _ => Ok(whole),
    }
}

/// What the order says beyond what belongs to its task. A seed is a wish: it is left out where nobody takes it.
fn asked(order: &Order) -> Vec<&str> {
    let beyond = |name: &&str| !matches!(*name, "prompt" | "first_frame" | "seed");
    order.fields().into_iter().map(|(name, _)| name).filter(beyond).collect()
}

fn providers<'r>(routes: impl Iterator<Item = &'r Route>) -> String {
    let mut names: Vec<String> = routes.map(|route| format!("`{}`", route.provider)).collect();
    names.dedup();
    names.join(", ")
}

/// A model that somebody named: with the field names that most models have.
fn unknown_model(provider: &str, id: &str, order: &Order) -> Route {
    let named = |name: &str| Field::Name(name.to_owned());
    let formed = |name: &str, form: Form| Field::Formed { name: name.to_owned(), form };
    let replicate = provider == "replicate";
    let fields = match provider {
        "fal" | "replicate" | "runpod" => [
            ("prompt", named("prompt")),
            ("negative_prompt", named("negative_prompt")),
            ("first_frame", named(if replicate { "image" } else { "image_url" })),
            ("last_frame", named(if replicate { "last_frame" } else { "end_image_url" })),
            ("image", named(if replicate { "image" } else { "image_url" })),
            ("mask", named(if replicate { "mask" } else { "mask_url" })),
            ("film", named(if replicate { "video" } else { "video_url" })),
            ("seconds", if replicate { named("duration") } else { formed("duration", Form::Text) }),
            ("size", formed("image_size", Form::Size)),
            ("aspect", named("aspect_ratio")),
            ("resolution", named("resolution")),
            ("audio", named("generate_audio")),
            ("steps", named("num_inference_steps")),
            ("guidance", named("guidance_scale")),
            ("strength", named("strength")),
            ("factor", named(if replicate { "scale" } else { "upscale_factor" })),
            ("speech", named(if replicate { "audio" } else { "audio_url" })),
            ("sync_mode", named("sync_mode")),
            ("voice", named("voice")),
            ("lora", formed("loras", Form::Loras)),
            ("seed", named("seed")),
        ]
        .map(|(ours, field)| (ours.to_owned(), field))
        .into(),
        _ => Default::default(),
    };
    Route {
        provider: provider.to_owned(),
        from_text: Some(id.to_owned()),
        from_image: Some(id.to_owned()),
        serves: [(order.capability().to_owned(), id.to_owned())].into(),
        fields,
        ..Route::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_of_the_catalogue_has_a_vendor_or_an_end() {
        for model in &crate::models().models {
            let asked = ["text.chat", "text.embed", "audio.transcribe"];
            let ordered = model.capabilities.iter().any(|name| !asked.contains(&name.as_str()));
            let ended = model.shutdown.is_some();
            assert!(!ordered || !model.routes.is_empty() || ended || model.provider == "openai", "{}", model.id);
            for route in &model.routes {
                let key = crate::ProviderKey {
                    secret: crate::Secret::new("k"),
                    base_url: None,
                    allow_private: false,
                    payer: None,
                };
                let outbound = crate::Outbound::new(crate::OutboundPolicy::default());
                if !ordered {
                    let speaker = crate::provider::chat::of(&route.provider, outbound, key);
                    assert!(speaker.is_some(), "{}: {}", model.id, route.provider);
                    continue;
                }
                assert!(vendor::of(&route.provider, outbound, key).is_some(), "{}: {}", model.id, route.provider);
                assert!(
                    route.from_text.is_some() || route.from_image.is_some() || !route.serves.is_empty(),
                    "{}",
                    model.id
                );
                let named = matches!(route.provider.as_str(), "fal" | "replicate" | "runpod");
                assert_eq!(named, !route.fields.is_empty(), "{} at {}", model.id, route.provider);
            }
        }
    }
}
