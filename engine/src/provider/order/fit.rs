//! Holds an order against what the model can do, before anything is paid: what it cannot do is refused with the parameter
//! to look at, what goes without saying is left out, and shapes become sizes where the model wants those.

use serde_json::Value as Json;

use super::{FieldValue, FilmOrder, FilmTask, Order, Size, fields::ratio};
use crate::{
    NodeError,
    provider::models::{Limit, Model, Sound, VideoLimits},
};

/// Parts of an order that the task itself asks for.
const ALWAYS: [&str; 11] =
    ["prompt", "image", "mask", "left", "top", "right", "bottom", "first_frame", "last_frame", "film", "speech"];
/// Wishes, which are left out where nobody takes them.
const WISHES: [&str; 1] = ["seed"];

/// Fits an order to a model.
pub(super) fn fit(order: &mut Order, model: &Model) -> Result<(), NodeError> {
    if let (Order::Film(request), Some(limits)) = (&mut *order, &model.video)
        && request.task == FilmTask::Generate
    {
        return film(request, limits, &model.title);
    }
    if let Order::Picture(picture) = &mut *order {
        let has = |name: &str| model.parameters.contains_key(name);
        match (picture.size, picture.aspect.clone()) {
            (Some(size), None) if !has("size") && has("aspect") => {
                picture.aspect = Some(aspect_of(size, &model.parameters["aspect"]).ok_or_else(|| {
                    let shapes = listed(&model.parameters["aspect"].choices);
                    NodeError::invalid(
                        "size",
                        format!("`{}` makes no pictures of {size}: it has shapes, {shapes}", model.title),
                    )
                })?);
                picture.size = None;
            }
            (None, Some(aspect)) if !has("aspect") && has("size") => {
                picture.size = Some(size_of(&aspect, &model.parameters["size"]).ok_or_else(|| {
                    let message = format!("`{}` makes no pictures of the shape {aspect}", model.title);
                    NodeError::invalid("aspect", message)
                })?);
                picture.aspect = None;
            }
            _ => {}
        }
    }
    needed(order, model)?;
    // Where words are not what the task is about, many models take none.
    let without_words = matches!(order.capability(), "image.vary" | "video.lip_sync");
    let mut unwanted = Vec::new();
    for (name, value) in order.fields() {
        match model.parameters.get(name) {
            Some(limit) => match value {
                FieldValue::Plain(value) => within(name, &value, limit, &model.title)?,
                FieldValue::Media(_) => {}
            },
            None if ALWAYS.contains(&name) && !(without_words && name == "prompt") => {}
            None if WISHES.contains(&name) => unwanted.push(name),
            None => {
                let message = format!("`{}` takes no `{name}`: leave it as it is by itself", model.title);
                return Err(NodeError::invalid(name, message));
            }
        }
    }
    if !unwanted.is_empty() {
        match order {
            Order::Film(film) => film.seed = None,
            Order::Picture(picture) => picture.seed = None,
            Order::Sound(sound) => sound.seed = None,
            // Its seed is one of its own values.
            Order::Hosted(_) => {}
        }
    }
    Ok(())
}

/// What this model has to be told.
fn needed(order: &Order, model: &Model) -> Result<(), NodeError> {
    let told = order.fields();
    match model.needs.iter().find(|name| told.iter().all(|(told, _)| told != name)) {
        Some(name) => Err(NodeError::invalid(name, format!("`{}` needs `{name}`", model.title))),
        None => Ok(()),
    }
}

fn within(name: &str, value: &Json, limit: &Limit, title: &str) -> Result<(), NodeError> {
    if !limit.choices.is_empty() && !limit.choices.contains(value) {
        let message = format!("`{title}` takes {} for `{name}`, not {}", listed(&limit.choices), plain(value));
        return Err(NodeError::invalid(name, message));
    }
    let Some(number) = value.as_f64() else { return Ok(()) };
    let (low, high) = (limit.min.unwrap_or(f64::MIN), limit.max.unwrap_or(f64::MAX));
    if number < low || number > high {
        let range = match (limit.min, limit.max) {
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("{min} or more"),
            (None, Some(max)) => format!("at most {max}"),
            (None, None) => return Ok(()),
        };
        return Err(NodeError::invalid(name, format!("`{title}` takes {range} for `{name}`, not {number}")));
    }
    Ok(())
}

