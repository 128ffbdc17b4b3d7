using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Transactions;

namespace Quarterdeck.Server.Api.Shapes;

/// <summary>Runs as the API shows them: with their plans' approvals and their transactions beside the steps.</summary>
internal sealed class RunShaping(RunList runs, RunDetail details, PlanDetail plans, TransactionList transactions)
{
    private const int TransactionsOfRun = 500;

    public async Task<IReadOnlyList<RunSummaryShape>> List(string? incidentId, int limit, CancellationToken cancel) =>
        await Summaries(await runs.Query(incidentId, active: false, limit, cancel), cancel);

    public async Task<IReadOnlyList<RunSummaryShape>> Active(int limit, CancellationToken cancel) =>
        await Summaries(await runs.Query(null, active: true, limit, cancel), cancel);

    public async Task<RunShape?> One(string id, CancellationToken cancel)
    {
        if (await details.Query(id, cancel) is not { } view) return null;
        var shapes = await Plans(view, cancel);
        var sent = (await transactions.Query(id, TransactionsOfRun, cancel)).ToDictionary(t => t.Id, StringComparer.Ordinal);
        var run = view.Run;
        return new RunShape(
            run.Id, run.Pack, run.Runbook, run.Title, run.State.Text(), run.IncidentId, run.Requester, run.ProposedAt, run.EndedAt,
            run.StepsEnded, run.Steps, Pending(shapes), run.Reason, run.State is RunState.Failed or RunState.Aborted or RunState.Paused ? run.StateReason : null,
            [.. view.Steps.Select(s => Step(s, s.TransactionId is { } sentId ? sent.GetValueOrDefault(sentId) : null))], shapes,
            view.ParentId, view.UndoesId);
    }

    public static TransactionShape Shape(TransactionSummary sent) => new(
        sent.Id, sent.RunId, sent.Chain, sent.Account, sent.Target, sent.Nonce, sent.Hash.ToString(), Number(sent.BlockNumber),
        sent.State.ToString().ToLowerInvariant(), sent.Error);

    private async Task<List<RunSummaryShape>> Summaries(IReadOnlyList<RunSummary> list, CancellationToken cancel)
    {
        var shapes = new List<RunSummaryShape>();
        foreach (var run in list)
        {
            var pending = run.State == RunState.AwaitingApproval && await details.Query(run.Id, cancel) is { } view
                ? Pending(await Plans(view, cancel))
                : null;
            shapes.Add(new RunSummaryShape(
                run.Id, run.Pack, run.Runbook, run.Title, run.State.Text(), run.IncidentId, run.Requester, run.ProposedAt, run.EndedAt,
                run.StepsEnded, run.Steps, pending));
        }

        return shapes;
    }

    private async Task<List<PlanSummaryShape>> Plans(RunDetailView view, CancellationToken cancel)
    {
        var shapes = new List<PlanSummaryShape>();
        foreach (var plan in view.Plans)
        {
            PlanView? whole;
            try
            {
                whole = await plans.Query(plan.Hash, cancel);
            }
            catch (DamagedPlanException)
            {
                // One damaged plan must not hide the other runs; whoever opens it is told what is wrong.
                shapes.Add(new PlanSummaryShape(plan.Hash.ToString(), plan.Stage, "damaged", 0, 0, plan.ExpiresAt));
                continue;
            }

            if (whole is null) continue;
            shapes.Add(new PlanSummaryShape(
                plan.Hash.ToString(), plan.Stage, plan.State.Text(), whole.Plan.Policy.Required, whole.Approvals.Count, plan.ExpiresAt));
        }

        return shapes;
    }

    private static PlanSummaryShape? Pending(List<PlanSummaryShape> plans) => plans.Find(p => p.State == "pending");

    private static RunStepShape Step(RunStep step, TransactionSummary? sent) => new(
        step.Index, step.Line, step.Kind, step.Text, step.State.Text(), step.StartedAt, step.EndedAt, step.DueAt,
        Readable(step.Output, step.Evidence), step.Error, sent is null ? null : Shape(sent), step.Asked, step.ChildId, step.Branches);

    /// <summary>What a step brought, for people: one line for each thing known.</summary>
    private static string? Readable(params JsonNode?[] parts)
    {
        var lines = parts.SelectMany(part => Lines(part, "")).Distinct().ToList();
        return lines.Count == 0 ? null : string.Join('\n', lines);
    }

    private static IEnumerable<string> Lines(JsonNode? node, string name) => node switch
    {
        null => [],
        JsonObject map => map.SelectMany(p => Lines(p.Value, name.Length == 0 ? p.Key : $"{name}.{p.Key}")),
        JsonArray list when list.All(i => i is JsonValue) => [Line(name, string.Join(", ", list.Select(Text)))],
        JsonArray list => list.SelectMany((item, i) => Lines(item, string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]"))),
        _ => [Line(name, Text(node))],
    };

    private static string Line(string name, string text) => name.Length == 0 ? text : $"{name}: {text}";

    private static string Text(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : node?.ToJsonString() ?? "null";

    private static long? Number(string? text) => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;
}
