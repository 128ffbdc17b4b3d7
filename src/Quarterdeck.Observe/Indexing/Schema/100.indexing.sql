-- What the indexer knows of each chain, and how far each pack's event tables are filled.
--
-- A block row is the proof of where an event row came from. Event tables live in the pack's own schema and carry
-- (chain, block_number, block_hash, log_index), unique; one transaction adds a block's row, its events and moves the
-- cursor, and one transaction takes all three back when the block is orphaned. So at every instant the tables equal an
-- index of the chain as the cursor names it.

create schema if not exists indexing;

create table indexing.blocks (
    pack        text        not null,
    chain       text        not null,
    number      bigint      not null check (number >= 0),
    hash        bytea       not null check (length(hash) = 32),
    parent_hash bytea       not null check (length(parent_hash) = 32),
    time        timestamptz not null,
    observed_at timestamptz not null default clock_timestamp(),
    primary key (pack, chain, number)
);

create table indexing.cursors (
    pack         text        not null,
    chain        text        not null,
    chain_id     text        not null,
    block_number bigint      not null,
    block_hash   bytea       not null check (length(block_hash) = 32),
    block_time   timestamptz not null,
    finalised    bigint,
    moved_at     timestamptz not null default clock_timestamp(),
    primary key (pack, chain)
);

-- Every reorganisation seen: what was taken back and what took its place.
create table indexing.reorganisations (
    id          bigint generated always as identity primary key,
    pack        text        not null,
    chain       text        not null,
    old_head    bytea       not null,
    new_head    bytea       not null,
    from_number bigint      not null,
    depth       integer     not null check (depth > 0),
    rows_removed bigint     not null,
    seen_at     timestamptz not null default clock_timestamp()
);

-- The event tables made for each pack, with the definition they were made from, so that a changed index.yaml is noticed.
create table indexing.tables (
    pack       text  not null,
    name       text  not null,
    definition jsonb not null,
    primary key (pack, name)
);
