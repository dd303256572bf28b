//! A question that a node asks: by the first who can be reached, each with a record of its own.

use std::sync::Arc;

use shared::run::FailureCode;

use super::Call;
use crate::{
    NodeContext, NodeError,
    generation::GenerationKind,
    provider::{Candidates, Connection, Provider, ProviderError},
};

/// Asks the candidates one after the other, until one is not down. An answer that did not come costs nothing, so the next
/// may be asked; one that has begun is not begun anew elsewhere (`has_begun`).
pub(super) async fn ask<'a, T, F>(
    ctx: &'a NodeContext,
    mut candidates: Candidates<'_>,
    (model, kind): (&str, GenerationKind),
    note: impl Fn(&mut Call<'_>),
    question: impl Fn(Arc<dyn Provider>) -> F,
    has_begun: impl Fn() -> bool,
) -> Result<(T, Call<'a>, Connection), NodeError>
where
    F: Future<Output = Result<T, ProviderError>>,
{
    let mut connection = candidates.next().await?;
    loop {
        let mut call = Call::new(ctx, &connection.name, model, kind);
        note(&mut call);
        call.leave().await?;
        let answer = tokio::select! {
            answer = question(connection.provider.clone()) => answer,
            // Dropping the call closes the connection, which is how these APIs are told to stop.
            () = ctx.cancel().cancelled() => return Err(call.cancelled()),
        };
        let error = match answer {
            Ok(answer) => return Ok((answer, call, connection)),
            Err(error) => error,
        };
        let may_go_on = error.code == FailureCode::ProviderDown && !has_begun();
        let failed = call.failed(error);
        match candidates.next().await {
            Ok(next) if may_go_on => {
                tracing::info!(down = %connection.name, instead = %next.name, "a model's next provider is asked");
                ctx.forget_job().await?;
                connection = next;
            }
            _ => return Err(failed),
        }
    }
}
