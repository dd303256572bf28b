//! Who answers: the provider that a node names, else the first of the model's that has a key, and the next one where that
//! one is down. Orders choose by the same rules (`order::choose`).

use std::{collections::VecDeque, sync::Arc};

use shared::run::FailureCode;

use super::{Provider, ProviderError, chat, check, models, order, renamed::by_its_name};
use crate::{NodeContext, NodeError, secret::Payer};

/// A provider on a person's behalf, and its name for the records.
pub(crate) struct Connection {
    pub name: String,
    pub provider: Arc<dyn Provider>,
    /// The vendor itself, whose prices are known; not a server that speaks its language.
    pub is_vendor: bool,
    pub payer: Option<Payer>,
}

/// The models of this machine: no key, no vendor.
pub(crate) const LOCAL: &str = "local";

/// `openai`, or `openai:team` where there are several keys of one provider.
pub(crate) fn split_connection(connection: &str) -> (&str, Option<&str>) {
    match connection.trim().split_once(':') {
        Some((provider, name)) => (provider.trim(), Some(name.trim())),
        None => (connection.trim(), None),
    }
}

/// Who may answer, the first choice first.
///
/// Every provider but the known ones is a server that speaks OpenAI's language at the key's base URL.
pub(crate) struct Candidates<'a> {
    ctx: &'a NodeContext,
    model: String,
    capability: &'static str,
    /// Providers, each with the name of its key where one was named.
    left: VecDeque<(String, Option<String>)>,
}

impl<'a> Candidates<'a> {
    /// The provider that `connection` names and no other, else those of the model, else `fallback`.
    pub fn of(
        ctx: &'a NodeContext,
        connection: &str,
        model: &str,
        capability: &'static str,
        fallback: &str,
    ) -> Result<Self, NodeError> {
        let known = models::model(model, capability);
        if let Some(known) = known {
            order::check_alive(known)?;
        }
        let (named, name) = split_connection(connection);
        let mut providers: Vec<&str> = match known {
            _ if !named.is_empty() => vec![named],
            Some(known) => known.routes.iter().map(|route| &*route.provider).chain([&*known.provider]).collect(),
            None => vec![fallback],
        };
        // The model's own provider may stand among its routes.
        let mut seen = Vec::new();
        providers.retain(|provider| {
            !seen.contains(provider) && {
                seen.push(*provider);
                true
            }
        });
        let name = name.filter(|_| !named.is_empty());
        let left = providers.into_iter().map(|provider| (provider.to_owned(), name.map(str::to_owned))).collect();
        Ok(Self { ctx, model: model.to_owned(), capability, left })
    }

    /// The next one that has a key.
    pub async fn next(&mut self) -> Result<Connection, NodeError> {
        let mut without_key = None;
        while let Some((provider, name)) = self.left.pop_front() {
            match connect_to(self.ctx, &provider, name.as_deref()).await {
                Err(error) if error.failure().is_some_and(|failure| failure.code == FailureCode::MissingKey) => {
                    without_key.get_or_insert(error);
                }
                answer => {
                    let connection = answer?;
                    let client = by_its_name(connection.provider, &provider, &self.model, self.capability);
                    return Ok(Connection { provider: client, ..connection });
                }
            }
        }
        Err(without_key.unwrap_or_else(|| NodeError::new(FailureCode::MissingKey, "nobody else serves the model")))
    }
}

/// Finds who answers, where there is no second choice.
pub(crate) async fn connect(
    ctx: &NodeContext,
    connection: &str,
    model: &str,
    capability: &'static str,
    fallback: &str,
) -> Result<Connection, NodeError> {
    Candidates::of(ctx, connection, model, capability, fallback)?.next().await
}

async fn connect_to(ctx: &NodeContext, provider: &str, name: Option<&str>) -> Result<Connection, NodeError> {
    if provider == LOCAL {
        let provider = ctx.local_models().provider(ctx).map_err(ProviderError::from);
        let provider = provider.map_err(|error| error.in_field("connection"))?;
        return Ok(Connection { name: LOCAL.to_owned(), provider, is_vendor: false, payer: None });
    }
    let key = match ctx.key(provider, name).await {
        Ok(key) => key,
        Err(error) => check::keyless(provider, name).ok_or(error.in_field("connection"))?,
    };
    let (is_vendor, payer) = (key.base_url.is_none(), key.payer);
    let Some(client) = chat::of(provider, ctx.http().clone(), key) else {
        let message = format!("the key for `{provider}` needs a base URL: its server speaks OpenAI's language there");
        return Err(NodeError::new(FailureCode::MissingKey, message).in_field("connection"));
    };
    Ok(Connection { name: provider.to_owned(), provider: client, is_vendor, payer })
}
