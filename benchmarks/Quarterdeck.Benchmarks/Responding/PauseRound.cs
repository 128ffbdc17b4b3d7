using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Devnet.Chain;
using Quarterdeck.Devnet.Forks;
using Quarterdeck.Devnet.Keys;
using Quarterdeck.Packs;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.PromQL;
using Quarterdeck.Respond;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Rehearsals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Store;

namespace Quarterdeck.Benchmarks.Responding;

/// <summary>What one round came to.</summary>
/// <param name="ToBroadcast">From the moment the last approval is handed in to the first transaction at the endpoint.</param>
/// <param name="AfterCommit">The same, from when that approval was acknowledged.</param>
/// <param name="RunBlocks">Blocks from the one the first pause was broadcast in to that of the last pause.</param>
internal sealed record PauseRound(TimeSpan ToBroadcast, TimeSpan AfterCommit, int RunBlocks, TimeSpan RunTime, int ScriptBlocks, TimeSpan ScriptTime);

/// <summary>The responding half as the server composes it, with two people whose keys are at hand.</summary>
internal sealed class PauseBench : IAsyncDisposable
{
    private static readonly byte[] PauseCall = AbiFunction.Parse("pause()").EncodeCall();
    private readonly ServiceProvider _services;
    private readonly Dictionary<string, DevKey> _people;
    private readonly TimedDoor _door;
    private readonly DevnetRpc _rpc;

    private PauseBench(ServiceProvider services, Dictionary<string, DevKey> people, TimedDoor door, DevnetRpc rpc) =>
        (_services, _people, _door, _rpc) = (services, people, door, rpc);

    public static async Task<PauseBench> Start(string database, Anvil anvil, CancellationToken cancel)
    {
        var door = new TimedDoor(anvil.Endpoint);
        using var pack = new PausePack(door.Endpoint);
        var people = new[] { "alice", "bob" }.ToDictionary(name => name, _ => DevKey.Random());
        var services = new ServiceCollection();
        services.AddLogging(log => log.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole());
        services.AddSingleton(TimeProvider.System).AddSingleton(OperationsStore.Open(database, TimeProvider.System));
        services.AddSingleton<IReadOnlyList<BoundPack>>([pack.Load()]);
        services.AddSingleton<IOperatorDirectory>(new People(people));
        services.AddSingleton<SignersOfRoles>((_, _) => Task.FromResult<IReadOnlyList<PauseSigner>>([]));
        services.AddSingleton<SeriesOfPack>(_ => new SeriesMemory());
        services.AddRespond();
        var bench = new PauseBench(services.BuildServiceProvider(), people, door, anvil.Rpc);
        foreach (var worker in bench._services.GetServices<IHostedService>()) await worker.StartAsync(cancel);
        return bench;
    }

    public async Task<PauseRound> Round(CancellationToken cancel)
    {
        await PausePack.Reset(_rpc, cancel);
        var proposed = await _services.GetRequiredService<ProposeRun>().Propose("bench", "pause", null, Actor.Parse("operator:carol"), "a benchmark", cancel);
        if (proposed is not Outcome<ProposedRun>.Done { Value: { Plan: { } hash } run }) throw new InvalidOperationException($"The run is not proposed: {proposed}");
        var plan = (await _services.GetRequiredService<PlanDetail>().Query(hash, cancel))!.Plan;
        await HandIn(plan, "alice", Sign(plan, "alice"), cancel);
        // A person signs in a wallet of their own: what is measured begins when the signature is handed in.
        var bob = Sign(plan, "bob");
        // People take their time; the run rests meanwhile.
        await Task.Delay(700, cancel);
        _door.Sent.Clear();
        var from = await Head(cancel);
        var handedIn = TimeProvider.System.GetTimestamp();
        await HandIn(plan, "bob", bob, cancel);
        var acknowledged = TimeProvider.System.GetTimestamp();
        RunDetailView detail;
        do
        {
            await Task.Delay(50, cancel);
            detail = (await _services.GetRequiredService<RunDetail>().Query(run.Id, cancel))!;
        }
        while (!detail.Run.State.Ended());
        if (detail.Run.State != RunState.Succeeded) throw new InvalidOperationException($"The run {detail.Run.State}: {detail.Run.StateReason}");
        var (runTime, runBlocks) = (TimeProvider.System.GetElapsedTime(handedIn), await Head(cancel) - from);
        var first = _door.Sent.Min();

        await PausePack.Reset(_rpc, cancel);
        (var asked, from) = (TimeProvider.System.GetTimestamp(), await Head(cancel));
        var sender = new DevnetSender(_rpc);
        foreach (var contract in PausePack.Contracts) await sender.Send(PausePack.Sender, contract, PauseCall, 0, cancel);
        return new PauseRound(
            Positive(TimeProvider.System.GetElapsedTime(handedIn, first)), Positive(TimeProvider.System.GetElapsedTime(acknowledged, first)), (int)runBlocks, runTime,
            (int)(await Head(cancel) - from), TimeProvider.System.GetElapsedTime(asked));
    }

    // The engine may broadcast before the approval is acknowledged to the one who gave it.
    private static TimeSpan Positive(TimeSpan span) => span < TimeSpan.Zero ? TimeSpan.Zero : span;

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _services.GetServices<IHostedService>()) await worker.StopAsync(CancellationToken.None);
        var store = _services.GetRequiredService<OperationsStore>();
        await _services.DisposeAsync();
        await store.DisposeAsync();
        await _door.DisposeAsync();
    }

    private ApprovalEvidence.Wallet Sign(Plan plan, string name) => new(_people[name].Sign(PlanTypedData.SigningHash(plan)));

    private async Task HandIn(Plan plan, string name, ApprovalEvidence evidence, CancellationToken cancel)
    {
        var outcome = await _services.GetRequiredService<ApprovePlan>().Approve(plan.Hash, name, evidence, cancel);
        if (outcome is Outcome<PlanApproved>.Refused refused) throw new InvalidOperationException(refused.Refusal.Detail);
    }

    private async Task<ulong> Head(CancellationToken cancel) => DevnetRpc.Quantity(await _rpc.Send("eth_blockNumber", [], cancel));

    /// <summary>Notes when transactions arrive.</summary>
    private sealed class TimedDoor(Uri chain) : RpcDoor(chain)
    {
        public ConcurrentBag<long> Sent { get; } = [];

        protected override Task<JsonNode> Answer(JsonObject request, CancellationToken cancel)
        {
            if ((string?)request["method"] == "eth_sendRawTransaction") Sent.Add(TimeProvider.System.GetTimestamp());
            return Pass(request, cancel);
        }
    }

    private sealed class People(Dictionary<string, DevKey> keys) : IOperatorDirectory
    {
        public Task<Operator?> Find(ActScope act, string operatorId, CancellationToken cancel) => Task.FromResult(
            keys.TryGetValue(operatorId, out var key)
                ? new Operator(operatorId, operatorId, ["approver"], true, [new OperatorCredential.Wallet(operatorId + "-wallet", key.Address)])
                : null);

        public Task<int> Holders(ActScope act, IReadOnlyList<string> roles, CancellationToken cancel) => Task.FromResult(keys.Count);

        public Task Used(ActScope act, string credentialId, uint signCount, CancellationToken cancel) => Task.CompletedTask;
    }
}
