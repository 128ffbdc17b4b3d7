using System.Collections.Concurrent;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Respond.Transactions.Signing;

namespace Quarterdeck.Respond.Runs;

/// <summary>The key of an account cannot be used as things are; a person has to mend it.</summary>
internal sealed class SignerUnusableException(string message, Exception problem) : Exception(message, problem);

/// <summary>The packs of this environment as runs need them: chains to read and send on, signers, policies, words for reverts.</summary>
public sealed class PackBindings : IAsyncDisposable
{
    private readonly Dictionary<string, BoundPack> _packs;
    private readonly Dictionary<ChainId, ChainLink> _chains = [];
    private readonly Dictionary<string, RevertDecoding> _reverts;
    private readonly ConcurrentDictionary<(string Pack, string Account), Lazy<Task<ITransactionSigner>>> _signers = new();

    /// <summary>Connects to nothing yet.</summary>
    public PackBindings(IReadOnlyList<BoundPack> packs)
    {
        ArgumentNullException.ThrowIfNull(packs);
        _packs = packs.ToDictionary(pack => pack.Pack.Name, StringComparer.Ordinal);
        foreach (var chain in packs.SelectMany(pack => pack.Environment.Chains.Values).Where(chain => chain.Endpoints.Count > 0))
            if (!_chains.ContainsKey(chain.Id)) _chains[chain.Id] = new ChainLink(chain);
        _reverts = packs.ToDictionary(
            pack => pack.Pack.Name, pack => new RevertDecoding(pack.Contracts.Select(contract => contract.Abi)), StringComparer.Ordinal);
    }

    /// <summary>The packs.</summary>
    public IReadOnlyCollection<BoundPack> Packs => _packs.Values;

    /// <summary>The chains.</summary>
    public IReadOnlyCollection<ChainLink> Chains => _chains.Values;

    internal BoundPack? Find(string pack) => _packs.GetValueOrDefault(pack);

    internal BoundPack Pack(string name) => _packs.TryGetValue(name, out var pack)
        ? pack
        : throw new TransientException($"The pack '{name}' is not loaded on this server; its runs wait until it is.");

    internal ChainLink Chain(ChainId id) => _chains.TryGetValue(id, out var chain)
        ? chain
        : throw new TransientException($"The chain {id} has no endpoint on this server; its runs wait until it has.");

    internal ChainLink? FindChain(ChainId id) => _chains.GetValueOrDefault(id);

    internal RevertDecoding Reverts(string pack) => _reverts[pack];

    internal Runbook? Runbook(string pack, string slug) =>
        Find(pack)?.Pack.Runbooks.FirstOrDefault(runbook => runbook.Slug == slug);

    /// <summary>What the pack demands now for a plan with calls of these classes, in this runbook.</summary>
    /// <param name="at">When it is asked for or first used, since quiet hours ask for more; null for a plan that is in use already.</param>
    internal PolicyTerms Terms(BoundPack pack, string runbookSlug, IEnumerable<string> classes, DateTimeOffset? at)
    {
        var book = pack.Pack.Policies;
        var policies = classes.Distinct().Select(text => book.For(Enum.Parse<ActionClass>(text, ignoreCase: true))).ToList();
        if (Runbook(pack.Pack.Name, runbookSlug)?.PolicyName is { } named && book.Policies.TryGetValue(named, out var own)) policies.Add(own);
        return PolicyTerms.Strictest([.. policies.Select(policy => Terms(policy, at))]);
    }

    /// <summary>The most signatures that any hour of the day asks for.</summary>
    internal int MostApprovals(BoundPack pack, string runbookSlug, IEnumerable<string> classes)
    {
        var book = pack.Pack.Policies;
        var policies = classes.Distinct().Select(text => book.For(Enum.Parse<ActionClass>(text, ignoreCase: true))).ToList();
        if (Runbook(pack.Pack.Name, runbookSlug)?.PolicyName is { } named && book.Policies.TryGetValue(named, out var own)) policies.Add(own);
        return policies.Max(policy => Math.Max(policy.Approvals, policy.Quiet?.Approvals ?? 0));
    }

