-- How far counting seeds have come. Not in the graph: whoever may run may not write that.
create table run_seed (
    workflow_id blob not null references workflow (workflow_id) on delete cascade,
    node_id text not null,
    param text not null,
    -- Where the count begins, as the parameter said: another beginning is another count.
    counts_from integer not null,
    last integer not null,
    primary key (workflow_id, node_id, param)
) strict, without rowid;
