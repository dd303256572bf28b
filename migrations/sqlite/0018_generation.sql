-- Generation records, and who lets them be training data.

create table generation (
    -- In the order of time.
    generation_id blob not null primary key,
    workspace_id blob not null references workspace (workspace_id) on delete cascade,
    -- Whose run it was. Never leaves the server: a record names a pseudonym.
    user_id blob not null references "user" (user_id),
    -- JSON of the record as it is published, without the person and without consent.
    record text not null,
    -- Whether the workspace and the person allowed training when it was made. What they say now counts too.
    consented integer not null default 0,
    -- Somebody had what was asked and made taken out.
    redacted integer not null default 0,
    created_at text not null
) strict, without rowid;

create index generation_workspace_idx on generation (workspace_id, generation_id);
create index generation_user_idx on generation (user_id, workspace_id);

-- Whether a workspace lets its members' generations be training data. No row: it does not.
create table training_policy (
    workspace_id blob not null primary key references workspace (workspace_id) on delete cascade,
    allowed integer not null,
    changed_at text not null
) strict, without rowid;

-- What a person said in a workspace. No row: they have not been asked, which is no.
create table training_consent (
    user_id blob not null references "user" (user_id) on delete cascade,
    workspace_id blob not null references workspace (workspace_id) on delete cascade,
    given integer not null,
    changed_at text not null,
    primary key (user_id, workspace_id)
) strict, without rowid;
