-- What is known of the bytes in the blob store, and who may read them.

create table blob (
    -- BLAKE3 of the bytes, in hexadecimal: the same word as in documents and addresses.
    hash text not null primary key,
    mime text not null,
    size_bytes bigint not null,
    -- What probing found: the JSON of `shared::value::Value`. Null for bytes that were never probed, such as posters.
    -- Text, not jsonb: it is handed out as it is and never searched.
    media text,
    created_at timestamptz not null
);

-- The hash alone opens nothing: a workspace reads the blobs it uploaded or made.
create table blob_grant (
    workspace_id uuid not null references workspace (workspace_id) on delete cascade,
    hash text not null references blob (hash) on delete cascade,
    created_at timestamptz not null,
    primary key (workspace_id, hash)
);

create index blob_grant_hash_idx on blob_grant (hash);
