-- Withdrawals: approvals that ended with their operator, who was removed or whose lost authenticator was replaced. The
-- approval's row stays as it was given; from here on it does not count.

create table approvals.withdrawals (
    plan_hash           bytea not null,
    operator_id         text not null,
    withdrawn_by        text not null,
    reason              text not null check (btrim(reason) <> ''),
    withdrawn_at        timestamptz not null,
    primary key (plan_hash, operator_id),
    foreign key (plan_hash, operator_id) references approvals.approvals (plan_hash, operator_id)
);

create or replace function approvals.quorum(plan bytea) returns boolean language sql stable as $$
    select count(*) >= greatest((p.document -> 'policy' ->> 'required')::integer, 1)
    from approvals.plans p
    join approvals.approvals a on a.plan_hash = p.hash
    where p.hash = plan
      and not exists (select 1 from approvals.withdrawals w where w.plan_hash = a.plan_hash and w.operator_id = a.operator_id)
      and a.roles && array(select jsonb_array_elements_text(p.document -> 'policy' -> 'roles'))
      and ((p.document -> 'policy' ->> 'requesterCounts')::boolean or 'operator:' || a.operator_id <> p.requester)
    group by p.document
$$;

-- The defaults let the server's role do anything to rows; here it may do only what follows.
revoke all on approvals.withdrawals from quarterdeck_server;
grant select on approvals.withdrawals to quarterdeck_server, quarterdeck_reader;
grant insert on approvals.withdrawals to quarterdeck_server;
