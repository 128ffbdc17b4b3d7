using System.Text;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Respond;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>Signs in and enrols by a wallet's signature over a message of the server.</summary>
internal sealed class Wallets(
    OperationsStore store, Challenges challenges, Sessions sessions, CredentialSeals seals, IdentityOptions options, TimeProvider clock)
{
    /// <summary>The message to sign in with. It is given for any address: whether an operator has it stays untold.</summary>
    public Task<string> SignInMessageFor(string domain, string origin, Address address, CancellationToken cancel) => Give(
        Challenges.WalletSignIn, domain, origin, address, $"Sign in to Quarterdeck, environment {options.Environment}.", cancel);

    /// <summary>The message to add a wallet with.</summary>
    public Task<string> EnrolMessageFor(
        string domain, string origin, Address address, string operatorId, CancellationToken cancel) => Give(
        Challenges.WalletEnrol, domain, origin, address,
        $"Add this wallet to operator {operatorId} of Quarterdeck, environment {options.Environment}.", cancel);

    /// <summary>Opens a session for the operator whose wallet signed the message.</summary>
    public async Task<Outcome<NewSession>> SignIn(string message, string signature, string agent, CancellationToken cancel)
    {
        if (await Signer(Challenges.WalletSignIn, message, signature, cancel) is not { } address) return Refusals.NotProved;
        var owner = await store.QueryFirstOrDefault<Owner>(
            """
            SELECT c.id, c.operator_id, c.seal FROM identity.credentials c JOIN identity.operators o ON o.id = c.operator_id
            WHERE c.address = @address AND c.revoked_at IS NULL AND o.removed_at IS NULL AND (o.expires_at IS NULL OR o.expires_at > @now)
            """, new { address = Stored(address), now = clock.GetUtcNow() }, cancel);
        if (owner is null || !seals.HoldsWallet(owner.Seal, owner.Id, owner.OperatorId, Stored(address))) return Refusals.NotProved;
        return await store.Act<Outcome<NewSession>>(Actor.Operator(owner.OperatorId), "signs in with a wallet", async act =>
        {
            await act.Execute("UPDATE identity.credentials SET last_used_at = @now WHERE id = @id", new { now = act.Now, id = owner.Id });
            return await sessions.Open(act, owner.OperatorId, "wallet", agent);
        }, cancel);
    }

    /// <summary>Adds the wallet that signed the message to the operator.</summary>
    public async Task<Outcome<string>> Enrol(
        string operatorId, string message, string signature, string label, CancellationToken cancel)
    {
        if (await Signer(Challenges.WalletEnrol, message, signature, cancel) is not { } address) return Refusals.NotProved;
        if (!message.Contains($"operator {operatorId} of Quarterdeck", StringComparison.Ordinal)) return Refusals.NotProved;
        return await store.Act<Outcome<string>>(Actor.Operator(operatorId), "adds a wallet", async act =>
        {
            var taken = await act.QueryFirstOrDefault<string>(
                "SELECT operator_id FROM identity.credentials WHERE address = @address AND (revoked_at IS NULL OR operator_id <> @operatorId)",
                new { address = Stored(address), operatorId });
            if (taken is not null)
            {
                act.Record("credential.add-refused", operatorId, new() { ["address"] = address.ToString(), ["why"] = "taken" });
                return Refusals.CredentialTaken;
            }

            return await Add(act, operatorId, address, label);
        }, cancel);
    }

    /// <summary>Adds a wallet inside a transaction that is allowed to.</summary>
    public async Task<string> Add(ActScope act, string operatorId, Address address, string label)
    {
        var id = Id.New("cred", clock);
        await act.Execute(
            """
            INSERT INTO identity.credentials (id, operator_id, kind, label, address, created_at, seal)
            VALUES (@id, @operatorId, 'wallet', @label, @address, @now, @stamp)
            """,
            new
            {
                id,
                operatorId,
                label = Labels.Clean(label, "Wallet"),
                address = Stored(address),
                now = act.Now,
                stamp = seals.OfWallet(id, operatorId, Stored(address)),
            });
        act.Record("credential.add", id, new() { ["operator"] = operatorId, ["kind"] = "wallet", ["address"] = address.ToString() });
        act.Signal(IdentitySignals.Operators);
        return id;
    }

    private async Task<string> Give(
        string purpose, string domain, string origin, Address address, string statement, CancellationToken cancel)
    {
        var message = SignInMessage.Write(
            domain, origin, address.ToString(), statement, options.ChainNumber, clock.GetUtcNow(), options.ChallengeLifetime);
        await challenges.Remember(purpose, Stored(address), Encoding.UTF8.GetBytes(message), cancel);
        return message;
    }

    private async Task<Address?> Signer(string purpose, string message, string signature, CancellationToken cancel)
    {
        if (message.Length > 4096 || await challenges.Use(purpose, Encoding.UTF8.GetBytes(message), cancel) is not { } expected) return null;
        try
        {
            var signer = Eip191.Recover(message, EcdsaSignature.Parse(signature));
            return Stored(signer) == expected ? signer : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>How an address is stored and compared.</summary>
    public static string Stored(Address address) => address.ToString().ToLowerInvariant();

    private sealed record Owner(string Id, string OperatorId, byte[]? Seal);
}
