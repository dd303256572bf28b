//! Sending a file with progress: `fetch` cannot report any, so this is an `XMLHttpRequest`.

use std::{cell::RefCell, rc::Rc};

use futures_channel::oneshot;
use wasm_bindgen::JsCast;
use web_sys::{File, ProgressEvent, XmlHttpRequest};

use super::Listener;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    #[error("the connection broke during the upload")]
    Interrupted,
}

/// Aborts the request when its future is dropped, as navigating away does.
struct Abort(XmlHttpRequest);

impl Drop for Abort {
    fn drop(&mut self) {
        // On a finished request this does nothing.
        let _ = self.0.abort();
    }
}

/// Posts the file as the body; answers with status and text. `progress` goes from 0 to 1.
pub async fn upload(url: &str, file: &File, progress: impl Fn(f64) + 'static) -> Result<(u16, String), UploadError> {
    let request = XmlHttpRequest::new().map_err(|_| UploadError::Interrupted)?;
    request.open("POST", url).map_err(|_| UploadError::Interrupted)?;
    let mime = file.type_();
    let mime = if mime.is_empty() { "application/octet-stream" } else { &mime };
    let _ = request.set_request_header("content-type", mime);

    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let finish = move |answered: bool| {
        if let Some(sender) = sender.borrow_mut().take() {
            let _ = sender.send(answered);
        }
    };
    let uploads = request.upload().ok();
    let _progress = uploads.map(|uploads| {
        Listener::new(uploads, "progress", move |event| {
            let event = event.unchecked_ref::<ProgressEvent>();
            if event.length_computable() && event.total() > 0.0 {
                progress(event.loaded() / event.total());
            }
        })
    });
    let failed = finish.clone();
    let _load = Listener::new(request.clone(), "load", move |_| finish(true));
    let _error = Listener::new(request.clone(), "error", move |_| failed(false));
    let request = Abort(request);
    request.0.send_with_opt_blob(Some(file)).map_err(|_| UploadError::Interrupted)?;
    match receiver.await {
        Ok(true) => {
            let status = request.0.status().unwrap_or(0);
            let text = request.0.response_text().ok().flatten().unwrap_or_default();
            Ok((status, text))
        }
        Ok(false) | Err(_) => Err(UploadError::Interrupted),
    }
}
