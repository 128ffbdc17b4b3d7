using System.Text.Json.Nodes;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Rehearsals;

/// <summary>Takes a rehearsal into the history.</summary>
public sealed class RecordRehearsal(OperationsStore store, PackBindings bindings)
{
    /// <summary>Records; one that is known already is not recorded again.</summary>
    public async Task<Outcome<string>> Record(Rehearsal rehearsal, Actor actor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(rehearsal);
        if (Wrong(rehearsal) is { } refusal) return refusal;
        if (await Known(rehearsal.Id, cancel)) return rehearsal.Id;
        await store.Act(actor, rehearsal.Passed ? "a rehearsal passed" : "a rehearsal failed", async act =>
        {
            var inserted = await act.Execute(
                """
                insert into rehearsals.rehearsals (id, pack, runbook, fault, ground, environment, pack_hash, runbook_hash, passed, failure,
                    started_at, ended_at, detected_ms, decided_ms, contained_ms, restored_ms, detected_blocks, contained_blocks, run_id,
                    incident_id, recorded_at, recorded_by)
                values (@Id, @Pack, @Runbook, @Fault, @Ground, @Environment, @PackHash, @RunbookHash, @Passed, @Failure,
                    @StartedAt, @EndedAt, @DetectedMs, @DecidedMs, @ContainedMs, @RestoredMs, @DetectedBlocks, @ContainedBlocks, @RunId,
                    @IncidentId, @now, @by)
                on conflict (id) do nothing
                """,
                new
                {
                    rehearsal.Id,
                    rehearsal.Pack,
                    rehearsal.Runbook,
                    rehearsal.Fault,
                    rehearsal.Ground,
                    rehearsal.Environment,
                    rehearsal.PackHash,
                    rehearsal.RunbookHash,
                    rehearsal.Passed,
                    rehearsal.Failure,
                    rehearsal.StartedAt,
                    rehearsal.EndedAt,
                    rehearsal.DetectedMs,
                    rehearsal.DecidedMs,
                    rehearsal.ContainedMs,
                    rehearsal.RestoredMs,
                    rehearsal.DetectedBlocks,
                    rehearsal.ContainedBlocks,
                    rehearsal.RunId,
                    rehearsal.IncidentId,
                    now = act.Now,
                    by = actor.ToString(),
                }, cancel);
            act.Record(inserted == 1 ? "rehearsal.record" : "rehearsal.known", rehearsal.Id, new JsonObject
            {
                ["pack"] = rehearsal.Pack,
                ["runbook"] = rehearsal.Runbook,
                ["fault"] = rehearsal.Fault,
                ["ground"] = rehearsal.Ground,
                ["packHash"] = rehearsal.PackHash,
                ["runbookHash"] = rehearsal.RunbookHash,
                ["passed"] = rehearsal.Passed,
                ["failure"] = rehearsal.Failure,
                ["containedMs"] = rehearsal.ContainedMs,
            });
            act.Signal(Signals.Runs);
        }, cancel);
        return rehearsal.Id;
    }

    private async Task<bool> Known(string id, CancellationToken cancel) => await store.QueryFirstOrDefault<string>(
        "select id from rehearsals.rehearsals where id = @id", new { id }, cancel) is not null;

    private Refusal? Wrong(Rehearsal rehearsal)
    {
        if (bindings.Find(rehearsal.Pack) is null) return Refusal.NotFound("pack", rehearsal.Pack);
        if (rehearsal.Runbook is { } slug && bindings.Runbook(rehearsal.Pack, slug) is null)
            return Refusal.NotFound("runbook", $"{rehearsal.Pack}/{slug}");
        if (rehearsal.Runbook is null && rehearsal.Fault is null)
            return Refusal.Invalid("Nothing was rehearsed", "Neither a runbook nor a fault is named.", "Name one of them.");
        if (rehearsal.Ground is not ("devnet" or "fork"))
            return Refusal.Invalid("No such ground", $"A rehearsal takes place on a devnet or a fork, not on '{rehearsal.Ground}'.", "Write devnet or fork.");
        long?[] times = [rehearsal.DetectedMs, rehearsal.DecidedMs, rehearsal.ContainedMs, rehearsal.RestoredMs];
        if (rehearsal.EndedAt < rehearsal.StartedAt || times.Any(time => time < 0))
            return Refusal.Invalid("Its times make no sense", "It ends before it began, or a time is negative.", "Hand in what the drill printed.");
        return null;
    }
}
