using Quarterdeck.Primitives.Audit;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>A session as its owner sees it.</summary>
internal sealed record SessionRow(
    string Id, string Method, string Agent, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, DateTimeOffset ExpiresAt);

/// <summary>Opens, recognises, lists and ends sessions.</summary>
internal sealed class Sessions(OperationsStore store, OperatorRows rows, IdentitySeal seal, IdentityOptions options, TimeProvider clock)
{
    /// <summary>The method of sessions that the identity provider opened.</summary>
    public const string ByProvider = "identity provider";

    private static readonly TimeSpan TouchInterval = TimeSpan.FromMinutes(1);

    /// <summary>Opens a session inside the transaction that accepted the proof.</summary>
    public async Task<NewSession> Open(ActScope act, string operatorId, string method, string agent)
    {
        var token = Token.New("qds_");
        var session = new
        {
            id = Id.New("ses", clock),
            hash = Token.Hash(token),
            operatorId,
            method,
            agent = Agent.Describe(agent),
            now = act.Now,
            expires = act.Now + options.SessionLifetime,
        };
        await act.Execute(
            """
            INSERT INTO identity.sessions (id, token_hash, operator_id, method, agent, created_at, last_seen_at, expires_at, seal)
            VALUES (@id, @hash, @operatorId, @method, @agent, @now, @now, @expires, @stamp)
            """,
            new
            {
                session.id,
                session.hash,
                session.operatorId,
                session.method,
                session.agent,
                session.now,
                session.expires,
                stamp = Seal(session.id, session.hash, operatorId, method, session.expires),
            });
        await act.Execute("UPDATE identity.operators SET last_seen_at = @now WHERE id = @operatorId", new { now = act.Now, operatorId });
        act.Record("session.open", session.id, new() { ["operator"] = operatorId, ["method"] = method });
        act.Signal(IdentitySignals.Operators);
        return new NewSession(token, operatorId, session.expires);
    }

    /// <summary>Who a token belongs to; null where it is unknown, over, revoked or its operator removed.</summary>
    /// <param name="touch">Whether this counts as use, which keeps the session from going idle.</param>
    public async Task<SignedIn?> Recognise(string token, bool byCookie, bool touch, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var hash = Token.Hash(token);
        var row = await store.QueryFirstOrDefault<Known>(
            """
            SELECT s.id, s.operator_id, s.method, o.name, o.roles, s.last_seen_at, s.expires_at, s.seal,
                   o.expires_at AS operator_expires_at, o.version, o.seal AS operator_seal
            FROM identity.sessions s JOIN identity.operators o ON o.id = s.operator_id
            WHERE s.token_hash = @hash AND s.revoked_at IS NULL AND o.removed_at IS NULL AND (o.expires_at IS NULL OR o.expires_at > @now)
              AND s.expires_at > @now AND s.last_seen_at > @idle
            """, new { hash, now, idle = now - options.SessionIdle }, cancel);
        if (row is null || !Sealed(row, hash)
            || !rows.Holds(new SealedOperator(row.OperatorId, row.Name, row.Roles, row.OperatorExpiresAt, null, row.Version, row.OperatorSeal)))
        {
            return null;
        }

        if (touch && now - row.LastSeenAt > TouchInterval)
        {
            await store.Ingest(FactSource.Clock(now), async seen =>
            {
                await seen.Execute("UPDATE identity.sessions SET last_seen_at = @now WHERE id = @id", new { now, id = row.Id });
                await seen.Execute(
                    "UPDATE identity.operators SET last_seen_at = @now WHERE id = @id", new { now, id = row.OperatorId });
            }, cancel);
        }

        var known = new SignedIn(row.OperatorId, row.Name, row.Roles, row.Id, token, byCookie);
        return row.Method == ByProvider ? known.ByProvider() : known;
    }

    // The method belongs to the seal where it narrows what the session may.
    private byte[] Seal(string id, byte[] hash, string operatorId, string method, DateTimeOffset expires) => method == ByProvider
        ? seal.Of("sessions", id, hash, operatorId, expires, method)
        : seal.Of("sessions", id, hash, operatorId, expires);

    private bool Sealed(Known row, byte[] hash) => row.Method == ByProvider
        ? seal.Holds(row.Seal, "sessions", row.Id, hash, row.OperatorId, row.ExpiresAt, row.Method)
        : seal.Holds(row.Seal, "sessions", row.Id, hash, row.OperatorId, row.ExpiresAt);

    /// <summary>The operator's sessions that are alive, latest first.</summary>
    public Task<IReadOnlyList<SessionRow>> Of(string operatorId, CancellationToken cancel) => store.Query<SessionRow>(
        """
        SELECT id, method, agent, created_at, last_seen_at, expires_at FROM identity.sessions
        WHERE operator_id = @operatorId AND revoked_at IS NULL AND expires_at > @now AND last_seen_at > @idle
        ORDER BY last_seen_at DESC
        """, new { operatorId, now = clock.GetUtcNow(), idle = clock.GetUtcNow() - options.SessionIdle }, cancel);

    /// <summary>Ends one of the operator's own sessions; false where there is none such.</summary>
    public Task<bool> End(string operatorId, string sessionId, CancellationToken cancel) =>
        store.Act(Actor.Operator(operatorId), "ends a session", async act =>
        {
            var ended = await act.Execute(
                "UPDATE identity.sessions SET revoked_at = @now WHERE id = @sessionId AND operator_id = @operatorId AND revoked_at IS NULL",
                new { now = act.Now, sessionId, operatorId });
            act.Record(ended > 0 ? "session.end" : "session.end-refused", sessionId);
            return ended > 0;
        }, cancel);

    /// <summary>Ends all of the operator's sessions.</summary>
    public Task<int> EndAll(string operatorId, CancellationToken cancel) =>
        store.Act(Actor.Operator(operatorId), "signs out everywhere", act => EndAll(act, operatorId), cancel);

    internal static async Task<int> EndAll(ActScope act, string operatorId)
    {
        var ended = await act.Execute(
            "UPDATE identity.sessions SET revoked_at = @now WHERE operator_id = @operatorId AND revoked_at IS NULL",
            new { now = act.Now, operatorId });
        act.Record("session.end-all", operatorId, new() { ["ended"] = ended });
        return ended;
    }

    private sealed record Known(
        string Id, string OperatorId, string Method, string Name, string[] Roles, DateTimeOffset LastSeenAt, DateTimeOffset ExpiresAt, byte[]? Seal,
        DateTimeOffset? OperatorExpiresAt, long Version, byte[]? OperatorSeal);
}
