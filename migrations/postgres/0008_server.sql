-- Several servers on one database: each start of a server counts its own rows of a document's log.

-- One row: what the servers of this database call themselves together, so that two installations can share a messenger.
create table cluster (
    cluster_id uuid not null primary key
);

insert into cluster (cluster_id) values (gen_random_uuid());

-- Rows from before belong to the server of id zero. `seq` is counted by the server, without a hole, committed in this
-- order.
alter table document_update add column server_id uuid not null default '00000000-0000-0000-0000-000000000000';
alter table document_update alter column server_id drop default;
alter table document_update drop constraint document_update_pkey;
alter table document_update add primary key (document_id, server_id, seq);

alter table document_quarantine add column server_id uuid not null default '00000000-0000-0000-0000-000000000000';
alter table document_quarantine alter column server_id drop default;
alter table document_quarantine drop constraint document_quarantine_pkey;
alter table document_quarantine add primary key (document_id, server_id, seq);

-- JSON: for each server the last row that the snapshot covers.
alter table document add column snapshot_heads text not null default '{}';
-- How often the log was folded. Who folds it must have the last snapshot's content.
alter table document add column snapshot_version bigint not null default 0;

update document
set snapshot_heads = '{"00000000-0000-0000-0000-000000000000":' || snapshot_seq || '}', snapshot_version = 1
where snapshot is not null;

alter table document drop column snapshot_seq;
