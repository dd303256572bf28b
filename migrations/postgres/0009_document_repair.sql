-- A damaged snapshot must not cost a document its content: the snapshot before it, and the log behind that one, stay
-- until the next snapshot is written.

alter table document add column previous_snapshot bytea;
alter table document add column previous_hash bytea;
-- Rows up to here are gone. With no previous snapshot and nothing here the log still begins at its beginning.
alter table document add column previous_heads text not null default '{}';

update document set previous_heads = snapshot_heads;

-- When somebody chose to go on without the row; until then the document opens read-only. A snapshot lies here under
-- number 0.
alter table document_quarantine add column settled_at timestamptz;
