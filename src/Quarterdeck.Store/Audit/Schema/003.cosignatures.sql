-- Cosignatures of witnesses (c2sp.org/tlog-cosignature): each is a signature line over a checkpoint that the log signed.
-- Append-only like the rest of the log.
CREATE TABLE audit.cosignatures (
    size       bigint NOT NULL REFERENCES audit.checkpoints,
    witness    text NOT NULL,
    line       text NOT NULL,
    arrived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (witness, size)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.cosignatures EXECUTE FUNCTION audit.refuse();
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit.cosignatures FROM quarterdeck_server;
GRANT INSERT (size, witness, line) ON audit.cosignatures TO quarterdeck_server;
