-- Standing approvals: signed ahead by the policy's quorum for one runbook under one alert, for some uses and some time.
--
-- standing            The grant: canonical bytes (RFC 8785) and their SHA-256, as for plans. It holds the effects that it
--                     allows, which is the plan of today without what differs from run to run; a plan fits it only where its
--                     effects are the same, member for member.
-- standing_approvals  Signatures over the grant, one of each operator and one of each credential.
-- standing_ends       Revoked by one person, or void because something changed. Nothing takes it back.
-- standing_links      A plan that an alert's run put up, carried by a grant instead of by signatures of its own.
-- standing_uses       A use, counted in the transaction that consumes the plan: numbers 1 to `uses`, one for each plan.
--
-- The server's role may only insert, and what it inserts is held against the grant here: it can neither widen a grant nor use
-- one more often. The signatures themselves are verified by the server again at each use.
--
-- All guards are pinned to the system's own functions: a session that puts a schema of its own before pg_catalog in its search
-- path would otherwise bring its own clock and its own count.

create table approvals.standing (
    hash                bytea primary key,
    canonical           bytea not null,
    document            jsonb not null generated always as (approvals.document(canonical)) stored,
    requester           text not null,
    uses                integer not null check (uses between 1 and 100),
    created_at          timestamptz not null,
    expires_at          timestamptz not null,
    check (hash = sha256(canonical)),
    check (expires_at > created_at and expires_at <= created_at + interval '90 days')
);

create table approvals.standing_approvals (
    grant_hash          bytea not null references approvals.standing,
    operator_id         text not null,
    operator_name       text not null,
    roles               text[] not null,
    kind                text not null check (kind in ('wallet', 'passkey')),
    credential_id       text not null,
    credential_key      bytea not null,
    evidence            jsonb not null,
    approved_at         timestamptz not null,
    primary key (grant_hash, operator_id),
    unique (grant_hash, credential_key)
);

create table approvals.standing_ends (
    grant_hash          bytea primary key references approvals.standing,
    kind                text not null check (kind in ('revoked', 'void')),
    ended_by            text not null,
    reason              text not null check (btrim(reason) <> ''),
    ended_at            timestamptz not null
);

create table approvals.standing_links (
    plan_hash           bytea primary key references approvals.plans,
    grant_hash          bytea not null references approvals.standing,
    alert_id            text not null,
    linked_at           timestamptz not null
);
create index standing_links_of_grant on approvals.standing_links (grant_hash);

create table approvals.standing_uses (
    grant_hash          bytea not null references approvals.standing,
    number              integer not null check (number >= 1),
    plan_hash           bytea not null unique references approvals.plans,
    run_id              text not null,
    used_at             timestamptz not null,
    primary key (grant_hash, number)
);

-- What a plan does, without what differs from run to run. What later versions of a plan add counts as an effect.
create function approvals.effects(document jsonb) returns jsonb language sql immutable strict parallel safe
    set search_path = pg_catalog, pg_temp as $$
    select jsonb_object_agg(key, case when jsonb_typeof(value) = 'array' then (
            select coalesce(jsonb_agg(case when jsonb_typeof(e) = 'object' then e - 'forecast' else e end order by n), '[]'::jsonb)
            from jsonb_array_elements(value) with ordinality as x (e, n))
        else value end)
    from jsonb_each(document - array['run', 'stage', 'requester', 'policy', 'createdAt', 'expiresAt', 'nonce', 'simulation', 'notCovered'])
$$;

create function approvals.standing_quorum(grant_of bytea) returns boolean language sql stable
    set search_path = pg_catalog, pg_temp as $$
    select coalesce((
        select count(*) >= greatest((g.document -> 'policy' ->> 'required')::integer, 1)
        from approvals.standing g join approvals.standing_approvals a on a.grant_hash = g.hash
        where g.hash = grant_of
          and a.roles && array(select jsonb_array_elements_text(g.document -> 'policy' -> 'roles'))
          and ((g.document -> 'policy' ->> 'requesterCounts')::boolean or 'operator:' || a.operator_id <> g.requester)
        group by g.document), false)
    and not exists (select 1 from approvals.standing_ends e where e.grant_hash = grant_of)
$$;

create function approvals.guard_standing() returns trigger language plpgsql
    set search_path = pg_catalog, pg_temp as $$
declare
    document jsonb := approvals.document(new.canonical);
