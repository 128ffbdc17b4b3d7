-- Denials, and the one exception to the count of approvals.
--
-- denials       An operator says no. The policy says how many of them reject the plan; one, unless it says more.
-- break_glass   One person acts alone on one plan. Only where the policy that was signed with the plan names a role for it
--               (policy.breakGlass), only while the plan is pending, and only with that person's own approval of it.
-- break_glass_reviews  What others said of it afterwards.

create table approvals.denials (
    plan_hash           bytea not null references approvals.plans,
    operator_id         text not null,
    reason              text not null check (btrim(reason) <> ''),
    denied_at           timestamptz not null,
    primary key (plan_hash, operator_id)
);

create table approvals.break_glass (
    plan_hash           bytea primary key references approvals.plans,
    operator_id         text not null,
    reason              text not null check (length(btrim(reason)) >= 10),
    broken_at           timestamptz not null
);

create table approvals.break_glass_reviews (
    plan_hash           bytea not null references approvals.break_glass,
    operator_id         text not null,
    verdict             text not null check (verdict in ('justified', 'not justified')),
    note                text not null check (btrim(note) <> ''),
    reviewed_at         timestamptz not null,
    primary key (plan_hash, operator_id)
);

-- Roles that the signed policy lets act alone; none where it says nothing.
create function approvals.alone(document jsonb) returns text[] language sql immutable as $$
    select array(select jsonb_array_elements_text(coalesce(document -> 'policy' -> 'breakGlass', '[]')))
$$;

create function approvals.guard_break_glass() returns trigger language plpgsql as $$
declare
    plan approvals.plans;
begin
    select * into plan from approvals.plans where hash = new.plan_hash for no key update;
    if plan.state <> 'pending' or plan.expires_at <= clock_timestamp() then
        raise exception 'plan % takes no emergency', encode(new.plan_hash, 'hex') using errcode = 'insufficient_privilege';
    end if;
    if cardinality(approvals.alone(plan.document)) = 0 then
        raise exception 'the policy of plan % lets nobody act alone', encode(new.plan_hash, 'hex') using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

create trigger guard_break_glass before insert on approvals.break_glass
    for each row execute function approvals.guard_break_glass();

create function approvals.guard_review() returns trigger language plpgsql as $$
begin
    if exists (select 1 from approvals.break_glass b where b.plan_hash = new.plan_hash and b.operator_id = new.operator_id) then
        raise exception 'nobody reviews what they did alone' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

create trigger guard_review before insert on approvals.break_glass_reviews
    for each row execute function approvals.guard_review();

create or replace function approvals.quorum(plan bytea) returns boolean language sql stable as $$
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

create or replace function approvals.guard_approval() returns trigger language plpgsql as $$
declare
    plan approvals.plans;
begin
    -- The lock orders approvals against rejection, expiry and each other.
    select * into plan from approvals.plans where hash = new.plan_hash for no key update;
    if plan.state <> 'pending' then raise exception 'plan % is % and takes no approval', encode(new.plan_hash, 'hex'), plan.state; end if;
    if plan.expires_at <= clock_timestamp() then raise exception 'plan % has expired', encode(new.plan_hash, 'hex'); end if;
    if exists (select 1 from approvals.denials d where d.plan_hash = new.plan_hash and d.operator_id = new.operator_id) then
        raise exception 'operator % said no', new.operator_id;
    end if;
    if exists (select 1 from approvals.break_glass b where b.plan_hash = new.plan_hash and b.operator_id = new.operator_id)
        and new.roles && approvals.alone(plan.document) then
        return new;
    end if;
    if not (new.roles && array(select jsonb_array_elements_text(plan.document -> 'policy' -> 'roles'))) then
        raise exception 'operator % has no role that the policy names', new.operator_id;
    end if;
    if not (plan.document -> 'policy' ->> 'requesterCounts')::boolean and 'operator:' || new.operator_id = plan.requester then
        raise exception 'the requester may not approve';
    end if;
    return new;
end $$;

-- The defaults let the server's role do anything to rows; here it may do only what follows.
revoke all on approvals.denials, approvals.break_glass, approvals.break_glass_reviews from quarterdeck_server;
grant select on approvals.denials, approvals.break_glass, approvals.break_glass_reviews to quarterdeck_server, quarterdeck_reader;
grant insert on approvals.denials, approvals.break_glass, approvals.break_glass_reviews to quarterdeck_server;
