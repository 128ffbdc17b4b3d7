using Quarterdeck.Respond.Approvals;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>What approvals are judged by: people, roles and credentials as they are in the judging transaction.</summary>
internal sealed class OperatorDirectory : IOperatorDirectory
{
    public async Task<Operator?> Find(ActScope act, string operatorId, CancellationToken cancel)
    {
        var person = await act.QueryFirstOrDefault<Person>(
            "SELECT id, name, roles, removed_at, expires_at FROM identity.operators WHERE id = @operatorId FOR SHARE", new { operatorId }, cancel);
        if (person is null) return null;
        var credentials = await act.Query<Stored>(
            """
            SELECT id, kind, address, credential_id, public_key, sign_count FROM identity.credentials
            WHERE operator_id = @operatorId AND revoked_at IS NULL ORDER BY id FOR SHARE
            """, new { operatorId }, cancel);
        return new Operator(person.Id, person.Name, person.Roles, person.RemovedAt is null && (person.ExpiresAt is null || person.ExpiresAt > act.Now), [.. credentials.Select(c => c.Read())]);
    }

    public async Task<int> Holders(ActScope act, IReadOnlyList<string> roles, CancellationToken cancel) =>
        (int)await act.QueryFirstOrDefault<long>(
            """
            SELECT count(*) FROM identity.operators
            WHERE roles && @roles AND removed_at IS NULL AND (expires_at IS NULL OR expires_at > @now)
            """, new { roles = roles.ToArray(), now = act.Now }, cancel);

    public async Task Used(ActScope act, string credentialId, uint signCount, CancellationToken cancel) => await act.Execute(
        "UPDATE identity.credentials SET sign_count = @count, last_used_at = @now WHERE id = @credentialId",
        new { count = (long)signCount, now = act.Now, credentialId }, cancel);

    private sealed record Person(string Id, string Name, string[] Roles, DateTimeOffset? RemovedAt, DateTimeOffset? ExpiresAt);

    private sealed record Stored(string Id, string Kind, string? Address, byte[]? CredentialId, byte[]? PublicKey, long SignCount)
    {
        public OperatorCredential Read() => Kind == "wallet"
            ? new OperatorCredential.Wallet(Id, Quarterdeck.Chains.Evm.Address.Parse(Address!))
            : new OperatorCredential.Passkey(Id, CredentialId!, PublicKey!, (uint)SignCount);
    }
}
