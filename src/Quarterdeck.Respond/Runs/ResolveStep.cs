using System.Text.Json.Nodes;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs;

/// <summary>
/// An operator says whether an effect whose outcome was lost came about: then its step is done; else it is made again, under the
/// same approval.
/// </summary>
public sealed class ResolveStep(OperationsStore store, IOperatorDirectory operators)
{
    /// <summary>Resolves the step that the run asks about.</summary>
    public Task<Outcome<StepState>> Resolve(
        string id, int index, bool happened, string operatorId, string seen, CancellationToken cancel) =>
        StopRequests.Act<StepState>(store, id, operatorId, seen, "run.step-resolve", async (act, run) =>
        {
            if (string.IsNullOrWhiteSpace(seen)) return Refusal.Invalid("Say what you saw", "The record says how it was found out.", "Write a sentence.");
            if (await operators.Find(act, operatorId, cancel) is not { Active: true } person)
                return Refusal.Forbidden("Not an operator", $"'{operatorId}' is no active operator.", "Ask an administrator.");
            var step = await act.QueryFirstOrDefault<StepRow>(
                $"select {StepRow.Columns} from runs.steps where run_id = @id and index = @index for update", new { id, index });
            if (step is null) return Refusal.NotFound("step", $"{id}/{index}");
            if (step is not { State: StepState.Unknown, Asked: true })
                return Refusal.Conflict("The step does not ask", $"Step {index} is {step.State.Text()}.", "Only an outcome that nothing tells is asked for.");
            var output = new JsonObject { ["happened"] = happened, ["seen"] = seen, ["by"] = person.Name };
            await act.Execute(
                happened
                    ? "update runs.steps set state = 'done', ended_at = @now, asked = false, error = null, output = @output::jsonb where run_id = @id and index = @index"
                    : "update runs.steps set state = 'pending', asked = false, evidence = @output::jsonb where run_id = @id and index = @index",
                new { id, index, now = act.Now, output = output.ToJsonString() });
            act.Record("run.step-resolved", id, new JsonObject { ["step"] = index, ["happened"] = happened, ["seen"] = seen });
            if (run.IncidentId is { } incident)
                await Timeline.Append(act, incident, "run", $"Step {index}: {person.Name} found that it {(happened ? "came" : "did not come")} about: {seen}", id);
            return happened ? StepState.Done : StepState.Pending;
        }, cancel);
}
