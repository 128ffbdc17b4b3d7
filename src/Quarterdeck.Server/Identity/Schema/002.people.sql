-- Operators by two people, and their API tokens.
--
-- requests  What one person asks for an operator: to join, to have other roles, or to be let in again (recover). A second
--           person decides; the row then stays as it is. first_half is the SHA-256 of the half of a link that the asking person
--           holds; the other half is given to the approving one, and only both together open a session.
-- tokens    API tokens: scopes, an expiry, and the SHA-256 of the secret.
-- reviews   That somebody looked over who has access.
ALTER TABLE identity.operators
    ADD COLUMN expires_at timestamptz, ADD COLUMN removed_by text, ADD COLUMN removed_reason text;

CREATE TABLE identity.requests (
    id                  text PRIMARY KEY,
    kind                text NOT NULL CHECK (kind IN ('join', 'roles', 'recover')),
    operator_id         text NOT NULL CHECK (operator_id ~ '^[a-z][a-z0-9._-]{0,63}$'),
    name                text NOT NULL CHECK (name <> ''),
    roles               text[] NOT NULL CHECK (cardinality(roles) > 0),
    justification       text NOT NULL CHECK (btrim(justification) <> ''),
    operator_expires_at timestamptz,
    first_half          bytea CHECK (octet_length(first_half) = 32),
    requested_by        text NOT NULL REFERENCES identity.operators,
    requested_at        timestamptz NOT NULL,
    expires_at          timestamptz NOT NULL CHECK (expires_at > requested_at),
    state               text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'refused')),
    decided_by          text REFERENCES identity.operators,
    decided_at          timestamptz,
    decided_reason      text,
    CHECK ((state = 'pending') = (decided_by IS NULL)),
    CHECK ((state = 'pending') = (decided_at IS NULL)),
    CHECK (state <> 'approved' OR (decided_by <> requested_by AND decided_by <> operator_id AND decided_at <= expires_at)),
    CHECK ((kind = 'roles') = (first_half IS NULL))
);
CREATE UNIQUE INDEX one_pending_request_for_each_operator ON identity.requests (operator_id) WHERE state = 'pending';

CREATE FUNCTION identity.guard_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state <> 'pending' THEN RAISE EXCEPTION 'a request begins as pending'; END IF;
    IF TG_OP = 'UPDATE' AND OLD.state <> 'pending' THEN RAISE EXCEPTION 'request % is decided', OLD.id; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_request BEFORE INSERT OR UPDATE ON identity.requests FOR EACH ROW EXECUTE FUNCTION identity.guard_request();

CREATE TABLE identity.tokens (
    id           text PRIMARY KEY,
    token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    operator_id  text NOT NULL REFERENCES identity.operators,
    label        text NOT NULL,
    scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at),
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX tokens_operator ON identity.tokens (operator_id) WHERE revoked_at IS NULL;

CREATE TABLE identity.reviews (
    id          text PRIMARY KEY,
    reviewed_by text NOT NULL REFERENCES identity.operators,
    reviewed_at timestamptz NOT NULL,
    note        text NOT NULL CHECK (btrim(note) <> '')
);

-- One authenticator is one person, for ever: what one operator enrolled once, no other can, also after it was revoked.
CREATE UNIQUE INDEX credentials_public_key ON identity.credentials (public_key) WHERE revoked_at IS NULL;

CREATE FUNCTION identity.guard_credential() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM identity.credentials c WHERE c.operator_id <> NEW.operator_id
               AND (c.address = NEW.address OR c.credential_id = NEW.credential_id OR c.public_key = NEW.public_key)) THEN
        RAISE EXCEPTION 'the credential belongs to another operator' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_credential BEFORE INSERT ON identity.credentials FOR EACH ROW EXECUTE FUNCTION identity.guard_credential();

-- The server's role cannot move a credential or a session to another person, nor remove a trace.
REVOKE UPDATE, DELETE, TRUNCATE ON identity.operators, identity.credentials, identity.sessions, identity.links,
    identity.requests, identity.tokens, identity.reviews FROM quarterdeck_server;
GRANT UPDATE (name, roles, last_seen_at, expires_at, removed_at, removed_by, removed_reason) ON identity.operators TO quarterdeck_server;
GRANT UPDATE (label, sign_count, last_used_at, revoked_at) ON identity.credentials TO quarterdeck_server;
GRANT UPDATE (last_seen_at, revoked_at) ON identity.sessions TO quarterdeck_server;
GRANT UPDATE (used_at) ON identity.links TO quarterdeck_server;
GRANT UPDATE (state, decided_by, decided_at, decided_reason) ON identity.requests TO quarterdeck_server;
GRANT UPDATE (last_used_at, revoked_at) ON identity.tokens TO quarterdeck_server;
