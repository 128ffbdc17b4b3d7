using System.Text.Json.Nodes;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs;

/// <summary>A run in a list.</summary>
public sealed record RunSummary(
    string Id, string Pack, string Runbook, string Title, Severity Severity, string Environment, string? IncidentId,
    string Requester, string Reason, RunState State, string? StateReason, DateTimeOffset ProposedAt, DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt, int Steps, int StepsEnded);

/// <summary>A step of a run.</summary>
public sealed record RunStep(
    int Index, int Stage, string Kind, string Text, int Line, StepState State, string OnFailure, DateTimeOffset? DueAt,
    DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, JsonNode? Output, JsonNode? Evidence, string? Error, string? TransactionId,
    bool Asked, string? ChildId, string[]? Branches);

/// <summary>A plan of a run.</summary>
public sealed record RunPlan(Hash32 Hash, int Stage, PlanState State, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, string? ClosedReason);

/// <summary>A line of a run's journal.</summary>
public sealed record JournalLine(int Seq, int? StepIndex, string Kind, string Action, JsonNode Detail, DateTimeOffset At);

/// <summary>A run with its steps, plans and journal.</summary>
public sealed record RunDetailView(
    RunSummary Run, Hash32 RunbookHash, string? StopRequested, int Takeovers, IReadOnlyList<RunStep> Steps, IReadOnlyList<RunPlan> Plans,
    IReadOnlyList<JournalLine> Journal)
{
    /// <summary>The run that started it; null where people or alerts proposed it.</summary>
    public string? ParentId { get; init; }

    /// <summary>The run whose effects it takes back; null for none.</summary>
    public string? UndoesId { get; init; }
}

/// <summary>Lists runs.</summary>
public sealed class RunList(OperationsStore store)
{
    internal const string Columns =
        """
        r.id, r.pack, r.runbook, r.title, r.severity, r.environment, r.incident_id, r.requester, r.reason, r.state, r.state_reason,
        r.proposed_at, r.started_at, r.ended_at,
        (select count(*)::integer from runs.steps s where s.run_id = r.id) as steps,
        (select count(*)::integer from runs.steps s where s.run_id = r.id and s.ended_at is not null) as steps_ended
        """;

    /// <summary>Newest first.</summary>
    /// <param name="incidentId">Only those of an incident; null for all.</param>
    /// <param name="active">Only those that have not ended.</param>
    public Task<IReadOnlyList<RunSummary>> Query(string? incidentId, bool active, int limit, CancellationToken cancel) =>
        store.Query<RunSummary>(
            $"""
            select {Columns} from runs.runs r
            where (@incidentId::text is null or r.incident_id = @incidentId) and (not @active or r.ended_at is null)
            order by r.proposed_at desc limit @limit
            """, new { incidentId, active, limit }, cancel);
}

/// <summary>Shows one run.</summary>
public sealed class RunDetail(OperationsStore store)
{
    /// <summary>The run; null where there is none.</summary>
    public async Task<RunDetailView?> Query(string id, CancellationToken cancel)
    {
        var run = await store.QueryFirstOrDefault<RunSummary>($"select {RunList.Columns} from runs.runs r where r.id = @id", new { id }, cancel);
        if (run is null) return null;
        var head = (await store.QueryFirstOrDefault<Head>(
            "select runbook_hash, stop_requested, takeovers, parent_id, undoes_id from runs.runs where id = @id", new { id }, cancel))!;
        var steps = await store.Query<RunStep>(
            """
            select index, stage, kind, text, line, state, on_failure, due_at, started_at, ended_at, output, evidence, error, transaction_id,
                   asked, child_id,
                   (select array_agg(b ->> 'condition' order by n) from jsonb_array_elements(definition -> 'branches') with ordinality as t(b, n)) as branches
            from runs.steps where run_id = @id order by index
            """, new { id }, cancel);
        var plans = await store.Query<RunPlan>(
            "select hash, stage, state, created_at, expires_at, closed_reason from approvals.plans where run_id = @id order by created_at",
            new { id }, cancel);
        var journal = await store.Query<JournalLine>(
            "select seq, step_index, kind, action, detail, at from runs.journal where run_id = @id order by seq", new { id }, cancel);
        return new RunDetailView(run, head.RunbookHash, head.StopRequested, head.Takeovers, steps, plans, journal)
        {
            ParentId = head.ParentId,
            UndoesId = head.UndoesId,
        };
    }

    /// <summary>The runbook's text as the run is pinned to it; null where there is no such run.</summary>
    public Task<string?> Source(string id, CancellationToken cancel) =>
        store.QueryFirstOrDefault<string>("select runbook_source from runs.runs where id = @id", new { id }, cancel);

    private sealed record Head(Hash32 RunbookHash, string? StopRequested, int Takeovers, string? ParentId, string? UndoesId);
}
