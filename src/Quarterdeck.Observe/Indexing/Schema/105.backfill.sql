-- How far back the tables reach, whether they follow the head, and which contracts factories announced.
--
-- The tables hold the events of every block from first_block to the cursor's, without a gap: whoever moves the cursor
-- checks that it stands right below. While a backfill runs the cursor is not live: what it names is history, not the
-- present, so nothing is sampled at it.

alter table indexing.cursors
    add column first_block bigint check (first_block >= 0),
    add column live        boolean not null default true;

-- One row for each announcement, so that taking one back leaves an earlier one of the same address in force.
create table indexing.announced (
    pack         text    not null,
    chain        text    not null,
    factory      text    not null,
    address      bytea   not null check (length(address) = 20),
    block_number bigint  not null,
    block_hash   bytea   not null check (length(block_hash) = 32),
    log_index    integer not null,
    primary key (pack, chain, factory, block_number, log_index)
);
