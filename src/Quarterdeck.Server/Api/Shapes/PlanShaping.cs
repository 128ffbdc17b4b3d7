using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Rehearsals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Server.Hosting;

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
            plan.NotCovered, view.TypedData, Base64Url.EncodeToString(view.PasskeyChallenge), view.ClosedReason ?? run?.Reason,
            [.. plan.Actions.Select(Shape)]);
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

    private static PlanActionShape Shape(PlannedAction action) => new(
        action.Position, action.Step, action.Effect.Kind, action.Target, action.ActionClass, action.Effect.Said,
        [.. Facts(action.Effect).Where(fact => fact.Value is not null).Select(fact => new PlanFactShape(fact.Name, fact.Value!))],
        action.AfterSeconds, action.Inverse, action.Forecast);

    private static IEnumerable<(string Name, string? Value)> Facts(ActionEffect effect) => effect switch
    {
        ActionEffect.ServiceVerb service => [("Driver", service.Driver), ("Service", service.Service), ("Verb", service.Verb), ("Runs", string.Join(' ', service.Argv))],
        ActionEffect.HttpRequest http =>
        [
            ("Request", $"{http.Method} {http.Url}"), .. http.Headers.Select(header => (header.Key, (string?)header.Value)), ("Body", http.Body),
            ("Signs in as", http.BasicAuth), ("Idempotency-Key", http.IdempotencyKey),
        ],
        ActionEffect.DatabaseWrite write => [("Database", write.Database), ("SQL", write.Sql), ("Rows", write.Rows.ToString(CultureInfo.InvariantCulture))],
        ActionEffect.ExternalCommand external => external.Argv.Select((word, i) => (i == 0 ? "Program" : string.Create(CultureInfo.InvariantCulture, $"Word {i}"), (string?)word)),
        _ => [],
    };

    public static PlanCallShape Shape(this PlannedCall call, LoadedPacks packs) => new(
        call.Position, call.Chain.ToString(), call.Target.ToString(), call.TargetName, call.Function, Arguments(call, packs),
        "0x" + Convert.ToHexStringLower(call.Calldata), call.Value.ToString(CultureInfo.InvariantCulture), call.From.ToString(), call.Account,
        call.ActionClass, call.AfterSeconds, call.Inverse,
        new SimulatedCallShape(call.Forecast.Outcome, call.Forecast.Gas, call.Forecast.Reason, [.. call.Forecast.Events, .. call.Forecast.Changes]));

    // Values and types are the plan's own; only the parameters' names, and what a value means, come from the pack.
    private static PlanArgumentShape[] Arguments(PlannedCall call, LoadedPacks packs)
    {
        var signed = AbiFunction.Parse(call.Function);
        var named = Contract(packs, call.Target)?.Abi.Functions.FirstOrDefault(f => f.Signature == signed.Signature);
        return [.. call.Arguments.Select((value, i) => new PlanArgumentShape(
            named?.Inputs[i].Name ?? "", signed.Inputs[i].Type.ToString() ?? "", value, Meaning(signed, call.Arguments, i, packs)))];
    }

    /// <summary>An address by its contract's name; bytes as the call that they are, of a contract among the other arguments.</summary>
    private static string? Meaning(AbiFunction function, IReadOnlyList<string> values, int index, LoadedPacks packs)
    {
        if (Address.TryParse(values[index], out var address)) return Contract(packs, address)?.Name;
        if (function.Inputs[index].Type.ToString() != "bytes" || Bytes(values[index]) is not { Length: >= 4 } data) return null;
        var selector = BinaryPrimitives.ReadUInt32BigEndian(data);
        var known = values
            .Select(text => Address.TryParse(text, out var target) ? Contract(packs, target)?.Abi.FindFunction(selector) : null)
            .OfType<AbiFunction>().DistinctBy(f => f.Signature).ToList();
        // Two functions of one selector: saying either would be a guess.
        if (known is not [var inner]) return null;
        try
        {
            return $"{inner.Name}({string.Join(", ", inner.DecodeCall(data).Select((v, i) => AbiText.Print(inner.Inputs[i].Type, v)))})";
        }
        catch (AbiException)
        {
            // The selector is the function's by chance: what follows are not its arguments.
            return null;
        }
    }

    private static BoundContract? Contract(LoadedPacks packs, Address address) =>
        packs.Packs.Select(p => p.Contract(address)).FirstOrDefault(c => c is not null);

    private static byte[]? Bytes(string text)
    {
        if (!text.StartsWith("0x", StringComparison.Ordinal) || text.Length % 2 != 0) return null;
        var bytes = new byte[(text.Length - 2) / 2];
        return Convert.FromHexString(text.AsSpan(2), bytes, out _, out var written) == System.Buffers.OperationStatus.Done ? bytes[..written] : null;
    }
}
