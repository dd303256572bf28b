//! `GET` and `HEAD /api/blobs/{hash}`

use axum::{body::Body, http::Method};
use engine::samples::SAMPLES;
use shared::value::BlobHash;

use super::{picture, upload, uploaded};
use crate::support::{Answer, Person, on_each_database};

async fn get_with(person: &Person<'_>, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request =
        headers.iter().fold(person.request(Method::GET, path), |request, (name, value)| request.header(*name, *value));
    person.send(request.body(Body::empty()).unwrap()).await
}

on_each_database! {
    async fn a_blob_comes_back_as_it_went_in(app: TestApp) {
        let ada = app.user("ada").await;
        let media = uploaded(&ada, "image/png", &picture(1)).await;
        let answer = ada.get(&format!("/api/blobs/{}", media.blob)).await.ok();
        assert_eq!(answer.body, picture(1));
        assert_eq!(answer.header("content-type"), "image/png");
        assert_eq!(answer.header("content-disposition"), "inline");
        assert_eq!(answer.header("accept-ranges"), "bytes");
        assert_eq!(answer.header("cache-control"), "private, max-age=31536000, immutable");
        assert_eq!(answer.header("etag"), format!("\"{}\"", media.blob));

        let head = ada.request(Method::HEAD, &format!("/api/blobs/{}", media.blob)).body(Body::empty()).unwrap();
        let answer = app.send(head).await.ok();
        assert_eq!(answer.header("content-length"), picture(1).len().to_string());
        assert!(answer.body.is_empty());
    }

    async fn a_part_is_enough_for_a_player(app: TestApp) {
        let ada = app.user("ada").await;
        let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        let media = uploaded(&ada, "application/octet-stream", &bytes).await;
        let path = format!("/api/blobs/{}", media.blob);
        for (range, content_range, part) in [
            ("bytes=0-99", "bytes 0-99/100000", 0..100),
            ("bytes=70000-", "bytes 70000-99999/100000", 70_000..100_000),
            ("bytes=-5", "bytes 99995-99999/100000", 99_995..100_000),
            ("bytes=99990-200000", "bytes 99990-99999/100000", 99_990..100_000),
        ] {
            let answer = get_with(&ada, &path, &[("range", range)]).await;
            assert_eq!((answer.status, answer.header("content-range")), (206, content_range));
            assert_eq!(answer.header("content-length"), part.len().to_string());
            assert_eq!(answer.body, bytes[part]);
        }
        let outside = get_with(&ada, &path, &[("range", "bytes=100000-")]).await;
        assert_eq!((outside.status, outside.header("content-range")), (416, "bytes */100000"));
        assert!(outside.body.is_empty());
        for range in ["bytes=0-1,5-6", "lines=1-2", "bytes=9-1"] {
            let answer = get_with(&ada, &path, &[("range", range)]).await;
            assert_eq!((answer.status, answer.body.len()), (200, bytes.len()), "{range}");
        }
        let other = get_with(&ada, &path, &[("range", "bytes=0-9"), ("if-range", "\"another\"")]).await;
        assert_eq!((other.status, other.body.len()), (200, bytes.len()));
    }

    async fn what_a_browser_has_is_not_sent_again(app: TestApp) {
        let ada = app.user("ada").await;
        let media = uploaded(&ada, "image/png", &picture(2)).await;
        let etag = format!("W/\"x\", \"{}\"", media.blob);
        let answer = get_with(&ada, &format!("/api/blobs/{}", media.blob), &[("if-none-match", &etag)]).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0));
    }

    async fn nothing_that_was_uploaded_can_run_on_our_origin(app: TestApp) {
        let ada = app.user("ada").await;
        let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
        let html = b"<!doctype html><script>alert(1)</script>";
        let pdf = b"%PDF-1.4 not much of one";
        for bytes in [svg.as_slice(), html, pdf, b"GIF89a is not enough", b"text"] {
            let answer = upload(&ada, "application/octet-stream", bytes).await;
            if answer.status == 415 {
                continue;
            }
            let answer = ada.get(&format!("/api/blobs/{}", BlobHash::of(bytes))).await.ok();
            assert_eq!(answer.header("content-type"), "application/octet-stream");
            assert_eq!(answer.header("content-disposition"), "attachment");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("content-security-policy"), "default-src 'none'; sandbox");
        }
    }

    async fn a_blob_is_read_by_those_who_share_its_workspace(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let media = uploaded(&ada, "image/png", &picture(4)).await;
        let path = format!("/api/blobs/{}", media.blob);
        assert_eq!(bob.get(&path).await.refusal(), "404 not_found: no such blob");
        assert_eq!(app.stranger().get(&path).await.status, 401);
        ada.invite(&bob, "viewer").await;
        bob.get(&path).await.ok();
    }

    async fn samples_are_everybodys_and_a_download_has_a_name(app: TestApp) {
        let ada = app.user("ada").await;
        engine::samples::install(app.state.blobs.as_ref()).await.unwrap();
        for sample in SAMPLES {
            let answer = ada.get(&format!("/api/blobs/{}?download={}", sample.hash(), sample.file)).await.ok();
            assert_eq!(answer.body, sample.bytes);
            let name = format!("attachment; filename*=UTF-8''{}", sample.file);
            assert_eq!(answer.header("content-disposition"), name);
        }
    }

    async fn a_name_that_is_no_hash_is_refused(app: TestApp) {
        let ada = app.user("ada").await;
        let answer = ada.get("/api/blobs/..%2f..%2fmaster.key").await;
        assert!(answer.refusal().contains("a blob is named by 64 lower-case hexadecimal digits"), "{}", answer.text());
        assert_eq!(answer.status, 400);
    }
}
