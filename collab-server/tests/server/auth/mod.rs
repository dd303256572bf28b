//! `auth/…` and `me`.

mod github;
mod login;
mod logout;
mod session;
mod signup;
mod throttling;
