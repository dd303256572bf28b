//! Who is asking: sign-up, sign-in, sessions, API keys, and the [`CurrentUser`] extractor every route but a few begins with.
//!
//! What a person *may* do is not decided here but in `access`.

mod credential;
mod current_user;
mod device;
pub mod github;
mod origin;
mod password;
mod session;
mod throttle;

pub use credential::{Asker, Credential, Limits};
pub use current_user::{CurrentUser, InPerson};
pub use device::{UserAgent, device_of};
pub use origin::SameOrigin;
pub use password::{PasswordHash, Passwords};
pub use session::{SESSION_COOKIE, Token, cleared_cookie, session_cookie, start_session, sweep_sessions};
pub use throttle::{ClientAddress, Throttle};
