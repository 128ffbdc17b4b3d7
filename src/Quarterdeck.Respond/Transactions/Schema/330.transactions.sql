-- Transactions: one lane for each (chain, account). A transaction is one call of one consumed plan. Its signed bytes are
-- an attempt, committed before they are broadcast; a fee bump is another attempt on the same nonce, committed first too.
-- Only where a foreign transaction has taken the nonce for good does an attempt follow on another nonce.
--
-- The insertion guard is the lowest layer of the approval rule: it compares the row with the call that was approved, by
-- position, and demands the plan's consumption and quorum. It holds for the server's own role, which owns no trigger.

create schema transactions;

create table transactions.lanes (
    chain               text not null,
    account             bytea not null check (length(account) = 20),
    next_nonce          bigint not null default 0,
    primary key (chain, account)
);

create table transactions.transactions (
    id                  text primary key,
    chain               text not null,
    account             bytea not null check (length(account) = 20),
    nonce               bigint not null,
    target              bytea not null check (length(target) = 20),
    calldata            bytea not null,
    value               numeric(78) not null check (value >= 0),
    plan_hash           bytea not null references approvals.plans,
    call_position       integer not null,
    run_id              text not null references runs.runs,
    step_index          integer not null,
    state               text not null default 'signed'
                        check (state in ('signed', 'sent', 'mined', 'confirmed', 'reverted')),
    gas_limit           bigint not null,
    block_number        numeric(20),
    block_hash          bytea,
    mined_hash          bytea,
    gas_used            bigint,
    error               text,
    signed_at           timestamptz not null,
    sent_at             timestamptz,
    mined_at            timestamptz,
    settled_at          timestamptz,
    unique (plan_hash, call_position),
    foreign key (run_id, step_index) references runs.steps (run_id, index),
    foreign key (chain, account) references transactions.lanes,
    check ((state in ('mined', 'confirmed')) <= (block_hash is not null and mined_hash is not null)),
    unique (chain, account, nonce),
    check ((state in ('confirmed', 'reverted')) = (settled_at is not null))
);

create index transactions_of_run on transactions.transactions (run_id);
create index transactions_not_settled on transactions.transactions (chain, account) where settled_at is null;

create table transactions.attempts (
    transaction_id      text not null references transactions.transactions,
    attempt             integer not null,
    hash                bytea not null unique,
    raw                 bytea not null,
    nonce               bigint not null,
    max_fee             numeric(78) not null,
    max_priority_fee    numeric(78) not null,
    signed_at           timestamptz not null,
    primary key (transaction_id, attempt)
);

create function transactions.guard_transaction() returns trigger language plpgsql as $$
declare
    plan approvals.plans;
    call jsonb;
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
    if call is null
        or call ->> 'chain' <> new.chain
        or lower(call ->> 'from') <> '0x' || encode(new.account, 'hex')
        or lower(call ->> 'target') <> '0x' || encode(new.target, 'hex')
        or lower(call ->> 'calldata') <> '0x' || encode(new.calldata, 'hex')
        or (call ->> 'value')::numeric <> new.value
        or (call ->> 'step')::integer <> new.step_index then
        raise exception 'the transaction is not call % of plan %', new.call_position, encode(new.plan_hash, 'hex')
            using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

create trigger guard_transaction before insert on transactions.transactions
    for each row execute function transactions.guard_transaction();

-- The defaults let the server's role do anything to rows; here it may do only what follows.
revoke all on all tables in schema transactions from quarterdeck_server;
grant usage on schema transactions to quarterdeck_server, quarterdeck_reader;
grant select on all tables in schema transactions to quarterdeck_server, quarterdeck_reader;
grant insert on transactions.lanes, transactions.transactions, transactions.attempts to quarterdeck_server;
grant update on transactions.lanes to quarterdeck_server;
grant update (state, nonce, block_number, block_hash, mined_hash, gas_used, error, sent_at, mined_at, settled_at)
    on transactions.transactions to quarterdeck_server;
