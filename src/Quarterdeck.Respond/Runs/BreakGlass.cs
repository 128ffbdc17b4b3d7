using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs;

/// <summary>
/// One person runs a plan alone, in an emergency: where its policy names their role, by their signature over it and with a reason. It
/// is an entry in the audit log, a critical incident and a notification in the same transaction, and two others review it.
/// </summary>
public sealed class BreakGlass(ApprovePlan approve, TimeProvider clock)
{
    /// <summary>Approves the plan by one signature.</summary>
    public async Task<Outcome<PlanApproved>> Break(
        Hash32 plan, string operatorId, ApprovalEvidence evidence, string reason, CancellationToken cancel) =>
        string.IsNullOrWhiteSpace(reason) || reason.Trim().Length < 10
            ? Refusal.Invalid("A reason is needed", "Who acts alone says why there is no time for a second person.", "Write a sentence.")
            : await approve.Approve(plan, operatorId, evidence, new Emergency(reason.Trim(), Announce(reason.Trim())), cancel);

    private Func<ActScope, string, string, Task> Announce(string reason) => async (act, runId, person) =>
    {
        var run = (await act.QueryFirstOrDefault<RunOfPlan>("select pack, title, incident_id from runs.runs where id = @runId", new { runId }))!;
        var incident = run.IncidentId ?? await OpenIncident.Critical(act, run.Pack, $"{person} acts alone: {run.Title}", clock);
        await Timeline.Append(
            act, incident, "plan", $"{person} broke the glass to run '{run.Title}' alone: {reason} Two others must review it.", runId);
        act.Signal(Signals.Notifications);
    };

    private sealed record RunOfPlan(string Pack, string Title, string? IncidentId);
}
