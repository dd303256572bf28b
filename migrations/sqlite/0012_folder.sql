-- Folders of workflows, a tree in each workspace.

create table folder (
    folder_id blob not null primary key,
    workspace_id blob not null references workspace (workspace_id) on delete cascade,
    -- Null: at the top. No cascade: what is in a folder moves up before it goes, and a bug there must not delete work.
    parent_id blob references folder (folder_id),
    name text not null,
    created_at text not null
) strict;

create index folder_workspace_id_idx on folder (workspace_id);
create index folder_parent_id_idx on folder (parent_id);

-- Null: at the top of its workspace.
alter table workflow add column folder_id blob references folder (folder_id);

create index workflow_folder_id_idx on workflow (folder_id);
