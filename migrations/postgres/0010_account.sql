-- More ways to sign in, and what people can see and revoke of theirs.
-- From here on an empty "user".password_hash means: no password, signs in elsewhere. (A nullable column would need the
-- table to be made anew on SQLite.)

-- What the browser said of itself at sign-in, cut to a sensible length.
alter table session add column user_agent text not null default '';
-- Null until the first use after some minutes; written at most every few minutes.
alter table session add column last_used_at timestamptz;

-- An account elsewhere that signs a person in here.
create table identity (
    -- `github`.
    provider text not null,
    -- The provider's own id of the account: names there can change hands.
    subject text not null,
    user_id uuid not null references "user" (user_id) on delete cascade,
    -- The name there, to show.
    login text not null,
    created_at timestamptz not null,
    primary key (provider, subject)
);

-- One GitHub account for each person; a second would be a way in that nobody remembers.
create unique index identity_user_id_key on identity (user_id, provider);

-- A sign-in that went off to a provider and is expected back. Taken out at the return, so that it works once.
create table oauth_state (
    -- BLAKE3 of the state parameter.
    state_hash bytea not null primary key,
    -- BLAKE3 of a cookie: only the browser that left may come back.
    browser_hash bytea not null,
    -- PKCE: proves to the provider that who asks for the token is who began.
    verifier text not null,
    -- The person who wants to connect the account; null for a sign-in.
    user_id uuid references "user" (user_id) on delete cascade,
    -- Path of ours to go on to.
    next text not null,
    expires_at timestamptz not null
);

create table api_key (
    api_key_id uuid not null primary key,
    user_id uuid not null references "user" (user_id) on delete cascade,
    name text not null,
    -- BLAKE3 of the token: a stolen copy of this table opens nothing.
    token_hash bytea not null,
    -- The token's last characters, for people to recognise it.
    hint text not null,
    -- The word of `shared::access::KeyScope`.
    scope text not null,
    -- The only workspace it reaches; null for all of its owner's.
    workspace_id uuid references workspace (workspace_id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz
);

create unique index api_key_token_hash_key on api_key (token_hash);
create index api_key_user_id_idx on api_key (user_id);
