using System.Numerics;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Chains.Evm.Rpc;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives;

namespace Quarterdeck.Packs.Checking;

/// <summary>Reads who holds an OpenZeppelin AccessControl role, from its events, and whether a timelock is among them.</summary>
internal sealed class RoleReader(EvmReader reader, ulong fromBlock)
{
    private static readonly AbiFunction HasRole = AbiFunction.Parse("hasRole(bytes32,address)(bool)");
    private static readonly AbiFunction MinDelay = AbiFunction.Parse("getMinDelay()(uint256)");
    private static readonly Hash32 Granted = AbiEvent.Parse("RoleGranted(bytes32 indexed role,address indexed account,address indexed sender)").Topic0;

    /// <summary>Whether an account holds a role; null where the contract cannot say.</summary>
    public async Task<bool?> Has(Address contract, Hash32 role, Address account, CancellationToken cancel) =>
        await Read(contract, HasRole.EncodeCall(role.ToArray(), account), HasRole, cancel) as bool?;

    /// <summary>Those who were granted the role and still hold it; null where the events cannot be read.</summary>
    public async Task<IReadOnlyList<Address>?> Holders(Address contract, Hash32 role, CancellationToken cancel)
    {
        try
        {
            var head = await reader.HeadNumber(cancel);
            var logs = await reader.Logs(new LogFilter { FromBlock = fromBlock, ToBlock = head, Addresses = [contract], Topics = [[Granted], [role]] }, cancel);
            var holders = new List<Address>();
            foreach (var account in logs.Where(l => l.Topics.Count > 2).Select(l => Address.FromWord(l.Topics[2].ToArray())).Distinct())
            {
                if (await Has(contract, role, account, cancel) == true) holders.Add(account);
            }

            return holders;
        }
        catch (RpcException)
        {
            return null; // endpoints limit the range of eth_getLogs
        }
    }

    /// <summary>The delay of a timelock at the address; null where there is none.</summary>
    public async Task<TimeSpan?> Delay(Address holder, CancellationToken cancel)
    {
        if ((await reader.Code(holder, cancel: cancel)).Length == 0) return null;
        return await Read(holder, MinDelay.EncodeCall(), MinDelay, cancel) is BigInteger seconds && seconds > 0 && seconds < 315_360_000 ? TimeSpan.FromSeconds((double)seconds) : null;
    }

    private async Task<object?> Read(Address contract, byte[] data, AbiFunction function, CancellationToken cancel)
    {
        try
        {
            return function.DecodeResult(await reader.Call(new CallRequest(contract, data), cancel: cancel));
        }
        catch (Exception e) when (e is RpcException or AbiException)
        {
            return null;
        }
    }

    /// <summary>A sentence on the holders, for remedies.</summary>
    public async Task<string> Describe(IReadOnlyList<Address> holders, CheckScope scope, CancellationToken cancel)
    {
        var parts = new List<string>();
        foreach (var holder in holders.Take(3))
        {
            var name = scope.Contracts.FirstOrDefault(c => c.Address == holder)?.Name ?? scope.Accounts.FirstOrDefault(a => a.Value == holder).Key;
            var delay = await Delay(holder, cancel);
            parts.Add($"{holder}{(name is null ? "" : $" ({name})")}{(delay is { } d ? $", a timelock of {Durations.Format(d)}" : "")}");
        }

        return string.Join("; ", parts);
    }
}
