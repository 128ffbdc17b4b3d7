-- Every function that guards or counts sees the system's own functions, whatever a session puts into its search path.

do $$
declare
    guard regprocedure;
begin
    for guard in
        select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
        where n.nspname in ('approvals', 'transactions') and l.lanname in ('sql', 'plpgsql')
          and not exists (select 1 from unnest(p.proconfig) c where c like 'search_path=%')
    loop
        execute format('alter function %s set search_path = pg_catalog, pg_temp', guard);
    end loop;
end $$;
