-- A plan holds calls of contracts, actions off the chain, or both; never neither. Each has its own position and step.

create or replace function approvals.guard_plan() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    -- The generated column is not filled in yet.
    document jsonb := approvals.document(new.canonical);
    effects jsonb;
begin
    if tg_op = 'INSERT' then
        if new.state <> 'pending' then raise exception 'a plan begins as pending, not as %', new.state; end if;
        if document ->> 'run' <> new.run_id
            or (document ->> 'stage')::integer <> new.stage
            or document ->> 'requester' <> new.requester
            or (document ->> 'expiresAt')::timestamptz <> new.expires_at then
            raise exception 'the plan''s row differs from its canonical bytes';
        end if;
        effects := coalesce(document -> 'calls', '[]') || coalesce(document -> 'actions', '[]');
        if coalesce((document -> 'policy' ->> 'required')::integer, 0) < 1
            or coalesce(jsonb_array_length(document -> 'policy' -> 'roles'), 0) = 0
            or jsonb_array_length(effects) = 0 then
            raise exception 'a plan needs calls or actions, at least one approval and a role that may give it';
        end if;
        if (select count(distinct (e ->> 'position')::integer) <> count(*) or count(distinct (e ->> 'step')::integer) <> count(*)
            from jsonb_array_elements(effects) e) then
            raise exception 'two effects of a plan have one position or one step';
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
