//! `GET` and `HEAD blobs/{hash}`.
//!
//! People upload what they like, so nothing from here may run as script on our origin: the type is what probing found,
//! browsers may not guess another, only harmless kinds are shown in place, and a sandbox holds the rest.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use engine::BlobError;
use serde::Deserialize;
use shared::{error::ErrorBody, value::BlobHash};
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};
use tokio_util::io::ReaderStream;

use super::range::{self, Wanted};
use crate::{
    auth::CurrentUser,
    blobs::readable_by,
    error::AppError,
    routes::{AppPath, AppQuery},
    state::AppState,
};

const READ_BYTES: usize = 64 << 10;

/// Kinds that browsers show without running anything in them. Not SVG, not HTML, not PDF.
const SHOWN_IN_PLACE: [&str; 17] = [
    "audio/aac",
    "audio/flac",
    "audio/m4a",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/x-flac",
    "audio/x-wav",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/mp4",
    "video/quicktime",
    "video/webm",
];

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DownloadQuery {
    /// Save under this name instead of showing it.
    download: Option<String>,
}

/// The bytes, or the one range of them that is asked for.
#[utoipa::path(
    get, path = "/blobs/{hash}", tag = "blobs", params(("hash" = BlobHash, Path), DownloadQuery),
    responses(
        (status = 200, content_type = "application/octet-stream"), (status = 206, content_type = "application/octet-stream"),
        (status = 304), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 416),
    ),
)]
pub(super) async fn download_blob(
    State(state): State<AppState>,
    current: CurrentUser,
    AppPath(hash): AppPath<BlobHash>,
    AppQuery(query): AppQuery<DownloadQuery>,
    method: Method,
    request: HeaderMap,
) -> Result<Response, AppError> {
    let readable = readable_by(&state.db, current.asker(), &hash).await?;
    // A blob of others is as absent as one that does not exist.
    let (mime, size) = readable.ok_or_else(|| AppError::not_found("blob"))?;
    let etag = format!("\"{hash}\"");
    let headers = headers(&mime, &etag, query.download.as_deref());
    if matches_etag(request.get(header::IF_NONE_MATCH), &etag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }

    let range = request.get(header::RANGE).and_then(|value| value.to_str().ok());
    // A range of other bytes than these is of no use: then all of it is sent.
    let range = range.filter(|_| request.get(header::IF_RANGE).is_none_or(|value| value.as_bytes() == etag.as_bytes()));
    let (status, part) = match range::parse(range, size) {
        Wanted::Whole => (StatusCode::OK, 0..size),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Wanted::Unsatisfiable => {
            let none = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, none, headers).into_response());
        }
    };
    let length = part.end - part.start;
    let mut response = (status, headers).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    if status == StatusCode::PARTIAL_CONTENT {
        let text = format!("bytes {}-{}/{size}", part.start, part.end - 1);
        response.headers_mut().insert(header::CONTENT_RANGE, HeaderValue::from_str(&text).expect("digits and signs"));
    }
    if method != Method::HEAD {
        *response.body_mut() = read(&state, &hash, part.start, length).await?;
    }
    Ok(response)
}

async fn read(state: &AppState, hash: &BlobHash, start: u64, length: u64) -> Result<Body, AppError> {
    let path = state.blobs.local_path(hash).await.map_err(|error| match error {
        // The database knows it and the folder has lost it: an operator must hear of that.
        BlobError::NotFound { .. } => AppError::not_found("blob").because(error),
        BlobError::Io(_) => AppError::internal(error),
    })?;
    let mut file = tokio::fs::File::open(path).await.map_err(AppError::internal)?;
    file.seek(SeekFrom::Start(start)).await.map_err(AppError::internal)?;
    Ok(Body::from_stream(ReaderStream::with_capacity(file.take(length), READ_BYTES)))
}

fn headers(mime: &str, etag: &str, download: Option<&str>) -> HeaderMap {
    let shown = SHOWN_IN_PLACE.contains(&mime);
    let disposition = match (download, shown) {
        (Some(name), _) => attachment(name),
        (None, true) => "inline".to_owned(),
        (None, false) => "attachment".to_owned(),
    };
    let mut headers = HeaderMap::new();
    let mut set = |name: HeaderName, value: &str| {
        headers.insert(name, HeaderValue::from_str(value).expect("built of plain characters"));
    };
    // A kind that is not on the list keeps its type only as far as nobody could run it.
    set(header::CONTENT_TYPE, if shown { mime } else { "application/octet-stream" });
    set(header::CONTENT_DISPOSITION, &disposition);
    set(header::ETAG, etag);
    set(header::ACCEPT_RANGES, "bytes");
    // The address is the content, so a copy is never stale. Private: shared caches must not answer strangers.
    set(header::CACHE_CONTROL, "private, max-age=31536000, immutable");
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    headers
}

/// RFC 6266 with RFC 8187: every byte outside the plain letters is escaped, so a name cannot end the header.
fn attachment(name: &str) -> String {
    let short: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
    let mut text = "attachment; filename*=UTF-8''".to_owned();
    for byte in short.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            text.push(byte as char);
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn matches_etag(header: Option<&HeaderValue>, etag: &str) -> bool {
    let Some(text) = header.and_then(|value| value.to_str().ok()) else { return false };
    text.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_is_never_shown_in_place() {
        for mime in ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/pdf", "text/plain"]
        {
            let headers = headers(mime, "\"x\"", None);
            assert_eq!(headers[header::CONTENT_DISPOSITION], "attachment", "{mime}");
            assert_eq!(headers[header::CONTENT_TYPE], "application/octet-stream", "{mime}");
        }
        assert_eq!(headers("image/png", "\"x\"", None)[header::CONTENT_DISPOSITION], "inline");
    }

    #[test]
    fn a_file_name_cannot_leave_its_header() {
        assert_eq!(attachment("a \"b\"\r\nx: y.png"), "attachment; filename*=UTF-8''a%20%22b%22x%3A%20y.png");
        assert_eq!(attachment("Übung.mp4"), "attachment; filename*=UTF-8''%C3%9Cbung.mp4");
    }
}
