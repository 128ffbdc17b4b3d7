using Quarterdeck.Packs;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Rehearsals;

/// <summary>Whether the emergency pause of a pack would work at this block.</summary>
/// <param name="Terms">Who must agree.</param>
/// <param name="BlockNumber">Where it was simulated.</param>
/// <param name="Calls">What would be called, in order, with what a simulation of all of them showed.</param>
/// <param name="Problem">Why no plan can be made at all; null where one can.</param>
public sealed record PauseForecast(
    string Pack, string Runbook, string Title, PolicyTerms Terms, ulong BlockNumber, IReadOnlyList<PlannedCall> Calls, string? Problem)
{
    /// <summary>Every call would work, or holds already.</summary>
    public bool Ready => Problem is null && Calls.Count > 0
        && Calls.All(call => call.Forecast.Outcome is CallForecast.Succeeds or CallForecast.AlreadyDone);
}

/// <summary>Simulates the pausing runbooks as they would be proposed now. Nothing is stored or sent.</summary>
public sealed class PauseReadiness(PackBindings bindings, StagePlanning planning)
{
    /// <summary>The runbooks that firing alerts propose by themselves and whose first writes pause, of every pack.</summary>
    public async Task<IReadOnlyList<PauseForecast>> Query(CancellationToken cancel)
    {
        var forecasts = new List<PauseForecast>();
        foreach (var pack in bindings.Packs)
        {
            foreach (var runbook in pack.Pack.Policies.Propose.Select(slug => bindings.Runbook(pack.Pack.Name, slug)).OfType<Runbook>())
            {
                if (runbook.Steps.OfType<SendStep>().FirstOrDefault()?.ActionClass == Packs.Manifest.ActionClass.Pause)
                    forecasts.Add(await Forecast(pack, runbook, cancel));
            }
        }

        return forecasts;
    }

    private async Task<PauseForecast> Forecast(BoundPack pack, Runbook runbook, CancellationToken cancel)
    {
        var terms = bindings.Terms(pack, runbook.Slug, ["pause"], null);
        var resolver = new RunbookSteps(pack);
        var steps = resolver.Resolve(runbook);
        if (resolver.Problems.Count > 0) return Impossible(string.Join(" ", resolver.Problems));
        if (!StagePlanning.IsKnownAhead(steps, 1)) return Impossible("Its first writes depend on what the run reads.");
        try
        {
            var draft = new RunDraft("readiness", pack, runbook, "system:readiness", steps);
            var plan = await planning.Plan(draft, 1, new Dictionary<string, string>(), cancel);
            return new PauseForecast(
                pack.Pack.Name, runbook.Slug, runbook.Title, plan.Policy, plan.Simulation.BlockNumber, plan.Calls, null);
        }
        catch (StepFailedException problem)
        {
            return Impossible(problem.Message);
        }

        PauseForecast Impossible(string why) => new(pack.Pack.Name, runbook.Slug, runbook.Title, terms, 0, [], why);
    }
}
