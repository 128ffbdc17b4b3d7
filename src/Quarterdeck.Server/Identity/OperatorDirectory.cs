using Quarterdeck.Respond.Approvals;
using Quarterdeck.Store;

namespace Quarterdeck.Server.Identity;

/// <summary>What approvals are judged by: people, roles and credentials as they are in the judging transaction.</summary>
internal sealed class OperatorDirectory(OperatorRows rows, CredentialSeals seals) : IOperatorDirectory
{
    public async Task<Operator?> Find(ActScope act, string operatorId, CancellationToken cancel)
    {
        var person = await act.QueryFirstOrDefault<SealedOperator>(
            $"SELECT {OperatorRows.Columns} FROM identity.operators o WHERE o.id = @operatorId FOR SHARE", new { operatorId }, cancel);
        if (person is null) return null;
        var genuine = rows.Holds(person);
        if (!genuine) act.Record("identity.forged", operatorId, new() { ["table"] = "operators" });
        var credentials = await act.Query<StoredCredential>(
            """
            SELECT id, kind, address, credential_id, public_key, sign_count, seal FROM identity.credentials
            WHERE operator_id = @operatorId AND revoked_at IS NULL ORDER BY id FOR SHARE
            """, new { operatorId }, cancel);
        var own = new List<OperatorCredential>();
        foreach (var credential in credentials)
        {
            if (seals.Holds(operatorId, credential)) own.Add(credential.Read());
            else act.Record("identity.forged", credential.Id, new() { ["table"] = "credentials", ["operator"] = operatorId });
        }

        var active = genuine && person.RemovedAt is null && (person.ExpiresAt is null || person.ExpiresAt > act.Now);
        return new Operator(person.Id, person.Name, person.Roles, active, own);
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
}

/// <summary>A credential as stored.</summary>
internal sealed record StoredCredential(
    string Id, string Kind, string? Address, byte[]? CredentialId, byte[]? PublicKey, long SignCount, byte[]? Seal)
{
    public OperatorCredential Read() => Kind == "wallet"
        ? new OperatorCredential.Wallet(Id, Quarterdeck.Chains.Evm.Address.Parse(Address!))
        : new OperatorCredential.Passkey(Id, CredentialId!, PublicKey!, (uint)SignCount);
}
