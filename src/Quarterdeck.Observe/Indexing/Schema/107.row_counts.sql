-- How many rows each event table holds, by ranges of a thousand blocks: what was written is compared with what is there, so
-- that rows lost or changed by other hands are noticed and read from the chain again.
--
-- Every transaction that adds or removes rows of the indexer corrects the counts. Contracts that factories announced are
-- counted under a name that no table can have. What was written before counts were kept is counted once, as it is.

create table indexing.row_counts (
    pack       text   not null,
    chain      text   not null,
    table_name text   not null,
    range      bigint not null,
    rows       bigint not null,
    primary key (pack, chain, table_name, range)
);

alter table indexing.cursors add column counted boolean not null default false;
alter table indexing.cursors alter column counted set default true;
