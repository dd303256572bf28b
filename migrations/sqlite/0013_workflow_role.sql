-- Another role for a member in one workflow, up or down.

create table workflow_role (
    workflow_id blob not null references workflow (workflow_id) on delete cascade,
    user_id blob not null references "user" (user_id) on delete cascade,
    -- The word of `shared::access::Role`.
    role text not null,
    created_at text not null,
    primary key (workflow_id, user_id)
) strict;

create index workflow_role_user_id_idx on workflow_role (user_id);
