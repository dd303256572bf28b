//! The one table of error codes. A new code only where a client would act on it.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request is not what the route takes; the message names the place.
    BadRequest,
    /// No, or no longer valid, sign-in.
    Unauthorized,
    /// E-mail or password is wrong. Never says which.
    InvalidCredentials,
    /// Signed in, but without the right.
    Forbidden,
    /// Not there, or not for this person: the two are not told apart.
    NotFound,
    EmailTaken,
    WeakPassword,
    /// Changed meanwhile, or not possible in the present state.
    Conflict,
    /// A workflow that cannot be read or run; the message lists the problems.
    InvalidGraph,
    TooLarge,
    /// The bytes are not of a kind that is taken, or not what their name says.
    UnsupportedMedia,
    /// Too many tries; the answer has a `Retry-After` header, in seconds.
    RateLimited,
    Internal,
    /// The server cannot do this now (starting, stopping, database away).
    Unavailable,
}

impl ErrorCode {
    /// The HTTP status that goes with the code.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::WeakPassword => 400,
            Self::Unauthorized | Self::InvalidCredentials => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::EmailTaken | Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::InvalidGraph => 422,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }
}

/// The body of every refusal: `{"error":{"code","message"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    pub error: ErrorDetail,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorDetail {
    pub code: ErrorCode,
    pub message: String,
}
