-- Versions: states of a workflow's graph that are kept. Retention thins out those without a name.

create table version (
    version_id blob not null primary key,
    workflow_id blob not null references workflow (workflow_id) on delete cascade,
    -- 'created', 'paused', 'run', 'named', 'restore'.
    reason text not null,
    name text,
    pinned integer not null default 0,
    -- The graph in the exchange format, zlib. Not Yjs state: that would carry deleted text along and tie the version
    -- to one generation of the document.
    content blob not null,
    -- BLAKE3 of the text before compression: equal graphs are equal texts, and are not kept twice in a row.
    content_hash blob not null,
    node_count integer not null,
    wire_count integer not null,
    frame_count integer not null,
    created_at text not null
) strict;

create index version_workflow_id_idx on version (workflow_id, version_id);

-- Who edited since the version before.
create table version_author (
    version_id blob not null references version (version_id) on delete cascade,
    user_id blob not null references "user" (user_id) on delete cascade,
    primary key (version_id, user_id)
) strict, without rowid;
