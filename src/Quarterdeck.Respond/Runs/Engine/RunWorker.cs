using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Engine;

/// <summary>
/// Drives every run that can move, each under its own lease. Woken by signals and by time; a run whose server died is taken
/// over when its lease ends.
/// </summary>
internal sealed class RunWorker(
    OperationsStore store, RunDriver driver, PackBindings bindings, RunOptions options, TimeProvider clock, ILogger<RunWorker> log)
    : BackgroundService
{
    private readonly ConcurrentDictionary<string, Task> _driven = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Troubled> _troubled = new(StringComparer.Ordinal);
    private readonly ClaimQueue _queue = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var heard = store.Signals.Subscribe([Signals.Runs, Signals.Plans]);
        // Beside the work: an endpoint that hangs must not keep runs from going on through the others.
        var checking = Task.WhenAll(bindings.Chains.Select(chain => CheckChain(chain, stoppingToken)));
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Reconcile(stoppingToken);
            }
            catch (TransientException problem)
            {
                log.LogWarning("Runs rest until the database answers: {Problem}", problem.Message);
            }
            catch (Exception problem) when (!stoppingToken.IsCancellationRequested)
            {
                // A fault here must not end the server with its other workers.
                log.LogError(problem, "Runs are looked at again after a fault");
            }

            await heard.Wait(options.Interval, stoppingToken);
        }

        await Task.WhenAll([checking, .. _driven.Values]);
    }

    private async Task CheckChain(ChainLink chain, CancellationToken cancel)
    {
        try
        {
            foreach (var wrong in await chain.CheckChain(cancel))
                log.LogError("Nothing is asked of or sent to an endpoint: {Problem}", wrong.Message);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task Reconcile(CancellationToken cancel)
    {
        // What people have just approved comes first, before whatever rests.
        var active = await store.Query<ActiveRun>(
            """
            select r.id, r.state = 'awaiting_approval' and r.stop_requested is null
                and exists (select from approvals.plans p where p.run_id = r.id and p.state = 'approved') as approved
            from runs.runs r where r.ended_at is null order by approved desc, r.proposed_at
            """, null, cancel);
        var now = clock.GetUtcNow();
        _queue.Forget(active.Select(run => run.Id));
        foreach (var (id, approved) in active)
        {
            if (_driven.ContainsKey(id) || (_troubled.TryGetValue(id, out var trouble) && now < trouble.Until) || _queue.Waits(id, now)) continue;
            if (!approved && (await RunRecord.Read(store, id, cancel) is not { } record || Rests(record, now))) continue;
            // Beside taking the lease, which decides whether it is used.
            var ahead = approved ? driver.LookAhead(id, cancel) : null;
            if (await store.Leases.TryAcquire($"run:{id}", options.LeaseTime, cancel) is not { } lease)
            {
                _ = ahead?.ContinueWith(lost => _ = lost.Exception, TaskContinuationOptions.OnlyOnFaulted);
                continue;
            }

            var task = Task.Run(() => Hold(id, lease, ahead, cancel), CancellationToken.None);
            _driven[id] = task;
            _ = task.ContinueWith(_ => _driven.TryRemove(id, out Task? _), TaskScheduler.Default);
        }
    }

    // Looked at before the lease is taken, so that resting runs cost no write.
    private bool Rests(RunRecord record, DateTimeOffset now) => RunMachine.Next(record.View(), now) switch
    {
        RunMove.Nothing => true,
        RunMove.Look => record.Run.State == RunState.Waiting && !driver.IsLookDue(record.Run.Id),
        RunMove.Rest rest => record.Run.State == rest.State && record.Run.StateReason == rest.Reason,
        _ => false,
    };

    private async Task Hold(
        string id, Lease lease, Task<(Hash32 Plan, int Step, SendLook Look)?>? ahead, CancellationToken stop)
    {
        using var held = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var renewal = Renew(lease, held);
        try
        {
            // What was approved or confirmed while it came to rest is done at once, not at the next look.
            while (true)
            {
                var rest = await driver.Drive(id, lease, ahead, held.Token);
                ahead = null;
                if (rest.Behind is { } before) _queue.Wait(id, before, clock.GetUtcNow());
                if (rest.Until is not null || await RunRecord.Read(store, id, held.Token) is not { } record || Rests(record, clock.GetUtcNow())) break;
            }

            _troubled.TryRemove(id, out _);
        }
        catch (OperationCanceledException) when (held.IsCancellationRequested)
        {
            log.LogInformation("Run {Run} is left to whoever takes it over", id);
        }
        catch (LeaseLostException lost)
        {
            log.LogWarning("Run {Run}: {Problem}", id, lost.Message);
        }
        catch (Exception problem)
        {
            // Neither a transient failure nor a fault of ours may end a run: it is tried again, ever more slowly.
            var trouble = _troubled.AddOrUpdate(id, _ => new Troubled(1, default), (_, before) => before with { Times = before.Times + 1 });
            var pause = TimeSpan.FromMilliseconds(Math.Min(30_000, 200 << Math.Min(trouble.Times, 8)));
            _troubled[id] = trouble with { Until = clock.GetUtcNow() + pause };
            log.Log(problem is TransientException ? LogLevel.Warning : LogLevel.Error, problem,
                "Run {Run} is held up, attempt {Attempt}; tried again in {Pause}", id, trouble.Times, pause);
        }

        await held.CancelAsync();
        await renewal;
        try
        {
            await store.Leases.Release(lease, CancellationToken.None);
        }
        catch (TransientException problem)
        {
            log.LogInformation("The lease of run {Run} ends by itself: {Problem}", id, problem.Message);
        }
    }

    private async Task Renew(Lease lease, CancellationTokenSource held)
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.LeaseTime / 3, clock, held.Token);
                if (await store.Leases.Renew(lease, options.LeaseTime, held.Token)) continue;
                await held.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The drive is over.
        }
        catch (TransientException)
        {
            // Without the database nothing can be written under the lease, so nothing is risked by stopping here.
            await held.CancelAsync();
        }
    }

    private sealed record Troubled(int Times, DateTimeOffset Until);

    private sealed record ActiveRun(string Id, bool Approved);
}
