-- What calls of models cost, and how much may be spent.

create table spend (
    -- Of the call's record. A run that is taken up again may tell a call twice: it counts once.
    generation_id blob not null primary key,
    workspace_id blob not null references workspace (workspace_id) on delete cascade,
    user_id blob not null references "user" (user_id),
    -- No reference: what was spent stays in the accounts when the workflow goes.
    workflow_id blob not null,
    run_id blob not null,
    provider text not null,
    model text not null,
    -- Whose key it was: `person` or `workspace`.
    payer text not null,
    -- Null: nobody knows what it cost.
    cost_usd real,
    created_at text not null
) strict;

create index spend_member_idx on spend (workspace_id, user_id, created_at);
create index spend_workflow_idx on spend (workflow_id, created_at);

-- How much a member, or everybody together in a workflow, may spend in a month. No row: as much as they like.
create table spend_cap (
    workspace_id blob not null references workspace (workspace_id) on delete cascade,
    -- `member` or `workflow`.
    kind text not null,
    -- The person's or the workflow's id.
    subject_id blob not null,
    usd_per_month real not null,
    primary key (workspace_id, kind, subject_id)
) strict;
