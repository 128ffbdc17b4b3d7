using System.Collections.Concurrent;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Signatures;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Tests.Approvals;

/// <summary>Operators in memory, each with a wallet.</summary>
internal sealed class TestOperators : IOperatorDirectory
{
    public ConcurrentDictionary<string, Operator> People { get; } = new(StringComparer.Ordinal);

    public Task<Operator?> Find(ActScope act, string operatorId, CancellationToken cancel) =>
        Task.FromResult(People.GetValueOrDefault(operatorId));

    public Task<int> Holders(ActScope act, IReadOnlyList<string> roles, CancellationToken cancel) =>
        Task.FromResult(People.Values.Count(p => p.Active && p.Roles.Any(roles.Contains)));

    public Task Used(ActScope act, string credentialId, uint signCount, CancellationToken cancel) => Task.CompletedTask;

    public TestWallet Add(string id, params string[] roles)
    {
        var wallet = new TestWallet();
        People[id] = new Operator(
            id, id, roles.Length == 0 ? ["operator", "approver"] : roles, true, [new OperatorCredential.Wallet(id + "-wallet", wallet.Address)]);
        return wallet;
    }
}

/// <summary>A key that signs typed data as a wallet does.</summary>
internal sealed class TestWallet(DevKey key)
{
    public TestWallet() : this(DevKey.Random())
    {
    }

    public Address Address => key.Address;

    public ApprovalEvidence Approve(Plan plan) => new ApprovalEvidence.Wallet(key.Sign(PlanTypedData.SigningHash(plan)));

    public byte[] SignHash(Primitives.Hash32 hash) => key.Sign(hash);

    public EcdsaSignature Sign(Plan plan) => EcdsaSignature.Parse(key.Sign(PlanTypedData.SigningHash(plan)));
}
