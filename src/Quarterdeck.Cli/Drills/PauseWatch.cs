using System.Text.Json;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Packs;

namespace Quarterdeck.Cli.Drills;

/// <summary>
/// Reads from the chain itself which contracts are paused, and by its events in which order: a drill believes no report
/// of the system it tests.
/// </summary>
internal sealed class PauseWatch(DevnetRpc rpc, ProtocolPack pack, DeployedPack deployed, IReadOnlyList<string> names)
{
    private static readonly AbiEvent PausedEvent = AbiEvent.Parse("event Paused(address account)");

    /// <summary>Those of the contracts that read as paused now.</summary>
    public async Task<IReadOnlyList<string>> PausedNow(CancellationToken cancel)
    {
        var paused = await Task.WhenAll(names.Select(name => IsPaused(name, cancel)));
        return [.. names.Where((_, index) => paused[index])];
    }

    /// <summary>Where each was paused since a block, in the order of the chain.</summary>
    public async Task<IReadOnlyList<(string Contract, ulong Block)>> PausedSince(ulong block, CancellationToken cancel)
    {
        if (names.Count == 0) return [];
        var filter = new
        {
            fromBlock = Hex.Quantity(block),
            address = names.Select(name => deployed.Contracts[name].ToString()).ToArray(),
            topics = new[] { PausedEvent.Topic0.ToString() },
        };
        var logs = await rpc.Send("eth_getLogs", [filter], cancel);
        var byAddress = names.ToDictionary(name => deployed.Contracts[name]);
        return [.. logs.EnumerateArray()
            .OrderBy(log => Number(log, "blockNumber")).ThenBy(log => Number(log, "logIndex"))
            .Select(log => (byAddress[Address.Parse(log.GetProperty("address").GetString())], Number(log, "blockNumber")))
            .DistinctBy(entry => entry.Item1)];
    }

    private async Task<bool> IsPaused(string name, CancellationToken cancel)
    {
        var state = pack.Contracts[name].Pause?.State
            ?? throw new CommandException($"Fault and protocol.yaml disagree: {name} must be paused, and protocol.yaml does not say how. Add 'pause:' to it.");
        var function = AbiFunction.Parse(state);
        var call = new { to = deployed.Contracts[name].ToString(), data = function.SelectorText };
        var answer = await rpc.Send("eth_call", [call, "latest"], cancel);
        return function.DecodeResult(Hex.ParseData(answer.GetString())) is true;
    }

    private static ulong Number(JsonElement log, string name) => DevnetRpc.Quantity(log.GetProperty(name));
}
