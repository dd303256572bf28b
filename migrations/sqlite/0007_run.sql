-- Runs: what was executed, on whose behalf, and how it ended.

create table run (
    run_id blob not null primary key,
    workflow_id blob not null references workflow (workflow_id) on delete cascade,
    started_by blob not null references "user" (user_id),
    -- 'queued', 'running', 'done', 'failed', 'cancelled'.
    status text not null,
    -- Of the plan, inputs included: two active runs of a workflow with one hash share one execution.
    graph_hash text not null,
    -- The frozen graph, in the exchange format: what ran, whatever becomes of the document.
    graph text not null,
    -- JSON of the request: a list of node ids, and values by name.
    targets text not null,
    inputs text not null,
    -- The run whose execution this one shares. No reference: the two end together.
    joined blob,
    created_at text not null,
    finished_at text,
    cost_usd real,
    -- JSON: values of the named outputs by name, failures by node.
    outputs text not null default '{}',
    failures text not null default '{}',
    -- JSON: the events of a run that has ended, without the pieces of streamed text that the results repeat.
    events text not null default '[]'
) strict;

create index run_workflow_id_idx on run (workflow_id, run_id);
-- What a restart has to look at.
create index run_active_idx on run (status) where status in ('queued', 'running');

-- Results by what went in, so that nothing is paid for twice, also after a restart.
create table node_result (
    -- Provider keys, and with them what a model's name means, differ between workspaces.
    workspace_id blob not null references workspace (workspace_id) on delete cascade,
    result_key text not null,
    -- JSON of the engine's `CachedResult`; media are blob hashes.
    result text not null,
    created_at text not null,
    primary key (workspace_id, result_key)
) strict, without rowid;

create index node_result_created_at_idx on node_result (created_at);
