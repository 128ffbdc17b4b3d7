-- Incidents: what people respond to. A firing alert opens one or joins the open one of its pack; a pack has at most one
-- incident that is not resolved. The timeline is append-only. `taken` names the alert transitions that were taken in, each
-- written in the transaction of what it caused. Transitions commit out of the order of their ids, so that one may appear
-- below others that were taken already. `intake` is a row to lock: one transition at a time, over all servers.

create schema incidents;

create table incidents.incidents (
    id                  text primary key,
    pack                text not null,
    title               text not null,
    severity            text not null check (severity in ('info', 'warning', 'critical')),
    state               text not null default 'open' check (state in ('open', 'acknowledged', 'resolved')),
    opened_at           timestamptz not null,
    acknowledged_at     timestamptz,
    acknowledged_by     text,
    resolved_at         timestamptz,
    resolved_by         text,
    resolution          text,
    check (state <> 'acknowledged' or acknowledged_at is not null),
    check ((state = 'resolved') = (resolved_at is not null)),
    check (state <> 'resolved' or (resolved_by is not null and resolution is not null))
);

create unique index one_open_incident_for_each_pack on incidents.incidents (pack) where state <> 'resolved';
create index incidents_by_opening on incidents.incidents (opened_at desc);

create table incidents.alerts (
    incident_id         text not null references incidents.incidents,
    alert_id            text not null,
    name                text not null,
    severity            text not null check (severity in ('info', 'warning', 'critical')),
    state               text not null check (state in ('firing', 'resolved', 'retracted')),
    labels              jsonb not null,
    annotations         jsonb not null,
    runbook             text,
    value               text,
    block_number        numeric(20),
    block_hash          bytea,
    fired_at            timestamptz not null,
    resolved_at         timestamptz,
    primary key (incident_id, alert_id),
    check ((state = 'firing') = (resolved_at is null))
);

create table incidents.timeline (
    id                  bigint generated always as identity primary key,
    incident_id         text not null references incidents.incidents,
    at                  timestamptz not null,
    kind                text not null,
    actor               text not null,
    text                text not null,
    ref                 text
);

create index timeline_of_incident on incidents.timeline (incident_id, id);

create table incidents.intake (
    one                 boolean primary key default true check (one)
);

create table incidents.taken (
    transition_id       bigint primary key
);

insert into incidents.intake default values;

-- The defaults let the server's role do anything to rows; here it may do only what follows.
revoke all on all tables in schema incidents from quarterdeck_server;
grant usage on schema incidents to quarterdeck_server, quarterdeck_reader;
grant select on all tables in schema incidents to quarterdeck_server, quarterdeck_reader;
grant insert, update on incidents.incidents, incidents.alerts to quarterdeck_server;
grant insert on incidents.timeline to quarterdeck_server;
grant insert, delete on incidents.taken to quarterdeck_server;
grant update on incidents.intake to quarterdeck_server;
