-- Links that make whoever follows them a member of a workspace.

create table invitation (
    invitation_id uuid not null primary key,
    workspace_id uuid not null references workspace (workspace_id) on delete cascade,
    -- BLAKE3 of the token.
    token_hash bytea not null,
    role text not null,
    created_by uuid not null references "user" (user_id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    -- Counted in the same transaction that adds the member, so that a link for one lets in one.
    uses bigint not null default 0,
    -- Null: any number.
    max_uses bigint
);

create unique index invitation_token_hash_key on invitation (token_hash);
create index invitation_workspace_id_idx on invitation (workspace_id);
