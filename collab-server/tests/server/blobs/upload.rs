//! `POST /api/blobs`

use axum::{body::Body, http::Method};
use engine::samples::Sample;
use shared::value::{BlobHash, Media};

use super::{photo, picture, upload, uploaded};
use crate::support::on_each_database;

on_each_database! {
    async fn a_picture_is_probed_and_named_by_its_hash(app: TestApp) {
        let ada = app.user("ada").await;
        let request = ada.request(Method::POST, "/api/blobs?name=coffee.jpg").header("content-type", "image/jpeg");
        let answer = app.send(request.body(Body::from(photo())).unwrap()).await;
        assert_eq!(answer.status, 201);
        let media: Media = answer.read_as();
        assert_eq!(media.blob, BlobHash::of(photo()));
        assert_eq!(media.mime, "image/jpeg");
        assert_eq!(media.size_bytes, photo().len() as u64);
        assert_eq!(media.name.as_deref(), Some("coffee.jpg"));
        assert!(media.width.is_some() && media.height.is_some());
    }

    async fn a_form_brings_its_first_file(app: TestApp) {
        let ada = app.user("ada").await;
        let form = b"--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n\
            --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"dot.png\"\r\nContent-Type: image/png\r\n\r\n";
        let body = [form.as_slice(), &picture(9), b"\r\n--x--\r\n"].concat();
        let request = ada.request(Method::POST, "/api/blobs").header("content-type", "multipart/form-data; boundary=x");
        let media: Media = app.send(request.body(Body::from(body)).unwrap()).await.ok().read_as();
        assert_eq!(media.blob, BlobHash::of(&picture(9)));
        assert_eq!(media.name.as_deref(), Some("dot.png"));

        let empty = ada.request(Method::POST, "/api/blobs").header("content-type", "multipart/form-data; boundary=x");
        let answer = app.send(empty.body(Body::from("--x--\r\n")).unwrap()).await;
        assert_eq!(answer.refusal(), "400 bad_request: the form has no file in it");
    }

    async fn a_file_that_is_not_what_it_says_is_refused(app: TestApp) {
        let ada = app.user("ada").await;
        let sound = Sample::find("audio").unwrap().bytes;
        let answer = upload(&ada, "image/png", sound).await;
        assert_eq!(answer.refusal(), "415 unsupported_media: sent as a picture, but the bytes are `audio/mpeg`");
        let answer = upload(&ada, "image/png", b"<script>alert(1)</script>").await;
        assert_eq!(answer.status, 415, "{}", answer.text());
        let mut broken = picture(1);
        broken.truncate(20);
        assert_eq!(upload(&ada, "image/png", &broken).await.status, 415);
        let nothing: &[u8] = &[];
        assert_eq!(upload(&ada, "image/png", nothing).await.refusal(), "400 bad_request: the file is empty");

        // Refused bytes are nobody's.
        let hash = BlobHash::of(sound);
        let own = BlobHash::of(&broken);
        assert_eq!(ada.get(&format!("/api/blobs/{own}")).await.status, 404);
        assert_ne!(hash, own);
    }

    async fn what_is_too_large_is_refused_and_leaves_nothing_behind(app: TestApp) {
        let app = app.restart_with(|config| config.max_upload_bytes = 1000).await;
        let ada = app.user("ada").await;
        let answer = upload(&ada, "application/octet-stream", &[7; 1001]).await;
        assert_eq!(answer.refusal(), "413 too_large: larger than 1000 bytes, which is the most this server takes");
        upload(&ada, "application/octet-stream", &[7; 1000]).await.ok();
        let left = std::fs::read_dir(&app.state.upload_dir).unwrap().count();
        assert_eq!(left, 0, "temporary files were left behind");
    }

    async fn only_who_may_run_uploads_into_a_workspace(app: TestApp) {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        ada.invite(&bob, "commenter").await;
        let path = format!("/api/blobs?workspace={}", ada.workspace().await);
        let send = async |person: &crate::support::Person<'_>| {
            let request = person.request(Method::POST, &path).header("content-type", "image/png");
            app.send(request.body(Body::from(picture(3))).unwrap()).await
        };
        assert_eq!(send(&bob).await.status, 403);
        assert_eq!(send(&eve).await.refusal(), "404 not_found: no such workspace");
        assert_eq!(send(&ada).await.status, 201);
    }

    async fn the_same_bytes_twice_are_one_blob(app: TestApp) {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let first = uploaded(&ada, "image/png", &picture(5)).await;
        let second = uploaded(&bob, "image/png", &picture(5)).await;
        assert_eq!(first.blob, second.blob);
        for person in [&ada, &bob] {
            person.get(&format!("/api/blobs/{}", first.blob)).await.ok();
        }
    }
}
