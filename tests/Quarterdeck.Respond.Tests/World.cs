using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Packs;
using Quarterdeck.PromQL;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Rehearsals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Tests;

/// <summary>The responding half, composed as a server composes it.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly IReadOnlyList<IHostedService> _workers;

    private World(ServiceProvider services)
    {
        _services = services;
        _workers = [.. services.GetServices<IHostedService>()];
    }

    public OperationsStore Store => Get<OperationsStore>();

    public static async Task<World> Start(
        string database, BoundPack pack, IOperatorDirectory operators, bool workers, TimeProvider? clock = null,
        ISeriesSource? series = null, TimeSpan? interval = null, Action<RunOptions>? configure = null, Action<ILoggingBuilder>? logging = null, Action<IServiceCollection>? more = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(log =>
        {
            log.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
            logging?.Invoke(log);
        });
        services.AddSingleton(clock ?? TimeProvider.System);
        services.AddSingleton(OperationsStore.Open(database, clock ?? TimeProvider.System));
        services.AddSingleton<IReadOnlyList<BoundPack>>([pack]);
        services.AddSingleton(operators);
        services.AddSingleton<SignersOfRoles>((_, _) => Task.FromResult<IReadOnlyList<PauseSigner>>(
            [new PauseSigner("alice", true, true, null), new PauseSigner("bob", true, false, null), new PauseSigner("dan", false, false, null)]));
        services.AddSingleton<SeriesOfPack>(_ => series ?? new SeriesMemory());
        services.AddRespond(options =>
        {
            options.Workers = workers;
            options.Runs.LeaseTime = TimeSpan.FromMilliseconds(1200);
            options.Runs.Interval = interval ?? TimeSpan.FromMilliseconds(200);
            options.Runs.CheckPatience = TimeSpan.FromSeconds(1);
            options.Runs.LookInterval = TimeSpan.FromMilliseconds(200);
            configure?.Invoke(options.Runs);
        });
        more?.Invoke(services);
        var world = new World(services.BuildServiceProvider());
        foreach (var worker in world._workers) await worker.StartAsync(CancellationToken.None);
        return world;
    }

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Waits until the run is in a state, and fails with what it did where that does not come about.</summary>
    public async Task<RunDetailView> Until(string run, Func<RunDetailView, bool> there, int seconds = 30)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var detail = (await Get<RunDetail>().Query(run, CancellationToken.None))!;
            if (there(detail)) return detail;
            if (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(seconds) || (detail.Run.State.Ended() && detail.Run.EndedAt is not null))
                Assert.Fail($"The run is {detail.Run.State}: {detail.Run.StateReason}\n" + string.Join("\n", detail.Steps.Select(s => $"{s.Index} {s.Kind} {s.State} {s.Error}")));
            await Task.Delay(25, CancellationToken.None);
        }
    }

    public async Task<Plan> PlanOf(string run, int stage = 1)
    {
        var plan = (await Until(run, d => d.Plans.Any(p => p.Stage == stage))).Plans.Last(p => p.Stage == stage);
        return (await Get<PlanDetail>().Query(plan.Hash, CancellationToken.None))!.Plan;
    }

    public async Task Approve(Plan plan, params (string Operator, Approvals.TestWallet Wallet)[] by)
    {
        foreach (var (who, wallet) in by)
            Assert.IsType<Outcome<PlanApproved>.Done>(await Get<ApprovePlan>().Approve(plan.Hash, who, wallet.Approve(plan), CancellationToken.None));
    }

    public async Task<string> Propose(string runbook, string actor = "operator:carol", string? incident = null)
    {
        var outcome = await Get<ProposeRun>().Propose(
            "test", runbook, incident, Primitives.Audit.Actor.Parse(actor), "an exploit is under way", CancellationToken.None);
        if (outcome is Outcome<ProposedRun>.Refused refused) Assert.Fail($"{refused.Refusal.Title}: {refused.Refusal.Detail}");
        return ((Outcome<ProposedRun>.Done)outcome).Value.Id;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers) await worker.StopAsync(CancellationToken.None);
        // A store that was given is not the container's to close, and its connections are few.
        var store = Store;
        await _services.DisposeAsync();
        await store.DisposeAsync();
    }
}
