using System.Security.Cryptography;
using System.Text.Json;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Respond;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity.Passkeys;

/// <summary>Enrols passkeys and signs in with them.</summary>
internal sealed class PasskeyCeremonies(
    OperationsStore store, Challenges challenges, Sessions sessions, CredentialSeals seals, IdentityOptions options, TimeProvider clock)
{
    /// <summary>A challenge to register with, and the operator's passkeys that must not be registered again.</summary>
    public async Task<(byte[] Challenge, IReadOnlyList<byte[]> Known)> BeginEnrolment(string operatorId, CancellationToken cancel)
    {
        var challenge = RandomNumberGenerator.GetBytes(32);
        await challenges.Remember(Challenges.PasskeyEnrol, operatorId, challenge, cancel);
        var known = await store.Query<byte[]>(
            "SELECT credential_id FROM identity.credentials WHERE operator_id = @operatorId AND kind = 'passkey' AND revoked_at IS NULL",
            new { operatorId }, cancel);
        return (challenge, known);
    }

    /// <summary>Enrols the passkey that the browser made.</summary>
    public async Task<Outcome<string>> Enrol(
        string operatorId, byte[] challenge, JsonElement credential, string label, CancellationToken cancel)
    {
        if (await challenges.Use(Challenges.PasskeyEnrol, challenge, cancel) != operatorId) return Refusals.NotProved;
        var (key, why) = Attestation.Read(credential, challenge, options.RelyingPartyId, options.Origins);
        if (key is null)
            return new Refusal(RefusalKind.Invalid, "The passkey was not accepted", $"Of what the browser sent: {why}.", "Try again, or use another device.");
        return await store.Act<Outcome<string>>(Actor.Operator(operatorId), "adds a passkey", async act =>
        {
            var taken = await act.QueryFirstOrDefault<string>(
                """
                SELECT operator_id FROM identity.credentials
                WHERE (credential_id = @id OR public_key = @publicKey) AND (revoked_at IS NULL OR operator_id <> @operatorId)
                """, new { id = key.CredentialId, publicKey = key.PublicKey, operatorId });
            if (taken is not null)
            {
                act.Record("credential.add-refused", operatorId, new() { ["kind"] = "passkey", ["why"] = "taken" });
                return Refusals.CredentialTaken;
            }

            var id = Id.New("cred", clock);
            await act.Execute(
                """
                INSERT INTO identity.credentials
                    (id, operator_id, kind, label, credential_id, public_key, sign_count, created_at, seal)
                VALUES (@id, @operatorId, 'passkey', @label, @credentialId, @publicKey, @count, @now, @stamp)
                """,
                new
                {
                    id,
                    operatorId,
                    label = Labels.Clean(label, "Passkey"),
                    credentialId = key.CredentialId,
                    publicKey = key.PublicKey,
                    count = (long)key.SignCount,
                    now = act.Now,
                    stamp = seals.OfPasskey(id, operatorId, key.CredentialId, key.PublicKey),
                });
            act.Record("credential.add", id, new() { ["operator"] = operatorId, ["kind"] = "passkey" });
            act.Signal(IdentitySignals.Operators);
            return id;
        }, cancel);
    }

    /// <summary>A challenge to sign in with; the authenticator itself knows whose passkeys it holds.</summary>
    public async Task<byte[]> BeginSignIn(CancellationToken cancel)
    {
        var challenge = RandomNumberGenerator.GetBytes(32);
        await challenges.Remember(Challenges.PasskeySignIn, "", challenge, cancel);
        return challenge;
    }

    /// <summary>Opens a session for the operator whose passkey answered the challenge.</summary>
    public async Task<Outcome<NewSession>> SignIn(byte[] challenge, JsonElement credential, string agent, CancellationToken cancel)
    {
        if (await challenges.Use(Challenges.PasskeySignIn, challenge, cancel) is null) return Refusals.NotProved;
        if (AssertionResponse.Read(credential) is not { } response) return Refusals.NotProved;
        var known = await store.QueryFirstOrDefault<Known>(
            """
            SELECT c.id, c.operator_id, c.public_key, c.sign_count, c.seal
            FROM identity.credentials c JOIN identity.operators o ON o.id = c.operator_id
            WHERE c.credential_id = @id AND c.revoked_at IS NULL AND o.removed_at IS NULL AND (o.expires_at IS NULL OR o.expires_at > @now)
            """, new { id = response.CredentialId, now = clock.GetUtcNow() }, cancel);
        if (known is null || !seals.HoldsPasskey(known.Seal, known.Id, known.OperatorId, response.CredentialId, known.PublicKey)) return Refusals.NotProved;
        var verdict = WebAuthnAssertion.Verify(known.PublicKey, response, new AssertionExpectation(
            challenge, options.RelyingPartyId, options.Origins, (uint)known.SignCount));
        if (!verdict.Holds) return Refusals.NotProved;
        return await store.Act<Outcome<NewSession>>(Actor.Operator(known.OperatorId), "signs in with a passkey", async act =>
        {
            await act.Execute(
                "UPDATE identity.credentials SET last_used_at = @now, sign_count = @count WHERE id = @id",
                new { now = act.Now, count = (long)verdict.SignCount, id = known.Id });
            return await sessions.Open(act, known.OperatorId, "passkey", agent);
        }, cancel);
    }

    private sealed record Known(string Id, string OperatorId, byte[] PublicKey, long SignCount, byte[]? Seal);
}
