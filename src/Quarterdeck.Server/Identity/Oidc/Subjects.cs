using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity.Oidc;

/// <summary>
/// Signs in operators by the team's identity provider: only those whose subject there two people bound to them. Such a session reads,
/// responds and proposes; it neither enrols credentials nor lets people in, and what it approves still takes a passkey or a wallet.
/// </summary>
internal sealed class Subjects(
    OperationsStore store, Challenges challenges, Sessions sessions, IdentitySeal seal, IdentityOptions options, TimeProvider clock)
{
    private const string Purpose = "oidc";

    /// <summary>Begins: where to send the browser, and the state that its cookie keeps.</summary>
    public async Task<(Uri Address, string State)> Begin(OidcProvider provider, CancellationToken cancel)
    {
        var (state, nonce, verifier) = (Secret(), Secret(), Secret());
        await challenges.Remember(Purpose, JsonSerializer.Serialize(new Pending(nonce, verifier)), Encoding.ASCII.GetBytes(state), cancel);
        return (await provider.Authorise(options.OidcCallback, state, nonce, verifier, cancel), state);
    }

    /// <summary>Ends a sign-in: a session for the operator of the subject. The state is used up, whatever follows.</summary>
    public async Task<Outcome<NewSession>> End(OidcProvider provider, string state, string code, string agent, CancellationToken cancel)
    {
        if (await challenges.Use(Purpose, Encoding.ASCII.GetBytes(state), cancel) is not { } kept) return Refusals.NotProved;
        var pending = JsonSerializer.Deserialize<Pending>(kept)!;
        if (await provider.Subject(options.OidcCallback, code, pending.Nonce, pending.Verifier, cancel) is not { } subject) return Refusals.NotProved;
        var issuer = provider.Settings.Issuer;
        var row = await store.QueryFirstOrDefault<Known>(
            """
            SELECT s.id, s.operator_id, s.request_id, s.seal FROM identity.subjects s JOIN identity.operators o ON o.id = s.operator_id
            WHERE s.issuer = @issuer AND s.subject = @subject AND s.revoked_at IS NULL
              AND o.removed_at IS NULL AND (o.expires_at IS NULL OR o.expires_at > @now)
            """, new { issuer, subject, now = clock.GetUtcNow() }, cancel);
        if (row is null || !seal.Holds(row.Seal, "subjects", row.Id, row.OperatorId, issuer, subject, row.RequestId)) return Refusals.NotProved;
        return await store.Act<Outcome<NewSession>>(
            Actor.Operator(row.OperatorId), "signs in by the identity provider",
            async act => await sessions.Open(act, row.OperatorId, Sessions.ByProvider, agent), cancel);
    }

    /// <summary>Binds a subject, in the transaction in which the second person approves; it takes the place of the one before.</summary>
    internal static async Task<bool> Bind(
        ActScope act, IdentitySeal seal, TimeProvider clock, string request, string operatorId, string issuer, string subject)
    {
        var taken = await act.QueryFirstOrDefault<bool>(
            "SELECT EXISTS (SELECT FROM identity.subjects WHERE issuer = @issuer AND subject = @subject AND operator_id <> @operatorId)",
            new { issuer, subject, operatorId });
        if (taken) return false;
        var id = Id.New("sub", clock);
        await act.Execute(
            "UPDATE identity.subjects SET revoked_at = @now WHERE operator_id = @operatorId AND issuer = @issuer AND revoked_at IS NULL",
            new { now = act.Now, operatorId, issuer });
        await act.Execute(
            """
            INSERT INTO identity.subjects (id, operator_id, issuer, subject, request_id, created_at, seal)
            VALUES (@id, @operatorId, @issuer, @subject, @request, @now, @stamp)
            """,
            new { id, operatorId, issuer, subject, request, now = act.Now, stamp = seal.Of("subjects", id, operatorId, issuer, subject, request) });
        return true;
    }

    private static string Secret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private sealed record Pending(string Nonce, string Verifier);

    private sealed record Known(string Id, string OperatorId, string RequestId, byte[]? Seal);
}
