//! Who makes a film: the first provider of the model that can do what is asked and whose key is there.

use std::borrow::Cow;

use shared::run::FailureCode;
use time::OffsetDateTime;

use super::{VideoRequest, VideoVendor, vendor};
use crate::{
    NodeContext, NodeError,
    provider::models::{Field, Form, Model, Route, Sound, VideoLimits, model},
    run::VendorJob,
};

const CAPABILITY: &str = "video.generate";

/// A provider that will make the film.
pub(crate) struct Chosen {
    pub route: Cow<'static, Route>,
    pub vendor: Box<dyn VideoVendor>,
    /// The vendor itself, whose prices are known; not a server that stands in for it.
    pub is_vendor: bool,
}

impl Chosen {
    /// The list price of a film, where it is known. `None` rather than a guess.
    pub fn price(&self, resolution: Option<&str>, seconds: f64) -> Option<f64> {
        let prices = &self.route.usd_per_second;
        let price = prices.get("any").or_else(|| prices.get(resolution?))?;
        self.is_vendor.then_some(price * seconds)
    }
}

/// Fits `request` to the model and finds who serves it. `connection` names a provider, or `provider:name`; empty: any. A
/// job that is under way stays where it is.
pub(crate) async fn choose(
    ctx: &NodeContext,
    id: &str,
    connection: &str,
    request: &mut VideoRequest,
    job: Option<&VendorJob>,
) -> Result<Chosen, NodeError> {
    let (wanted, name) = match connection.trim().split_once(':') {
        Some((provider, name)) => (provider.trim(), Some(name.trim())),
        None => (connection.trim(), None),
    };
    let known = model(id, CAPABILITY);
    let routes: Vec<Cow<'static, Route>> = match known {
        Some(model) => {
            check_alive(model)?;
            if let Some(limits) = &model.video {
                fit(request, limits, &model.title)?;
            }
            routes_of(model, request)?.into_iter().map(Cow::Borrowed).collect()
        }
        None if wanted.is_empty() => {
            let message = format!("the model `{id}` is not in the catalogue: name the connection that serves it");
            return Err(NodeError::invalid("connection", message));
        }
        None => vec![Cow::Owned(unknown_model(wanted, id))],
    };
    let mut asked = Vec::new();
    for route in routes {
        let is_meant = job.map_or(wanted.is_empty() || wanted == route.provider, |job| job.provider == route.provider);
        if !is_meant {
            continue;
        }
        asked.push(route.provider.clone());
        let key = match ctx.key(&route.provider, name).await {
            Ok(key) => key,
            Err(error) if error.failure().is_some_and(|failure| failure.code == FailureCode::MissingKey) => continue,
            Err(error) => return Err(error.in_field("connection")),
        };
        let is_vendor = key.base_url.is_none();
        if let Some(vendor) = vendor(&route.provider, ctx.http().clone(), key) {
            return Ok(Chosen { route, vendor, is_vendor });
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

fn check_alive(model: &Model) -> Result<(), NodeError> {
    let today = OffsetDateTime::now_utc().date().to_string();
    match &model.shutdown {
        Some(day) if *day <= today => {
            let message = format!("`{}` was shut down by its vendor on {day}: choose another model", model.title);
            Err(NodeError::invalid("model", message))
        }
        _ => Ok(()),
    }
}

/// The routes that can do all that is asked.
fn routes_of(model: &'static Model, request: &VideoRequest) -> Result<Vec<&'static Route>, NodeError> {
    let from_image = request.first_frame.is_some();
    let able = |route: &&Route| if from_image { route.from_image.is_some() } else { route.from_text.is_some() };
    let able: Vec<_> = model.routes.iter().filter(able).collect();
    if able.is_empty() {
        let message = match from_image {
            true => format!("`{}` makes films from words only: disconnect the first frame", model.title),
            false => format!("`{}` makes films from a picture only: connect a first frame", model.title),
        };
        return Err(NodeError::invalid("first_frame", message));
    }
    let missing = |route: &Route| {
        // A vendor's own file knows all fields; the others know those of the catalogue.
        let asked = asked(request);
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

/// What the request says beyond the prompt and the first frame. A seed is a wish: it is left out where nobody takes it.
fn asked(request: &VideoRequest) -> Vec<&'static str> {
    [
        ("negative_prompt", request.negative_prompt.is_some()),
        ("last_frame", request.last_frame.is_some()),
        ("seconds", request.seconds.is_some()),
        ("aspect", request.aspect.is_some()),
        ("resolution", request.resolution.is_some()),
        ("audio", request.audio.is_some()),
    ]
    .into_iter()
    .filter_map(|(field, there)| there.then_some(field))
    .collect()
}

/// Refuses what the model cannot do, before anything is paid, and leaves out what goes without saying.
fn fit(request: &mut VideoRequest, limits: &VideoLimits, title: &str) -> Result<(), NodeError> {
    let refuse = |field: &str, what: String| Err(NodeError::invalid(field, format!("`{title}` {what}")));
    if let Some(seconds) = request.seconds
        && !limits.seconds.contains(&seconds)
    {
        return match limits.seconds.as_slice() {
            [] => refuse("seconds", "decides itself how long a film is: leave the length empty".into()),
            lengths => refuse("seconds", format!("makes films of {} s, not of {seconds} s", choice(lengths))),
        };
    }
    if let Some(aspect) = &request.aspect {
        if request.first_frame.is_some() && limits.aspect_of_frame {
            return refuse("aspect", "gives a film the shape of its first frame: set the shape to auto".into());
        }
        if !limits.aspects.contains(aspect) {
            return refuse("aspect", format!("does not make films of the shape {aspect}{}", offer(&limits.aspects)));
        }
    }
    if let Some(resolution) = &request.resolution
        && !limits.resolutions.contains(resolution)
    {
        return refuse("resolution", format!("does not make films in {resolution}{}", offer(&limits.resolutions)));
    }
    if request.last_frame.is_some() && (!limits.last_frame || request.first_frame.is_none()) {
        return match limits.last_frame {
            true => refuse("first_frame", "needs a first frame where a last one is given".into()),
            false => refuse("last_frame", "cannot end on a given picture".into()),
        };
    }
    match (limits.sound, request.audio) {
        (Sound::Never, Some(true)) => return refuse("sound", "makes silent films only".into()),
        (Sound::Always, Some(false)) => return refuse("sound", "makes films with sound only".into()),
        (Sound::Never | Sound::Always, _) => request.audio = None,
        (Sound::Choice, _) => {}
    }
    if request.negative_prompt.is_some() && !limits.negative_prompt {
        return refuse("negative_prompt", "cannot be told what not to show".into());
    }
    if !limits.seed {
        request.seed = None;
    }
    Ok(())
}

/// `4, 6 or 8`, or `3 to 15` for a row without gaps.
fn choice(numbers: &[u32]) -> String {
    let gapless = numbers.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match numbers {
        [only] => only.to_string(),
        [first, .., last] if gapless && numbers.len() > 2 => format!("{first} to {last}"),
        [rest @ .., last] => {
            let rest = rest.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            format!("{rest} or {last}")
        }
        [] => String::new(),
    }
}

fn offer(texts: &[String]) -> String {
    if texts.is_empty() { String::new() } else { format!(", only {}", texts.join(", ")) }
}

fn providers<'r>(routes: impl Iterator<Item = &'r Route>) -> String {
    routes.map(|route| format!("`{}`", route.provider)).collect::<Vec<_>>().join(", ")
}

/// A model that somebody named: with the field names that most models have.
fn unknown_model(provider: &str, id: &str) -> Route {
    let named = |name: &str| Field::Name(name.to_owned());
    let image = if provider == "replicate" { "image" } else { "image_url" };
    let form = if provider == "replicate" {
        named("duration")
    } else {
        Field::Formed { name: "duration".to_owned(), form: Form::Text }
    };
    let fields = [
        ("prompt", named("prompt")),
        ("negative_prompt", named("negative_prompt")),
        ("first_frame", named(image)),
        ("last_frame", named(if provider == "replicate" { "last_frame" } else { "end_image_url" })),
        ("seconds", form),
        ("aspect", named("aspect_ratio")),
        ("resolution", named("resolution")),
        ("audio", named("generate_audio")),
        ("seed", named("seed")),
    ];
    Route {
        provider: provider.to_owned(),
        from_text: Some(id.to_owned()),
        from_image: Some(id.to_owned()),
        fields: fields.map(|(ours, field)| (ours.to_owned(), field)).into(),
        usd_per_second: Default::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_held_against_what_the_model_can_do() {
        let limits = model("kling-3.0-turbo", CAPABILITY).unwrap().video.clone().unwrap();
        let fits = |request: &mut VideoRequest| fit(request, &limits, "Kling");
        let mut request = VideoRequest { seconds: Some(5), audio: Some(true), seed: Some(1), ..Default::default() };
        assert_eq!(fits(&mut request), Ok(()));
        assert_eq!((request.audio, request.seed), (None, None), "what goes without saying, and what nobody takes");
        for (request, field, message) in [
            (VideoRequest { seconds: Some(20), ..Default::default() }, "seconds", "films of 3 to 15 s, not of 20 s"),
            (VideoRequest { audio: Some(false), ..Default::default() }, "sound", "with sound only"),
            (VideoRequest { aspect: Some("21:9".into()), ..Default::default() }, "aspect", "only 16:9, 9:16, 1:1"),
            (VideoRequest { resolution: Some("4k".into()), ..Default::default() }, "resolution", "only 720p, 1080p"),
            (
                VideoRequest { negative_prompt: Some("x".into()), ..Default::default() },
                "negative_prompt",
                "not to show",
            ),
        ] {
            let error = fits(&mut request.clone()).unwrap_err();
            let failure = error.failure().unwrap();
            assert_eq!(failure.field.as_deref(), Some(field));
            assert!(failure.message.contains(message), "{}", failure.message);
        }
    }

    #[test]
    fn every_film_model_of_the_catalogue_has_a_vendor_or_an_end() {
        let films = crate::models().models.iter().filter(|model| model.capabilities.iter().any(|c| c == CAPABILITY));
        for model in films {
            assert!(!model.routes.is_empty() || model.shutdown.is_some(), "{}", model.id);
            for route in &model.routes {
                let key = crate::ProviderKey { secret: crate::Secret::new("k"), base_url: None, allow_private: false };
                let outbound = crate::Outbound::new(crate::OutboundPolicy::default());
                assert!(vendor(&route.provider, outbound, key).is_some(), "{}: {}", model.id, route.provider);
                assert!(route.from_text.is_some() || route.from_image.is_some(), "{}", model.id);
                let named = matches!(route.provider.as_str(), "fal" | "replicate");
                assert_eq!(named, !route.fields.is_empty(), "{} at {}", model.id, route.provider);
            }
        }
    }

    #[test]
    fn lengths_are_told_shortly() {
        assert_eq!(choice(&[4, 6, 8]), "4, 6 or 8");
        assert_eq!(choice(&[5, 10]), "5 or 10");
        assert_eq!(choice(&[3, 4, 5, 6]), "3 to 6");
    }
}
