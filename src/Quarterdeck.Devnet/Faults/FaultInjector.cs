using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Deployment;
using Quarterdeck.Devnet.Services;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;

namespace Quarterdeck.Devnet.Faults;

/// <summary>When a fault took effect.</summary>
/// <param name="Block">The block that carries it; for a stopped service the head at that moment.</param>
/// <param name="At">When that block, or the stop, was seen.</param>
public sealed record Anomaly(ulong Block, DateTimeOffset At);

/// <summary>
/// Does to a development chain and its services what a pack's faults.yaml says. On a fork
/// the accounts that send are impersonated: nobody holds their keys there.
/// </summary>
public sealed class FaultInjector(DevnetRpc rpc, ProtocolPack pack, DeployedPack deployed, ServiceSwitch services, TimeProvider clock, bool impersonate = false)
{
    private readonly DevnetSender _sender = new(rpc);
    private readonly DeployValues _values = new(deployed.Contracts, deployed.Accounts);

    /// <summary>
    /// Runs the steps in order. The anomaly is the block of the last transaction; without one, the first block that shows
    /// a change made beside transactions; without that either, the head at the moment a service stopped.
    /// </summary>
    /// <exception cref="DevnetException">The chain refuses a step.</exception>
    /// <exception cref="FormatException">A step names a contract or account that is not there.</exception>
    public async Task<Anomaly> Inject(FaultDefinition fault, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(fault);
        Anomaly? sent = null, stopped = null;
        var changed = false;
        foreach (var step in fault.Steps)
        {
            if (step is FaultSend send) sent = await Send(send, cancel);
            else if (step is FaultStop stop) stopped = await Stop(stop, cancel);
            else changed |= await Change(step, cancel);
        }

        return sent ?? (changed ? await NextBlock(cancel) : stopped)
            ?? throw new DevnetException($"Fault {fault.Name} of pack {pack.Name} has no step with an effect. Add one to faults.yaml.");
    }

    /// <summary>Runs steps whose effect is not an anomaly, such as those that repair it.</summary>
    public async Task Apply(IReadOnlyList<FaultStep> steps, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(steps);
        foreach (var step in steps)
        {
            if (step is FaultSend send) await Send(send, cancel);
            else if (step is FaultStop stop) await Stop(stop, cancel);
            else await Change(step, cancel);
        }
    }

    /// <summary>True where the next block shows it.</summary>
    private async Task<bool> Change(FaultStep step, CancellationToken cancel)
    {
        switch (step)
        {
            case FaultRpc call:
                await rpc.Send(call.Method, [.. call.Params.Select(Parameter)], cancel);
                return true;
            case FaultWarp warp:
                await rpc.Send("evm_increaseTime", [(long)warp.By.TotalSeconds], cancel);
                return true;
            case FaultMine mine:
                await rpc.Send("anvil_mine", [$"0x{mine.Blocks:x}"], cancel);
                return true;
            case FaultStart start:
                await services.Start(start.Service, cancel);
                return false;
            case FaultWait wait:
                await Task.Delay(wait.For, clock, cancel);
                return false;
            default:
                throw new DevnetException($"A fault step of kind {step.GetType().Name} is not known to this release.");
        }
    }

    private async Task<Anomaly> Stop(FaultStop stop, CancellationToken cancel)
    {
        await services.Stop(stop.Service, cancel);
        return new Anomaly(await Head(cancel), clock.GetUtcNow());
    }

    private async Task<Anomaly> Send(FaultSend send, CancellationToken cancel)
    {
        var abi = pack.Contracts[send.Contract].Abi;
        var function = abi?.FindFunction(send.Function)
            ?? throw new FormatException($"{send.Contract} has no function {send.Function}. Nearest: {string.Join(", ", abi?.Nearest(send.Function) ?? [])}.");
        var sender = send.As.StartsWith('@') ? await Impersonate(send.As, cancel)
            : impersonate ? await Impersonate("#" + send.As, cancel) : Address.Parse(_values.Resolve("#" + send.As));
        var value = send.Value is { } wei ? BigInteger.Parse(_values.Resolve(wei), CultureInfo.InvariantCulture) : 0;
        var (to, data) = (Address.Parse(_values.Resolve("@" + send.Contract)), PackDeployer.Encode(function, send.Args, _values));
        var receipts = await Task.WhenAll(Enumerable.Range(0, send.Repeat).Select(_ => _sender.Send(sender, to, data, value, cancel)));
        return new Anomaly(receipts.Max(receipt => receipt.Block), clock.GetUtcNow());
    }

    /// <summary>A contract as sender: what an attacker who took it over could do.</summary>
    private async Task<Address> Impersonate(string reference, CancellationToken cancel)
    {
        var address = _values.Resolve(reference);
        await rpc.Send("anvil_setBalance", [address, "0xde0b6b3a7640000"], cancel);
        await rpc.Send("anvil_impersonateAccount", [address], cancel);
        return Address.Parse(address);
    }

    private object? Parameter(JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) => _values.ResolveWithin(text),
        JsonArray list => list.Select(Parameter).ToArray(),
        _ => node,
    };

    /// <summary>A change of state outside a transaction is there for the next block to show.</summary>
    private async Task<Anomaly> NextBlock(CancellationToken cancel)
    {
        var before = await Head(cancel);
        for (var started = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30);)
        {
            if (await Head(cancel) is var head && head > before) return new Anomaly(head, clock.GetUtcNow());
            await Task.Delay(15, cancel);
        }

        throw new DevnetException($"The chain made no block after {before} within 30 s.");
    }

    private async Task<ulong> Head(CancellationToken cancel) => DevnetRpc.Quantity(await rpc.Send("eth_blockNumber", [], cancel));
}
