//! `GET /api/nodes`

use axum::{body::Body, http::Method};

use crate::support::on_each_database;

on_each_database! {
    async fn the_catalogue_is_the_engines(app: TestApp) {
        let ada = app.user("ada").await;
        let answer = ada.get("/api/nodes").await.ok();
        let catalog: shared::node::Catalog = answer.read_as();
        assert_eq!(&catalog, engine::catalog());
        assert!(!catalog.is_empty());

        let again = ada.request(Method::GET, "/api/nodes").header("if-none-match", answer.header("etag"));
        assert_eq!(app.send(again.body(Body::empty()).unwrap()).await.status, 304);
    }
}
