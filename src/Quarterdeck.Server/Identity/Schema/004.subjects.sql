-- Accounts at the team's identity provider (OpenID Connect), each bound to an operator by two people.
--
-- A subject opens a session and nothing more: it signs no plan and enrols no credential. It is bound by a request that one asked for and
-- another approved, belongs to one operator for ever, and ends with its operator.
alter table identity.requests add column subject text check (subject <> '' and length(subject) <= 255);
do $$
declare broken text;
begin
    for broken in select conname from pg_constraint where conrelid = 'identity.requests'::regclass and contype = 'c'
        and (pg_get_constraintdef(oid) like '%first_half IS NULL%' or pg_get_constraintdef(oid) like '%''recover''%') loop
        execute format('alter table identity.requests drop constraint %I', broken);
    end loop;
end $$;
alter table identity.requests
    add check (kind in ('join', 'roles', 'recover', 'bind')),
    add check ((kind in ('roles', 'bind')) = (first_half is null)),
    add check ((kind = 'bind') = (subject is not null));

create table identity.subjects (
    id          text primary key,
    operator_id text not null references identity.operators,
    issuer      text not null check (issuer <> ''),
    subject     text not null check (subject <> ''),
    request_id  text not null unique references identity.requests,
    created_at  timestamptz not null,
    revoked_at  timestamptz,
    seal        bytea
);
create unique index one_subject_is_one_account on identity.subjects (issuer, subject) where revoked_at is null;
create trigger stays_ended before update on identity.subjects for each row execute function identity.stays_ended('revoked_at');

create function identity.guard_subject() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from identity.requests r where r.id = new.request_id and r.kind = 'bind' and r.state = 'approved'
                   and r.operator_id = new.operator_id and r.subject = new.subject) then
        raise exception 'a subject is bound by a request that two people made' using errcode = 'insufficient_privilege';
    end if;
    if exists (select from identity.subjects s where s.issuer = new.issuer and s.subject = new.subject and s.operator_id <> new.operator_id) then
        raise exception 'the subject belonged to another operator' using errcode = 'unique_violation';
    end if;
    return new;
end $$;
create trigger guard_subject before insert on identity.subjects for each row execute function identity.guard_subject();

revoke update, delete, truncate on identity.subjects from quarterdeck_server;
grant update (revoked_at, seal) on identity.subjects to quarterdeck_server;
