using System.Text.Json.Nodes;
using Quarterdeck.Observe.Notifying;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Engine;

/// <summary>Writes what became of steps, each with its journal line.</summary>
internal sealed class StepWriter(Journal journal, RunRow run, PackBindings bindings, Announcements? announcements = null, TimeProvider? clock = null)
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

    /// <summary>It is known that nothing came about: the step is as before, one attempt later.</summary>
    public async Task Again(StepRow step, string why, CancellationToken cancel)
    {
        why = (await Secrets(cancel)).Redact(why);
        await journal.Write("state", "step-again", step.Index, new() { ["why"] = why }, act => act.Execute(
            "update runs.steps set state = 'pending', error = @why, effect = null where run_id = @id and index = @index and state in ('running', 'unknown')",
            new { id = run.Id, index = step.Index, why }), cancel);
    }

    /// <summary>Its outcome is lost and nothing tells: a person is asked.</summary>
    public async Task AskOutcome(StepRow step, string why, CancellationToken cancel)
    {
        why = (await Secrets(cancel)).Redact(why);
        await journal.Write("state", "step-asked", step.Index, new() { ["why"] = why }, async act =>
        {
            await act.Execute(
                "update runs.steps set state = 'unknown', error = @why, asked = true where run_id = @id and index = @index and state in ('running', 'unknown')",
                new { id = run.Id, index = step.Index, why });
            if (run.IncidentId is { } incident) await Timeline.Append(act, incident, "run", $"Step {step.Index}: {why} Say whether it came about.", run.Id);
        }, cancel);
    }

    /// <summary>A decision that waits for a person, with what was measured.</summary>
    public Task AskChoice(StepRow step, JsonArray measured, CancellationToken cancel) =>
        journal.Write("intent", "step-wait", step.Index, new() { ["attempt"] = step.Attempts + 1, ["measured"] = measured.DeepClone() }, async act =>
        {
            await act.Execute(
                """
                update runs.steps set state = 'waiting', started_at = @now, attempts = attempts + 1, output = @output::jsonb
                where run_id = @id and index = @index and state = 'pending'
                """,
                new { id = run.Id, index = step.Index, now = act.Now, output = new JsonObject { ["measured"] = measured.DeepClone() }.ToJsonString() });
            if (run.IncidentId is { } incident) await Timeline.Append(act, incident, "run", $"Step {step.Index}: an operator decides: {step.Text}", run.Id);
        }, cancel);

    /// <summary>Belongs to a branch that was not chosen.</summary>
    public Task NotChosen(StepRow step, CancellationToken cancel) =>
        Skipped(step, new JsonObject { ["why"] = "another branch was chosen" }, cancel);

    /// <summary>The run that its failure led to has succeeded: the run goes on.</summary>
    public Task Handled(StepRow step, CancellationToken cancel) =>
        journal.Write("state", "step-handled", step.Index, new() { ["run"] = step.ChildId }, act => act.Execute(
            "update runs.steps set passed_over = true where run_id = @id and index = @index and state = 'failed'", new { id = run.Id, index = step.Index }), cancel);

    /// <summary>
    /// The stage's plan would do something else now than was approved: it is void with what differs, and the run pauses. Resumed, it
    /// gathers a new plan, which is approved anew.
    /// </summary>
    public Task Drifted(StepRow step, Hash32 plan, IReadOnlyList<string> differences, CancellationToken cancel)
    {
        var why = $"The chain's state has changed since the plan was approved. {string.Join("; ", differences)}.";
        return journal.Write("state", "drift", step.Index, new()
        {
            ["plan"] = plan.ToString(),
            ["differences"] = new JsonArray([.. differences.Select(line => (JsonNode?)line)]),
        }, async act =>
        {
            var locked = (await PlanRecord.Lock(act, plan))!;
            if (locked.State is PlanState.Pending or PlanState.Approved or PlanState.Executing) await locked.Close(act, PlanState.Void, why);
            await Supersede.Record(act, run.Id, plan, why);
            await act.Execute(
                """
                update runs.runs set stop_requested = 'pause', stop_by = 'system:runs', stop_reason = @why
                where id = @id and stop_requested is null
                """, new { id = run.Id, why });
            if (run.IncidentId is { } incident) await Timeline.Append(act, incident, "plan", why, run.Id);
        }, cancel);
    }

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
        // The one place through which every outcome goes into the records.
        var secrets = await Secrets(cancel);
        (output, evidence, error) = (secrets.Redact(output), secrets.Redact(evidence), error is null ? null : secrets.Redact(error));
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
            if (to == StepState.Done && announcements is not null && Said(step) is { } said)
                await announcements.Queue(act, said with { Text = secrets.Redact(said.Text) }, clock ?? TimeProvider.System);
            if (run.IncidentId is not { } incident) return;
            if (step.What is StepDefinition.Notify told && to == StepState.Done)
                await Timeline.Append(act, incident, "note", told.Channel.Length > 0 ? $"To {told.Channel}: {told.Message}" : told.Message, run.Id);
            else if (step.What.Guard is null && (step.What.Writes || step.What is StepDefinition.Decide) || to == StepState.Failed || step.What.Writes && to == StepState.Done)
                await Timeline.Append(act, incident, "run", Tell(step, to, output, error), run.Id);
        }, cancel);
        CrashPoints.Reached(RunCrashPoints.StepJournaled);
    }

    /// <summary>What the step tells people, where it does.</summary>
    private Announcement? Said(StepRow step) => step.What is StepDefinition.Notify told
        ? new Announcement(run.Pack, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{run.Id}/{step.Index}"), told.Channel, "RunbookNotice", run.Severity.ToString().ToLowerInvariant(), $"{run.Title}: {told.Message}")
        : null;

    /// <summary>Who a notify step reaches, by the pack's notification plan.</summary>
    public IReadOnlyList<string> Reached(StepRow step) => announcements is not null && Said(step) is { } said ? announcements.Receivers(said) : [];

    private Task<SecretValues> Secrets(CancellationToken cancel) => SecretValues.Of(bindings.Find(run.Pack), cancel);

    private static string Tell(StepRow step, StepState to, JsonObject? output, string? error)
    {
        var what = step.What is StepDefinition.Send send ? $"{send.TargetName}.{send.Function}" : step.Text;
        if (step.What is StepDefinition.Decide && to == StepState.Done) return $"{what}: {output?["value"]} ({output?["by"]}).";
        if (step.What is not StepDefinition.Send && to == StepState.Done) return $"{what}: done.";
        return to switch
        {
            StepState.Done => $"{what}: done and verified.",
            StepState.Skipped => $"{what}: held already, nothing was sent.",
            _ => $"{what}: failed: {error}",
        };
    }
}
