using System.Text.Json.Nodes;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Respond.Runs.Decisions;
using Quarterdeck.Respond.Runs.Effects;
using Quarterdeck.Respond.Runs.Nesting;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs;

/// <summary>Moves one run as far as it goes, under its lease: reads what is stored, asks the rules, does the one move, repeats.</summary>
internal sealed class RunDriver(
    OperationsStore store, SendExecution sends, EffectExecution effects, ReadExecution reads, DecisionExecution decisions,
    ConditionWait conditions, ChildRuns children, Compensation compensation, StagePlanning planning, PackBindings bindings, TimeProvider clock)
{
    private static readonly TimeSpan ClaimPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Drives until the run rests or ends. Returns when to look again; null where only a signal moves it.</summary>
    public async Task<DateTimeOffset?> Drive(string id, Lease lease, CancellationToken cancel)
    {
        CrashPoints.Reached(RunCrashPoints.Leased);
        var first = await TakeOver(id, lease, cancel);
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            if ((first ?? await RunRecord.Read(store, id, cancel)) is not { } record) return null;
            first = null;
            var journal = new Journal(store, record.Run, lease);
            var writer = new StepWriter(journal, record.Run, bindings);
            switch (RunMachine.Next(record.View(), clock.GetUtcNow()))
            {
                case RunMove.Nothing:
                    return null;
                case RunMove.Rest rest:
                    await Enter(record, journal, rest.State, rest.Reason, cancel);
                    // While people read the plan: opening a key file can take a second, which would come after the last approval.
                    if (rest.State == RunState.AwaitingApproval) await sends.OpenSigners(record, cancel);
                    return rest.Until;
                case RunMove.Gather gather:
                    await planning.Gather(record, gather.Stage, journal, cancel);
                    break;
                case RunMove.Settle settle:
                    await Settle(record, record.Step(settle.Step), journal, writer, cancel);
                    break;
                case RunMove.Complete complete:
                    await Complete(record.Step(complete.Step), writer, cancel);
                    break;
                case RunMove.Look look:
                    await Enter(record, journal, RunState.Waiting, null, cancel);
                    if (await conditions.Look(record, record.Step(look.Step), cancel) is { } seen)
                    {
                        await writer.Done(record.Step(look.Step), seen, null, cancel);
                        break;
                    }

                    var next = conditions.NextLook(id);
                    return look.Until is { } until && until < next ? until : next;
                case RunMove.Skip skip:
                    await writer.NotChosen(record.Step(skip.Step), cancel);
                    break;
                case RunMove.Join join:
                    await ChildRuns.Join(record.Step(join.Step), writer, cancel);
                    break;
                case RunMove.Fallback fallback:
                    await children.Start(record, record.Step(fallback.Step), record.Step(fallback.Step).What.Fallback!, journal, writer, cancel);
                    break;
                case RunMove.Finish finish:
                    await Finish(record, journal, finish, cancel);
                    return null;
                case RunMove.Execute execute:
                    var step = record.Step(execute.Step);
                    await Enter(record, journal, RunMachine.StateWhileExecuting(record.View(), step.Index), null, cancel);
                    if (await Execute(record, step, journal, writer, cancel) is { } inTheWay)
                    {
                        await Enter(record, journal, RunState.Waiting, $"The run {inTheWay} writes to the same contract.", cancel);
                        return clock.GetUtcNow() + ClaimPause;
                    }

                    break;
            }
        }
    }

    private async Task<string?> Execute(
        RunRecord record, StepRow step, Journal journal, StepWriter writer, CancellationToken cancel)
    {
        switch (step.What)
        {
            case StepDefinition.Send:
                return await sends.Execute(record, step, journal, writer, cancel);
            case { Writes: true }:
                return await effects.Execute(record, step, journal, writer, cancel);
            case StepDefinition.Decide:
                await decisions.Execute(record, step, writer, cancel);
                return null;
            case StepDefinition.Runbook runbook:
                await children.Start(record, step, runbook.Slug, journal, writer, cancel);
                return null;
            case StepDefinition.WaitUntil wait:
                await writer.Waiting(step, clock.GetUtcNow().AddSeconds(wait.Seconds), cancel);
                return null;
            case StepDefinition.Notify notify:
                await writer.Done(step, new JsonObject
                {
                    ["channel"] = notify.Channel,
                    ["value"] = notify.Message,
                    ["told"] = record.Run.IncidentId is null ? "in the run's journal" : "in the incident's timeline",
                }, null, cancel);
                return null;
            case StepDefinition.Wait wait:
                await writer.Waiting(step, clock.GetUtcNow().AddSeconds(wait.Seconds), cancel);
                return null;
            case StepDefinition.Manual:
                await writer.Waiting(step, null, cancel);
                return null;
            case StepDefinition.Note or StepDefinition.Approve:
                await writer.Done(step, null, null, cancel);
                return null;
            default:
                await reads.Execute(record, step, writer, cancel);
                return null;
        }
    }

    /// <summary>Whether a run that waits for a condition is to be looked at now.</summary>
    public bool IsLookDue(string run) => conditions.IsDue(run);

    private Task Settle(RunRecord record, StepRow step, Journal journal, StepWriter writer, CancellationToken cancel) =>
        step.What is StepDefinition.Send ? sends.Settle(record, step, journal, writer, cancel) : effects.Settle(record, step, writer, cancel);

    private static Task Complete(StepRow step, StepWriter writer, CancellationToken cancel) => step.What is StepDefinition.WaitUntil wait
        ? writer.Failed(step, $"What it waits for did not come to hold within {TimeSpan.FromSeconds(wait.Seconds):c}.", null, cancel)
        : writer.Done(step, null, null, cancel);

    // A step that is running under a lease that was just taken was begun by a server that is gone: its outcome is unknown.
    // Returns the run as read, where nothing had to be changed.
    private async Task<RunRecord?> TakeOver(string id, Lease lease, CancellationToken cancel)
    {
        if (await RunRecord.Read(store, id, cancel) is not { } record) return null;
        var lost = record.Steps.Where(step => step.State == StepState.Running).ToList();
        if (lost.Count == 0) return record;
        var journal = new Journal(store, record.Run, lease);
        foreach (var step in lost)
        {
            await journal.Write("state", "step-unknown", step.Index, new() { ["transaction"] = step.TransactionId }, async act =>
            {
                await act.Execute(
                    "update runs.steps set state = 'unknown' where run_id = @id and index = @index and state = 'running'",
                    new { id, index = step.Index });
                await act.Execute("update runs.runs set takeovers = takeovers + 1 where id = @id", new { id });
            }, cancel);
        }

        return null;
    }

    private static async Task Enter(
        RunRecord record, Journal journal, RunState state, string? reason, CancellationToken cancel)
    {
        if (record.Run.State == state && record.Run.StateReason == reason) return;
        await journal.Write("state", "state", null, new() { ["state"] = state.Text(), ["why"] = reason }, async act =>
        {
            await act.Execute(
                """
                update runs.runs set state = @state, state_reason = @reason,
                    started_at = case when @state = 'running' then coalesce(started_at, @now) else started_at end
                where id = @id
                """, new { id = record.Run.Id, state = state.Text(), reason, now = act.Now });
            // While it rests for hours it must not keep others, an emergency pause above all, from the contract.
            if (state != RunState.Running) await ContractClaims.Release(act, record.Run.Id);
        }, cancel);
    }

    // What was not brought about, by name: whoever reads the incident must not look steps up.
    private static string Remaining(RunRecord record)
    {
        var left = record.Steps.Where(step => step.State == StepState.Failed).Select(step => step.What).OfType<StepDefinition.Send>()
            .Select(send => $"{send.TargetName}.{send.Function}").ToList();
        return left.Count == 0 ? "" : $" What remains to be done: {string.Join(", ", left)}.";
    }

    private async Task Finish(RunRecord record, Journal journal, RunMove.Finish finish, CancellationToken cancel)
    {
        CrashPoints.Reached(RunCrashPoints.BeforeFinish);
        var id = record.Run.Id;
        finish = finish with { Reason = finish.Reason + Remaining(record) };
        var undo = finish.State == RunState.Succeeded ? null : await compensation.Prepare(record, cancel);
        var detail = new JsonObject { ["state"] = finish.State.Text(), ["why"] = finish.Reason };
        await journal.Write("state", "finish", null, detail, async act =>
        {
            // What may have come about is never told as not done.
            await act.Execute(
                """
                update runs.steps set state = 'failed', ended_at = @now, error = coalesce(error, '') || ' Its outcome is not known.', asked = false
                where run_id = @id and state = 'unknown'
                """, new { id, now = act.Now });
            await act.Execute(
                """
                update runs.steps set state = 'skipped', ended_at = @now where run_id = @id and ended_at is null
                """, new { id, now = act.Now });
            await act.Execute(
                "update runs.runs set state = @state, state_reason = @reason, ended_at = @now where id = @id",
                new { id, state = finish.State.Text(), reason = finish.Reason, now = act.Now });
            foreach (var plan in await PlanRecord.LockLive(act, id))
            {
                var executed = plan.State == PlanState.Executing && finish.State != RunState.Aborted;
                await plan.Close(act, executed ? PlanState.Executed : PlanState.Void, $"The run {finish.State.Text()}: {finish.Reason}");
            }

            await ContractClaims.Release(act, id);
            if (undo is not null) await Compensation.Propose(act, record, undo);
            if (record.Run.IncidentId is { } incident)
                await Timeline.Append(act, incident, "run", $"{record.Run.Title}: {finish.State.Text()}. {finish.Reason}", id);
        }, cancel);
        CrashPoints.Reached(RunCrashPoints.Finished);
    }
}
