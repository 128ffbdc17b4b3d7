-- The audit log: an RFC 9162 Merkle tree over canonical JSON entries, append-only.
--
-- inbox        An entry is inserted in the transaction of the change that it is about; id and xid are the database's own.
-- leaves       A sequencer, one at a time under an advisory lock, gives committed entries the next indexes without gaps.
-- nodes        Roots of full subtrees of 256^k leaves (level 8k, k > 0), so that proofs need few reads.
-- checkpoints  Signed statements of size and root (C2SP signed notes); edge is the roots of the full subtrees of the
--              tree of that size, largest first; all entries of transactions before safe_xid are numbered.
--
-- The server can add rows and read them. Nobody but the owner can do more, and even the owner meets a trigger: not as
-- evidence (that is the tree), but so that no statement does it by accident.
CREATE SCHEMA audit;

CREATE TABLE audit.inbox (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid     xid8 NOT NULL DEFAULT pg_current_xact_id(),
    entry   bytea NOT NULL CHECK (octet_length(entry) BETWEEN 2 AND 65535),
    subject text NOT NULL,
    action  text NOT NULL
);
CREATE INDEX inbox_xid ON audit.inbox (xid);
CREATE INDEX inbox_subject ON audit.inbox (subject, id);

CREATE TABLE audit.leaves (
    index    bigint PRIMARY KEY CHECK (index >= 0),
    inbox_id bigint NOT NULL UNIQUE REFERENCES audit.inbox,
    hash     bytea NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE TABLE audit.nodes (
    level smallint NOT NULL CHECK (level > 0 AND level % 8 = 0),
    index bigint NOT NULL CHECK (index >= 0),
    hash  bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (level, index)
);

CREATE TABLE audit.checkpoints (
    size      bigint PRIMARY KEY CHECK (size > 0),
    root      bytea NOT NULL CHECK (octet_length(root) = 32),
    note      text NOT NULL,
    edge      bytea NOT NULL CHECK (octet_length(edge) % 32 = 0),
    safe_xid  xid8 NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only: % on %.% refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.inbox EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.leaves EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.nodes EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.checkpoints EXECUTE FUNCTION audit.refuse();

REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit.inbox, audit.leaves, audit.nodes, audit.checkpoints FROM quarterdeck_server;
GRANT INSERT (entry, subject, action) ON audit.inbox TO quarterdeck_server;
GRANT INSERT ON audit.leaves, audit.nodes, audit.checkpoints TO quarterdeck_server;
