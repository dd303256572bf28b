//! Media that are too large for a request are handed over first: at the vendor, or where it says, without the key.

use std::sync::Arc;

use serde_json::{Value, json};
use shared::run::RunStatus;

use super::{
    attempt::play_with,
    cases,
    shop::{Script, Shop},
    workflow::workflow,
};

/// What a vendor answers to somebody who wants to hand over a file.
pub fn place(path: &str, base: &str, cdn: &str) -> Option<Value> {
    Some(match path {
        "/storage/upload/initiate" => {
            json!({"upload_url": format!("{cdn}/put"), "file_url": format!("{cdn}/files/poster")})
        }
        "/files" => json!({"id": "1", "urls": {"get": format!("{base}/files/poster")}}),
        "/v1/uploads" => {
            json!({"uploadUrl": format!("{cdn}/form"), "runwayUri": "runway://poster", "fields": {"key": "a/b"}})
        }
        _ => return None,
    })
}

#[tokio::test]
async fn large_media_are_handed_over_before_the_order() {
    for (provider, field, address) in [
        ("fal", "image_url", "/files/poster"),
        ("replicate", "image", "/files/poster"),
        ("runway", "imageUri", "runway://poster"),
    ] {
        let case =
            cases::all().into_iter().find(|case| (case.provider, case.capability) == (provider, "image.upscale"));
        let case = case.unwrap();
        let shop = Shop::start(case, Script::Well).await;
        let large = workflow(&case).replace("test.picture", "test.poster");
        let told = play_with(&shop, &case, &Arc::default(), &large).await;
        assert_eq!(told.report.status, RunStatus::Done, "{provider}: {:?}", told.report);
        let [bytes] = told.seen.uploaded.as_slice() else { panic!("{provider}: {:?}", told.seen.uploaded) };
        assert!(*bytes > 3_500_000, "{provider}: {bytes}");
        let [order] = told.seen.orders.as_slice() else { panic!("{provider}: {}", told.seen.orders.len()) };
        let order: Value = serde_json::from_str(order).unwrap();
        let input = order.get("input").unwrap_or(&order);
        assert!(input[field].as_str().is_some_and(|said| said.ends_with(address)), "{provider}: {order}");
    }
}
