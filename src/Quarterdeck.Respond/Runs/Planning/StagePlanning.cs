using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Chains.Evm.Abi;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs.Engine;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Steps;

namespace Quarterdeck.Respond.Runs.Planning;

/// <summary>A run as far as a plan needs to know it.</summary>
internal sealed record RunDraft(
    string Id, BoundPack Pack, Runbook Runbook, string Requester, IReadOnlyList<ResolvedStep> Steps);

/// <summary>
/// Gathers the writes of a stage into its plan: exact calldata, sender, the order and the waits between, what a simulation of
/// all of them in order shows, how each is undone, and what the plan does not cover.
/// </summary>
public sealed class StagePlanning(PackBindings bindings, ActionPlanning planning, TimeProvider clock)
{
    /// <summary>Whether every argument of the stage's writes is known before the run starts.</summary>
    internal static bool IsKnownAhead(IReadOnlyList<ResolvedStep> steps, int stage)
    {
        var writes = Writes(steps, stage);
        return writes.Count > 0 && writes.All(step => step.Definition.Guard is null && !ActionPlanning.Texts(step.Definition).SelectMany(RunText.Open).Any());
    }

    /// <summary>Makes the plan of a stage.</summary>
    /// <exception cref="StepFailedException">An argument has no value or does not fit its type.</exception>
    internal async Task<Plan> Plan(
        RunDraft run, int stage, IReadOnlyDictionary<string, string> variables, CancellationToken cancel)
    {
        var writes = Writes(run.Steps, stage);
        var (calls, probes, actions) = (new List<PlannedCall>(), new List<StateProbe?>(), new List<PlannedAction>());
        for (var i = 0; i < writes.Count; i++)
        {
            var (step, wait) = (writes[i], WaitBefore(run.Steps, writes, i));
            if (step.Definition is StepDefinition.Send send)
            {
                calls.Add(Call(step, send, i + 1, wait, variables));
                probes.Add(send.Done);
            }
            else
            {
                actions.Add(await planning.Plan(run, step, i + 1, wait, variables, cancel));
            }
        }

        var simulation = PlanSimulation.None;
        if (calls.Count > 0)
        {
            (var forecasts, simulation) = await PlanSimulator.Simulate(bindings, run.Pack, calls, probes, cancel);
            calls = [.. calls.Select((call, i) => call with { Forecast = forecasts[i] })];
        }

        var classes = calls.Select(c => c.ActionClass).Concat(actions.Select(a => a.ActionClass)).ToList();
        var terms = Ask(bindings.Terms(run.Pack, run.Runbook.Slug, classes, clock.GetUtcNow()), run.Steps, stage);
        var safe = calls.Count == 0 ? null : await SafePlanning.For(bindings, run.Pack, calls, cancel);
        if (safe is not null) terms = SafePlanning.Terms(terms, safe);
        // Owners of a Safe sign its transaction and nothing else.
        if (safe is not null && actions.Count > 0)
        {
            throw new StepFailedException(
                $"The Safe {safe.Address} executes a stage as one transaction: put '> approve:' between it and what acts on {actions[0].Target}, so that each is a stage of its own.", null);
        }

        var now = PlanDocument.Truncate(clock.GetUtcNow());
        return new Plan(
            run.Pack.Environment.Name, run.Pack.Pack.Name, run.Runbook.Slug, run.Runbook.Hash, run.Id, stage, run.Requester, terms, now,
            PlanDocument.Truncate(now + terms.Expires), new Hash32(RandomNumberGenerator.GetBytes(32)), calls, simulation,
            [.. NotCovered(run.Pack, calls), .. SafePlanning.LeftOut(safe, calls), .. actions.Select(ActionPlanning.NotCovered).OfType<string>()])
        {
            Safe = safe,
            Actions = actions,
        };
    }

    /// <summary>The terms of a runbook's first stage with these calls, outside quiet hours.</summary>
    internal PolicyTerms Terms(BoundPack pack, Runbook runbook, IReadOnlyList<PlannedCall> calls) =>
        Ask(bindings.Terms(pack, runbook.Slug, calls.Select(c => c.ActionClass), null), new RunbookSteps(pack).Resolve(runbook), 1);

