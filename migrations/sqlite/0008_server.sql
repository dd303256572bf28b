-- Several servers on one database: each start of a server counts its own rows of a document's log.

-- One row: what the servers of this database call themselves together, so that two installations can share a messenger.
create table cluster (
    cluster_id blob not null primary key
) strict, without rowid;

insert into cluster (cluster_id) values (randomblob(16));

-- A primary key cannot be changed in place. Rows from before belong to the server of id zero.
create table document_update_of_server (
    document_id blob not null references document (document_id) on delete cascade,
    server_id blob not null,
    -- Counted by the server, without a hole, committed in this order.
    seq integer not null,
    -- Yjs v1 encoding.
    content blob not null,
    primary key (document_id, server_id, seq)
) strict, without rowid;

insert into document_update_of_server (document_id, server_id, seq, content)
select document_id, zeroblob(16), seq, content from document_update;

drop table document_update;
alter table document_update_of_server rename to document_update;

create table document_quarantine_of_server (
    document_id blob not null references document (document_id) on delete cascade,
    server_id blob not null,
    seq integer not null,
    content blob not null,
    reason text not null,
    created_at text not null,
    primary key (document_id, server_id, seq)
) strict;

insert into document_quarantine_of_server (document_id, server_id, seq, content, reason, created_at)
select document_id, zeroblob(16), seq, content, reason, created_at from document_quarantine;

drop table document_quarantine;
alter table document_quarantine_of_server rename to document_quarantine;

-- JSON: for each server the last row that the snapshot covers.
alter table document add column snapshot_heads text not null default '{}';
-- How often the log was folded. Who folds it must have the last snapshot's content.
alter table document add column snapshot_version integer not null default 0;

update document
set snapshot_heads = '{"00000000-0000-0000-0000-000000000000":' || snapshot_seq || '}', snapshot_version = 1
where snapshot is not null;

alter table document drop column snapshot_seq;
