using System.Text.Json.Nodes;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs;

/// <summary>Writes what became of steps, each with its journal line.</summary>
internal sealed class StepWriter(Journal journal, RunRow run)
{
    /// <summary>Came about.</summary>
    public Task Done(StepRow step, JsonObject? output, JsonObject? evidence, CancellationToken cancel) =>
        End(step, StepState.Done, output, evidence, null, cancel);

    /// <summary>Not needed: what it is for holds already.</summary>
    public Task Skipped(StepRow step, JsonObject evidence, CancellationToken cancel) =>
        End(step, StepState.Skipped, null, evidence, null, cancel);

    /// <summary>Did not come about.</summary>
    public Task Failed(StepRow step, string error, JsonObject? evidence, CancellationToken cancel) =>
        End(step, StepState.Failed, null, evidence, error, cancel);

    /// <summary>Waits for time, or for a person where no time is given.</summary>
    public Task Waiting(StepRow step, DateTimeOffset? due, CancellationToken cancel) =>
        journal.Write("intent", "step-wait", step.Index, new() { ["due"] = due?.ToString("O"), ["attempt"] = step.Attempts + 1 }, async act =>
        {
            await act.Execute(
                """
                update runs.steps set state = 'waiting', started_at = @now, due_at = @due, attempts = attempts + 1
                where run_id = @id and index = @index and state = 'pending'
                """, new { id = run.Id, index = step.Index, now = act.Now, due });
            if (run.IncidentId is { } incident)
            {
                var text = due is { } until ? $"Step {step.Index} waits until {until:u}." : $"Step {step.Index} waits for an operator: {step.Text}";
                await Timeline.Append(act, incident, "run", text, run.Id);
            }
        }, cancel);

    /// <summary>Cannot go on as things are: the run pauses before the step, which stays as it is, until an operator resumes it.</summary>
    public Task Hold(StepRow step, string why, CancellationToken cancel) =>
        journal.Write("state", "hold", step.Index, new() { ["why"] = why }, async act =>
        {
            await act.Execute(
                """
                update runs.runs set stop_requested = 'pause', stop_by = 'system:runs', stop_reason = @why
                where id = @id and stop_requested is null
                """, new { id = run.Id, why });
            if (run.IncidentId is { } incident)
                await Timeline.Append(act, incident, "run", $"Step {step.Index} is held: {why}", run.Id);
        }, cancel);

    private async Task End(
        StepRow step, StepState to, JsonObject? output, JsonObject? evidence, string? error, CancellationToken cancel)
    {
        var detail = new JsonObject
        {
            ["kind"] = step.Kind,
            ["text"] = step.Text,
            ["state"] = to.Text(),
            ["output"] = output?.DeepClone(),
            ["evidence"] = evidence?.DeepClone(),
            ["error"] = error,
        };
        CrashPoints.Reached(RunCrashPoints.StepKnown);
        await journal.Write("outcome", $"step-{to.Text()}", step.Index, detail, async act =>
        {
            var moved = await act.Execute(
                """
                update runs.steps
                set state = @state, ended_at = @now, started_at = coalesce(started_at, @now), output = @output::jsonb,
                    evidence = @evidence::jsonb, error = @error
                where run_id = @id and index = @index and ended_at is null
                """,
                new
                {
                    id = run.Id,
                    index = step.Index,
                    state = to.Text(),
                    now = act.Now,
                    output = output?.ToJsonString(),
                    evidence = evidence?.ToJsonString(),
                    error,
                });
            if (moved != 1) throw new InvalidOperationException($"Step {step.Index} of {run.Id} has an outcome already.");
            if (run.IncidentId is { } incident && (step.Kind is "send" || to == StepState.Failed))
                await Timeline.Append(act, incident, "run", Tell(step, to, error), run.Id);
        }, cancel);
        CrashPoints.Reached(RunCrashPoints.StepJournaled);
    }

    private static string Tell(StepRow step, StepState to, string? error)
    {
        var what = step.What is StepDefinition.Send send ? $"{send.TargetName}.{send.Function}" : step.Text;
        return to switch
        {
            StepState.Done => $"{what}: done and verified.",
            StepState.Skipped => $"{what}: held already, nothing was sent.",
            _ => $"{what}: failed: {error}",
        };
    }
}
