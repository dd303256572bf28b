-- Keys for model providers: usable by a workspace's runs, readable by nobody.

create table provider_key (
    provider_key_id blob not null primary key,
    workspace_id blob not null references workspace (workspace_id) on delete cascade,
    provider text not null,
    -- Tells several keys of one provider apart; empty for the one that is meant when none is named.
    name text not null,
    base_url text,
    -- The last characters of the secret, for people to recognise it.
    hint text not null,
    -- Nonce and XChaCha20-Poly1305 ciphertext. Sealed to this row: id, workspace, provider and base_url are
    -- authenticated with it, so a secret copied to another row, or pointed at another server, does not open.
    sealed blob not null,
    created_by blob not null references "user" (user_id),
    created_at text not null
) strict;

-- Over an expression, because only then does SQLite name the index in its refusal.
create unique index provider_key_name_key on provider_key (workspace_id, provider, lower(name));
