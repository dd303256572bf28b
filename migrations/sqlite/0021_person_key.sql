-- Keys for model providers that belong to one person: used by the runs that they start, in every workspace.

create table person_key (
    person_key_id blob not null primary key,
    user_id blob not null references "user" (user_id) on delete cascade,
    provider text not null,
    -- As in `provider_key`, which has the same columns.
    name text not null,
    base_url text,
    hint text not null,
    -- Sealed to this row: id, person, provider and base_url.
    sealed blob not null,
    created_at text not null
) strict;

create unique index person_key_name_key on person_key (user_id, provider, lower(name));
