using Quarterdeck.Chains.Evm;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals;

/// <summary>
/// Who the operators are. A seam: people, roles and credentials belong to whoever signs them in. Both reads take part in the
/// caller's transaction, so that an approval is judged by the roles and credentials of the moment it is used.
/// </summary>
public interface IOperatorDirectory
{
    /// <summary>The operator with this id, also where removed; null where there never was one. Locks the row against change.</summary>
    Task<Operator?> Find(ActScope act, string operatorId, CancellationToken cancel);

    /// <summary>How many people who may act hold at least one of the roles.</summary>
    Task<int> Holders(ActScope act, IReadOnlyList<string> roles, CancellationToken cancel);

    /// <summary>Remembers a passkey's signature counter after it was used.</summary>
    Task Used(ActScope act, string credentialId, uint signCount, CancellationToken cancel);
}

/// <summary>A person who may act.</summary>
/// <param name="Id">Stable id; the audit log names <c>operator:{Id}</c>.</param>
/// <param name="Name">Shown to others.</param>
/// <param name="Roles">Held now.</param>
/// <param name="Active">False once removed or suspended.</param>
/// <param name="Credentials">Not revoked.</param>
public sealed record Operator(
    string Id, string Name, IReadOnlyList<string> Roles, bool Active, IReadOnlyList<OperatorCredential> Credentials)
{
    /// <summary>The operator as an actor.</summary>
    public string Actor => "operator:" + Id;
}

/// <summary>What an operator signs with.</summary>
/// <param name="Id">The directory's own id of the credential.</param>
public abstract record OperatorCredential(string Id)
{
    /// <summary>An EVM wallet.</summary>
    public sealed record Wallet(string Id, Address Address) : OperatorCredential(Id);

    /// <summary>A passkey.</summary>
    /// <param name="CredentialId">The authenticator's id of it.</param>
    /// <param name="PublicKey">COSE_Key bytes.</param>
    /// <param name="SignCount">Counter as last seen.</param>
    public sealed record Passkey(string Id, byte[] CredentialId, byte[] PublicKey, uint SignCount) : OperatorCredential(Id);
}
