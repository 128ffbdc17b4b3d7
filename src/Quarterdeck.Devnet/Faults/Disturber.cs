using System.Globalization;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Processes;

namespace Quarterdeck.Devnet.Faults;

/// <summary>Disturbs a development environment while a run is under way, and takes back what would outlast the drill.</summary>
/// <param name="rpc">The development chain.</param>
/// <param name="processes">Process ids of the environment: anvil, postgres.</param>
public sealed class Disturber(DevnetRpc rpc, IReadOnlyDictionary<string, int> processes)
{
    private const ulong Gwei = 1_000_000_000;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(6);

    /// <summary>The chain's process stands still for a while: connections are taken and not answered.</summary>
    public Task SilenceChain(CancellationToken cancel) => Standstill.Of(Process("anvil"), Silence, cancel);

    /// <summary>PostgreSQL and all its processes stand still for a while.</summary>
    public Task SilenceDatabase(CancellationToken cancel) => Standstill.Of(Process("postgres"), Silence, cancel);

    /// <summary>Replaces all blocks from this one on by empty ones; returns how many.</summary>
    public async Task<int> TakeBack(ulong from, CancellationToken cancel)
    {
        var depth = (int)(await Head(cancel) - from) + 1;
        await rpc.Send("anvil_reorg", [depth, Array.Empty<object>()], cancel);
        return depth;
    }

    /// <summary>Sets the base fee of the next block to a hundred times the present one, 100 gwei at least; it falls again with each empty block.</summary>
    public async Task<ulong> RaiseBaseFee(CancellationToken cancel)
    {
        var block = await rpc.Send("eth_getBlockByNumber", ["latest", false], cancel);
        var fee = Math.Clamp(DevnetRpc.Quantity(block.GetProperty("baseFeePerGas")) * 100, 100 * Gwei, 150 * Gwei);
        await rpc.Send("anvil_setNextBlockBaseFeePerGas", [Hex.Quantity(fee)], cancel);
        return fee;
    }

    /// <summary>
    /// Makes one function of a contract revert. Its own code moves to another address and is delegated to for everything else, so that
    /// storage, events and addresses stay what they were. Disposing puts the code back.
    /// </summary>
    public async Task<IAsyncDisposable> MakeRevert(Address contract, AbiFunction function, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(function);
        var code = (await rpc.Send("eth_getCode", [contract.ToString(), "latest"], cancel)).GetString()!;
        var elsewhere = Address.Parse("0x" + Convert.ToHexStringLower(Keccak256.Hash(contract.ToArray()).ToArray()[12..]));
        await rpc.Send("anvil_setCode", [elsewhere.ToString(), code], cancel);
        // calldata selector == function ? revert : delegatecall(elsewhere)
        var guard = $"0x5f3560e01c63{function.SelectorText[2..]}14603b57" + $"365f5f375f5f365f73{elsewhere.ToLowerHex()[2..]}5af4" + "3d5f5f3e603757" + "3d5ffd" + "5b3d5ff3" + "5b5f5ffd";
        await rpc.Send("anvil_setCode", [contract.ToString(), guard], cancel);
        return new PutBack(rpc, contract, code);
    }

    private int Process(string name) => processes.TryGetValue(name, out var id)
        ? id
        : throw new DevnetException($"The environment does not say which process is {name}. Is it still running?");

    private async Task<ulong> Head(CancellationToken cancel) => DevnetRpc.Quantity(await rpc.Send("eth_blockNumber", [], cancel));

    private sealed class PutBack(DevnetRpc rpc, Address contract, string code) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await rpc.Send("anvil_setCode", [contract.ToString(), code], CancellationToken.None);
    }
}

/// <summary>Lets a process and all below it stand still, as one that hangs does.</summary>
internal static class Standstill
{
    /// <exception cref="DevnetException">The process is not there, or not ours.</exception>
    public static async Task Of(int process, TimeSpan time, CancellationToken cancel)
    {
        var all = Below(process).Prepend(process).ToList();
        if (!Posix.Signal(process, Posix.Stop)) throw new DevnetException($"Process {process} cannot be stopped: it is not there, or another user's.");
        foreach (var child in all.Skip(1)) Posix.Signal(child, Posix.Stop);
        try
        {
            await Task.Delay(time, cancel);
        }
        finally
        {
            foreach (var child in all) Posix.Signal(child, Posix.Continue);
        }
    }

    // /proc/PID/stat: "pid (name) state ppid …"; the name may hold blanks and brackets.
    private static IEnumerable<int> Below(int process)
    {
        if (!Directory.Exists("/proc/self")) return [];
        var parents = new List<(int Id, int Parent)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                parents.Add((id, int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture)));
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }

        var found = new List<int> { process };
        for (var i = 0; i < found.Count; i++) found.AddRange(parents.Where(entry => entry.Parent == found[i]).Select(entry => entry.Id));
        return found.Skip(1);
    }
}
