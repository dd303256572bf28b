//! `workspaces/{id}/folders`: where workflows are kept. A workflow is moved by changing it (`routes::workflows`).

use axum::{extract::State, http::StatusCode};
use shared::{
    access::Role,
    api::{CreateFolder, Folder, PatchFolder},
    error::ErrorBody,
    id::{FolderId, WorkspaceId},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{AppJson, AppPath, text::parse_name};
use crate::{access::WorkspaceAccess, db, error::AppError, state::AppState};

const MAX_FOLDERS: usize = 1000;
const MAX_DEPTH: usize = 12;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_folders, create_folder)).routes(routes!(change_folder, delete_folder))
}

/// The whole tree, as a list.
#[utoipa::path(
    get, path = "/workspaces/{id}/folders", tag = "folders", params(("id" = WorkspaceId, Path)),
    responses((status = 200, body = Vec<Folder>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn list_folders(
    State(state): State<AppState>,
    access: WorkspaceAccess,
) -> Result<AppJson<Vec<Folder>>, AppError> {
    Ok(AppJson(db::folder::list(&state.db, access.workspace.id).await?))
}

/// Make a folder.
#[utoipa::path(
    post, path = "/workspaces/{id}/folders", tag = "folders", params(("id" = WorkspaceId, Path)), request_body = CreateFolder,
    responses(
        (status = 201, body = Folder), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn create_folder(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    AppJson(body): AppJson<CreateFolder>,
) -> Result<(StatusCode, AppJson<Folder>), AppError> {
    access.require(Role::can_edit)?;
    let name = parse_name(&body.name, "name")?;
    let workspace = access.workspace.id;
    let mut tx = state.db.begin().await?;
    db::workspace::lock(&mut tx, workspace).await?;
    let mut folders = db::folder::list(&mut tx, workspace).await?;
    if folders.len() >= MAX_FOLDERS {
        return Err(AppError::conflict("too many folders: delete some first"));
    }
    let folder = Folder { id: FolderId::from(Uuid::now_v7()), parent: body.parent, name };
    folders.push(folder.clone());
    check_place(&folders, folder.id)?;
    db::folder::insert(&mut tx, workspace, &folder).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, AppJson(folder)))
}

/// Rename or move.
#[utoipa::path(
    patch, path = "/workspaces/{id}/folders/{folder}", tag = "folders",
    params(("id" = WorkspaceId, Path), ("folder" = FolderId, Path)), request_body = PatchFolder,
    responses(
        (status = 200, body = Folder), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
    ),
)]
async fn change_folder(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    path: AppPath<(WorkspaceId, FolderId)>,
    AppJson(body): AppJson<PatchFolder>,
) -> Result<AppJson<Folder>, AppError> {
    let AppPath((_, id)) = path;
    access.require(Role::can_edit)?;
    let name = body.name.as_deref().map(|name| parse_name(name, "name")).transpose()?;
    let mut tx = state.db.begin().await?;
    // Two moves at once could make a ring that neither would.
    db::workspace::lock(&mut tx, access.workspace.id).await?;
    let mut folders = db::folder::list(&mut tx, access.workspace.id).await?;
    let folder = folders.iter_mut().find(|folder| folder.id == id).ok_or_else(no_such_folder)?;
    if let Some(name) = name {
        folder.name = name;
    }
    if let Some(parent) = body.parent {
        folder.parent = parent;
    }
    let folder = folder.clone();
    check_place(&folders, id)?;
    db::folder::update(&mut tx, &folder).await?;
    tx.commit().await?;
    Ok(AppJson(folder))
}

/// Delete. What is in it moves up.
#[utoipa::path(
    delete, path = "/workspaces/{id}/folders/{folder}", tag = "folders",
    params(("id" = WorkspaceId, Path), ("folder" = FolderId, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)),
)]
async fn delete_folder(
    State(state): State<AppState>,
    access: WorkspaceAccess,
    path: AppPath<(WorkspaceId, FolderId)>,
) -> Result<StatusCode, AppError> {
    let AppPath((_, id)) = path;
    access.require(Role::can_edit)?;
    let mut tx = state.db.begin().await?;
    db::workspace::lock(&mut tx, access.workspace.id).await?;
    let folders = db::folder::list(&mut tx, access.workspace.id).await?;
    let folder = folders.iter().find(|folder| folder.id == id).ok_or_else(no_such_folder)?;
    db::folder::delete(&mut tx, folder).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses a folder of another workspace, for requests that put something into one.
pub(super) async fn check_folder(state: &AppState, workspace: WorkspaceId, id: FolderId) -> Result<(), AppError> {
    let folders = db::folder::list(&state.db, workspace).await?;
    if folders.iter().any(|folder| folder.id == id) { Ok(()) } else { Err(no_such_folder()) }
}

/// The way from any folder leads to the top, and is not too long.
fn check_place(folders: &[Folder], moved: FolderId) -> Result<(), AppError> {
    for start in folders {
        let mut depth = 0;
        let mut next = Some(start.id);
        while let Some(id) = next {
            let folder = folders.iter().find(|folder| folder.id == id).ok_or_else(no_such_folder)?;
            next = folder.parent;
            depth += 1;
            if next == Some(moved) && start.id == moved {
                return Err(AppError::conflict("a folder cannot be inside itself"));
            }
            if depth > MAX_DEPTH {
                return Err(AppError::conflict(format!("folders go {MAX_DEPTH} deep at most")));
            }
        }
    }
    Ok(())
}

fn no_such_folder() -> AppError {
    AppError::not_found("folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> FolderId {
        Uuid::from_u128(n).into()
    }

    fn folder(n: u128, parent: Option<u128>) -> Folder {
        Folder { id: id(n), parent: parent.map(id), name: n.to_string() }
    }

    #[test]
    fn a_folder_cannot_be_inside_itself() {
        let ring = [folder(1, Some(3)), folder(2, Some(1)), folder(3, Some(2))];
        assert!(check_place(&ring, id(1)).unwrap_err().message().contains("inside itself"));
        assert!(check_place(&[folder(1, Some(1))], id(1)).unwrap_err().message().contains("inside itself"));
        assert!(check_place(&[folder(1, None), folder(2, Some(1))], id(2)).is_ok());
        assert!(check_place(&[folder(2, Some(9))], id(2)).unwrap_err().message().contains("no such folder"));
    }

    #[test]
    fn a_subtree_does_not_get_too_deep_either() {
        let chain: Vec<Folder> = (0..13).map(|n| folder(n, n.checked_sub(1))).collect();
        assert!(check_place(&chain[..12], id(0)).is_ok());
        assert!(check_place(&chain, id(12)).is_err());
    }
}
