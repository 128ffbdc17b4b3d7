-- Who may sign in, with what, and where they are signed in.
--
-- operators    People. The id is the short name that the audit log writes (operator:alice); a removed one keeps its row.
-- credentials  Wallets (an address) and passkeys (a COSE public key). One authenticator belongs to one person: unique while
--              not revoked. A revoked one keeps its row, so that old signatures can still be explained.
-- sessions     One sign-in on one device. Only the SHA-256 of the token is here.
-- links        One-time links. Only the SHA-256 of the token is here; used once, within its time.
-- challenges   What a wallet or passkey must sign next: its hash, what for, and until when. Deleted when used.
CREATE SCHEMA identity;

CREATE TABLE identity.operators (
    id           text PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9._-]{0,63}$'),
    name         text NOT NULL CHECK (name <> ''),
    roles        text[] NOT NULL,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz,
    removed_at   timestamptz
);

CREATE TABLE identity.credentials (
    id            text PRIMARY KEY,
    operator_id   text NOT NULL REFERENCES identity.operators,
    kind          text NOT NULL CHECK (kind IN ('wallet', 'passkey')),
    label         text NOT NULL,
    address       text CHECK (address ~ '^0x[0-9a-f]{40}$'),
    credential_id bytea,
    public_key    bytea,
    sign_count    bigint NOT NULL DEFAULT 0 CHECK (sign_count >= 0),
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz,
    revoked_at    timestamptz,
    CHECK ((kind = 'wallet') = (address IS NOT NULL)),
    CHECK ((kind = 'passkey') = (credential_id IS NOT NULL AND public_key IS NOT NULL))
);
CREATE UNIQUE INDEX credentials_address ON identity.credentials (address) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX credentials_credential_id ON identity.credentials (credential_id) WHERE revoked_at IS NULL;
CREATE INDEX credentials_operator ON identity.credentials (operator_id);

CREATE TABLE identity.sessions (
    id           text PRIMARY KEY,
    token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    operator_id  text NOT NULL REFERENCES identity.operators,
    method       text NOT NULL,
    agent        text NOT NULL,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at),
    revoked_at   timestamptz
);
CREATE INDEX sessions_operator ON identity.sessions (operator_id) WHERE revoked_at IS NULL;

CREATE TABLE identity.links (
    id          text PRIMARY KEY,
    token_hash  bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    operator_id text NOT NULL REFERENCES identity.operators,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL CHECK (expires_at > created_at),
    used_at     timestamptz
);

CREATE TABLE identity.challenges (
    hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    purpose    text NOT NULL,
    subject    text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX challenges_expires_at ON identity.challenges (expires_at);
