-- Results in a budget: how large each is, when it was used, and which nodes show it.

alter table node_result
    add column size_bytes bigint not null default 0,
    -- Unix milliseconds.
    add column used_at bigint not null default 0;

create index node_result_used_at_idx on node_result (workspace_id, used_at);

-- The last results of each node: what is shown is not forgotten, whatever the budget says.
create table node_version (
    workflow_id uuid not null references workflow (workflow_id) on delete cascade,
    node_id text not null,
    workspace_id uuid not null references workspace (workspace_id) on delete cascade,
    result_key text not null,
    -- Unix milliseconds.
    shown_at bigint not null,
    primary key (workflow_id, node_id, result_key)
);

create index node_version_result_idx on node_version (workspace_id, result_key);
