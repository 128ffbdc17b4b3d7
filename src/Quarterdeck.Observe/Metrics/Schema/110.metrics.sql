-- Samples of each pack's metrics: one row for a series at a moment, with the block it was read at where it was read from a
-- chain. The exact value is kept as numerator and denominator; the double is what range functions use. Rows of an
-- orphaned block are deleted, and what was computed from them is computed again. A row is written when the value changed
-- or half a minute passed; a row without a value says that the series ended there (the read failed).
--
-- The table is partitioned by day (UTC). Only the owner may make and drop partitions, so two functions with its rights do
-- it for the server: prepare_day before a day's first row, drop_day when its retention is over. Days past full resolution
-- are thinned to one row for each series and interval; metrics.thinned remembers which.

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
) partition by range (at);

create index samples_by_time on metrics.samples (at);
create index samples_by_block on metrics.samples (block_hash) where block_hash is not null;

create table metrics.thinned (
    day date        primary key,
    at  timestamptz not null default clock_timestamp()
);

-- Makes the partition of a day; true where it was missing.
create function metrics.prepare_day(day date) returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    part text := 'samples_' || to_char(day, 'YYYYMMDD');
begin
    if to_regclass('metrics.' || part) is not null then
        return false;
    end if;
    perform pg_advisory_xact_lock(hashtext('metrics.prepare_day'));
    if to_regclass('metrics.' || part) is not null then
        return false;
    end if;
    -- Made first and attached then: attaching does not wait for readers and writers of the other days.
    execute format('create table metrics.%I (like metrics.samples including defaults including constraints including indexes)', part);
    execute format('alter table metrics.samples attach partition metrics.%I for values from (%L) to (%L)', part,
                   day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
    return true;
end $$;

-- Drops the partition of a day that is over; true where there was one.
create function metrics.drop_day(day date) returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    part text := 'samples_' || to_char(day, 'YYYYMMDD');
begin
    if day >= (clock_timestamp() at time zone 'UTC')::date - 1 then
        raise exception 'The day % is not over: its samples are in use.', day;
    end if;
    if to_regclass('metrics.' || part) is null then
        return false;
    end if;
    execute format('drop table metrics.%I', part);
    delete from metrics.thinned t where t.day = drop_day.day;
    return true;
end $$;

revoke all on function metrics.prepare_day(date), metrics.drop_day(date) from public;
grant execute on function metrics.prepare_day(date), metrics.drop_day(date) to quarterdeck_server;

select metrics.prepare_day((clock_timestamp() at time zone 'UTC')::date + d) from generate_series(-1, 1) d;