begin
    if document ->> 'requester' <> new.requester
        or (document ->> 'uses')::integer <> new.uses
        or (document ->> 'createdAt')::timestamptz <> new.created_at
        or (document ->> 'expiresAt')::timestamptz <> new.expires_at then
        raise exception 'the standing approval''s row differs from its canonical bytes' using errcode = 'insufficient_privilege';
    end if;
    if coalesce((document -> 'policy' ->> 'required')::integer, 0) < 1
        or coalesce(jsonb_array_length(document -> 'policy' -> 'roles'), 0) = 0
        or coalesce(document ->> 'alert', '') = ''
        or jsonb_typeof(document -> 'effects') is distinct from 'object' then
        raise exception 'a standing approval needs an alert, effects, at least one approval and a role that may give it'
            using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger guard_standing before insert on approvals.standing for each row execute function approvals.guard_standing();

-- Definer: the row lock, which orders signatures, ends and uses, takes a right that the server's role has not.
create function approvals.guard_standing_approval() returns trigger language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$
declare
    given approvals.standing;
begin
    select * into given from approvals.standing where hash = new.grant_hash for no key update;
    if exists (select 1 from approvals.standing_ends e where e.grant_hash = new.grant_hash) or given.expires_at <= clock_timestamp() then
        raise exception 'the standing approval is over and takes no signature' using errcode = 'insufficient_privilege';
    end if;
    if not (new.roles && array(select jsonb_array_elements_text(given.document -> 'policy' -> 'roles'))) then
        raise exception 'operator % has no role that the policy names', new.operator_id using errcode = 'insufficient_privilege';
    end if;
    if not (given.document -> 'policy' ->> 'requesterCounts')::boolean and 'operator:' || new.operator_id = given.requester then
        raise exception 'the requester may not approve' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger guard_standing_approval before insert on approvals.standing_approvals
    for each row execute function approvals.guard_standing_approval();

create function approvals.guard_standing_end() returns trigger language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$
begin
    perform 1 from approvals.standing where hash = new.grant_hash for no key update;
    return new;
end $$;
create trigger guard_standing_end before insert on approvals.standing_ends
    for each row execute function approvals.guard_standing_end();

create function approvals.guard_standing_link() returns trigger language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$
declare
    plan approvals.plans;
    given approvals.standing;
begin
    select * into plan from approvals.plans where hash = new.plan_hash for no key update;
    select * into given from approvals.standing where hash = new.grant_hash for no key update;
    if plan.state <> 'pending' or plan.expires_at <= clock_timestamp() then
        raise exception 'plan % takes no approval', encode(new.plan_hash, 'hex') using errcode = 'insufficient_privilege';
    end if;
    if plan.requester <> 'system:alerts' then
        raise exception 'a standing approval carries only what an alert asked for' using errcode = 'insufficient_privilege';
    end if;
    if exists (select 1 from approvals.denials d where d.plan_hash = new.plan_hash) then
        raise exception 'an operator said no to plan %', encode(new.plan_hash, 'hex') using errcode = 'insufficient_privilege';
    end if;
    if approvals.effects(plan.document) is distinct from given.document -> 'effects'
        or (given.document -> 'policy' ->> 'required')::integer < (plan.document -> 'policy' ->> 'required')::integer
        or not (given.document -> 'policy' -> 'roles' <@ (plan.document -> 'policy' -> 'roles')) then
        raise exception 'plan % is not what the standing approval allows', encode(new.plan_hash, 'hex') using errcode = 'insufficient_privilege';
    end if;
    if given.expires_at <= clock_timestamp()
        or approvals.standing_quorum(new.grant_hash) is not true
        or (select count(*) from approvals.standing_uses u where u.grant_hash = new.grant_hash) >= given.uses then
        raise exception 'the standing approval is not in force' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger guard_standing_link before insert on approvals.standing_links
    for each row execute function approvals.guard_standing_link();

create function approvals.guard_standing_use() returns trigger language plpgsql security definer
    set search_path = pg_catalog, pg_temp as $$
declare
    given approvals.standing;
    used integer;
begin
    select * into given from approvals.standing where hash = new.grant_hash for no key update;
    select count(*) into used from approvals.standing_uses u where u.grant_hash = new.grant_hash;
    if not exists (select 1 from approvals.standing_links l where l.plan_hash = new.plan_hash and l.grant_hash = new.grant_hash) then
        raise exception 'the plan is not carried by this standing approval' using errcode = 'insufficient_privilege';
    end if;
    if given.expires_at <= clock_timestamp() or approvals.standing_quorum(new.grant_hash) is not true then
        raise exception 'the standing approval is not in force' using errcode = 'insufficient_privilege';
    end if;
    if used >= given.uses or new.number <> used + 1 then
        raise exception 'the standing approval has no such use left' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger guard_standing_use before insert on approvals.standing_uses
    for each row execute function approvals.guard_standing_use();

