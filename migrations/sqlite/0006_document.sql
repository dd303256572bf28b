-- Documents: what rooms keep. A document is a snapshot and the log of updates behind it.

create table document (
    document_id blob not null primary key,
    workflow_id blob not null references workflow (workflow_id) on delete cascade,
    -- 'graph' or 'outputs': two documents, because rights cannot be split inside an encoded Yjs update.
    part text not null,
    -- Yjs v2 encoding of the state up to and including log row `snapshot_seq`; null until the log was first folded.
    snapshot blob,
    -- BLAKE3 of `snapshot`: the strict decoder reads v1 only, so this says that the bytes are the ones we wrote.
    snapshot_hash blob,
    snapshot_seq integer not null default 0,
    created_at text not null,
    constraint document_workflow_part_key unique (workflow_id, part)
) strict;

-- Append-only. A row is acknowledged after its commit, never before, and deleted only by the snapshot that covers it.
create table document_update (
    document_id blob not null references document (document_id) on delete cascade,
    seq integer not null,
    -- Yjs v1 encoding.
    content blob not null,
    primary key (document_id, seq)
) strict, without rowid;

-- Who first wrote under a Yjs client id. Nobody else may write under it, also after a restart.
create table document_client (
    document_id blob not null references document (document_id) on delete cascade,
    client integer not null,
    -- Kept without a reference: the content outlives the account.
    user_id blob not null,
    primary key (document_id, client)
) strict, without rowid;

-- Log rows that could not be read back, set aside for somebody to look at. A document that has one opens read-only.
create table document_quarantine (
    document_id blob not null references document (document_id) on delete cascade,
    seq integer not null,
    content blob not null,
    reason text not null,
    created_at text not null,
    primary key (document_id, seq)
) strict;
