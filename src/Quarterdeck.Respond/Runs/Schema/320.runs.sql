-- Runs: executions of runbooks. A run is pinned to the source of its runbook; its steps are written when it is proposed
-- and are all that the engine reads afterwards, so a changed runbook changes no run under way.
--
-- The journal is append-only: an `intent` is committed before each effect and an `outcome` after it. An intent without
-- an outcome is an effect of unknown outcome: it is probed and never repeated blindly. `fence` is the lease's fencing
-- token under which the row was written. A claim serialises runs that write to the same contract; it is held while a
-- run executes, not while it waits for days or for people.

create schema runs;

create table runs.runs (
    id                  text primary key,
    pack                text not null,
    runbook             text not null,
    title               text not null,
    severity            text not null check (severity in ('info', 'warning', 'critical')),
    environment         text not null,
    runbook_source      text not null,
    runbook_hash        bytea not null,
    incident_id         text references incidents.incidents,
    requester           text not null,
    reason              text not null,
    state               text not null check (state in
                        ('proposed', 'awaiting_approval', 'running', 'waiting', 'paused', 'succeeded', 'failed', 'aborted')),
    state_reason        text,
    stop_requested      text check (stop_requested in ('pause', 'abort')),
    stop_by             text,
    stop_reason         text,
    takeovers           integer not null default 0,
    proposed_at         timestamptz not null,
    started_at          timestamptz,
    ended_at            timestamptz,
    check ((stop_requested is null) = (stop_by is null) and (stop_requested is null) = (stop_reason is null)),
    check ((state in ('succeeded', 'failed', 'aborted')) = (ended_at is not null))
);

create index runs_under_way on runs.runs (proposed_at) where ended_at is null;
create index runs_of_incident on runs.runs (incident_id);

create table runs.steps (
    run_id              text not null references runs.runs,
    index               integer not null,
    stage               integer not null default 0,
    kind                text not null,
    text                text not null,
    line                integer not null,
    definition          jsonb not null,
    on_failure          text not null check (on_failure in ('stop', 'continue', 'abort')),
    state               text not null default 'pending'
                        check (state in ('pending', 'running', 'waiting', 'done', 'failed', 'skipped', 'unknown')),
    attempts            integer not null default 0,
    due_at              timestamptz,
    started_at          timestamptz,
    ended_at            timestamptz,
    output              jsonb,
    error               text,
    evidence            jsonb,
    transaction_id      text,
    -- An operator resumed the run in spite of this step's failure.
    passed_over         boolean not null default false,
    primary key (run_id, index),
    check ((state in ('done', 'failed', 'skipped')) = (ended_at is not null)),
    check (state <> 'failed' or error is not null)
);

create table runs.journal (
    run_id              text not null references runs.runs,
    seq                 integer not null,
    step_index          integer,
    kind                text not null check (kind in ('intent', 'outcome', 'state')),
    action              text not null,
    detail              jsonb not null,
    fence               bigint not null,
    at                  timestamptz not null,
    primary key (run_id, seq)
);

-- One effect at most for each attempt at a step: a second intent for the same attempt is refused.
create unique index one_intent_for_each_attempt on runs.journal (run_id, step_index, action, (detail ->> 'attempt'))
    where kind = 'intent';

create table runs.claims (
    chain               text not null,
    target              bytea not null,
    run_id              text not null references runs.runs,
    at                  timestamptz not null,
    primary key (chain, target)
);

-- The defaults let the server's role do anything to rows; here it may do only what follows.
revoke all on all tables in schema runs from quarterdeck_server;
grant usage on schema runs to quarterdeck_server, quarterdeck_reader;
grant select on all tables in schema runs to quarterdeck_server, quarterdeck_reader;
grant insert on runs.runs, runs.steps, runs.journal, runs.claims to quarterdeck_server;
grant update (state, state_reason, stop_requested, stop_by, stop_reason, takeovers, started_at, ended_at)
    on runs.runs to quarterdeck_server;
grant update (state, attempts, due_at, started_at, ended_at, output, error, evidence, transaction_id, passed_over)
    on runs.steps to quarterdeck_server;
grant delete on runs.claims to quarterdeck_server;
