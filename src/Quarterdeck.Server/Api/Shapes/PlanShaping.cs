using System.Globalization;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Rehearsals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Server.Hosting;
using System.Buffers.Text;

namespace Quarterdeck.Server.Api.Shapes;

/// <summary>Plans as an approver sees them; all of it from the bytes that are signed.</summary>
internal static class PlanShaping
{
    public static PlanShape Shape(this PlanView view, RunSummary? run, LoadedPacks packs)
    {
        var plan = view.Plan;
        return new PlanShape(
            view.Hash.ToString(), view.Canonical, view.State.Text(), plan.Run, plan.Runbook, run?.Title ?? plan.Runbook, plan.Environment,
            plan.Requester, plan.CreatedAt, plan.ExpiresAt, plan.Policy.Shape(plan.Calls), (long)plan.Simulation.BlockNumber,
            [.. plan.Calls.Select(c => c.Shape(packs))],
            [.. view.Approvals.Select(a => new PlanApprovalShape(a.OperatorName, a.Kind, a.ApprovedAt))],
            plan.NotCovered, view.TypedData, Base64Url.EncodeToString(view.PasskeyChallenge), view.ClosedReason ?? run?.Reason);
    }

    public static PlanPolicyShape Shape(this PolicyTerms terms) =>
        new(terms.Name, terms.Required, terms.Roles, terms.RequesterCounts, terms.TypeTargetName, terms.BreakGlass);

    /// <summary>The same, where what is done may want the target's name typed whatever the policy says.</summary>
    public static PlanPolicyShape Shape(this PolicyTerms terms, IEnumerable<PlannedCall> calls) =>
        terms.Shape() with { TypeTargetName = terms.TypeTargetName || calls.Any(c => c.ActionClass is "funds" or "unpause") };

    public static PauseReadinessShape Shape(this PauseForecast forecast) => new(
        forecast.Pack, forecast.Runbook, forecast.Title, forecast.Terms.Shape(),
        forecast.BlockNumber == 0 ? null : (long)forecast.BlockNumber, forecast.Ready, forecast.Problem,
        [.. forecast.Calls.Select(c => new PauseCallShape(
            c.TargetName, c.Target.ToString(), c.Function, c.From.ToString(), c.Forecast.Outcome == CallForecast.AlreadyDone,
            c.Forecast.Outcome is CallForecast.Succeeds or CallForecast.AlreadyDone,
            c.Forecast.Outcome is CallForecast.Succeeds or CallForecast.AlreadyDone ? null : c.Forecast.Reason ?? "It could not be simulated."))]);

    public static PlanCallShape Shape(this PlannedCall call, LoadedPacks packs) => new(
        call.Position, call.Chain.ToString(), call.Target.ToString(), call.TargetName, call.Function, Arguments(call, packs),
        "0x" + Convert.ToHexStringLower(call.Calldata), call.Value.ToString(CultureInfo.InvariantCulture), call.From.ToString(), call.Account,
        call.ActionClass, call.AfterSeconds, call.Inverse,
        new SimulatedCallShape(call.Forecast.Outcome, call.Forecast.Gas, call.Forecast.Reason, call.Forecast.Events));

    // Values and types are the plan's own; only the parameters' names come from the pack's ABI.
    private static PlanArgumentShape[] Arguments(PlannedCall call, LoadedPacks packs)
    {
        var signed = AbiFunction.Parse(call.Function);
        var named = packs.Packs.Select(p => p.Contract(call.Target)).FirstOrDefault(c => c is not null)?.Abi.Functions
            .FirstOrDefault(f => f.Signature == signed.Signature);
        return [.. call.Arguments.Select((value, i) => new PlanArgumentShape(
            named?.Inputs[i].Name ?? "", signed.Inputs[i].Type.ToString() ?? "", value))];
    }
}
