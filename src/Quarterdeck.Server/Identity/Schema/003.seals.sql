-- Seals: who the operators are is attested by a key that the database does not hold.
--
-- Each row that lets somebody in, or says who somebody is, carries a MAC over its facts under a key in the server's state folder.
-- Whoever has the server's database role and not that key can write rows, and the server takes none of them for true: no operator,
-- credential, session, link, token or request of their making counts. An operator's row has a version that only rises, so that an
-- older seal with more roles cannot be put back; what ends (revoked, used) stays ended.
alter table identity.operators add column version bigint not null default 0 check (version >= 0), add column seal bytea;
alter table identity.credentials add column seal bytea;
alter table identity.sessions add column seal bytea;
alter table identity.links add column seal bytea;
alter table identity.tokens add column seal bytea;
alter table identity.requests add column seal bytea;

create function identity.guard_operator() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if (new.name, new.roles, new.expires_at, new.removed_at is null) is distinct from (old.name, old.roles, old.expires_at, old.removed_at is null)
        and new.version <> old.version + 1 then
        raise exception 'operator % changes with its next version only', old.id using errcode = 'insufficient_privilege';
    end if;
    if new.version not in (old.version, old.version + 1) then
        raise exception 'the version of operator % only rises, one by one', old.id using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger guard_operator before update on identity.operators for each row execute function identity.guard_operator();

create function identity.stays_ended() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if to_jsonb(old) ->> tg_argv[0] is not null and to_jsonb(old) -> tg_argv[0] is distinct from to_jsonb(new) -> tg_argv[0] then
        raise exception 'what ended stays ended: %.%', tg_table_name, old.id using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger stays_ended before update on identity.credentials for each row execute function identity.stays_ended('revoked_at');
create trigger stays_ended before update on identity.sessions for each row execute function identity.stays_ended('revoked_at');
create trigger stays_ended before update on identity.tokens for each row execute function identity.stays_ended('revoked_at');
create trigger stays_ended before update on identity.links for each row execute function identity.stays_ended('used_at');

create function identity.counter_rises() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if new.sign_count < old.sign_count then
        raise exception 'the signature counter of % only rises', old.id using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger counter_rises before update on identity.credentials for each row execute function identity.counter_rises();

-- Guards see the system's own functions, whatever a session puts into its search path.
alter function identity.guard_request() set search_path = pg_catalog, pg_temp;
alter function identity.guard_credential() set search_path = pg_catalog, pg_temp;

grant update (version, seal) on identity.operators to quarterdeck_server;
grant update (seal) on identity.credentials, identity.sessions, identity.links, identity.tokens, identity.requests to quarterdeck_server;
