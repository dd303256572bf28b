-- A workflow as lists show it. Its content is a document, which this row only mirrors.

create table workflow (
    workflow_id blob not null primary key,
    workspace_id blob not null references workspace (workspace_id) on delete cascade,
    -- Mirrors of the document's `meta`, written by its room after a commit that changed them.
    title text not null,
    description text not null default '',
    node_count integer not null default 0,
    -- Hash of a blob; null until a run has made something to show.
    poster text,
    -- Kept when the person leaves: the work belongs to the workspace.
    created_by blob not null references "user" (user_id),
    created_at text not null,
    updated_at text not null
) strict;

create index workflow_workspace_id_idx on workflow (workspace_id, updated_at);
