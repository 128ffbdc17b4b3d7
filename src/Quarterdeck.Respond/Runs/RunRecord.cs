using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Engine;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs;

/// <summary>A run as stored, with its steps and the latest plan of each stage.</summary>
internal sealed record RunRecord(RunRow Run, IReadOnlyList<StepRow> Steps, IReadOnlyList<StagePlanRow> Plans)
{
    public StepRow Step(int index) => Steps.First(step => step.Index == index);

    public StagePlanRow? Plan(int stage) => Plans.FirstOrDefault(plan => plan.Stage == stage);

    /// <summary>Variables that steps captured so far; a later capture of the same name wins.</summary>
    public IReadOnlyDictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var step in Steps.Where(s => s.State == StepState.Done && s.What.Capture is not null))
        {
            if (step.Captured is { } value) variables[step.What.Capture!] = value;
        }

        return variables;
    }

    /// <summary>What the rules see.</summary>
    public RunView View() => new(
        Run.State,
        Run.StopRequested is { } stop ? new StopRequest(stop == "abort", Run.StopBy!, Run.StopReason!) : null,
        [.. Steps.Select(step => step.View())],
        Plans.ToDictionary(plan => plan.Stage, plan => new StagePlanView(plan.State, plan.ClosedReason)));

    /// <summary>Reads without locking; the driver's lease keeps others from moving the run.</summary>
    public static async Task<RunRecord?> Read(OperationsStore store, string id, CancellationToken cancel)
    {
        // Side by side: between the last approval and the first broadcast each round trip counts.
        var steps = store.Query<StepRow>(
            $"select {StepRow.Columns} from runs.steps s where run_id = @id order by index", new { id }, cancel);
        var plans = store.Query<StagePlanRow>(
            """
            select distinct on (stage) stage, hash, state, closed_reason from approvals.plans
            where run_id = @id and not exists (select 1 from runs.superseded s where s.plan_hash = hash)
            order by stage, (state in ('pending', 'approved', 'executing', 'executed')) desc, created_at desc
            """, new { id }, cancel);
        var run = store.QueryFirstOrDefault<RunRow>($"select {RunRow.Columns} from runs.runs where id = @id", new { id }, cancel);
        await Task.WhenAll(run, steps, plans);
        return await run is { } row ? new RunRecord(row, await steps, await plans) : null;
    }
}

internal sealed record RunRow(
    string Id, string Pack, string Runbook, string Title, Severity Severity, string Environment, Hash32 RunbookHash, string? IncidentId,
    string Requester, string Reason, RunState State, string? StateReason, string? StopRequested, string? StopBy,
    string? StopReason, int Takeovers, DateTimeOffset ProposedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt,
    string? ParentId, int? ParentStep, string? RootId, string? UndoesId)
{
    /// <summary>The run that people proposed, whose pinned runbooks hold for all runs inside it.</summary>
    public string Root => RootId ?? Id;

    public const string Columns =
        """
        id, pack, runbook, title, severity, environment, runbook_hash, incident_id, requester, reason, state, state_reason,
        stop_requested, stop_by, stop_reason, takeovers, proposed_at, started_at, ended_at, parent_id, parent_step, root_id,
        undoes_id
        """;

    public static Task<RunRow?> Lock(ActScope act, string id) => act.QueryFirstOrDefault<RunRow>(
        $"select {Columns} from runs.runs where id = @id for no key update", new { id });
}

internal sealed record StepRow(
    string RunId, int Index, int Stage, string Kind, string Text, int Line, string Definition, string OnFailure, StepState State,
    int Attempts, DateTimeOffset? DueAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, string? Output, string? Error,
    string? Evidence, string? TransactionId, bool PassedOver, string? Effect, bool Asked, string? ChildId, string? ChildState)
{
    private StepDefinition? _definition;

    public const string Columns =
        """
        run_id, index, stage, kind, text, line, definition::text as definition, on_failure, state, attempts, due_at, started_at,
        ended_at, output::text as output, error, evidence::text as evidence, transaction_id, passed_over, effect::text as effect, asked,
        child_id, (select c.state from runs.runs c where c.id = child_id) as child_state
        """;

    public StepDefinition What => _definition ??= StepDefinition.Read(Definition);

    public StepView View() => new(
        Index, Stage, What.Writes, What.ForPerson, Enum.Parse<OnFailure>(OnFailure, ignoreCase: true), State, DueAt, Error, PassedOver)
    {
        Asked = Asked,
        Looks = What is StepDefinition.WaitUntil,
        Guard = What.Guard,
        Chosen = What is StepDefinition.Decide && State == StepState.Done ? (int?)Answer?["branch"] : null,
        Runs = What is StepDefinition.Runbook,
        Child = ChildState is { } state ? RunStates.ParseRun(state) : null,
        HasFallback = What.Fallback is not null,
    };

    private System.Text.Json.Nodes.JsonNode? Answer => Output is null ? null : System.Text.Json.Nodes.JsonNode.Parse(Output);

    /// <summary>What the step captured: its answer as text.</summary>
    public string? Captured => Output is null ? null : (string?)System.Text.Json.Nodes.JsonNode.Parse(Output)?["value"];
}

internal sealed record StagePlanRow(int Stage, Hash32 Hash, PlanState State, string? ClosedReason);