-- Carried by a grant that stands: used for this plan already, or with a use left.
create function approvals.carried(plan bytea) returns boolean language sql stable
    set search_path = pg_catalog, pg_temp as $$
    select exists (
        select 1 from approvals.standing_links l join approvals.standing g on g.hash = l.grant_hash
        where l.plan_hash = plan and approvals.standing_quorum(g.hash)
          and (exists (select 1 from approvals.standing_uses u where u.plan_hash = plan and u.grant_hash = g.hash)
               or (g.expires_at > clock_timestamp()
                   and (select count(*) from approvals.standing_uses u where u.grant_hash = g.hash) < g.uses)))
$$;

-- The plan's own signatures, or the broken glass.
create function approvals.signed(plan bytea) returns boolean language sql stable
    set search_path = pg_catalog, pg_temp as $$
    with counted as (
        select a.operator_id, a.roles, p.document, p.requester
        from approvals.plans p
        join approvals.approvals a on a.plan_hash = p.hash
        where p.hash = plan
          and not exists (select 1 from approvals.withdrawals w where w.plan_hash = a.plan_hash and w.operator_id = a.operator_id)
    )
    select coalesce((
        select count(*) >= greatest((c.document -> 'policy' ->> 'required')::integer, 1)
        from counted c
        where c.roles && array(select jsonb_array_elements_text(c.document -> 'policy' -> 'roles'))
          and ((c.document -> 'policy' ->> 'requesterCounts')::boolean or 'operator:' || c.operator_id <> c.requester)
        group by c.document), false)
    or exists (
        select 1 from counted c join approvals.break_glass b on b.plan_hash = plan and b.operator_id = c.operator_id
        where c.roles && approvals.alone(c.document))
$$;

create or replace function approvals.quorum(plan bytea) returns boolean language sql stable
    set search_path = pg_catalog, pg_temp as $$
    select approvals.signed(plan) or approvals.carried(plan)
$$;

create or replace function approvals.guard_consumption() returns trigger language plpgsql
    set search_path = pg_catalog, pg_temp as $$
declare
    plan approvals.plans;
begin
    select * into plan from approvals.plans where hash = new.plan_hash for no key update;
    if plan.state <> 'approved' then raise exception 'plan % is %, not approved', encode(new.plan_hash, 'hex'), plan.state; end if;
    if plan.run_id <> new.run_id then raise exception 'plan % belongs to another run', encode(new.plan_hash, 'hex'); end if;
    if plan.expires_at <= clock_timestamp() then raise exception 'plan % has expired', encode(new.plan_hash, 'hex'); end if;
    if approvals.signed(new.plan_hash) is not true
        and not exists (select 1 from approvals.standing_uses u where u.plan_hash = new.plan_hash and approvals.carried(new.plan_hash)) then
        raise exception 'plan % has no quorum', encode(new.plan_hash, 'hex');
    end if;
    return new;
end $$;

alter function approvals.document(bytea) set search_path = pg_catalog, pg_temp;
alter function approvals.alone(jsonb) set search_path = pg_catalog, pg_temp;
alter function approvals.guard_plan() set search_path = pg_catalog, pg_temp;
alter function approvals.guard_approval() set search_path = pg_catalog, pg_temp;
alter function approvals.guard_break_glass() set search_path = pg_catalog, pg_temp;
alter function approvals.guard_review() set search_path = pg_catalog, pg_temp;
alter function transactions.guard_transaction() set search_path = pg_catalog, pg_temp;

revoke all on approvals.standing, approvals.standing_approvals, approvals.standing_ends, approvals.standing_links, approvals.standing_uses
    from quarterdeck_server;
grant select on approvals.standing, approvals.standing_approvals, approvals.standing_ends, approvals.standing_links, approvals.standing_uses
    to quarterdeck_server, quarterdeck_reader;
grant insert (hash, canonical, requester, uses, created_at, expires_at) on approvals.standing to quarterdeck_server;
grant insert on approvals.standing_approvals, approvals.standing_ends, approvals.standing_links, approvals.standing_uses to quarterdeck_server;
