//! Reading from a web server that the test brings along.

use axum::{Router, http::StatusCode, response::Redirect, routing::get};
use serde_json::json;
use shared::value::Value;

use super::testing::Bench;
use crate::NodeContext;

/// A server on this machine; its address.
async fn server() -> String {
    let app = Router::new()
        .route("/text", get(|| async { "plain" }))
        .route("/json", get(|| async { axum::Json(json!({"answer": 42})) }))
        .route("/moved", get(|| async { Redirect::temporary("/text") }))
        .route("/broken", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "out of order") }))
        .route("/picture", get(|| async { vec![0xff, 0xfe, 0x00] }))
        .route("/endless", get(|| async { "x".repeat(5 << 20) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}")
}

#[tokio::test]
async fn text_and_json_are_read() {
    let (bench, server) = (Bench::new(), server().await);
    let answer = bench.run("http.get", json!({}), json!({"url": format!("{server}/json")})).await.unwrap();
    assert_eq!((&answer["json"], &answer["status"]), (&Value::Json(json!({"answer": 42})), &Value::Number(200.0)));
    let answer = bench.run("http.get", json!({}), json!({"url": format!("{server}/moved")})).await.unwrap();
    assert_eq!((&answer["text"], answer.get("json")), (&Value::Text("plain".into()), None));
}

#[tokio::test]
async fn an_error_is_a_failure_unless_it_is_wanted() {
    let (bench, server) = (Bench::new(), server().await);
    let url = json!(format!("{server}/broken"));
    let (field, message) = bench.refusal("http.get", json!({}), json!({"url": url})).await;
    assert_eq!((field.as_str(), message.as_str()), ("url", "the server answered with status 500"));
    let answer = bench.run("http.get", json!({}), json!({"url": url, "accept_errors": true})).await.unwrap();
    assert_eq!((&answer["text"], &answer["status"]), (&Value::Text("out of order".into()), &Value::Number(500.0)));
}

#[tokio::test]
async fn what_cannot_be_read_names_its_field() {
    let (bench, server) = (Bench::new(), server().await);
    for (params, field) in [
        (json!({"url": "ftp://example.com/"}), "url"),
        (json!({"url": "not an address"}), "url"),
        (json!({"url": format!("{server}/endless")}), "url"),
        (json!({"url": format!("{server}/picture")}), "url"),
        (json!({"url": format!("{server}/text"), "headers": {"Host": "elsewhere"}}), "headers"),
        (json!({"url": format!("{server}/text"), "headers": [1]}), "headers"),
    ] {
        let (named, message) = bench.refusal("http.get", json!({}), params.clone()).await;
        assert_eq!(named, field, "{params}: {message}");
    }
}

#[tokio::test]
async fn the_private_network_stays_out_of_reach() {
    let (bench, server) = (Bench::new(), server().await);
    // The policy of a real server, not the one of tests.
    let ctx = NodeContext::detached(bench.blobs.clone());
    let params = [("url".to_owned(), json!(format!("{server}/text")))].into();
    let kind = crate::NodeKind::find("http.get").unwrap();
    let error = kind.run(&ctx, Default::default(), params).await.unwrap_err();
    assert!(error.to_string().contains("not on the public internet"), "{error}");
}