    /// <summary>Makes and submits the plan of a stage that a run under way has come to; a write that cannot be made fails.</summary>
    internal async Task Gather(RunRecord record, int stage, Journal journal, CancellationToken cancel)
    {
        var pack = bindings.Pack(record.Run.Pack);
        // What was done under a plan that a later one replaces is not done again, nor what belongs to a branch that was not chosen.
        var chosen = record.Steps.ToDictionary(s => s.Index, s => s.View().Chosen);
        var steps = record.Steps
            .Where(s => !s.What.Writes || !s.State.Ended() && (s.What.Guard is not { } guard || chosen[guard.Decision] == guard.Branch))
            .Select(s => new ResolvedStep(s.Index, s.Stage, s.Text, s.Line, s.What, FailureResponse.Stop)).ToList();
        var runbook = new Runbook(record.Run.Runbook, record.Run.Title, record.Run.Severity, [], null, [], "", record.Run.RunbookHash);
        try
        {
            var plan = await Plan(new RunDraft(record.Run.Id, pack, runbook, record.Run.Requester, steps), stage, record.Variables(), cancel);
            await journal.Write("state", "plan", null, new() { ["stage"] = stage, ["plan"] = plan.Hash.ToString() },
                act => SubmitPlan.Submit(act, plan), cancel);
        }
        catch (StepFailedException problem)
        {
            var first = record.Steps.First(step => step.Stage == stage && step.What.Writes && !step.State.Ended());
            await new StepWriter(journal, record.Run, bindings).Failed(first, problem.Message, null, cancel);
        }
    }

    private static PlannedCall Call(
        ResolvedStep step, StepDefinition.Send send, int position, long afterSeconds, IReadOnlyDictionary<string, string> variables)
    {
        try
        {
            var function = AbiFunction.Parse(send.Function);
            string[] arguments = [.. send.Arguments.Select(argument => RunText.Fill(argument, variables))];
            var values = function.ParseArguments(arguments);
            string[] shown = [.. values.Select((value, i) => AbiText.PrintBare(function.Inputs[i].Type, value))];
            return new PlannedCall(
                position, step.Index, ChainId.Parse(send.Chain), send.Account, Address.Parse(send.From), Address.Parse(send.Target),
                send.TargetName, send.Function, shown, function.EncodeCall(values), Wei(RunText.Fill(send.Value, variables)),
                send.ActionClass, afterSeconds, send.Inverse, new CallForecast(CallForecast.NotSimulated, null, 0, []));
        }
        catch (Exception problem) when (problem is AbiException or FormatException or OverflowException)
        {
            throw new StepFailedException($"Line {step.Line}: {send.TargetName}.{send.Function}: {problem.Message}", null);
        }
    }

    // 2, 2wei, 1.5ether, 30gwei, as cast reads them.
    private static BigInteger Wei(string text)
    {
        foreach (var (unit, decimals) in new[] { ("ether", 18), ("gwei", 9), ("wei", 0) })
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            var amount = Primitives.Amounts.Rational.Parse(text[..^unit.Length].Trim())
                * new Primitives.Amounts.Rational(BigInteger.Pow(10, decimals));
            return amount.IsInteger && amount.Numerator.Sign >= 0
                ? amount.Numerator
                : throw new FormatException($"'{text}' is no whole amount of wei.");
        }

        return BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static PolicyTerms Ask(PolicyTerms terms, IReadOnlyList<ResolvedStep> steps, int stage)
    {
        foreach (var asked in steps.Where(s => s.Stage == stage).Select(s => s.Definition).OfType<StepDefinition.Approve>())
        {
            terms = terms with { Required = Math.Max(terms.Required, asked.Required) };
            if (asked.Role is { } role) terms = terms with { Roles = [.. terms.Roles.Where(r => r == role).DefaultIfEmpty(role)] };
        }

        return terms;
    }

    // What the runbook waits between the previous write and this one.
    private static long WaitBefore(IReadOnlyList<ResolvedStep> steps, List<ResolvedStep> writes, int position)
    {
        var from = position == 0 ? -1 : writes[position - 1].Index;
        var to = writes[position].Index;
        return position == 0
            ? 0
            : steps.Where(s => s.Index > from && s.Index < to).Select(s => s.Definition).OfType<StepDefinition.Wait>().Sum(w => w.Seconds);
    }

    private static string[] NotCovered(BoundPack pack, List<PlannedCall> calls)
    {
        if (!calls.Exists(call => call.ActionClass == "pause")) return [];
        return
        [
            .. pack.Contracts.Where(contract => contract.Definition.Pause is not null && !calls.Exists(call => call.Target == contract.Address))
                .Select(contract => $"{contract.Name} is not paused by this plan."),
        ];
    }

    private static List<ResolvedStep> Writes(IReadOnlyList<ResolvedStep> steps, int stage) =>
        [.. steps.Where(s => s.Stage == stage && s.Definition.Writes)];
}
