-- The state of each alert that is not inactive, and every transition ever made.
--
-- A rule's pending and firing alerts survive a restart by alerts.active. alerts.transitions is append-only and is what
-- incidents and notifications reconcile from. Alerts sent in from outside (an Alertmanager, a Prometheus) are kept in
-- alerts.external with the end that was told or assumed, and stand beside those of rules in the other two tables.

create schema if not exists alerts;

create table alerts.active (
    alert_id           text        primary key,
    pack               text        not null,
    rule_group         text        not null,
    name               text        not null,
    labels             jsonb       not null,
    annotations        jsonb       not null,
    state              text        not null check (state in ('pending', 'firing')),
    value              double precision not null,
    active_at          timestamptz not null,
    fired_at           timestamptz,
    keep_firing_since  timestamptz,
    evaluated_at       timestamptz not null,
    block_number       bigint,
    block_hash         bytea,
    source             text        not null default 'rules' check (source in ('rules', 'external')),
    check ((state = 'firing') = (fired_at is not null))
);

create table alerts.transitions (
    id           bigint generated always as identity primary key,
    alert_id     text        not null,
    pack         text        not null,
    rule_group   text        not null,
    name         text        not null,
    severity     text        not null check (severity in ('info', 'warning', 'critical')),
    labels       jsonb       not null,
    annotations  jsonb       not null,
    state        text        not null check (state in ('pending', 'firing', 'resolved', 'retracted')),
    reason       text,
    value        double precision not null,
    active_at    timestamptz not null,
    block_number bigint,
    block_hash   bytea,
    at           timestamptz not null
);

create index transitions_by_alert on alerts.transitions (alert_id, id);

create table alerts.external (
    alert_id      text        primary key,
    sender        text        not null,
    pack          text        not null,
    labels        jsonb       not null,
    annotations   jsonb       not null,
    generator_url text        not null,
    starts_at     timestamptz not null,
    ends_at       timestamptz not null,
    -- True where nobody told the end: it is assumed until somebody does.
    timed_out     boolean     not null,
    firing        boolean     not null,
    updated_at    timestamptz not null
);

create index external_firing on alerts.external (ends_at) where firing;
