using Quarterdeck.Primitives.Audit;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs;

/// <summary>Ends a run before its next step. An effect under way is followed to its outcome first.</summary>
public sealed class AbortRun(OperationsStore store)
{
    /// <summary>Asks for the end; the engine carries it out.</summary>
    public Task<Outcome<RunState>> Abort(string id, string operatorId, string reason, CancellationToken cancel) =>
        StopRequests.Ask(store, "abort", id, operatorId, reason, cancel);
}

/// <summary>Stops a run before its next step, to go on later.</summary>
public sealed class PauseRun(OperationsStore store)
{
    /// <summary>Asks for the pause; the engine carries it out.</summary>
    public Task<Outcome<RunState>> Pause(string id, string operatorId, string reason, CancellationToken cancel) =>
        StopRequests.Ask(store, "pause", id, operatorId, reason, cancel);
}

/// <summary>Lets a paused run go on. Where a failed step paused it, that step is passed over.</summary>
public sealed class ResumeRun(OperationsStore store)
{
    /// <summary>Takes the pause back.</summary>
    public Task<Outcome<RunState>> Resume(string id, string operatorId, string reason, CancellationToken cancel) =>
        StopRequests.Act<RunState>(store, id, operatorId, reason, "run.resume", async (act, run) =>
        {
            if (run.StopRequested != "pause" && run.State != RunState.Paused)
                return Refusal.Conflict("The run is not paused", $"It is {run.State.Text()}.", "Nothing is to be resumed.");
            await act.Execute("update runs.steps set passed_over = true where run_id = @id and state = 'failed'", new { id });
            await act.Execute(
                "update runs.runs set stop_requested = null, stop_by = null, stop_reason = null, state = 'running', state_reason = null where id = @id",
                new { id });
            return RunState.Running;
        }, cancel);
}

/// <summary>An operator says that a manual step is done, and what was seen.</summary>
public sealed class ConfirmStep(OperationsStore store, IOperatorDirectory operators)
{
    /// <summary>Confirms the step that the run waits for.</summary>
    public Task<Outcome<StepState>> Confirm(
        string id, int index, string operatorId, string text, CancellationToken cancel) =>
        StopRequests.Act<StepState>(store, id, operatorId, string.IsNullOrWhiteSpace(text) ? "confirms the step" : text, "run.step-confirm",
            async (act, run) =>
            {
                if (await operators.Find(act, operatorId, cancel) is not { Active: true } person)
                    return Refusal.Forbidden("Not an operator", $"'{operatorId}' is no active operator.", "Ask an administrator.");
                var step = await act.QueryFirstOrDefault<StepRow>(
                    $"select {StepRow.Columns} from runs.steps where run_id = @id and index = @index for update", new { id, index });
                if (step is null) return Refusal.NotFound("step", $"{id}/{index}");
                if (step.Kind != "manual" || step.State != StepState.Waiting)
                {
                    return Refusal.Conflict("The step does not wait for you", $"Step {index} is a {step.Kind} step and {step.State.Text()}.",
                        "Confirm manual steps when the run has come to them.");
                }

                await act.Execute(
                    """
                    update runs.steps set state = 'done', ended_at = @now, output = @output::jsonb where run_id = @id and index = @index
                    """,
                    new
                    {
                        id,
                        index,
                        now = act.Now,
                        output = new System.Text.Json.Nodes.JsonObject { ["seen"] = text, ["by"] = person.Name, ["value"] = text }.ToJsonString(),
                    });
                if (run.IncidentId is { } incident)
                    await Timeline.Append(act, incident, "run", $"Step {index} confirmed by {person.Name}: {text}", id);
                return StepState.Done;
            }, cancel);
}

internal static class StopRequests
{
    public static async Task<Outcome<RunState>> Ask(
        OperationsStore store, string what, string id, string operatorId, string reason, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(reason))
            return Refusal.Invalid("A reason is needed", $"To {what} a run, say why.", "Write a sentence.");
        return await Act<RunState>(store, id, operatorId, reason, $"run.{what}-request", async (act, run) =>
        {
            if (run.StopRequested == "abort" || run.StopRequested == what)
                return Refusal.Conflict("It was asked for already", $"By {run.StopBy}: {run.StopReason}", "Wait for the step under way.");
            await act.Execute(
                "update runs.runs set stop_requested = @what, stop_by = @by, stop_reason = @reason where id = @id",
                new { id, what, by = act.Actor.ToString(), reason });
            return run.State;
        }, cancel);
    }

    public static Task<Outcome<T>> Act<T>(
        OperationsStore store, string id, string operatorId, string reason, string action,
        Func<ActScope, RunRow, Task<Outcome<T>>> change, CancellationToken cancel) =>
        store.Act(Actor.Parse("operator:" + operatorId), string.IsNullOrWhiteSpace(reason) ? "no reason given" : reason, async act =>
        {
            var run = await RunRow.Lock(act, id);
            var outcome = run switch
            {
                null => Refusal.NotFound("run", id),
                _ when run.State.Ended() => Refusal.Conflict("The run has ended", $"It is {run.State.Text()}: {run.StateReason}", "Propose a new run."),
                _ => await change(act, run),
            };
            if (outcome is Outcome<T>.Refused refused) act.Record(action + "-refused", id, new() { ["why"] = refused.Refusal.Detail });
            else act.Record(action, id);
            act.Signal(Signals.Runs);
            return outcome;
        }, cancel);
}
