-- Samples of each pack's metrics: one row for a series at a moment, with the block it was read at where it was read from a
-- chain. The exact value is kept as numerator and denominator; the double is what range functions use. Rows of an
-- orphaned block are deleted, and what was computed from them is computed again. A row is written when the value changed
-- or half a minute passed; a row without a value says that the series ended there (the read failed).

create schema if not exists metrics;

create table metrics.series (
    id     bigint generated always as identity primary key,
    pack   text  not null,
    name   text  not null,
    labels jsonb not null,
    unique (pack, name, labels)
);

create table metrics.samples (
    series_id    bigint           not null references metrics.series,
    at           timestamptz      not null,
    value        double precision,
    numerator    numeric,
    denominator  numeric check (denominator > 0),
    chain        text,
    block_number bigint,
    block_hash   bytea,
    primary key (series_id, at),
    check ((numerator is null) = (denominator is null)),
    check ((block_number is null) = (block_hash is null))
);

create index samples_by_time on metrics.samples (at);
create index samples_by_block on metrics.samples (block_hash) where block_hash is not null;