    /// <summary>The signer of one of the pack's accounts.</summary>
    /// <exception cref="SignerUnusableException">The key cannot be opened, or this version does not sign that way.</exception>
    internal async Task<ITransactionSigner> Signer(string pack, string account, CancellationToken cancel)
    {
        var lazy = _signers.GetOrAdd((pack, account), _ => new Lazy<Task<ITransactionSigner>>(() => Open(Pack(pack), account)));
        try
        {
            return await lazy.Value.WaitAsync(cancel);
        }
        catch (Exception problem) when (problem is KeystoreException or InvalidOperationException or KeyNotFoundException)
        {
            // Forgotten, so that a key that was mended since is tried anew.
            _signers.TryRemove(KeyValuePair.Create((pack, account), lazy));
            throw new SignerUnusableException($"The account '{account}' cannot sign: {problem.Message}", problem);
        }
        catch (TransientException)
        {
            _signers.TryRemove(KeyValuePair.Create((pack, account), lazy));
            throw;
        }
    }

    /// <summary>Where an account is; null where only its key would tell.</summary>
    internal static Chains.Evm.Address? AddressOf(EnvironmentAccount account) =>
        account.Address ?? (account.Signer is KeystoreSigner keystore ? Keystore.AddressIn(keystore.File) : null);

    internal static string Text(ActionClass actionClass) => actionClass switch
    {
        ActionClass.Pause => "pause",
        ActionClass.Unpause => "unpause",
        ActionClass.Role => "role",
        ActionClass.Parameter => "parameter",
        ActionClass.Funds => "funds",
        ActionClass.Service => "service",
        ActionClass.Database => "database",
        ActionClass.Deploy => "deploy",
        _ => "other",
    };

    // A policy that names no role lets operators and approvers sign, never viewers; a policy without approvals does not exist.
    private static PolicyTerms Terms(ApprovalPolicy policy, DateTimeOffset? at) => new(
        policy.Name, Math.Max(1, at is { } now ? policy.ApprovalsAt(now) : policy.Approvals), policy.Roles.Count == 0 ? ["operator", "approver"] : policy.Roles,
        policy.RequesterCounts, policy.Expires, policy.TypeTargetName)
    {
        Of = policy.Of,
        Denials = policy.Denials,
        BreakGlass = policy.BreakGlass,
    };

    private async Task<ITransactionSigner> Open(BoundPack pack, string name)
    {
        if (!pack.Environment.Accounts.TryGetValue(name, out var account))
            throw new KeystoreException($"The environment '{pack.Environment.Name}' has no account '{name}' any more.");
        switch (account.Signer)
        {
            case KeystoreSigner keystore:
                return await KeyFileSigner.Open(keystore.File, await Password(keystore), CancellationToken.None);
            case KmsSigner kms:
                return await KmsKeySigner.Open(kms, CancellationToken.None);
            case SafeSigner:
                throw new KeystoreException($"The account '{name}' is a Safe: its owners sign, and its executor sends.");
            case UnlockedSigner when pack.Environment.Kind is EnvironmentKind.Devnet or EnvironmentKind.Fork && account.Address is { } address:
                return new UnlockedNodeSigner(address, _chains[pack.Environment.Chains.Values.First().Id].Sends[0]);
            case UnlockedSigner:
                throw new KeystoreException($"The account '{name}' is unlocked in the node: that is for devnets and forks, with its address stated.");
            default:
                throw new KeystoreException($"The account '{name}' is signed for by {account.Signer.GetType().Name}, which this version does not do yet.");
        }
    }

    private static async Task<string> Password(KeystoreSigner keystore)
    {
        try
        {
            return await keystore.Password.Read(Environment.GetEnvironmentVariable, CancellationToken.None);
        }
        catch (InvalidOperationException problem)
        {
            throw new KeystoreException($"The password of the key file {keystore.File} cannot be had: {problem.Message}", problem);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var signer in _signers.Values)
            if (signer is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result: IDisposable disposable } }) disposable.Dispose();
        foreach (var chain in _chains.Values) await chain.DisposeAsync();
    }
}
