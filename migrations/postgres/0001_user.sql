-- People with an account, and their sign-ins.

-- Quoted, because `user` is a keyword of Postgres.
create table "user" (
    user_id uuid not null primary key,
    -- As typed; looked up and unique without regard to case.
    email text not null,
    name text not null,
    -- PHC string: the parameters travel with the hash, so they can be raised later.
    password_hash text not null,
    created_at timestamptz not null
);

create unique index user_email_key on "user" (lower(email));

create table session (
    session_id uuid not null primary key,
    user_id uuid not null references "user" (user_id) on delete cascade,
    -- BLAKE3 of the token: a stolen copy of this table signs nobody in.
    token_hash bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

create unique index session_token_hash_key on session (token_hash);
create index session_user_id_idx on session (user_id);
-- For the sweep of expired sessions.
create index session_expires_at_idx on session (expires_at);
