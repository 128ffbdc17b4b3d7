using Quarterdeck.Packs;
using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Approvals.Standing;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Runs.Standing;

/// <summary>What a standing approval of a runbook would be now: the effects and terms as the pack and the environment stand.</summary>
internal sealed class StandingDraft(PackBindings bindings, StagePlanning planning)
{
    /// <summary>The plan of the runbook as it would be put up now, with the terms of the strictest hour; or why there can be none.</summary>
    public async Task<(Plan? Plan, PolicyTerms? Terms, Refusal? Refusal)> Make(
        BoundPack pack, Runbook runbook, string requester, CancellationToken cancel)
    {
        var resolver = new RunbookSteps(pack);
        var steps = resolver.Resolve(runbook);
        if (resolver.Problems.Count > 0) return No(string.Join(" ", resolver.Problems), "Mend the runbook: quarterdeck check shows the same.");
        if (steps.Any(s => s.Stage > 1 && s.Definition is StepDefinition.Send))
            return No("It asks for approval more than once on its way.", "Only a runbook with one list of writes can be approved ahead.");
        if (!StagePlanning.IsKnownAhead(steps, 1))
            return No("It writes nothing, or what it writes depends on what it reads on its way.", "Only writes that are known ahead can be approved ahead.");
        try
        {
            var plan = await planning.Plan(new RunDraft("standing", pack, runbook, requester, steps), 1, new Dictionary<string, string>(), cancel);
            if (plan.Actions.Count > 0)
                return No($"It acts on {plan.Actions[0].Target} as well.", "Only calls of contracts can be approved ahead.");
            return (plan, Strictest(pack, runbook.Slug, plan.Policy, plan.Calls), null);
        }
        catch (StepFailedException problem)
        {
            return No(problem.Message, "Mend the runbook's arguments.");
        }

        static (Plan?, PolicyTerms?, Refusal?) No(string why, string remedy) =>
            (null, null, Refusal.Invalid("The runbook cannot be approved ahead", why, remedy));
    }

    /// <summary>What changed since it was signed, so that it is void; null where nothing did or it cannot be told now.</summary>
    public string? Changed(StandingGrant grant)
    {
        if (bindings.Find(grant.Pack) is not { } pack) return null;
        if (pack.Environment.Name != grant.Environment) return $"The environment is '{pack.Environment.Name}' now.";
        if (bindings.Runbook(grant.Pack, grant.Runbook) is not { } runbook) return $"The runbook '{grant.Runbook}' is gone.";
        if (runbook.Hash != grant.RunbookHash) return $"The runbook '{grant.Runbook}' was changed.";
        if (!pack.Pack.Policies.Propose.Contains(grant.Runbook, StringComparer.Ordinal)) return $"Alerts do not propose '{grant.Runbook}' any more.";
        if (!HasAlert(pack, grant.Alert)) return $"The alert '{grant.Alert}' is defined nowhere any more.";
        foreach (var call in grant.Calls)
        {
            var now = pack.Contracts.FirstOrDefault(contract => contract.Name == call.TargetName)?.Address;
            if (now != call.Target) return $"The contract {call.TargetName} is at {now?.ToString() ?? "no address"} now, not at {call.Target}.";
        }

        // In no quiet hour: those are compared as the strictest hour of both.
        var terms = Strictest(pack, grant.Runbook, planning.Terms(pack, runbook, grant.Calls), grant.Calls);
        return PlanDocument.Policy(terms).ToJsonString() == PlanDocument.Policy(grant.Policy).ToJsonString()
            ? null
            : $"The policy '{grant.Policy.Name}' was changed.";
    }

    /// <summary>Whether one of the pack's rules has this name.</summary>
    public static bool HasAlert(BoundPack pack, string alert) =>
        pack.Pack.Rules.SelectMany(f => f.Groups).SelectMany(g => g.Rules).OfType<AlertingRule>().Any(r => r.Name == alert);

    private PolicyTerms Strictest(BoundPack pack, string runbook, PolicyTerms terms, IReadOnlyList<PlannedCall> calls) =>
        terms with { Required = Math.Max(terms.Required, bindings.MostApprovals(pack, runbook, calls.Select(c => c.ActionClass))) };
}
