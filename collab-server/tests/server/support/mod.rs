//! A server of one's own for every test, and people who talk to it.

#![allow(dead_code, reason = "a helper is here before the first test that needs it")]

mod answer;
mod app;
mod person;

pub use answer::Answer;
pub use app::{PASSWORD, TestApp, fresh_postgres};
pub use person::Person;

/// Makes two tests of one: on SQLite, and on Postgres.
///
/// ```ignore
/// on_each_database! {
///     async fn a_viewer_cannot_write(app: TestApp) { … }
/// }
/// ```
macro_rules! on_each_database {
    ($($(#[$attribute:meta])* async fn $name:ident($app:ident: TestApp) $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn check($app: $crate::support::TestApp) $body

            #[tokio::test]
            async fn on_sqlite() {
                check($crate::support::TestApp::on_sqlite().await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                check($crate::support::TestApp::on_postgres().await).await;
            }
        }
    )*};
}
pub(crate) use on_each_database;
