using System.Text.Json.Nodes;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Audit;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Respond.Runs.Engine;
using Quarterdeck.Respond.Runs.Nesting;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs;

/// <summary>A run that was proposed, and the plan of its first stage where its calls are known already.</summary>
public sealed record ProposedRun(string Id, Hash32? Plan);

/// <summary>
/// Asks for a run: pins the runbook, writes its steps, gathers and simulates the first stage's plan. Nothing is sent; writes
/// wait for approvals.
/// </summary>
public sealed class ProposeRun(OperationsStore store, PackBindings bindings, StagePlanning planning, TimeProvider clock)
{
    /// <summary>Proposes.</summary>
    /// <param name="actor">Who asks: an operator, a guardian or the alerts themselves.</param>
    public async Task<Outcome<ProposedRun>> Propose(
        string packName, string slug, string? incidentId, Actor actor, string reason, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(reason))
            return Refusal.Invalid("A reason is needed", "Approvers read why the run is proposed.", "Write a sentence.");
        if (bindings.Find(packName) is not { } pack) return Refusal.NotFound("pack", packName);
        if (bindings.Runbook(packName, slug) is not { } runbook) return Refusal.NotFound("runbook", $"{packName}/{slug}");
        if (incidentId is not null && await store.QueryFirstOrDefault<string>(
                "select id from incidents.incidents where id = @incidentId and state <> 'resolved'", new { incidentId }, cancel) is null)
            return Refusal.NotFound("open incident", incidentId);

        var resolver = new RunbookSteps(pack);
        var steps = resolver.Resolve(runbook);
        if (resolver.Problems.Count > 0)
        {
            return Refusal.Invalid($"The runbook '{slug}' cannot run here", string.Join(" ", resolver.Problems.Select(p => $"{runbook.Source} {p}")),
                "Mend the runbook or the environment: quarterdeck check shows the same.");
        }

        var (pinned, unreachable) = PinnedRunbooks.Collect(pack, slug, steps);
        if (unreachable.Count > 0)
            return Refusal.Invalid($"The runbook '{slug}' cannot run here", string.Join(" ", unreachable), "Mend the runbooks that it runs.");

        var id = Id.New("run", clock);
        var draft = new RunDraft(id, pack, runbook, actor.ToString(), steps);
        var (plan, refusal) = await FirstPlan(draft, cancel);
        if (refusal is not null) return refusal;
        // As it was loaded and hashed, whatever became of the file since.
        var source = pack.Pack.RunbookDocuments.First(document => document.Source == runbook.Source).Text;
        await store.Act(actor, reason, async act =>
        {
            await RunCreation.Insert(act, draft, plan, source, incidentId, reason);
            await PinnedRunbooks.Insert(act, id, pinned);
            act.Record("run.propose", id, new JsonObject
            {
                ["pack"] = packName,
                ["runbook"] = slug,
                ["runbookHash"] = runbook.Hash.ToString(),
                ["incident"] = incidentId,
                ["plan"] = plan?.Hash.ToString(),
                ["steps"] = steps.Count,
            });
            if (incidentId is not null)
                await Timeline.Append(act, incidentId, "run", $"{runbook.Title} is proposed: {reason}", id);
        }, cancel);
        CrashPoints.Reached(RunCrashPoints.Proposed);
        return new ProposedRun(id, plan?.Hash);
    }

    private async Task<(Plan? Plan, Refusal? Refusal)> FirstPlan(RunDraft draft, CancellationToken cancel)
    {
        if (!StagePlanning.IsKnownAhead(draft.Steps, 1)) return (null, null);
        try
        {
            return (await planning.Plan(draft, 1, new Dictionary<string, string>(), cancel), null);
        }
        catch (StepFailedException problem)
        {
            return (null, Refusal.Invalid("The plan cannot be made", problem.Message, "Mend the runbook's arguments."));
        }
    }
}
