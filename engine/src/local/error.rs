//! Why a local model did not do what was asked.

use shared::run::FailureCode;

use super::name::NameError;
use crate::{OutboundError, provider::ProviderError};

/// Why a local model could not be found, fetched, loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The server's operator keeps no local models.
    #[error("local models are not set up here")]
    Disabled,
    /// This program was built without them.
    #[error("this build of OpenFlow cannot run local models: it lacks the feature `local-models`")]
    NotBuilt,
    /// Not a name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A path, where only names are taken.
    #[error("models cannot be named by path here: put them into the server's folder of models")]
    PathRefused,
    /// Nothing of that name.
    #[error("the model `{name}` is not on this machine")]
    NotHere { name: String },
    /// There is such a model, for something else.
    #[error("`{name}` is a model for {found}, and this node needs one for {wanted}")]
    WrongKind { name: String, found: String, wanted: &'static str },
    /// A shape of model that cannot be run.
    #[error("`{name}` cannot be run: {why}")]
    Unsupported { name: String, why: String },
    /// A file of the model is damaged, or no model.
    #[error("the model `{name}` cannot be read: {why}")]
    Broken { name: String, why: String },
    /// More than one choice.
    #[error("{message}")]
    Choose { message: String },
    /// The folder of models would grow too large.
    #[error(
        "`{name}` takes {needed_bytes} bytes, and the folder of models has room for {left_bytes}: delete others first"
    )]
    DiskFull { name: String, needed_bytes: u64, left_bytes: u64 },
    /// Larger than all the memory that models may take.
    #[error("`{name}` needs {needed_bytes} bytes of memory, and models may take {budget_bytes}")]
    TooLarge { name: String, needed_bytes: u64, budget_bytes: u64 },
    /// The prompt and its answer do not fit.
    #[error("the prompt has {tokens} tokens, and this model takes {limit} with its answer: shorten it")]
    ContextFull { tokens: usize, limit: usize },
    /// Another process is fetching it.
    #[error("`{name}` is being fetched by another process of this server: try again later")]
    Busy { name: String },
    /// The hub refused.
    #[error("the hub of models answered `{status}` for `{what}`{hint}")]
    Hub { status: u16, what: String, hint: &'static str },
    /// The hub's answer makes no sense.
    #[error("the hub of models answered with something else than expected: {what}")]
    HubNonsense { what: String },
    /// The hub could not be reached.
    #[error("the hub of models could not be reached")]
    Unreachable(#[from] OutboundError),
    /// What arrived is not what the hub announced.
    #[error("`{file}` arrived damaged: its checksum is wrong; what was fetched of it is deleted")]
    Checksum { file: String },
    /// The input is at fault.
    #[error("{message}")]
    Input { field: &'static str, message: String },
    /// A file of this machine.
    #[error("a file of the model could not be read or written")]
    Io(#[from] std::io::Error),
    /// The run ended first.
    #[error("cancelled")]
    Cancelled,
    /// A fault in the code that runs the model, or a model that leads it astray.
    #[error("running the model `{name}` failed")]
    Failed { name: String, detail: String },
}

impl LocalError {
    /// What the canvas shows.
    fn code(&self) -> FailureCode {
        match self {
            Self::Disabled | Self::NotBuilt | Self::NotHere { .. } | Self::DiskFull { .. } | Self::TooLarge { .. } => {
                FailureCode::MissingTool
            }
            Self::Name(_)
            | Self::PathRefused
            | Self::WrongKind { .. }
            | Self::Unsupported { .. }
            | Self::Broken { .. }
            | Self::Choose { .. }
            | Self::Busy { .. }
            | Self::ContextFull { .. }
            | Self::Input { .. } => FailureCode::InvalidInput,
            Self::Hub { status: 401 | 403, .. } => FailureCode::Auth,
            Self::Hub { status: 429, .. } => FailureCode::RateLimited,
            Self::Hub { status: 404, .. } => FailureCode::InvalidInput,
            Self::Hub { .. } | Self::HubNonsense { .. } | Self::Unreachable(_) | Self::Checksum { .. } => {
                FailureCode::ProviderDown
            }
            Self::Io(_) | Self::Cancelled | Self::Failed { .. } => FailureCode::Internal,
        }
    }

    fn field(&self) -> &'static str {
        match self {
            Self::Input { field, .. } => field,
            Self::ContextFull { .. } => "prompt",
            _ => "model",
        }
    }
}

impl From<LocalError> for ProviderError {
    fn from(error: LocalError) -> Self {
        let mut raw = match &error {
            LocalError::Failed { detail, .. } => detail.clone(),
            _ => String::new(),
        };
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            raw.push_str(&format!("{cause}\n"));
            source = cause.source();
        }
        Self::new(error.code(), error.to_string()).in_field(error.field()).with_raw(&raw)
    }
}
