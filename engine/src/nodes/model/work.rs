//! Work that a node orders from a model: found out who does it, seen through, kept, recorded.

use serde_json::Value as Json;
use shared::{run::FailureCode, value::Media};

use super::Call;
use crate::{
    Choice, NodeContext, NodeError, ParamValue,
    generation::GenerationKind,
    provider::{
        Made, ProviderError, cost_usd,
        order::{self, Attachment, JobError, Order},
    },
};

/// Has the work done by the model's first provider that can and whose key is there.
pub(super) async fn work(
    ctx: &NodeContext,
    model: &str,
    connection: &str,
    mut order: Order,
) -> Result<Media, NodeError> {
    super::require_text("model", model)?;
    let (kind, wanted, what) = match order {
        Order::Film(_) => (GenerationKind::Video, "video/", "film"),
        Order::Picture(_) => (GenerationKind::Image, "image/", "picture"),
        Order::Sound(_) => (GenerationKind::Audio, "audio/", "sound"),
        Order::Hosted(_) => unreachable!("hosted models have a node of their own"),
    };
    let (made, mut call, chosen) = order_it(ctx, model, connection, &mut order, kind).await?;
    let [file] = made.files.as_slice() else { unreachable!("an order that is not hosted has one result") };
    let media = match ctx.store_file(file).await {
        Ok(media) if media.mime.starts_with(wanted) => media,
        Ok(media) => {
            let message = format!("the provider answered with `{}` and not with a {what}", media.mime);
            return Err(call.failed(ProviderError::new(FailureCode::ProviderDown, message)));
        }
        Err(error) => {
            let message = format!("the provider's {what} cannot be read: {error}");
            return Err(call.failed(ProviderError::new(FailureCode::ProviderDown, message)));
        }
    };
    call.made(&media);
    call.note_if("seed", made.seed.map(Json::from));
    call.generation.payer = chosen.payer;
    let metrics = &mut call.generation.metrics;
    metrics.queue_ms = made.queued.map(|queued| queued.as_millis() as u64);
    metrics.retries = made.retries;
    (metrics.input_tokens, metrics.output_tokens) = (made.usage.input_tokens, made.usage.output_tokens);
    let counted = || cost_usd(&chosen.route.provider, model, made.usage, Made::Picture).filter(|_| chosen.is_vendor);
    metrics.cost_usd = made.cost_usd.or_else(counted).or_else(|| chosen.price(&order));
    call.record();
    Ok(media)
}

/// Gives the order to the first provider that can be reached. Each that cannot leaves a record too.
async fn order_it<'a>(
    ctx: &'a NodeContext,
    model: &str,
    connection: &str,
    order: &mut Order,
    kind: GenerationKind,
) -> Result<(order::Made, Call<'a>, order::Chosen), NodeError> {
    let (mut down, mut first) = (Vec::new(), None);
    loop {
        let job = ctx.job();
        let chosen = match order::choose(ctx, model, connection, order, job.as_ref(), &down).await {
            Ok(chosen) => chosen,
            // Nobody else has a key: what went wrong is what went wrong first.
            Err(error) => return Err(first.unwrap_or(error)),
        };
        let mut call = Call::new(ctx, &chosen.route.provider, model, kind);
        note(&mut call, order);
        match order::run(ctx, &chosen, order).await {
            Ok(made) => return Ok((made, call, chosen)),
            Err(JobError::Down(error)) => {
                tracing::info!(provider = %chosen.route.provider, "the provider is down: the model's next one is asked");
                first.get_or_insert(call.failed(error));
                down.push(chosen.route.provider.clone());
            }
            Err(JobError::Vendor(error)) => return Err(call.failed(error)),
            Err(JobError::Run(NodeError::Cancelled)) => return Err(call.cancelled()),
            Err(JobError::Run(error)) => return Err(error),
        }
    }
}

/// Everything that was asked, media by their blobs.
fn note(call: &mut Call<'_>, order: &Order) {
    for (name, value) in order.noted() {
        match value.as_str().and_then(|size| size.split_once('x')) {
            Some((width, height)) if name == "size" => {
                call.note_if("width", width.parse::<u32>().ok().map(Json::from));
                call.note_if("height", height.parse::<u32>().ok().map(Json::from));
            }
            _ => call.note(name, value),
        }
    }
}

/// A picture, film or sound that goes along.
pub(super) async fn attach(ctx: &NodeContext, media: &Media) -> Result<Attachment, NodeError> {
    let bytes = ctx.blobs().read(&media.blob).await?;
    Ok(Attachment { blob: media.blob.clone(), mime: media.mime.clone(), bytes })
}

/// The same for one that may be missing.
pub(super) async fn attach_if(ctx: &NodeContext, media: Option<&Media>) -> Result<Option<Attachment>, NodeError> {
    match media {
        Some(media) => Ok(Some(attach(ctx, media).await?)),
        None => Ok(None),
    }
}

/// A text that somebody wrote.
pub(super) fn written(text: String) -> Option<String> {
    Some(text).filter(|text| !text.trim().is_empty())
}

/// A choice other than the model's own.
pub(super) fn chosen(value: &impl ParamValue) -> Option<String> {
    value.to_json().as_str().filter(|text| *text != "auto").map(str::to_owned)
}

/// The shape of a picture or film.
#[derive(Choice)]
pub(super) enum Aspect {
    /// The model's own, or that of the first frame.
    Auto,
    #[choice(value = "16:9", title = "Wide, 16:9")]
    Wide,
    #[choice(value = "9:16", title = "Tall, 9:16")]
    Tall,
    #[choice(value = "1:1", title = "Square, 1:1")]
    Square,
    #[choice(value = "4:3", title = "4:3")]
    Landscape,
    #[choice(value = "3:4", title = "3:4")]
    Portrait,
    #[choice(value = "3:2", title = "3:2")]
    Photo,
    #[choice(value = "2:3", title = "2:3")]
    TallPhoto,
    #[choice(value = "21:9", title = "Cinema, 21:9")]
    Cinema,
}

/// How carefully a picture is made, and how much it costs.
#[derive(Choice)]
pub(super) enum Quality {
    Auto,
    Low,
    Medium,
    High,
}

/// What is behind the subject.
#[derive(Choice)]
pub(super) enum Background {
    Auto,
    Opaque,
    Transparent,
}

/// The size of a picture, for models that make several.
#[derive(Choice)]
pub(super) enum Detail {
    Auto,
    #[choice(value = "1k", title = "1K")]
    K1,
    #[choice(value = "2k", title = "2K")]
    K2,
    #[choice(value = "4k", title = "4K")]
    K4,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_to_the_model_is_not_said() {
        assert_eq!(chosen(&Aspect::Auto), None);
        assert_eq!(chosen(&Aspect::Cinema).as_deref(), Some("21:9"));
        assert_eq!(written("  ".into()), None);
        assert_eq!(written("a".into()).as_deref(), Some("a"));
    }
}
