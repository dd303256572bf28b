-- Links that make whoever follows them a member of a workspace.

create table invitation (
    invitation_id blob not null primary key,
    workspace_id blob not null references workspace (workspace_id) on delete cascade,
    -- BLAKE3 of the token.
    token_hash blob not null,
    role text not null,
    created_by blob not null references "user" (user_id) on delete cascade,
    created_at text not null,
    expires_at text not null,
    -- Counted in the same transaction that adds the member, so that a link for one lets in one.
    uses integer not null default 0,
    -- Null: any number.
    max_uses integer
) strict;

create unique index invitation_token_hash_key on invitation (token_hash);
create index invitation_workspace_id_idx on invitation (workspace_id);
