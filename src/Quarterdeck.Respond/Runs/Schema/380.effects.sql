-- Effects off the chain, decisions, and runs inside runs.
--
-- effect        What is known of the effect under way: the key of its attempt, what was there before it, and for SQL the
--               target's own transaction id, by which its outcome can be told after a crash.
-- asked         Its outcome is unknown and nothing but a person can tell: the run rests until one does.
-- superseded    Plans that were void by more than an end: the run goes on and a new plan is made for the same stage.
-- pinned        The runbooks that a run may come to by a link or a failing step, as they were when it was proposed.

alter table runs.runs
    add column parent_id    text references runs.runs,
    add column parent_step  integer,
    add column root_id      text references runs.runs,
    add column undoes_id    text references runs.runs,
    add check ((parent_id is null) = (parent_step is null));

create unique index one_run_for_each_attempt_of_a_parent on runs.runs (parent_id, parent_step) where parent_id is not null;
create unique index one_undoing_run_under_way on runs.runs (undoes_id) where undoes_id is not null and ended_at is null;

alter table runs.steps
    add column effect       jsonb,
    add column asked        boolean not null default false,
    add column child_id     text references runs.runs;

create table runs.superseded (
    plan_hash           bytea primary key references approvals.plans,
    run_id              text not null references runs.runs,
    reason              text not null,
    at                  timestamptz not null
);

create table runs.choices (
    run_id              text not null references runs.runs,
    step_index          integer not null,
    branch              integer not null,
    by                  text not null,
    reason              text not null check (btrim(reason) <> ''),
    at                  timestamptz not null,
    primary key (run_id, step_index, at)
);

create table runs.pinned (
    run_id              text not null references runs.runs,
    slug                text not null,
    title               text not null,
    severity            text not null check (severity in ('info', 'warning', 'critical')),
    runbook_source      text not null,
    runbook_hash        bytea not null,
    steps               jsonb not null,
    primary key (run_id, slug)
);

-- A program or a request leaves the server only under a consumed approval, of this action at this step.
create function runs.guard_effect() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    plan approvals.plans;
begin
    if new.kind <> 'intent' or new.action <> 'step-act' then return new; end if;
    select * into plan from approvals.plans where hash = decode(substr(new.detail ->> 'plan', 3), 'hex') for share;
    if plan.hash is null or plan.state <> 'executing' or plan.run_id <> new.run_id
        or not exists (select 1 from approvals.consumptions c where c.plan_hash = plan.hash and c.run_id = new.run_id)
        or approvals.quorum(plan.hash) is not true then
        raise exception 'no effect without a consumed approval of its plan' using errcode = 'insufficient_privilege';
    end if;
    if not exists (select 1 from jsonb_array_elements(plan.document -> 'actions') a
                   where (a ->> 'position')::integer = (new.detail ->> 'position')::integer and (a ->> 'step')::integer = new.step_index) then
        raise exception 'step % is no action of plan %', new.step_index, encode(plan.hash, 'hex') using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

create trigger guard_effect before insert on runs.journal for each row execute function runs.guard_effect();

-- The defaults let the server's role do anything to rows; here it may do only what follows.
revoke all on runs.superseded, runs.choices, runs.pinned from quarterdeck_server;
grant select on runs.superseded, runs.choices, runs.pinned to quarterdeck_server, quarterdeck_reader;
grant insert on runs.superseded, runs.choices, runs.pinned to quarterdeck_server;
grant update (effect, asked, child_id) on runs.steps to quarterdeck_server;
