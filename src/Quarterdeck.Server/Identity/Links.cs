using System.Security.Cryptography;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Respond;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>One-time links: how an operator gets in before a credential is enrolled.</summary>
internal sealed class Links(OperationsStore store, Sessions sessions, IdentitySeal seal, IdentityOptions options, TimeProvider clock)
{
    /// <summary>Makes a link's token for an operator; earlier unused links of theirs stop working.</summary>
    public Task<Outcome<string>> Make(Actor actor, string operatorId, CancellationToken cancel) =>
        store.Act<Outcome<string>>(actor, "makes a one-time link", async act =>
        {
            var known = await act.QueryFirstOrDefault<string>(
                "SELECT id FROM identity.operators WHERE id = @operatorId AND removed_at IS NULL", new { operatorId });
            if (known is null)
            {
                act.Record("link.make-refused", operatorId);
                return Refusals.Unknown("operator", operatorId);
            }

            var token = Token.New("qdl_");
            var id = Id.New("lnk", clock);
            await act.Execute(
                "UPDATE identity.links SET used_at = @now WHERE operator_id = @operatorId AND used_at IS NULL", new { now = act.Now, operatorId });
            await Insert(act, id, operatorId, Token.Hash(token), act.Now + options.LinkLifetime);
            act.Record("link.make", id, new() { ["operator"] = operatorId });
            return token;
        }, cancel);

    /// <summary>A link of two halves, each held by one of the two people who let its operator in: neither could use it alone.</summary>
    internal async Task Put(ActScope act, string operatorId, byte[] firstHalfHash, string secondHalf)
    {
        var id = Id.New("lnk", clock);
        await act.Execute(
            "UPDATE identity.links SET used_at = @now WHERE operator_id = @operatorId AND used_at IS NULL", new { now = act.Now, operatorId });
        await Insert(act, id, operatorId, SHA256.HashData([.. firstHalfHash, .. Token.Hash(secondHalf)]), act.Now + options.HalvedLinkLifetime);
        act.Record("link.make", id, new() { ["operator"] = operatorId, ["halves"] = 2 });
    }

    private Task<int> Insert(ActScope act, string id, string operatorId, byte[] hash, DateTimeOffset expires) => act.Execute(
        """
        INSERT INTO identity.links (id, token_hash, operator_id, created_at, expires_at, seal)
        VALUES (@id, @hash, @operatorId, @now, @expires, @stamp)
        """, new { id, hash, operatorId, now = act.Now, expires, stamp = seal.Of("links", id, hash, operatorId, expires) });

    // first.second, where two people gave it; else the whole.
    private static byte[] HashOf(string token) => token.Split('.') is [var first, var second]
        ? SHA256.HashData([.. Token.Hash(first), .. Token.Hash(second)])
        : Token.Hash(token);

    /// <summary>Opens a session for the link's operator. The link is used up in the same transaction.</summary>
    public async Task<Outcome<NewSession>> SignIn(string token, string agent, CancellationToken cancel)
    {
        var link = await store.QueryFirstOrDefault<Open>(
            """
            SELECT l.id, l.operator_id, l.expires_at, l.seal FROM identity.links l JOIN identity.operators o ON o.id = l.operator_id
            WHERE l.token_hash = @hash AND l.used_at IS NULL AND l.expires_at > @now AND o.removed_at IS NULL
              AND (o.expires_at IS NULL OR o.expires_at > @now)
            """, new { hash = HashOf(token), now = clock.GetUtcNow() }, cancel);
        if (link is null || !seal.Holds(link.Seal, "links", link.Id, HashOf(token), link.OperatorId, link.ExpiresAt)) return Refusals.LinkSpent;
        return await store.Act<Outcome<NewSession>>(Actor.Operator(link.OperatorId), "signs in by a one-time link", async act =>
        {
            var used = await act.Execute(
                "UPDATE identity.links SET used_at = @now WHERE id = @id AND used_at IS NULL", new { now = act.Now, id = link.Id });
            if (used == 0)
            {
                act.Record("link.use-refused", link.Id);
                return Refusals.LinkSpent;
            }

            act.Record("link.use", link.Id);
            return await sessions.Open(act, link.OperatorId, "one-time link", agent);
        }, cancel);
    }

    private sealed record Open(string Id, string OperatorId, DateTimeOffset ExpiresAt, byte[]? Seal);
}
