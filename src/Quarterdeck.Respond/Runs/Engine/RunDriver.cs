using System.Text.Json.Nodes;
using Quarterdeck.Observe.Notifying;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Respond.Runs.Decisions;
using Quarterdeck.Respond.Runs.Effects;
using Quarterdeck.Respond.Runs.Nesting;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Engine;

/// <summary>What a run comes to rest for.</summary>
/// <param name="Until">When to look again; null where only a signal moves it.</param>
/// <param name="Behind">The run that writes to the same contract, where it waits for that one's end.</param>
internal sealed record Resting(DateTimeOffset? Until, string? Behind = null)
{
    public static Resting ForSignal { get; } = new((DateTimeOffset?)null);
}

/// <summary>Moves one run as far as it goes, under its lease: reads what is stored, asks the rules, does the one move, repeats.</summary>
internal sealed class RunDriver(
    OperationsStore store, SendExecution sends, SendLooks looks, EffectExecution effects, ReadExecution reads, DecisionExecution decisions,
    ConditionWait conditions, ChildRuns children, Compensation compensation, StagePlanning planning, PackBindings bindings, TimeProvider clock,
    Announcements? announcements = null)
{
    private static readonly TimeSpan ClaimPause = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Looks at the chain for the write that an approved run begins with, while its lease is taken; null where it begins with none. What it
    /// says is used only where the run, read again under its lease, has that write before it under that plan.
    /// </summary>
    public async Task<(Hash32 Plan, int Step, SendLook Look)?> LookAhead(string id, CancellationToken cancel)
    {
        if (await RunRecord.Read(store, id, cancel) is not { } record) return null;
        if (RunMachine.Next(record.View(), clock.GetUtcNow()) is not RunMove.Execute next) return null;
        var step = record.Step(next.Step);
        if (step.What is not StepDefinition.Send || record.Plan(step.Stage) is not { } plan) return null;
        return (plan.Hash, step.Index, await looks.Of(record, step, cancel));
    }

    /// <summary>Drives until the run rests or ends.</summary>
    /// <param name="ahead">What was looked at beside taking the lease; used once.</param>
    public async Task<Resting> Drive(
        string id, Lease lease, Task<(Hash32 Plan, int Step, SendLook Look)?>? ahead, CancellationToken cancel)
    {
        CrashPoints.Reached(RunCrashPoints.Leased);
        var first = await TakeOver(id, lease, cancel);
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            if ((first ?? await RunRecord.Read(store, id, cancel)) is not { } record) return Resting.ForSignal;
            first = null;
            var journal = new Journal(store, record.Run, lease);
            var writer = new StepWriter(journal, record.Run, bindings, announcements, clock);
            switch (RunMachine.Next(record.View(), clock.GetUtcNow()))
            {
                case RunMove.Nothing:
                    return Resting.ForSignal;
                case RunMove.Rest rest:
                    await Enter(record, journal, rest.State, rest.Reason, cancel);
                    // While people read the plan: opening a key file can take a second, which would come after the last approval.
                    if (rest.State == RunState.AwaitingApproval) await sends.OpenSigners(record, cancel);
                    return new Resting(rest.Until);
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
                    return new Resting(look.Until is { } until && until < next ? until : next);
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
                    return Resting.ForSignal;
                case RunMove.Execute execute:
                    var step = record.Step(execute.Step);
                    var entering = Enter(record, journal, RunMachine.StateWhileExecuting(record.View(), step.Index), null, cancel);
                    if (await Execute(record, step, entering, ahead, journal, writer, cancel) is { } inTheWay)
                    {
                        var why = $"The run {inTheWay} writes to the same contract.";
                        var entered = record with { Run = record.Run with { State = RunState.Running, StateReason = null } };
                        await Enter(entered, journal, RunState.Waiting, why, cancel);
                        return new Resting(clock.GetUtcNow() + ClaimPause, inTheWay);
                    }

                    break;
            }

            // Once something was done, what was seen before it tells nothing.
            ahead = null;
        }
    }

    private async Task<string?> Execute(
        RunRecord record, StepRow step, Task entering, Task<(Hash32 Plan, int Step, SendLook Look)?>? ahead, Journal journal,
        StepWriter writer, CancellationToken cancel)
    {
        if (step.What is StepDefinition.Send)
        {
            // The chain is asked while the state is journaled; the step's own intent comes after both.
            var looking = Look(record, step, ahead, cancel);
            await Task.WhenAll(entering, looking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await entering;
            return await sends.Execute(record, step, await looking, journal, writer, cancel);
        }

        await entering;
        switch (step.What)
        {
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
                var reached = string.Join(", ", writer.Reached(step));
                await writer.Done(step, new JsonObject
                {
                    ["channel"] = notify.Channel,
                    ["value"] = notify.Message,
                    ["told"] = reached.Length > 0 ? reached : record.Run.IncidentId is null ? "in the run's journal alone: no receiver is configured" : "in the incident's timeline alone: no receiver is configured",
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

    private async Task<SendLook> Look(
        RunRecord record, StepRow step, Task<(Hash32 Plan, int Step, SendLook Look)?>? ahead, CancellationToken cancel)
    {
        if (ahead is not null)
        {
            await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ahead.IsCompletedSuccessfully && await ahead is { } seen && seen.Step == step.Index && seen.Plan == record.Plan(step.Stage)!.Hash)
                return seen.Look;
        }

        return await looks.Of(record, step, cancel);
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
