using System.Text.Json.Nodes;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Engine;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Nesting;

/// <summary>
/// Starts the runbook that a step runs, or that is run where a step failed, as a run of its own: its steps as they were pinned, its
/// own plans, approved by themselves. The step waits for its end.
/// </summary>
internal sealed class ChildRuns(OperationsStore store, PackBindings bindings, StagePlanning planning, TimeProvider clock)
{
    /// <summary>Starts it, once for each step.</summary>
    public async Task Start(RunRecord record, StepRow step, string slug, Journal journal, StepWriter writer, CancellationToken cancel)
    {
        var pinned = await store.QueryFirstOrDefault<PinnedRunbook>(
            "select slug, title, severity, runbook_source, runbook_hash, steps::text as steps from runs.pinned where run_id = @run and slug = @slug",
            new { run = record.Run.Root, slug }, cancel);
        var pack = bindings.Pack(record.Run.Pack);
        if (pinned is null)
        {
            await Cannot(step, $"The runbook '{slug}' was not there when the run was proposed.", journal, writer, cancel);
            return;
        }

        var steps = pinned.Resolved();
        var runbook = new Runbook(slug, pinned.Title, Severities.Parse(pinned.Severity), [], null, [], "", pinned.RunbookHash);
        var draft = new RunDraft(Id.New("run", clock), pack, runbook, record.Run.Requester, steps);
        Plan? plan = null;
        try
        {
            if (StagePlanning.IsKnownAhead(steps, 1)) plan = await planning.Plan(draft, 1, new Dictionary<string, string>(), cancel);
        }
        catch (StepFailedException problem)
        {
            await Cannot(step, $"The runbook '{slug}' cannot be planned: {problem.Message}", journal, writer, cancel);
            return;
        }

        var reason = step.State == StepState.Failed ? $"step {step.Index} of {record.Run.Id} failed: {step.Error}" : $"step {step.Index} of {record.Run.Id}: {step.Text}";
        await journal.Write("intent", "step-run", step.Index, new() { ["run"] = draft.Id, ["runbook"] = slug, ["attempt"] = 1 }, async act =>
        {
            await RunCreation.Insert(
                act, draft, plan, pinned.RunbookSource, record.Run.IncidentId, reason, new RunOrigin((record.Run.Id, step.Index, record.Run.Root), null));
            act.Record("run.propose", draft.Id, new JsonObject { ["runbook"] = slug, ["parent"] = record.Run.Id, ["step"] = step.Index });
            await act.Execute(
                """
                update runs.steps set child_id = @child, started_at = coalesce(started_at, @now),
                    state = case when state = 'pending' then 'waiting' else state end, attempts = attempts + 1
                where run_id = @id and index = @index and child_id is null
                """, new { id = record.Run.Id, index = step.Index, child = draft.Id, now = act.Now });
        }, cancel);
        CrashPoints.Reached(RunCrashPoints.ChildStarted);
    }

    /// <summary>Takes over what the child run came to.</summary>
    public static Task Join(StepRow step, StepWriter writer, CancellationToken cancel)
    {
        if (step.State == StepState.Failed) return writer.Handled(step, cancel);
        var output = new JsonObject { ["run"] = step.ChildId, ["value"] = step.ChildState };
        return step.ChildState == "succeeded"
            ? writer.Done(step, output, null, cancel)
            : writer.Failed(step, $"The run {step.ChildId} ended as {step.ChildState}.", output, cancel);
    }

    // A failed step stays failed, without the run that was to help.
    private static Task Cannot(StepRow step, string why, Journal journal, StepWriter writer, CancellationToken cancel) =>
        step.State != StepState.Failed
            ? writer.Failed(step, why, null, cancel)
            : journal.Write("state", "fallback-impossible", step.Index, new() { ["why"] = why }, act => act.Execute(
                "update runs.steps set definition = definition - 'fallback', error = error || ' ' || @why where run_id = @id and index = @index",
                new { id = step.RunId, index = step.Index, why }), cancel);
}

/// <summary>Severities as stored.</summary>
internal static class Severities
{
    public static Severity Parse(string text) => text switch
    {
        "critical" => Severity.Critical,
        "info" => Severity.Info,
        _ => Severity.Warning,
    };
}
