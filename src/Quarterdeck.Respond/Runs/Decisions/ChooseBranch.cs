using System.Text.Json.Nodes;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Decisions;

/// <summary>
/// An operator chooses a decision's branch, with a reason: because the decision waits for a person, ahead of it, or against what was
/// measured, as long as nothing that it leads to has begun.
/// </summary>
public sealed class ChooseBranch(OperationsStore store, IOperatorDirectory operators)
{
    /// <summary>Chooses.</summary>
    /// <param name="branch">0-based; the number of branches for none of them.</param>
    public Task<Outcome<StepState>> Choose(
        string id, int index, int branch, string operatorId, string reason, CancellationToken cancel) =>
        StopRequests.Act<StepState>(store, id, operatorId, reason, "run.choose", async (act, run) =>
        {
            if (string.IsNullOrWhiteSpace(reason)) return Refusal.Invalid("A reason is needed", "The record says why this branch was taken.", "Write a sentence.");
            if (await operators.Find(act, operatorId, cancel) is not { Active: true })
                return Refusal.Forbidden("Not an operator", $"'{operatorId}' is no active operator.", "Ask an administrator.");
            var steps = await act.Query<StepRow>($"select {StepRow.Columns} from runs.steps where run_id = @id order by index for update", new { id });
            if (steps.FirstOrDefault(s => s.Index == index) is not { What: StepDefinition.Decide decide } step)
                return Refusal.NotFound("decision", $"{id}/{index}");
            if (branch < 0 || branch > decide.Branches.Count)
                return Refusal.Invalid("No such branch", $"The decision has {decide.Branches.Count} branches.", "Choose one by its number from 0; one more means none of them.");
            if (step.State is not (StepState.Pending or StepState.Waiting or StepState.Done))
                return Refusal.Conflict("The decision is made", $"Step {index} is {step.State.Text()}.", "Propose a new run.");
            if (steps.Any(s => s.Index > index && s.State is not (StepState.Pending or StepState.Skipped)))
                return Refusal.Conflict("What it leads to has begun", $"A step after step {index} is under way or done.", "Abort the run and propose another.");

            await act.Execute(
                "insert into runs.choices (run_id, step_index, branch, by, reason, at) values (@id, @index, @branch, @by, @reason, @now)",
                new { id, index, branch, by = act.Actor.ToString(), reason, now = act.Now });
            act.Record("run.branch-chosen", id, new JsonObject { ["step"] = index, ["branch"] = branch, ["reason"] = reason });
            if (step.State != StepState.Pending) await Apply(act, run, step, decide, branch, reason);
            if (run.IncidentId is { } incident)
                await Timeline.Append(act, incident, "run", $"Step {index}: {act.Actor} chooses '{Said(decide, branch)}': {reason}", id);
            return step.State == StepState.Pending ? StepState.Pending : StepState.Done;
        }, cancel);

    private static string Said(StepDefinition.Decide decide, int branch) =>
        branch < decide.Branches.Count ? decide.Branches[branch].Condition : "none of them";

    private static async Task Apply(ActScope act, RunRow run, StepRow step, StepDefinition.Decide decide, int branch, string reason)
    {
        var measured = step.Output is null ? [] : JsonNode.Parse(step.Output)?["measured"]?.DeepClone().AsArray() ?? [];
        await act.Execute(
            "update runs.steps set state = 'done', ended_at = @now, output = @output::jsonb where run_id = @id and index = @index",
            new
            {
                id = run.Id,
                index = step.Index,
                now = act.Now,
                output = DecisionExecution.Output(decide.Branches, branch, measured, act.Actor.ToString(), reason).ToJsonString(),
            });
        // The branch that was not to be taken may be now; plans that were made for another choice are no longer what is meant.
        await act.Execute(
            """
            update runs.steps set state = 'pending', ended_at = null, started_at = null, output = null, evidence = null
            where run_id = @id and index > @index and state = 'skipped'
            """, new { id = run.Id, index = step.Index });
        foreach (var plan in await PlanRecord.LockLive(act, run.Id))
        {
            if (plan.Stage < step.Stage || plan.State is not (PlanState.Pending or PlanState.Approved)) continue;
            await plan.Close(act, PlanState.Void, $"Another branch was chosen: {reason}");
            await Supersede.Record(act, run.Id, plan.Hash, reason);
        }
    }
}
