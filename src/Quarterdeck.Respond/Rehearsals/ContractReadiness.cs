using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Rehearsals;

/// <summary>Whether one contract could be paused at this block, by whom, and how long it would take.</summary>
/// <param name="Function">Such as <c>pause()</c>.</param>
/// <param name="Paused">Whether it is paused already; null where it does not say.</param>
/// <param name="Block">Where everything was simulated; 0 where the chain did not answer.</param>
/// <param name="Accounts">Every account of the environment, with what the call would do now if it sent it.</param>
/// <param name="Terms">Who must agree.</param>
/// <param name="Signers">Who may approve.</param>
/// <param name="Runbook">The runbook that pauses it; null where none does.</param>
/// <param name="ExpectedContainedMs">The median of that runbook's rehearsals, from the anomaly's block; null where none passed.</param>
/// <param name="Problem">Why nothing can be said; null where it can.</param>
public sealed record PausableContract(
    string Pack, string Contract, Address Address, string Function, bool? Paused, ulong Block, IReadOnlyList<PausingAccount> Accounts,
    PolicyTerms Terms, IReadOnlyList<PauseSigner> Signers, string? Runbook, long? ExpectedContainedMs, string? Problem)
{
    /// <summary>How many could sign now: in office, with a credential that is not revoked.</summary>
    public int Reachable => Signers.Count(signer => signer.HasCredential);

    /// <summary>It is paused, or an account that can sign would pause it now and enough people could agree.</summary>
    public bool Ready => Problem is null && (Paused == true
        || (Runbook is not null && Reachable >= Terms.Required && Accounts.Any(account => account.Refusal is null && account.SignerProblem is null)));
}

/// <summary>An account that might pause.</summary>
/// <param name="Refusal">What the call would revert with if sent now; null where it would work.</param>
/// <param name="SignerProblem">Why the account cannot sign; null where it can.</param>
public sealed record PausingAccount(string Name, Address? Address, string? Refusal, string? SignerProblem);

/// <summary>A person who may approve a pause.</summary>
/// <param name="HasCredential">Has a wallet or passkey that is not revoked.</param>
/// <param name="SignedIn">Has a session now.</param>
public sealed record PauseSigner(string Name, bool HasCredential, bool SignedIn, DateTimeOffset? LastSeenAt);

/// <summary>The people in office who hold one of the roles. Given by whoever signs people in.</summary>
public delegate Task<IReadOnlyList<PauseSigner>> SignersOfRoles(IReadOnlyList<string> roles, CancellationToken cancel);

