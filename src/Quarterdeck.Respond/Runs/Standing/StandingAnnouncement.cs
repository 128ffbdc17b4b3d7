using Quarterdeck.Respond.Approvals.Standing;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Store;

namespace Quarterdeck.Respond.Runs.Standing;

/// <summary>Tells everybody that automation acted by a standing approval, in the transaction that uses it.</summary>
internal static class StandingAnnouncement
{
    public static async Task Tell(ActScope act, RunRow run, StandingUse use, TimeProvider clock)
    {
        var incident = run.IncidentId ?? await OpenIncident.Critical(act, run.Pack, $"Automation acts: {run.Title}", clock);
        await Timeline.Append(
            act, incident, "plan",
            $"'{run.Title}' runs by a standing approval of {string.Join(" and ", use.Signers)} under {use.Terms.Alert}: use {use.Number} of {use.Terms.Uses}.",
            run.Id);
        act.Signal(Signals.Notifications);
    }
}
