//! The page shell, the assets, and the headers of everything.

use axum::{body::Body, http::Request};

use crate::support::{Answer, TestApp, on_each_database};

/// The app with a small web client.
async fn with_client(app: TestApp) -> (TestApp, tempfile::TempDir) {
    let web = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(web.path().join("assets/css")).unwrap();
    std::fs::write(web.path().join("index.html"), "<!doctype html><title>OpenFlow</title>").unwrap();
    std::fs::write(web.path().join("secret.txt"), "not an asset").unwrap();
    std::fs::write(web.path().join("assets/openflow_bg.wasm"), [b"\0asm".as_slice(), &[0; 4000]].concat()).unwrap();
    std::fs::write(web.path().join("assets/openflow.js"), "export default 1;".repeat(100)).unwrap();
    std::fs::write(web.path().join("assets/clip.mp4"), [1; 4000]).unwrap();
    let dir = web.path().to_owned();
    (app.restart_with(move |config| config.web_dir = Some(dir)).await, web)
}

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    app.send(request.body(Body::empty()).unwrap()).await
}

on_each_database! {
    async fn every_address_of_the_client_gets_the_shell(app: TestApp) {
        let (app, _web) = with_client(app).await;
        for path in ["/", "/sign-in", "/workflows/wf_00000000000000000000000000000007", "/settings/keys"] {
            let answer = get(&app, path, &[]).await.ok();
            assert_eq!(answer.text(), "<!doctype html><title>OpenFlow</title>", "{path}");
            assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
            assert_eq!(answer.header("cache-control"), "no-cache");
        }
    }

    async fn a_page_runs_only_our_scripts_and_in_no_foreign_frame(app: TestApp) {
        let (app, _web) = with_client(app).await;
        let answer = get(&app, "/", &[]).await.ok();
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'self'", "script-src 'self' 'wasm-unsafe-eval';", "media-src 'self' blob:", "frame-ancestors 'none'", "object-src 'none'"] {
            assert!(policy.contains(part), "{part} is missing in {policy}");
        }
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
    }

    async fn assets_have_their_type_and_are_compressed_where_it_helps(app: TestApp) {
        let (app, _web) = with_client(app).await;
        let wasm = get(&app, "/assets/openflow_bg.wasm?v=abc", &[("accept-encoding", "gzip, br")]).await.ok();
        assert_eq!(wasm.header("content-type"), "application/wasm");
        assert_eq!(wasm.header("content-encoding"), "br");
        assert!(wasm.body.len() < 1000, "{} bytes", wasm.body.len());
        assert_eq!(wasm.header("cache-control"), "public, max-age=31536000, immutable");

        let script = get(&app, "/assets/openflow.js", &[]).await.ok();
        assert!(script.header("content-type").starts_with("text/javascript"), "{}", script.header("content-type"));
        assert_eq!(script.header("content-encoding"), "");
        assert_eq!(script.header("cache-control"), "no-cache");

        let film = get(&app, "/assets/clip.mp4", &[("accept-encoding", "br"), ("range", "bytes=0-9")]).await;
        assert_eq!((film.status, film.body.len(), film.header("content-encoding")), (206, 10, ""));
    }

    async fn only_assets_are_files(app: TestApp) {
        let (app, _web) = with_client(app).await;
        for path in ["/assets/missing.js", "/assets/../secret.txt", "/assets/%2e%2e/secret.txt", "/assets/..%2fsecret.txt", "/assets/", "/assets/css"] {
            let answer = get(&app, path, &[]).await;
            assert!(!answer.body.starts_with(b"not an asset"), "{path}");
            assert_eq!(answer.status, 404, "{path}");
        }
        let missing = get(&app, "/assets/missing.js?v=abc", &[]).await;
        assert_eq!(missing.header("cache-control"), "no-cache", "a missing file may come back");
    }

    async fn an_unknown_route_of_the_api_is_no_page(app: TestApp) {
        let (app, _web) = with_client(app).await;
        assert_eq!(get(&app, "/api/nothing", &[]).await.refusal(), "404 not_found: no such route");
        assert_eq!(get(&app, "/api", &[]).await.status, 404);
        let answer = app.send(Request::put("/api/me").body(Body::empty()).unwrap()).await;
        assert_eq!(answer.refusal(), "405 bad_request: this route does not take this method");
        assert_eq!(app.send(Request::post("/").body(Body::empty()).unwrap()).await.status, 404);
    }

    async fn answers_about_people_are_not_kept(app: TestApp) {
        let ada = app.user("ada").await;
        let answer = ada.get("/api/me").await.ok();
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'; sandbox");
        assert_eq!(answer.header("x-request-id").len(), 32);
    }

    async fn whoever_watches_the_server_is_told(app: TestApp) {
        assert_eq!(get(&app, "/healthz", &[]).await.ok().text(), "ok");
        assert_eq!(get(&app, "/readyz", &[]).await.ok().text(), "ready");
        get(&app, "/api/workflows/wf_00000000000000000000000000000007", &[]).await;
        let metrics = get(&app, "/metrics", &[]).await.ok();
        assert!(metrics.text().contains("openflow_http_requests_total"), "{}", metrics.text());
        assert!(metrics.text().contains("route=\"/api/workflows/{id}\""), "a route is counted by its pattern");
        assert!(!metrics.text().contains("wf_0000"), "an id made a metric of its own");

        app.state.shutdown.cancel();
        assert_eq!(get(&app, "/readyz", &[]).await.refusal(), "503 unavailable: stopping");
        assert_eq!(get(&app, "/healthz", &[]).await.status, 200);
    }
}
