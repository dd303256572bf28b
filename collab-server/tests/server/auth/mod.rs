//! `auth/…` and `me`.

mod login;
mod logout;
mod session;
mod signup;
mod throttling;
