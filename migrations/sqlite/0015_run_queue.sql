-- The queue of runs: who waits, who works, and how far each run is.

-- Frozen graphs by their content: a workflow that is run again and again is kept once.
create table run_graph (
    -- BLAKE3 of the text.
    frozen_hash text not null primary key,
    -- In the exchange format.
    graph text not null
) strict;

-- Runs from here on leave `run.graph` empty.
alter table run add column frozen_hash text references run_graph (frozen_hash);
-- -1 low, 0 normal, 1 high.
alter table run add column priority integer not null default 0;
-- Within one person's runs of one priority: smaller goes first. Microseconds of the start, until somebody moves it.
alter table run add column queue_order integer not null default 0;
alter table run add column paused integer not null default 0;
-- The process that executes it, and until when that is believed without another word: unix milliseconds.
alter table run add column worker blob;
alter table run add column lease_until integer not null default 0;
-- How often somebody began to execute it.
alter table run add column attempt integer not null default 0;
alter table run add column cancel_requested integer not null default 0;
alter table run add column started_at text;
-- The last row of `run_event` that has reached the outputs document.
alter table run add column announced integer not null default 0;

-- One execution for identical runs: those that come later join the first. Not one that is about to be cancelled.
create unique index run_leader_idx on run (workflow_id, graph_hash)
    where status in ('queued', 'running') and joined is null and not cancel_requested;
create index run_joined_idx on run (joined) where joined is not null;

-- A row for each workspace that ever queued a run. Claims lock it, so that limits hold between workers.
create table run_queue (
    workspace_id blob not null primary key references workspace (workspace_id) on delete cascade,
    paused integer not null default 0
) strict, without rowid;

-- When a person's turn was last: people take turns, whatever number of runs each has queued.
create table run_turn (
    user_id blob not null primary key references "user" (user_id) on delete cascade,
    -- Unix milliseconds.
    last_turn integer not null default 0
) strict, without rowid;

-- What a run under way has finished. Deleted with the end of the run.
create table run_step (
    run_id blob not null references run (run_id) on delete cascade,
    -- The node, with its place in mapped lists behind it: `node/0/3`.
    step text not null,
    -- JSON of the engine's `StepEnd`; a large one is the name of a blob.
    ending text not null,
    primary key (run_id, step)
) strict, without rowid;

-- Paid calls under way at vendors: written before the request, again with the vendor's id before it is waited for.
create table run_job (
    run_id blob not null references run (run_id) on delete cascade,
    step text not null,
    -- JSON of the engine's `VendorJob`.
    job text not null,
    primary key (run_id, step)
) strict, without rowid;

-- What happens in runs, for the servers that do not execute them.
create table run_event (
    run_id blob not null references run (run_id) on delete cascade,
    -- Counts on through all attempts at the run.
    seq integer not null,
    attempt integer not null,
    -- JSON: a list of events.
    events text not null,
    primary key (run_id, seq)
) strict, without rowid;

-- Duties that one process at a time has.
create table duty (
    name text not null primary key,
    holder blob not null,
    -- Unix milliseconds by the database's clock.
    held_until integer not null
) strict, without rowid;
