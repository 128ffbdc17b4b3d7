using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Engine;

/// <summary>
/// Writes what the engine means to do and what came of it, under the run's lease. Each line is an audit entry as well, in
/// one transaction with the change it tells.
/// </summary>
internal sealed class Journal(OperationsStore store, RunRow run, Lease lease)
{
    private static readonly Actor Engine = Actor.Parse("system:runs");

    public Lease Lease => lease;

    /// <summary>Commits a change of the run together with its journal line.</summary>
    public Task Write(
        string kind, string action, int? step, JsonObject detail, Func<ActScope, Task> change, CancellationToken cancel) =>
        store.Act(Engine, $"{run.Title}: {run.Reason}", async act =>
        {
            await act.RequireLease(lease, cancel);
            await change(act);
            await Append(act, kind, action, step, detail);
            act.Signal(Signals.Runs);
        }, cancel);

    /// <summary>As <see cref="Write"/>, where the change decides what is journaled; null journals nothing but what it recorded.</summary>
    public Task<T> Decide<T>(Func<ActScope, Task<T>> change, CancellationToken cancel) =>
        store.Act(Engine, $"{run.Title}: {run.Reason}", async act =>
        {
            await act.RequireLease(lease, cancel);
            var result = await change(act);
            act.Signal(Signals.Runs);
            return result;
        }, cancel);

    /// <summary>Adds a line in an open transaction.</summary>
    public async Task Append(ActScope act, string kind, string action, int? step, JsonObject detail)
    {
        await act.Execute(
            """
            insert into runs.journal (run_id, seq, step_index, kind, action, detail, fence, at)
            select @id, coalesce(max(seq), 0) + 1, @step::integer, @kind, @action, @detail::jsonb, @fence, @now
            from runs.journal where run_id = @id
            """,
            new { id = run.Id, step, kind, action, detail = detail.ToJsonString(), fence = lease.Fence, now = act.Now });
        var entry = (JsonObject)detail.DeepClone();
        if (step is { } index) entry["step"] = index;
        act.Record($"run.{action}", run.Id, entry);
    }
}
