-- Rehearsals: what came of each drill, wherever it took place. Append-only. Times count from the anomaly's block; null where
-- it did not come about. `required` remembers since when a runbook has to be rehearsed, so that one that never was is late
-- only after its days have passed.

create schema rehearsals;

create table rehearsals.rehearsals (
    id                  text primary key,
    pack                text not null,
    runbook             text,
    fault               text,
    ground              text not null check (ground in ('devnet', 'fork')),
    environment         text not null,
    pack_hash           text not null,
    runbook_hash        text,
    passed              boolean not null,
    failure             text,
    started_at          timestamptz not null,
    ended_at            timestamptz not null,
    detected_ms         bigint check (detected_ms >= 0),
    decided_ms          bigint check (decided_ms >= 0),
    contained_ms        bigint check (contained_ms >= 0),
    restored_ms         bigint check (restored_ms >= 0),
    detected_blocks     bigint,
    contained_blocks    bigint,
    run_id              text,
    incident_id         text,
    recorded_at         timestamptz not null,
    recorded_by         text not null,
    check (runbook is not null or fault is not null),
    check (passed = (failure is null)),
    check (ended_at >= started_at)
);

create index rehearsals_by_end on rehearsals.rehearsals (ended_at desc);
create index rehearsals_of_runbook on rehearsals.rehearsals (pack, runbook, ended_at desc);

create table rehearsals.required (
    pack                text not null,
    runbook             text not null,
    since               timestamptz not null,
    primary key (pack, runbook)
);

-- The defaults let the server's role do anything to rows; here it may do only what follows.
revoke all on all tables in schema rehearsals from quarterdeck_server;
grant usage on schema rehearsals to quarterdeck_server, quarterdeck_reader;
grant select on all tables in schema rehearsals to quarterdeck_server, quarterdeck_reader;
grant insert on rehearsals.rehearsals, rehearsals.required to quarterdeck_server;
