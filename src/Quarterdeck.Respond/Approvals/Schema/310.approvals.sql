-- Approvals: plans, the signatures over them, and their single use.
--
-- A plan is its canonical bytes (RFC 8785); its name is their SHA-256, and the database holds both together. Whatever a
-- plan says (calls, policy, requester, expiry) is read from those bytes here as well as in the server, so that a row
-- cannot say something else than what was signed. A plan moves
--     pending -> approved -> executing -> executed, or ends as rejected, expired or void;
-- approvals are taken only while it is pending, one of each operator and one of each credential. A consumption is the
-- single use of an approved plan: it demands the quorum, and no transaction exists without one (schema transactions).
--
-- The server's role may change a plan's state and nothing else of it, and may not change or remove an approval.

create schema approvals;

create function approvals.document(canonical bytea) returns jsonb
    language sql immutable strict parallel safe
    return convert_from(canonical, 'UTF8')::jsonb;

create table approvals.plans (
    hash                bytea primary key,
    canonical           bytea not null,
    document            jsonb not null generated always as (approvals.document(canonical)) stored,
    run_id              text not null,
    stage               integer not null check (stage >= 1),
    requester           text not null,
    state               text not null default 'pending'
                        check (state in ('pending', 'approved', 'executing', 'executed', 'rejected', 'expired', 'void')),
    created_at          timestamptz not null,
    expires_at          timestamptz not null,
    closed_at           timestamptz,
    closed_by           text,
    closed_reason       text,
    check (hash = sha256(canonical)),
    check ((state in ('executed', 'rejected', 'expired', 'void')) = (closed_at is not null)),
    check (closed_at is null or (closed_by is not null and closed_reason is not null))
);

create unique index one_live_plan_for_each_stage on approvals.plans (run_id, stage)
    where state in ('pending', 'approved', 'executing', 'executed');
create index plans_that_may_expire on approvals.plans (expires_at) where state in ('pending', 'approved');

create function approvals.guard_plan() returns trigger language plpgsql as $$
declare
    -- The generated column is not filled in yet.
    document jsonb := approvals.document(new.canonical);
begin
    if tg_op = 'INSERT' then
        if new.state <> 'pending' then raise exception 'a plan begins as pending, not as %', new.state; end if;
        if document ->> 'run' <> new.run_id
            or (document ->> 'stage')::integer <> new.stage
            or document ->> 'requester' <> new.requester
            or (document ->> 'expiresAt')::timestamptz <> new.expires_at then
            raise exception 'the plan''s row differs from its canonical bytes';
        end if;
        if coalesce((document -> 'policy' ->> 'required')::integer, 0) < 1
            or coalesce(jsonb_array_length(document -> 'policy' -> 'roles'), 0) = 0
            or coalesce(jsonb_array_length(document -> 'calls'), 0) = 0 then
            raise exception 'a plan needs calls, at least one approval and a role that may give it';
        end if;
        return new;
    end if;
    if new.state = old.state then return new; end if;
    if not ((old.state = 'pending' and new.state in ('approved', 'rejected', 'expired', 'void'))
         or (old.state = 'approved' and new.state in ('executing', 'rejected', 'expired', 'void'))
         or (old.state = 'executing' and new.state in ('executed', 'void'))) then
        raise exception 'a plan does not go from % to %', old.state, new.state;
    end if;
    if new.state = 'approved' and approvals.quorum(new.hash) is not true then
        raise exception 'plan % has no quorum', encode(new.hash, 'hex');
    end if;
    if new.state = 'executing' and not exists (select 1 from approvals.consumptions c where c.plan_hash = new.hash) then
        raise exception 'plan % is not consumed', encode(new.hash, 'hex');
    end if;
    return new;
end $$;

create trigger guard_plan before insert or update on approvals.plans
    for each row execute function approvals.guard_plan();

create table approvals.approvals (
    plan_hash           bytea not null references approvals.plans,
    operator_id         text not null,
    operator_name       text not null,
    roles               text[] not null,
    kind                text not null check (kind in ('wallet', 'passkey')),
    credential_id       text not null,
    -- What makes one authenticator one person: the wallet's address, or the SHA-256 of the passkey's public key.
    credential_key      bytea not null,
    -- Everything that was signed and the signature, raw, so that anybody can verify it again.
    evidence            jsonb not null,
    approved_at         timestamptz not null,
    primary key (plan_hash, operator_id),
    unique (plan_hash, credential_key)
);

create function approvals.quorum(plan bytea) returns boolean language sql stable as $$
    select count(*) >= greatest((p.document -> 'policy' ->> 'required')::integer, 1)
    from approvals.plans p
    join approvals.approvals a on a.plan_hash = p.hash
    where p.hash = plan
      and a.roles && array(select jsonb_array_elements_text(p.document -> 'policy' -> 'roles'))
      and ((p.document -> 'policy' ->> 'requesterCounts')::boolean or 'operator:' || a.operator_id <> p.requester)
    group by p.document
$$;

create function approvals.guard_approval() returns trigger language plpgsql as $$
declare
    plan approvals.plans;
begin
    -- The lock orders approvals against rejection, expiry and each other.
    select * into plan from approvals.plans where hash = new.plan_hash for no key update;
    if plan.state <> 'pending' then raise exception 'plan % is % and takes no approval', encode(new.plan_hash, 'hex'), plan.state; end if;
    if plan.expires_at <= clock_timestamp() then raise exception 'plan % has expired', encode(new.plan_hash, 'hex'); end if;
    if not (new.roles && array(select jsonb_array_elements_text(plan.document -> 'policy' -> 'roles'))) then
        raise exception 'operator % has no role that the policy names', new.operator_id;
    end if;
    if not (plan.document -> 'policy' ->> 'requesterCounts')::boolean and 'operator:' || new.operator_id = plan.requester then
        raise exception 'the requester may not approve';
    end if;
    return new;
end $$;

create trigger guard_approval before insert on approvals.approvals
    for each row execute function approvals.guard_approval();

create table approvals.consumptions (
    plan_hash           bytea primary key references approvals.plans,
    run_id              text not null,
    operators           text[] not null,
    consumed_at         timestamptz not null
);

create function approvals.guard_consumption() returns trigger language plpgsql as $$
declare
    plan approvals.plans;
begin
    select * into plan from approvals.plans where hash = new.plan_hash for no key update;
    if plan.state <> 'approved' then raise exception 'plan % is %, not approved', encode(new.plan_hash, 'hex'), plan.state; end if;
    if plan.run_id <> new.run_id then raise exception 'plan % belongs to another run', encode(new.plan_hash, 'hex'); end if;
    if plan.expires_at <= clock_timestamp() then raise exception 'plan % has expired', encode(new.plan_hash, 'hex'); end if;
    if approvals.quorum(new.plan_hash) is not true then raise exception 'plan % has no quorum', encode(new.plan_hash, 'hex'); end if;
    return new;
end $$;

create trigger guard_consumption before insert on approvals.consumptions
    for each row execute function approvals.guard_consumption();

-- The defaults let the server's role do anything to rows; here it may do only what follows.
revoke all on all tables in schema approvals from quarterdeck_server;
grant usage on schema approvals to quarterdeck_server, quarterdeck_reader;
grant select on all tables in schema approvals to quarterdeck_server, quarterdeck_reader;
grant insert on approvals.plans, approvals.approvals, approvals.consumptions to quarterdeck_server;
grant update (state, closed_at, closed_by, closed_reason) on approvals.plans to quarterdeck_server;
