-- Questions that runs wait for people to answer. They outlive the worker that asked.

create table approval (
    -- Of the run that is executed: those that joined it wait for the same answer.
    run_id uuid not null references run (run_id) on delete cascade,
    -- As in `run_step`.
    step text not null,
    -- JSON of `Approval`: what to look at.
    question text not null,
    asked_at timestamptz not null,
    -- Unix milliseconds by the database's clock.
    expires_at bigint not null,
    -- 'pending', 'approved', 'rejected', 'expired', 'withdrawn'.
    state text not null default 'pending',
    answered_by uuid references "user" (user_id) on delete set null,
    answered_at timestamptz,
    note text,
    -- JSON of `Value`: what the person made of it.
    value text,
    primary key (run_id, step)
);

create index approval_pending_idx on approval (run_id) where state = 'pending';

alter table run
    -- It does nothing but wait for people: no worker has it, and its lease runs out when its first question does.
    add column parked boolean not null default false,
    -- How many workers were lost over it. Attempts are more: a run that was parked or given back is begun again, too.
    add column lost integer not null default 0,
    -- JSON: nodes that are executed whatever is remembered of them.
    add column fresh text not null default '[]';
