using System.Text.Json.Nodes;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives;
using Quarterdeck.Primitives.Ids;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Services;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Nesting;

/// <summary>A run that takes effects back, ready to be proposed.</summary>
internal sealed record Undoing(RunDraft Draft, Plan? Plan, string Source);

/// <summary>
/// Where a run ends after effects without having succeeded, proposes the run that takes them back: each effect's inverse, the last
/// first, under a plan of its own that people approve or reject. A pause is left standing: it protects, and unpausing is decided by itself.
/// </summary>
internal sealed class Compensation(OperationsStore store, PackBindings bindings, StagePlanning planning, TimeProvider clock)
{
    /// <summary>The run to propose; null where nothing is to be taken back, or nothing that an inverse is known of.</summary>
    public async Task<Undoing?> Prepare(RunRecord record, CancellationToken cancel)
    {
        if (record.Run.UndoesId is not null || bindings.Find(record.Run.Pack) is not { } pack) return null;
        var steps = new List<ResolvedStep>();
        foreach (var step in record.Steps.Where(s => s.What.Writes && s.State is StepState.Done && s.What.Class != "pause").Reverse())
            steps.Add(new ResolvedStep(steps.Count, 1, $"Undo step {step.Index}: {step.Text}", step.Line, Inverse(step), FailureResponse.Stop));
        if (!steps.Exists(step => step.Definition.Writes)) return null;

        var runbook = new Runbook(record.Run.Runbook, $"Undo: {record.Run.Title}", record.Run.Severity, [], null, [], "", record.Run.RunbookHash);
        var draft = new RunDraft(Id.New("run", clock), pack, runbook, record.Run.Requester, steps);
        var source = (await store.QueryFirstOrDefault<string>("select runbook_source from runs.runs where id = @id", new { id = record.Run.Id }, cancel))!;
        Plan? plan = null;
        try
        {
            plan = await planning.Plan(draft, 1, new Dictionary<string, string>(), cancel);
        }
        catch (Exception problem) when (problem is StepFailedException or TransientException)
        {
            // Proposed without its plan: that is gathered when the run comes to its first write, which tells why if it cannot be.
            return new Undoing(draft, null, source);
        }

        return new Undoing(draft, plan, source);
    }

    /// <summary>Proposes it, in the transaction in which the run ends.</summary>
    public static async Task Propose(ActScope act, RunRecord record, Undoing undoing)
    {
        await RunCreation.Insert(
            act, undoing.Draft, undoing.Plan, undoing.Source, record.Run.IncidentId, $"takes back what {record.Run.Id} did", new RunOrigin(null, record.Run.Id));
        act.Record("run.propose", undoing.Draft.Id, new JsonObject
        {
            ["runbook"] = record.Run.Runbook,
            ["undoes"] = record.Run.Id,
            ["plan"] = undoing.Plan?.Hash.ToString(),
        });
        if (record.Run.IncidentId is { } incident)
            await Timeline.Append(act, incident, "run", $"{undoing.Draft.Runbook.Title} is proposed: {undoing.Draft.Steps.Count} effects, the last first.", undoing.Draft.Id);
    }

    private static StepDefinition Inverse(StepRow step) => step.What switch
    {
        StepDefinition.Send { Undo: { } undo } send => send with
        {
            Function = undo,
            Arguments = [],
            Value = "0",
            Undo = null,
            Inverse = $"{send.TargetName}.{send.Function}",
            Done = send.Done is { } done ? done with { Holds = !done.Holds } : null,
            ActionClass = send.ActionClass == "unpause" ? "pause" : send.ActionClass,
            Class = send.ActionClass == "unpause" ? "pause" : send.ActionClass,
            Guard = null,
            Fallback = null,
            Before = [],
        },
        StepDefinition.Service service when Back(step) is { } verb => new StepDefinition.Service(service.Name, verb.Name, verb.Replicas) { Class = service.Class },
        _ => new StepDefinition.Manual($"Undo by hand, if it must be undone: {step.Text}", "no inverse of it is known"),
    };

    private static ServiceVerb? Back(StepRow step)
    {
        if (step.Effect is null || JsonNode.Parse(step.Effect)?["undo"] is not JsonObject undo) return null;
        return new ServiceVerb((string)undo["verb"]!, (int?)undo["replicas"]);
    }
}
