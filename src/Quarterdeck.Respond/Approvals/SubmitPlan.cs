using System.Text.Json.Nodes;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Approvals;

/// <summary>Puts a plan up for approval, in the transaction of what asks for it.</summary>
internal static class SubmitPlan
{
    public static async Task Submit(ActScope act, Plan plan)
    {
        await act.Execute(
            """
            insert into approvals.plans (hash, canonical, run_id, stage, requester, created_at, expires_at)
            values (@hash, @canonical, @run, @stage, @requester, @created, @expires)
            """,
            new
            {
                hash = plan.Hash,
                canonical = plan.Canonical,
                run = plan.Run,
                stage = plan.Stage,
                requester = plan.Requester,
                created = plan.CreatedAt,
                expires = plan.ExpiresAt,
            });
        act.Record("plan.propose", plan.Hash.ToString(), new JsonObject
        {
            ["run"] = plan.Run,
            ["stage"] = plan.Stage,
            ["calls"] = plan.Calls.Count,
            ["actions"] = plan.Actions.Count,
            ["policy"] = plan.Policy.Name,
            ["canonical"] = System.Text.Encoding.UTF8.GetString(plan.Canonical),
        });
        act.Signal(Signals.Plans);
    }
}
