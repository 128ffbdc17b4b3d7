using System.Text.Json.Nodes;
using Quarterdeck.Packs;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Engine;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Effects;

/// <summary>
/// Executes a plan's actions: clear, journal the intent, act once, journal the outcome. Where the outcome is lost it is found out by
/// what the kind of effect leaves behind, then by the runbook's own probe, then by asking a person; an effect is never made again on
/// the chance that it was not made.
/// </summary>
internal sealed class EffectExecution(
    OperationsStore store, PlanClearance clearance, PackBindings bindings, EffectKinds kinds, StepReading reading, TimeProvider clock)
{
    private const int MostAttempts = 3;

    /// <summary>Makes the step's action. Null where it went on, else the run that is in the way.</summary>
    public async Task<string?> Execute(RunRecord record, StepRow step, Journal journal, StepWriter writer, CancellationToken cancel)
    {
        var pack = bindings.Pack(record.Run.Pack);
        var row = record.Plan(step.Stage)!;
        var plan = await ReadPlan(row.Hash, cancel);
        var action = plan.Actions.Single(a => a.Step == step.Index);
        if (step.Attempts >= MostAttempts)
        {
            await writer.Failed(step, $"Tried {step.Attempts} times, and each time nothing came about. {step.Error}".TrimEnd(), null, cancel);
            return null;
        }

        EffectTrace trace;
        try
        {
            trace = await kinds.Before(pack, action, record.Run.Id, cancel);
        }
        catch (StepFailedException problem)
        {
            await writer.Failed(step, $"Not done: {problem.Message}", null, cancel);
            return null;
        }

        CrashPoints.Reached(RunCrashPoints.BeforeIntent);
        try
        {
            if (!await journal.Decide(act => Begin(act, record, step, pack, row, plan, action, trace, journal, cancel), cancel)) return null;
        }
        catch (ContractClaimedException claimed)
        {
            return claimed.RunId;
        }

        CrashPoints.Reached(EffectCrashPoints.Intended);
        EffectOutcome outcome;
        try
        {
            outcome = await kinds.Perform(pack, action, trace, xid => Keep(step, trace with { Xid = xid }, journal, cancel), cancel);
        }
        catch (StepFailedException problem)
        {
            outcome = new EffectOutcome.Failed($"Not done: {problem.Message}");
        }

        CrashPoints.Reached(EffectCrashPoints.Performed);
        outcome = await Probed(record, step, outcome, cancel);
        await Write(step, outcome, writer, cancel);
        return null;
    }

    /// <summary>Finds out what became of the step's action, which was begun.</summary>
    public async Task Settle(RunRecord record, StepRow step, StepWriter writer, CancellationToken cancel)
    {
        var pack = bindings.Pack(record.Run.Pack);
        var plan = await ReadPlan(PlanOf(record, step), cancel);
        var action = plan.Actions.Single(a => a.Step == step.Index);
        EffectOutcome outcome;
        try
        {
            outcome = await kinds.Probe(pack, action, EffectTrace.Read(step.Effect!), cancel);
        }
        catch (StepFailedException problem)
        {
            outcome = new EffectOutcome.Unknown($"What became of it cannot be found out: {problem.Message}");
        }

        outcome = await Probed(record, step, outcome, cancel);
        CrashPoints.Reached(EffectCrashPoints.Probed);
        await Write(step, outcome, writer, cancel);
    }

    private static Hash32 PlanOf(RunRecord record, StepRow step) =>
        Hash32.Parse((string)JsonNode.Parse(step.Effect!)!["plan"]!);

    private async Task<EffectOutcome> Probed(RunRecord record, StepRow step, EffectOutcome outcome, CancellationToken cancel) =>
        outcome is EffectOutcome.Unknown unknown && step.What.Probe is { } probe ? await Ask(record, probe, unknown, cancel) : outcome;

    // The runbook's own probe says yes, or nothing: that it says no now does not tell that it will not come about yet.
    private async Task<EffectOutcome> Ask(RunRecord record, StepDefinition probe, EffectOutcome.Unknown unknown, CancellationToken cancel)
    {
        try
        {
            var seen = await reading.Read(record.Run.Pack, probe, record.Variables(), cancel);
            var value = (string?)seen["value"];
            return probe is not StepDefinition.Check && value is "false" or "0" or ""
                ? unknown with { Why = $"{unknown.Why} The runbook's probe answers '{value}'." }
                : new EffectOutcome.Done(new JsonObject { ["probed"] = seen });
        }
        catch (StepFailedException problem)
        {
            return unknown with { Why = $"{unknown.Why} The runbook's probe says no: {problem.Message}" };
        }
    }

    private async Task<bool> Begin(
        ActScope act, RunRecord record, StepRow step, BoundPack pack, StagePlanRow row, Plan plan, PlannedAction action,
        EffectTrace trace, Journal journal, CancellationToken cancel)
    {
        var run = (await RunRow.Lock(act, record.Run.Id))!;
        if (run.StopRequested is not null)
        {
            act.Record("run.hold", run.Id, new() { ["step"] = step.Index, ["why"] = run.StopReason });
            return false;
        }

        var classes = plan.Calls.Select(c => c.ActionClass).Concat(plan.Actions.Select(a => a.ActionClass));
        var policy = bindings.Terms(pack, record.Run.Runbook, classes, row.State == PlanState.Approved ? clock.GetUtcNow() : null);
        if (await clearance.Clear(act, row.Hash, run.Id, policy, cancel) is Clearance.Denied denied)
        {
            var locked = (await PlanRecord.Lock(act, row.Hash))!;
            await locked.Close(act, denied.Expired ? PlanState.Expired : PlanState.Void, denied.Why);
            return false;
        }

        await ContractClaims.Take(act, run.Id, ContractClaims.Of(plan));
        var effect = trace.ToJson();
        effect["plan"] = plan.Hash.ToString();
        await act.Execute(
            """
            update runs.steps set state = 'running', started_at = coalesce(started_at, @now), attempts = attempts + 1, effect = @effect::jsonb,
                error = null, asked = false
            where run_id = @id and index = @index and state = 'pending'
            """, new { id = run.Id, index = step.Index, now = act.Now, effect = effect.ToJsonString() }, cancel);
        await journal.Append(act, "intent", "step-act", step.Index, new()
        {
            ["attempt"] = step.Attempts + 1,
            ["plan"] = plan.Hash.ToString(),
            ["position"] = action.Position,
            ["kind"] = action.Effect.Kind,
            ["target"] = action.Target,
            ["key"] = trace.Key,
            ["before"] = trace.Before,
        });
        return true;
    }

    private static Task Keep(StepRow step, EffectTrace trace, Journal journal, CancellationToken cancel) =>
        journal.Write("state", "step-prepared", step.Index, new() { ["xid"] = trace.Xid }, act => act.Execute(
            "update runs.steps set effect = effect || jsonb_build_object('xid', @xid::text) where run_id = @id and index = @index",
            new { id = step.RunId, index = step.Index, xid = trace.Xid }), cancel);

    private static Task Write(StepRow step, EffectOutcome outcome, StepWriter writer, CancellationToken cancel) => outcome switch
    {
        EffectOutcome.Done done => writer.Done(step, done.Output, null, cancel),
        EffectOutcome.Failed failed => writer.Failed(step, failed.Why, failed.Evidence, cancel),
        EffectOutcome.NotDone not => writer.Again(step, not.Why, cancel),
        EffectOutcome.Unknown unknown => writer.AskOutcome(step, unknown.Why, cancel),
        _ => throw new InvalidOperationException("There is no fifth outcome."),
    };

    private async Task<Plan> ReadPlan(Hash32 hash, CancellationToken cancel) => Plan.Read(
        await store.QueryFirstOrDefault<byte[]>("select canonical from approvals.plans where hash = @hash", new { hash }, cancel)
        ?? throw new InvalidOperationException($"The plan {hash} is gone."));
}

/// <summary>Where a process may die while it makes an effect.</summary>
[CrashPointNames]
internal static class EffectCrashPoints
{
    /// <summary>The intent is journaled, nothing is done.</summary>
    public const string Intended = "runs.effect.intended";

    /// <summary>The effect was made, nothing of it is journaled.</summary>
    public const string Performed = "runs.effect.performed";

    /// <summary>A statement is committed at its database, the driver has not been told.</summary>
    public const string Committed = "runs.effect.committed";

    /// <summary>The statement's transaction id is kept, nothing is committed.</summary>
    public const string Prepared = "runs.effect.prepared";

    /// <summary>A lost outcome was found out and not journaled.</summary>
    public const string Probed = "runs.effect.probed";
}
