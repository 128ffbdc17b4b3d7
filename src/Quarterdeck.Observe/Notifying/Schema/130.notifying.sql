-- Who was told what. A group is the alerts of one route that share the values of its group_by labels; it is flushed when
-- next_flush_at comes, by whichever replica updates that column first. A flush that has something to say puts one row for
-- each channel into the outbox; the row is claimed, sent outside any transaction, and only then written to the log of
-- what the channel knows. So a crash between sending and writing tells twice rather than never, and receivers that know
-- the idempotency key (PagerDuty, OpsGenie) see one.

create schema if not exists notifying;

create table notifying.groups (
    plan          text        not null,
    group_key     text        not null,
    route         text        not null,
    receiver      text        not null,
    labels        jsonb       not null,
    next_flush_at timestamptz not null,
    created_at    timestamptz not null default clock_timestamp(),
    primary key (plan, group_key)
);

create index groups_due on notifying.groups (next_flush_at);

-- What each channel of a group's receiver was told last.
create table notifying.log (
    plan      text        not null,
    group_key text        not null,
    channel   text        not null,
    firing    text[]      not null,
    resolved  text[]      not null,
    told_at   timestamptz not null,
    primary key (plan, group_key, channel)
);

create table notifying.outbox (
    id              text        primary key,
    plan            text        not null,
    group_key       text        not null,
    receiver        text        not null,
    channel         text        not null,
    notification    jsonb       not null,
    firing          text[]      not null,
    resolved        text[]      not null,
    created_at      timestamptz not null,
    attempts        integer     not null default 0,
    next_attempt_at timestamptz not null,
    claimed_until   timestamptz,
    claim           text,
    state           text        not null default 'waiting' check (state in ('waiting', 'sent', 'failed', 'superseded')),
    fallback_told   boolean     not null default false,
    error           text,
    finished_at     timestamptz,
    check ((state = 'waiting') = (finished_at is null))
);

create index outbox_waiting on notifying.outbox (next_attempt_at) where state = 'waiting';
create index outbox_by_group on notifying.outbox (plan, group_key, channel) where state = 'waiting';

-- Silences mute firing alerts, never their state. A changed one is a new row and the old one expires, so history stays.
create table notifying.silences (
    id         uuid        primary key,
    matchers   jsonb       not null,
    starts_at  timestamptz not null,
    ends_at    timestamptz not null check (ends_at >= starts_at),
    created_by text        not null,
    comment    text        not null,
    updated_at timestamptz not null
);
