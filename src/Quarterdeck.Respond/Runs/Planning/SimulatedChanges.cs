using System.Globalization;
using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Chains.Evm.Simulation;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;

namespace Quarterdeck.Respond.Runs.Planning;

/// <summary>What simulated calls would change: balances, told by ERC-20 transfers and ether sent, and pause states, read before and after.</summary>
internal static class SimulatedChanges
{
    private static readonly Hash32 Transfer = Keccak256.Hash("Transfer(address,address,uint256)"u8);

    /// <summary>The contracts whose pause state is read around a bundle, with the read.</summary>
    public static IReadOnlyList<(BoundContract Contract, CallRequest Read)> Watched(BoundPack pack, IEnumerable<PlannedCall> calls)
    {
        var targets = calls.Select(call => call.Target).ToHashSet();
        return
        [
            .. pack.Contracts.Where(contract => contract.Definition.Pause is not null && targets.Contains(contract.Address)).DistinctBy(contract => contract.Address)
                .Select(contract => (contract, new CallRequest(contract.Address, AbiFunction.Parse(contract.Definition.Pause!.State).EncodeCall()))),
        ];
    }

    /// <summary>How the pause state of a watched contract differs; null where it does not, or cannot be told.</summary>
    public static string? Paused(BoundContract contract, SimulatedCall before, SimulatedCall after) =>
        Flag(before) is { } was && Flag(after) is { } becomes && was != becomes
            ? $"{contract.Name}.{contract.Definition.Pause!.State.Split('(')[0]}: {Text(was)} → {Text(becomes)}"
            : null;

    /// <summary>The balances that one call changes.</summary>
    public static IEnumerable<string> Balances(PlannedCall call, SimulatedCall shown, BoundPack pack)
    {
        var changes = new Dictionary<(string Token, Address Owner), BigInteger>();
        void Add(string token, Address owner, BigInteger amount) => changes[(token, owner)] = changes.GetValueOrDefault((token, owner)) + amount;
        if (!call.Value.IsZero)
        {
            Add("wei", call.From, -call.Value);
            Add("wei", call.Target, call.Value);
        }

        foreach (var log in shown.Logs.Where(log => log.Topics.Count == 3 && log.Topics[0] == Transfer && log.Data.Length == 32))
        {
            var amount = new BigInteger(log.Data.AsSpan(), isUnsigned: true, isBigEndian: true);
            var token = pack.Contract(log.Address)?.Name ?? log.Address.ToString();
            Add(token, Owner(log.Topics[1]), -amount);
            Add(token, Owner(log.Topics[2]), amount);
        }

        return changes.Where(change => !change.Value.IsZero && change.Key.Owner != default)
            .Select(change => string.Create(CultureInfo.InvariantCulture, $"{change.Key.Token} of {pack.Contract(change.Key.Owner)?.Name ?? change.Key.Owner.ToString()}: {(change.Value.Sign > 0 ? "+" : "")}{change.Value}"));
    }

    private static Address Owner(Hash32 topic) => Address.Parse("0x" + Convert.ToHexStringLower(topic.ToArray().AsSpan(12)));

    private static bool? Flag(SimulatedCall read) =>
        read is { Succeeded: true, ReturnData: { Length: 32 } data } && data[31] <= 1 && !data.AsSpan(0, 31).ContainsAnyExcept((byte)0) ? data[31] == 1 : null;

    private static string Text(bool value) => value ? "true" : "false";
}
