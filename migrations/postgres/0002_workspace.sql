-- A team's (or one person's) space: members, workflows, keys.

create table workspace (
    workspace_id uuid not null primary key,
    name text not null,
    -- The person whose own space this is, made at sign-up; null for a team's. One for each person.
    personal_user_id uuid references "user" (user_id) on delete cascade,
    created_at timestamptz not null
);

create unique index workspace_personal_user_id_key on workspace (personal_user_id);

create table member (
    workspace_id uuid not null references workspace (workspace_id) on delete cascade,
    user_id uuid not null references "user" (user_id) on delete cascade,
    -- The word of `shared::access::Role`. No check constraint: a new role is a release, not a migration.
    role text not null,
    created_at timestamptz not null,
    primary key (workspace_id, user_id)
);

-- "Which workspaces am I in", asked at every list.
create index member_user_id_idx on member (user_id);
