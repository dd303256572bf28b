//! Who is asking: sign-up, sign-in, sessions, and the [`CurrentUser`] extractor every route but a few begins with.
//!
//! What a person *may* do is not decided here but in `access`.

mod current_user;
mod origin;
mod password;
mod session;
mod throttle;

pub use current_user::CurrentUser;
pub use origin::SameOrigin;
pub use password::{PasswordHash, Passwords};
pub use session::{SESSION_COOKIE, Token, cleared_cookie, session_cookie, start_session, sweep_sessions};
pub use throttle::{ClientAddress, Throttle};
