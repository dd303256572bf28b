//! `POST blobs`: streamed to disk, looked at, granted to one workspace.

use std::time::Duration;

use axum::{
    extract::{FromRequest, Multipart, Request, State},
    http::{HeaderMap, StatusCode, header},
};
use engine::media::{MediaError, describe};
use futures_util::{Stream, StreamExt, TryStreamExt};
use serde::Deserialize;
use shared::{
    access::Role,
    error::{ErrorBody, ErrorCode},
    id::WorkspaceId,
    value::Media,
};
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;

use crate::{
    access::WorkspaceAccess,
    auth::CurrentUser,
    blobs::grant_media,
    error::AppError,
    routes::{AppJson, AppQuery},
    state::AppState,
};

/// A line that is silent for so long is dead. There is no limit on the whole: films are large.
const SILENCE: Duration = Duration::from_secs(30);
const MAX_NAME_CHARS: usize = 200;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UploadQuery {
    /// Whose it is. Absent: one's own workspace.
    #[param(value_type = Option<String>)]
    workspace: Option<WorkspaceId>,
    /// The file's name, if the body does not say.
    name: Option<String>,
}

/// Store a file: as the body itself, or as the first file of a `multipart/form-data` body.
#[utoipa::path(
    post, path = "/blobs", tag = "blobs", params(UploadQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, body = Media), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody),
    ),
)]
pub(super) async fn upload_blob(
    State(state): State<AppState>,
    current: CurrentUser,
    AppQuery(query): AppQuery<UploadQuery>,
    request: Request,
) -> Result<(StatusCode, AppJson<Media>), AppError> {
    let access = destination(&state, &current, query.workspace).await?;
    access.require(Role::can_run)?;
    let file = receive(&state, request).await?;
    let claimed = file.claimed_mime;
    let name = file.name.or(query.name).map(|name| name.chars().take(MAX_NAME_CHARS).collect());

    let hash = state.blobs.put_file(&file.path).await.map_err(AppError::internal)?;
    let media = describe(state.blobs.as_ref(), &hash, name).await.map_err(|error| match error {
        MediaError::Broken { .. } => AppError::new(ErrorCode::UnsupportedMedia, error.to_string()),
        error => AppError::internal(error),
    })?;
    check_claim(claimed.as_deref(), &media)?;
    grant_media(&state, access.workspace.id, &media).await?;
    Ok((StatusCode::CREATED, AppJson(media)))
}

async fn destination(
    state: &AppState,
    current: &CurrentUser,
    workspace: Option<WorkspaceId>,
) -> Result<WorkspaceAccess, AppError> {
    match workspace {
        Some(id) => WorkspaceAccess::find(state, current.asker(), id).await,
        None => WorkspaceAccess::find_personal(state, current.asker()).await,
    }
}

struct Received {
    path: TempPath,
    name: Option<String>,
    claimed_mime: Option<String>,
}

async fn receive(state: &AppState, request: Request) -> Result<Received, AppError> {
    let claimed_mime = content_type(request.headers());
    if claimed_mime.as_deref() != Some("multipart/form-data") {
        let path = save(state, request.into_body().into_data_stream()).await?;
        return Ok(Received { path, name: None, claimed_mime });
    }
    let unreadable = |error: axum::extract::multipart::MultipartError| AppError::bad_request(error.body_text());
    let mut form =
        Multipart::from_request(request, &()).await.map_err(|error| AppError::bad_request(error.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if let Some(name) = field.file_name().map(str::to_owned) {
            let claimed_mime = field.content_type().map(str::to_owned);
            let path = save(state, field.map_err(axum::Error::new)).await?;
            return Ok(Received { path, name: Some(name), claimed_mime });
        }
    }
    Err(AppError::bad_request("the form has no file in it"))
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Writes the bytes to a file that disappears unless it becomes a blob.
async fn save(
    state: &AppState,
    bytes: impl Stream<Item = Result<bytes::Bytes, axum::Error>>,
) -> Result<TempPath, AppError> {
    let max = state.config.max_upload_bytes;
    let path = tempfile::NamedTempFile::new_in(&state.upload_dir).map_err(AppError::internal)?.into_temp_path();
    let mut file = tokio::fs::File::create(&path).await.map_err(AppError::internal)?;
    let mut bytes = std::pin::pin!(bytes);
    let mut length = 0;
    loop {
        let chunk = tokio::time::timeout(SILENCE, bytes.next()).await;
        let chunk = chunk.map_err(|_| AppError::bad_request("the upload stopped half-way"))?;
        let Some(chunk) = chunk else { break };
        let chunk = chunk.map_err(|error| AppError::bad_request("the upload broke off").because(error))?;
        length += chunk.len() as u64;
        if length > max {
            return Err(AppError::too_large(format!("larger than {max} bytes, which is the most this server takes")));
        }
        file.write_all(&chunk).await.map_err(AppError::internal)?;
    }
    file.flush().await.map_err(AppError::internal)?;
    if length == 0 {
        return Err(AppError::bad_request("the file is empty"));
    }
    Ok(path)
}

/// A file that calls itself a picture and is none would surprise whoever opens it later.
fn check_claim(claimed: Option<&str>, media: &Media) -> Result<(), AppError> {
    let Some(claimed) = claimed.and_then(family) else { return Ok(()) };
    if family(&media.mime) == Some(claimed) {
        return Ok(());
    }
    let message = format!("sent as {claimed}, but the bytes are `{}`", media.mime);
    Err(AppError::new(ErrorCode::UnsupportedMedia, message))
}

/// Film and sound share containers, so a sound in a film's container is no lie.
fn family(mime: &str) -> Option<&'static str> {
    match mime.split('/').next() {
        Some("image") => Some("a picture"),
        Some("video" | "audio") => Some("film or sound"),
        _ => None,
    }
}
