using System.Security.Cryptography;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>What a credential must sign next. Each is good once, for one purpose, for a few minutes.</summary>
internal sealed class Challenges(OperationsStore store, IdentityOptions options, TimeProvider clock)
{
    public const string WalletSignIn = "wallet.sign-in";
    public const string WalletEnrol = "wallet.enrol";
    public const string PasskeySignIn = "passkey.sign-in";
    public const string PasskeyEnrol = "passkey.enrol";

    /// <summary>Remembers a challenge. It is no decision of anyone, so it is stored as a fact and not in the audit log.</summary>
    public Task Remember(string purpose, string subject, byte[] challenge, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return store.Ingest(FactSource.Process("identity", now), async write =>
        {
            await write.Execute("DELETE FROM identity.challenges WHERE expires_at < @now", new { now });
            await write.Execute(
                "INSERT INTO identity.challenges (hash, purpose, subject, expires_at) VALUES (@hash, @purpose, @subject, @expires)",
                new { hash = SHA256.HashData(challenge), purpose, subject, expires = now + options.ChallengeLifetime });
        }, cancel);
    }

    /// <summary>Uses a challenge up, whatever follows; null where it was never given, is over or was used. Else its subject.</summary>
    public Task<string?> Use(string purpose, byte[] challenge, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return store.Ingest<string?>(FactSource.Process("identity", now), write => write.QueryFirstOrDefault<string>(
            "DELETE FROM identity.challenges WHERE hash = @hash AND purpose = @purpose AND expires_at > @now RETURNING subject",
            new { hash = SHA256.HashData(challenge), purpose, now }), cancel);
    }
}