/// The shape that a size has, among those that the model makes.
fn aspect_of(size: Size, limit: &Limit) -> Option<String> {
    const NEAR: f64 = 0.03;
    let wanted = f64::from(size.width) / f64::from(size.height.max(1));
    let shapes = limit.choices.iter().filter_map(Json::as_str);
    shapes
        .filter(|shape| ratio(shape).is_some_and(|ratio| (ratio / wanted - 1.0).abs() < NEAR))
        .map(str::to_owned)
        .next()
}

/// The size of a shape: the model's own, or about a million pixels.
fn size_of(aspect: &str, limit: &Limit) -> Option<Size> {
    const NEAR: f64 = 0.15;
    if limit.choices.is_empty() {
        return Size::of_aspect(aspect);
    }
    let wanted = ratio(aspect)?;
    let off = |size: &Size| (f64::from(size.width) / f64::from(size.height) / wanted - 1.0).abs();
    let sizes = limit.choices.iter().filter_map(|size| Size::parse(size.as_str()?));
    sizes.filter(|size| off(size) < NEAR).min_by(|a, b| off(a).total_cmp(&off(b)))
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn listed(values: &[Json]) -> String {
    values.iter().map(plain).collect::<Vec<_>>().join(", ")
}

/// Refuses what the model cannot do, before anything is paid, and leaves out what goes without saying.
fn film(request: &mut FilmOrder, limits: &VideoLimits, title: &str) -> Result<(), NodeError> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::models::model;

    #[test]
    fn a_request_is_held_against_what_the_model_can_do() {
        let limits = model("kling-3.0-turbo", "video.generate").unwrap().video.clone().unwrap();
        let fits = |request: &mut FilmOrder| film(request, &limits, "Kling");
        let mut request = FilmOrder { seconds: Some(5), audio: Some(true), seed: Some(1), ..Default::default() };
        assert_eq!(fits(&mut request), Ok(()));
        assert_eq!((request.audio, request.seed), (None, None), "what goes without saying, and what nobody takes");
        for (request, field, message) in [
            (FilmOrder { seconds: Some(20), ..Default::default() }, "seconds", "films of 3 to 15 s, not of 20 s"),
            (FilmOrder { audio: Some(false), ..Default::default() }, "sound", "with sound only"),
            (FilmOrder { aspect: Some("21:9".into()), ..Default::default() }, "aspect", "only 16:9, 9:16, 1:1"),
            (FilmOrder { resolution: Some("4k".into()), ..Default::default() }, "resolution", "only 720p, 1080p"),
            (FilmOrder { negative_prompt: Some("x".into()), ..Default::default() }, "negative_prompt", "not to show"),
        ] {
            let error = fits(&mut request.clone()).unwrap_err();
            let failure = error.failure().unwrap();
            assert_eq!(failure.field.as_deref(), Some(field));
            assert!(failure.message.contains(message), "{}", failure.message);
        }
    }

    #[test]
    fn shapes_and_sizes_become_what_the_model_wants() {
        let choices =
            |texts: &[&str]| Limit { choices: texts.iter().map(|text| json!(text)).collect(), ..Limit::default() };
        assert_eq!(aspect_of(Size { width: 1536, height: 1024 }, &choices(&["1:1", "3:2"])).as_deref(), Some("3:2"));
        assert_eq!(aspect_of(Size { width: 1536, height: 1024 }, &choices(&["1:1"])), None);
        let sizes = choices(&["1024x1024", "1536x1024"]);
        assert_eq!(size_of("16:9", &sizes), None, "no size of that model comes near");
        assert_eq!(size_of("4:3", &sizes), Some(Size { width: 1536, height: 1024 }));
        assert_eq!(size_of("16:9", &Limit::default()), Some(Size { width: 1376, height: 768 }));
    }

    #[test]
    fn a_parameter_is_held_against_the_models_own_range() {
        let limit = Limit { min: Some(1.5), max: Some(10.0), ..Limit::default() };
        assert!(within("guidance", &json!(4), &limit, "FLUX").is_ok());
        let error = within("guidance", &json!(20), &limit, "FLUX").unwrap_err();
        let failure = error.failure().unwrap();
        assert_eq!(failure.message, "`FLUX` takes 1.5 to 10 for `guidance`, not 20");
        assert_eq!(failure.field.as_deref(), Some("guidance"));
    }

    #[test]
    fn lengths_are_told_shortly() {
        assert_eq!(choice(&[4, 6, 8]), "4, 6 or 8");
        assert_eq!(choice(&[5, 10]), "5 or 10");
        assert_eq!(choice(&[3, 4, 5, 6]), "3 to 6");
    }
}
