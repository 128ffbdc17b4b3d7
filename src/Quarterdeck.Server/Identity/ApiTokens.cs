using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Respond;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>A token as its owner sees it.</summary>
internal sealed record ApiTokenRow(
    string Id, string Label, string[] Scopes, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? LastUsedAt);

/// <summary>
/// API tokens: of one operator, for some of their permissions, for a time. A token never carries the right to its owner's identity or to
/// other operators, so none can make further access.
/// </summary>
internal sealed class ApiTokens(OperationsStore store, OperatorRows rows, IdentitySeal seal, IdentityOptions options, TimeProvider clock)
{
    /// <summary>What a token begins with, for secret scanners and the gate.</summary>
    public const string Prefix = "qdt_";

    /// <summary>Makes one; its secret is shown now and never again.</summary>
    public Task<Outcome<(string Id, string Token, DateTimeOffset ExpiresAt)>> Make(
        SignedIn owner, string label, IReadOnlyList<string> scopes, TimeSpan? lifetime, CancellationToken cancel)
    {
        var wanted = scopes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var beyond = wanted.Except(owner.Permissions.Intersect(Permission.Scopes)).ToList();
        var length = lifetime ?? options.TokenLifetime;
        Refusal? refusal = wanted.Length == 0
            ? new(RefusalKind.Invalid, "A token needs a scope", "It would be good for nothing.", $"Name some of: {string.Join(", ", Permission.Scopes)}.")
            : beyond.Count > 0
                ? new(RefusalKind.Forbidden, "You cannot give that away", $"No token of yours can carry {string.Join(", ", beyond)}.",
                    $"Name some of: {string.Join(", ", owner.Permissions.Intersect(Permission.Scopes))}.")
                : length <= TimeSpan.Zero || length > options.TokenLifetime
                    ? new(RefusalKind.Invalid, "The token would last too long", $"At most {options.TokenLifetime.TotalDays:0} days.", "Give fewer days.")
                    : null;
        if (refusal is not null) return Task.FromResult<Outcome<(string, string, DateTimeOffset)>>(refusal);
        return store.Act<Outcome<(string, string, DateTimeOffset)>>(Actor.Operator(owner.OperatorId), "makes an API token", async act =>
        {
            var token = Token.New(Prefix);
            var (id, expires) = (Id.New("tok", clock), act.Now + length);
            await act.Execute(
                """
                INSERT INTO identity.tokens (id, token_hash, operator_id, label, scopes, created_at, expires_at, seal)
                VALUES (@id, @hash, @owner, @label, @wanted, @now, @expires, @stamp)
                """,
                new
                {
                    id,
                    hash = Token.Hash(token),
                    owner = owner.OperatorId,
                    label = Labels.Clean(label, "Token"),
                    wanted,
                    now = act.Now,
                    expires,
                    stamp = seal.Of("tokens", id, Token.Hash(token), owner.OperatorId, wanted, expires),
                });
            act.Record("token.make", id, new()
            {
                ["operator"] = owner.OperatorId,
                ["scopes"] = new JsonArray([.. wanted.Select(s => (JsonNode?)s)]),
                ["until"] = expires.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
            });
            return (id, token, expires);
        }, cancel);
    }

    /// <summary>Who a token stands for; null where it is unknown, over, revoked or its operator is gone.</summary>
    public async Task<SignedIn?> Recognise(string token, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var row = await store.QueryFirstOrDefault<Known>(
            """
            SELECT t.id, t.operator_id, o.name, o.roles, t.scopes, t.last_used_at, t.expires_at, t.seal,
                   o.expires_at AS operator_expires_at, o.version, o.seal AS operator_seal
            FROM identity.tokens t JOIN identity.operators o ON o.id = t.operator_id
            WHERE t.token_hash = @hash AND t.revoked_at IS NULL AND t.expires_at > @now
              AND o.removed_at IS NULL AND (o.expires_at IS NULL OR o.expires_at > @now)
            """, new { hash = Token.Hash(token), now }, cancel);
        if (row is null || !seal.Holds(row.Seal, "tokens", row.Id, Token.Hash(token), row.OperatorId, row.Scopes, row.ExpiresAt)
            || !rows.Holds(new SealedOperator(row.OperatorId, row.Name, row.Roles, row.OperatorExpiresAt, null, row.Version, row.OperatorSeal)))
        {
            return null;
        }

        if (row.LastUsedAt is null || now - row.LastUsedAt > TimeSpan.FromMinutes(1))
        {
            await store.Ingest(FactSource.Clock(now), seen => seen.Execute(
                "UPDATE identity.tokens SET last_used_at = @now WHERE id = @id", new { now, id = row.Id }), cancel);
        }

        return new SignedIn(row.OperatorId, row.Name, row.Roles, row.Id, token, ByCookie: false, row.Scopes);
    }

    /// <summary>The operator's tokens that are alive, latest first.</summary>
    public Task<IReadOnlyList<ApiTokenRow>> Of(string operatorId, CancellationToken cancel) => store.Query<ApiTokenRow>(
        """
        SELECT id, label, scopes, created_at, expires_at, last_used_at FROM identity.tokens
        WHERE operator_id = @operatorId AND revoked_at IS NULL AND expires_at > @now ORDER BY created_at DESC
        """, new { operatorId, now = clock.GetUtcNow() }, cancel);

    /// <summary>Revokes one of the operator's own; false where there is none such.</summary>
    public Task<bool> Revoke(string operatorId, string id, CancellationToken cancel) =>
        store.Act(Actor.Operator(operatorId), "revokes an API token", async act =>
        {
            var ended = await act.Execute(
                "UPDATE identity.tokens SET revoked_at = @now WHERE id = @id AND operator_id = @operatorId AND revoked_at IS NULL",
                new { now = act.Now, id, operatorId });
            act.Record(ended > 0 ? "token.revoke" : "token.revoke-refused", id);
            return ended > 0;
        }, cancel);

    private sealed record Known(
        string Id, string OperatorId, string Name, string[] Roles, string[] Scopes, DateTimeOffset? LastUsedAt, DateTimeOffset ExpiresAt, byte[]? Seal,
        DateTimeOffset? OperatorExpiresAt, long Version, byte[]? OperatorSeal);
}
