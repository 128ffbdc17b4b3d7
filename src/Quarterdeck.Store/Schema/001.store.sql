-- What the store needs for itself. (store.migrations is created by the migrator, before any script.)
--
-- A lease is a row that is never deleted: its fence grows by one with each holder, so that a holder who was paused and
-- superseded can be told from the present one. Free means expires_at in the past. Times are the database's own clock.
CREATE TABLE store.leases (
    name       text PRIMARY KEY,
    holder     text NOT NULL,
    fence      bigint NOT NULL CHECK (fence > 0),
    expires_at timestamptz NOT NULL
);
