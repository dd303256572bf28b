//! RunPod: jobs for an endpoint, one's own or a public one, whose worker defines what goes in and what comes out. Results
//! are kept for half an hour.

use reqwest::Method;
use serde_json::json;

use super::words::{address_in, attachments, data_url, endpoint, failed, fields, path_part, required, unknown_state};
use crate::{
    Outbound,
    provider::{
        ProviderError,
        models::Route,
        order::{Finished, Order, OrderError, Polled, Taken, Vendor},
        rest::{Auth, Profile, Rest},
    },
    run::VendorJob,
    secret::ProviderKey,
};

pub(super) const PROFILE: Profile = Profile {
    name: "runpod",
    auth: Auth::Bearer,
    base: "https://api.runpod.ai/v2",
    also: &[],
    check: None,
    offers: &["video.generate", "image.generate", "image.edit"],
};

pub(super) struct RunPod(Rest);

impl RunPod {
    pub fn new(outbound: Outbound, key: ProviderKey) -> Self {
        Self(PROFILE.rest(outbound, key))
    }

    fn url_of(&self, job: &VendorJob, verb: &str) -> Result<String, ProviderError> {
        let endpoint = required(&job.data, "/endpoint")?;
        Ok(self.0.url(&format!("/{endpoint}/{verb}/{}", path_part(job)?)))
    }
}

#[async_trait::async_trait]
impl Vendor for RunPod {
    async fn submit(&self, route: &Route, order: &Order) -> Result<Taken, OrderError> {
        let endpoint = endpoint(route, order)?;
        // Ten MB go into one request: pictures do, films do not.
        let addresses = attachments(route, order).into_iter().map(|(_, attachment)| data_url(attachment)).collect();
        let body = json!({"input": fields(route, order, addresses)});
        let answer = self.0.order(&self.0.url(&format!("/{endpoint}/run")), &body, &[]).await?;
        let id = required(&answer.json, "/id").map_err(OrderError::Unknown)?.to_owned();
        Ok(Taken::Job { id, data: json!({"endpoint": endpoint}), retries: answer.retries })
    }

    async fn poll(&self, job: &VendorJob) -> Result<Polled, ProviderError> {
        let answer = self.0.ask(Method::GET, &self.url_of(job, "status")?).await?.json;
        let raw = || self.0.redact(&answer.to_string());
        match answer["status"].as_str() {
            Some("IN_QUEUE") => Ok(Polled::Queued),
            Some("IN_PROGRESS" | "RUNNING") => Ok(Polled::Working(None)),
            Some("COMPLETED") => {
                let output = &answer["output"];
                let url = address_in(output).ok_or_else(|| failed("its answer lacks a result").with_raw(&raw()))?;
                Ok(Polled::Done(Finished::at(url).costing(output["cost"].as_f64())))
            }
            Some(ended @ ("FAILED" | "CANCELLED" | "TIMED_OUT")) => {
                let said =
                    answer["error"].as_str().map_or_else(|| ended.to_owned(), |said| said.chars().take(300).collect());
                Err(failed(&said).with_raw(&raw()))
            }
            _ => Err(unknown_state(&raw())),
        }
    }

    async fn cancel(&self, job: &VendorJob) -> Result<(), ProviderError> {
        self.0.tell(Method::POST, &self.url_of(job, "cancel")?).await
    }

    fn rest(&self) -> &Rest {
        &self.0
    }
}