/// <summary>Answers for each pausable contract. Nothing is stored or sent.</summary>
public sealed class ContractReadiness(
    PackBindings bindings, RehearsalHistory history, SignersOfRoles signers, OperationsStore store)
{
    /// <summary>Every contract that a pack says how to pause, in the packs' order.</summary>
    public async Task<IReadOnlyList<PausableContract>> Query(CancellationToken cancel)
    {
        var standings = await history.Standings(cancel);
        var all = new List<PausableContract>();
        foreach (var pack in bindings.Packs)
        {
            var pausable = pack.Contracts.Where(contract => contract.Definition.Pause is not null).ToList();
            foreach (var onChain in pausable.GroupBy(contract => contract.Chain))
                all.AddRange(await OnChain(pack, onChain.Key, [.. onChain], standings, cancel));
        }

        return all;
    }

    private async Task<IEnumerable<PausableContract>> OnChain(
        BoundPack pack, string chainName, List<BoundContract> contracts, IReadOnlyList<RehearsalStanding> standings, CancellationToken cancel)
    {
        var accounts = new List<(string Name, Address? Address, string? Problem)>();
        foreach (var account in pack.Environment.Accounts.Values) accounts.Add(await Signing(pack, account, cancel));
        var (views, problem) = await Simulate(pack, chainName, contracts, [.. accounts.Select(account => account.Address)], cancel);
        var ready = new List<PausableContract>();
        for (var i = 0; i < contracts.Count; i++)
        {
            var runbook = PausedBy(pack.Pack, contracts[i].Name);
            var terms = bindings.Terms(pack, runbook?.Slug ?? "", ["pause"], store.Clock.GetUtcNow());
            var standing = standings.FirstOrDefault(s => s.Pack == pack.Pack.Name && s.Runbook == runbook?.Slug);
            ready.Add(new PausableContract(
                pack.Pack.Name, contracts[i].Name, contracts[i].Address, contracts[i].Definition.Pause!.Call, views?[i].Paused, views?[i].Block ?? 0,
                [.. accounts.Select((account, j) => new PausingAccount(
                    account.Name, account.Address, views is null ? problem : account.Address is null ? "Its address is not known." : views[i].Refusals[j], account.Problem))],
                terms, await signers(terms.Roles, cancel), runbook?.Slug, standing?.MedianContainedMs, problem));
        }

        return ready;
    }

    private async Task<(string Name, Address? Address, string? Problem)> Signing(BoundPack pack, EnvironmentAccount account, CancellationToken cancel)
    {
        try
        {
            return (account.Name, (await bindings.Signer(pack.Pack.Name, account.Name, cancel)).Address, null);
        }
        catch (SignerUnusableException problem)
        {
            return (account.Name, account.Address, problem.Message);
        }
    }

    /// <summary>All calls from all accounts, at one block; by contract, then by account.</summary>
    private async Task<(List<View>? Views, string? Problem)> Simulate(
        BoundPack pack, string chainName, List<BoundContract> contracts, IReadOnlyList<Address?> accounts, CancellationToken cancel)
    {
        if (!pack.Environment.Chains.TryGetValue(chainName, out var named) || bindings.FindChain(named.Id) is not { } chain)
            return (null, $"The chain {chainName} has no endpoint here.");
        try
        {
            var block = await chain.Head(cancel);
            var at = Hex.Quantity(block);
            var requests = new List<RpcRequest>();
            foreach (var contract in contracts)
            {
                var pause = contract.Definition.Pause!;
                requests.Add(Call(contract.Address, pause.State, null, at));
                // An account without address is asked as nobody; its answer is not looked at.
                requests.AddRange(accounts.Select(account => Call(contract.Address, pause.Call, account, at)));
            }

            var replies = await chain.Reads.SendBatch([.. requests], cancel);
            var reverts = bindings.Reverts(pack.Pack.Name);
            var each = accounts.Count + 1;
            return ([.. contracts.Select((contract, i) => new View(
                block, Holds(contract.Definition.Pause!.State, replies[i * each]),
                [.. accounts.Select((_, j) => replies[(i * each) + j + 1].Error is { } error ? reverts.Explain(error) : null)]))], null);
        }
        catch (Exception problem) when (problem is TransientException or RpcException)
        {
            return (null, $"The chain {chainName} does not answer: {problem.Message}");
        }
    }

    private static RpcRequest Call(Address to, string function, Address? from, string at)
    {
        var request = new Dictionary<string, object?> { ["to"] = to.ToString(), ["data"] = AbiFunction.Parse(function).SelectorText };
        if (from is { } sender) request["from"] = sender.ToString();
        return new RpcRequest("eth_call", request, at);
    }

    private static bool? Holds(string state, RpcReply reply) => reply.Error is not null
        ? null
        : Hex.ParseData(reply.Result.GetString()) is { Length: 32 } word ? AbiFunction.Parse(state).DecodeResult(word) as bool? : null;

    // The runbook that an alert proposes by itself comes first: it is the one that is used.
    private static Runbook? PausedBy(ProtocolPack pack, string contract) => pack.Policies.Propose.Select(pack.FindRunbook).OfType<Runbook>()
        .Concat(pack.Runbooks).FirstOrDefault(runbook => runbook.Steps.OfType<SendStep>()
            .Any(step => step.ActionClass == ActionClass.Pause && pack.FindContract(step.Target.Text)?.Name == contract));

    private sealed record View(ulong Block, bool? Paused, IReadOnlyList<string?> Refusals);
}
