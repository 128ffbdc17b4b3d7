-- Plans that a Safe multisig executes. Their approvals are the owners' own signatures over the Safe's transaction, which the
-- Safe checks again on chain; here no approval is taken that is not an owner's wallet, no such plan is used before as many
-- owners signed as the Safe demanded, and what is sent to the Safe begins with exactly the transaction that they signed.

create function approvals.safe_owners(plan bytea) returns integer language sql stable as $$
    select count(distinct a.credential_key)::integer
    from approvals.plans p
    join approvals.approvals a on a.plan_hash = p.hash
    where p.hash = plan
      and a.kind = 'wallet'
      and not exists (select 1 from approvals.withdrawals w where w.plan_hash = a.plan_hash and w.operator_id = a.operator_id)
      and exists (select 1 from jsonb_array_elements_text(p.document -> 'safe' -> 'owners') o
                  where lower(o) = '0x' || encode(a.credential_key, 'hex'))
$$;

create function approvals.guard_safe_approval() returns trigger language plpgsql as $$
declare
    safe jsonb := (select document -> 'safe' from approvals.plans where hash = new.plan_hash);
begin
    if safe is null then return new; end if;
    if new.kind <> 'wallet' or not exists (select 1 from jsonb_array_elements_text(safe -> 'owners') o
                                           where lower(o) = '0x' || encode(new.credential_key, 'hex')) then
        raise exception 'plan % is a transaction of the Safe %: only a wallet that owns it approves', encode(new.plan_hash, 'hex'), safe ->> 'address'
            using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

create trigger guard_safe_approval before insert on approvals.approvals
    for each row execute function approvals.guard_safe_approval();

create function approvals.guard_safe_consumption() returns trigger language plpgsql as $$
declare
    safe jsonb := (select document -> 'safe' from approvals.plans where hash = new.plan_hash);
begin
    if safe is not null and approvals.safe_owners(new.plan_hash) < greatest((safe ->> 'threshold')::integer, 1) then
        raise exception 'plan % lacks signatures of the owners of the Safe %', encode(new.plan_hash, 'hex'), safe ->> 'address'
            using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

create trigger guard_safe_consumption before insert on approvals.consumptions
    for each row execute function approvals.guard_safe_consumption();

-- As before for plans without a Safe; a plan with one is a single transaction, its executor's call of the Safe.
create or replace function transactions.guard_transaction() returns trigger language plpgsql as $$
declare
    plan approvals.plans;
    call jsonb;
    safe jsonb;
begin
    select * into plan from approvals.plans where hash = new.plan_hash for share;
    if plan.hash is null or plan.state <> 'executing'
        or not exists (select 1 from approvals.consumptions c where c.plan_hash = new.plan_hash and c.run_id = new.run_id) then
        raise exception 'no transaction without a consumed approval of its plan' using errcode = 'insufficient_privilege';
    end if;
    if approvals.quorum(new.plan_hash) is not true then
        raise exception 'the approvals of plan % do not meet its policy', encode(new.plan_hash, 'hex')
            using errcode = 'insufficient_privilege';
    end if;
    select c into call from jsonb_array_elements(plan.document -> 'calls') c
        where (c ->> 'position')::integer = new.call_position;
    safe := plan.document -> 'safe';
    if call is null or call ->> 'chain' <> new.chain or (call ->> 'step')::integer <> new.step_index then
        raise exception 'the transaction is not call % of plan %', new.call_position, encode(new.plan_hash, 'hex')
            using errcode = 'insufficient_privilege';
    end if;
    if safe is null then
        if lower(call ->> 'from') <> '0x' || encode(new.account, 'hex')
            or lower(call ->> 'target') <> '0x' || encode(new.target, 'hex')
            or lower(call ->> 'calldata') <> '0x' || encode(new.calldata, 'hex')
            or (call ->> 'value')::numeric <> new.value then
            raise exception 'the transaction is not call % of plan %', new.call_position, encode(new.plan_hash, 'hex')
                using errcode = 'insufficient_privilege';
        end if;
        return new;
    end if;
    if not safe -> 'positions' @> to_jsonb(new.call_position)
        or lower(safe ->> 'executorAddress') <> '0x' || encode(new.account, 'hex')
        or lower(safe ->> 'address') <> '0x' || encode(new.target, 'hex')
        or not starts_with('0x' || encode(new.calldata, 'hex'), lower(safe ->> 'execution'))
        or new.value <> 0 then
        raise exception 'the transaction is not what the owners signed in plan %', encode(new.plan_hash, 'hex')
            using errcode = 'insufficient_privilege';
    end if;
    if approvals.safe_owners(new.plan_hash) < greatest((safe ->> 'threshold')::integer, 1) then
        raise exception 'plan % lacks signatures of the owners of the Safe %', encode(new.plan_hash, 'hex'), safe ->> 'address'
            using errcode = 'insufficient_privilege';
    end if;
    if exists (select 1 from transactions.transactions t where t.plan_hash = new.plan_hash) then
        raise exception 'plan % has its one transaction already', encode(new.plan_hash, 'hex') using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
