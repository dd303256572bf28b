//! A node that has a job done at a vendor, the way every node that pays for jobs does it.

use std::time::Duration;

use engine::{NodeContext, NodeError, Reach, VendorJob, node};
use serde_json::Value as Json;

/// Has a job done.
#[node("test.job", title = "Job", resource = "network", cacheable = false, example = "{}")]
async fn job(
    /// What came before.
    text: Option<String>,
    /// Where the vendor is.
    #[param(default = "")]
    vendor: String,
    ctx: &NodeContext,
) -> Result<String, NodeError> {
    let vendor_job = |id: Option<String>| VendorJob { provider: "test".into(), id, data: Json::Null };
    let id = match ctx.job() {
        Some(VendorJob { id: Some(id), .. }) => id,
        Some(VendorJob { id: None, .. }) => return Err(NodeError::internal("not sent again", "")),
        None => {
            ctx.store_job(&vendor_job(None)).await?;
            let id = call(ctx, reqwest::Method::POST, &format!("{vendor}/jobs")).await?;
            ctx.store_job(&vendor_job(Some(id.clone()))).await?;
            id
        }
    };
    loop {
        let answer = call(ctx, reqwest::Method::GET, &format!("{vendor}/jobs/{id}")).await?;
        if answer != "working" {
            return Ok(format!("{}{answer}", text.unwrap_or_default()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        ctx.check_cancelled()?;
    }
}

async fn call(ctx: &NodeContext, method: reqwest::Method, url: &str) -> Result<String, NodeError> {
    let failed = |error: engine::OutboundError| NodeError::internal("the vendor does not answer", error);
    let request = ctx.http().request(method, url, Reach::Private).map_err(failed)?;
    let answer = ctx.http().send(request).await.map_err(failed)?;
    let bytes = ctx.http().read(answer, 4096).await.map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
