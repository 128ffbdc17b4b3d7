using Quarterdeck.Packs.Manifest;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>Compares the order of pausing with that of unpausing, and finds unpauses that cannot take effect at once.</summary>
internal static class PauseCheck
{
    public static void Check(IReadOnlyList<Runbook> own, CheckScope scope, FindingList findings)
    {
        var everything = scope.Runbooks.Concat(own).DistinctBy(r => (r.Source, r.Slug)).ToArray();
        foreach (var runbook in own)
        {
            Inverses(runbook, everything, scope, findings);
            Waits(runbook, scope, findings);
        }
    }

    private static List<(string Contract, RunbookStep Step)> Of(Runbook runbook, ActionClass actionClass, CheckScope scope) =>
        [.. runbook.Steps.OfType<SendStep>().Where(s => s.ActionClass == actionClass).Select(s => (Subject(s, scope), (RunbookStep)s)).DistinctBy(s => s.Item1)];

    /// <summary>The contract that is paused: behind a timelock's call it is the first argument.</summary>
    private static string Subject(SendStep send, CheckScope scope)
    {
        var name = send.Function?.Split('(')[0] ?? "";
        var word = name is "schedule" or "execute" or "execTransaction" or "functionCall" or "queueTransaction" or "executeTransaction" && send.Args.Count > 0 ? send.Args[0] : send.Target;
        return scope.Contract(word)?.Name ?? word.Text;
    }

    private static void Inverses(Runbook runbook, Runbook[] everything, CheckScope scope, FindingList findings)
    {
        var paused = Of(runbook, ActionClass.Pause, scope);
        if (paused.Count == 0) return;
        var lifts = everything.Select(r => (Runbook: r, Steps: FinalOrder(r, scope))).Where(r => r.Steps.Count > 0).ToArray();
        var covered = lifts.SelectMany(l => l.Steps.Select(s => s.Contract)).ToHashSet(StringComparer.Ordinal);
        foreach (var (contract, step) in paused.Where(p => !covered.Contains(p.Contract)))
        {
            findings.Warning(FindingCodes.InverseMissing, new Position(step.Line), $"{contract} is paused here, and no runbook at hand unpauses it.",
                "Write the unpause: who may, what waits, and how it is verified. It is not the moment to find out when the cause is fixed.");
        }

        if (paused.Count < 2) return;
        var order = paused.Select(p => p.Contract).ToList();
        foreach (var (lift, steps) in lifts)
        {
            var common = steps.Where(s => order.Contains(s.Contract)).ToList();
            if (common.Count < 2) continue;
            var expected = order.Where(c => common.Exists(s => s.Contract == c)).Reverse().ToList();
            if (common.Select(s => s.Contract).SequenceEqual(expected)) continue;
            var wrong = common.Where((s, i) => s.Contract != expected[i]).First();
            var line = lift.Source == runbook.Source ? wrong.Step.Line : paused[0].Step.Line;
            findings.Warning(FindingCodes.InverseOrder, new Position(line),
                $"The pause goes {string.Join(", ", order.Where(c => common.Exists(s => s.Contract == c)))}; '{lift.Title}' unpauses {string.Join(", ", common.Select(s => s.Contract))}.",
                $"Unpause in reverse: {string.Join(", ", expected)}.");
        }
    }

    /// <summary>The order in which contracts open again: the last unpausing step of each counts, requests and schedules do not.</summary>
    private static List<(string Contract, RunbookStep Step)> FinalOrder(Runbook runbook, CheckScope scope)
    {
        var last = new Dictionary<string, RunbookStep>(StringComparer.Ordinal);
        foreach (var send in runbook.Steps.OfType<SendStep>().Where(s => s.ActionClass == ActionClass.Unpause)) last[Subject(send, scope)] = send;
        return [.. last.Select(l => (l.Key, l.Value)).OrderBy(l => l.Value.Index)];
    }

    /// <summary>True for <c>requestUnpause</c> beside <c>unpause</c> or <c>executeUnpause</c>, and the like.</summary>
    private static bool Requests(string function, string act)
    {
        string[] first = ["request", "schedule", "initiate", "propose", "queue", "announce", "begin", "start"];
        string[] then = ["", "execute", "confirm", "finalize", "finish", "complete", "perform"];
        return first.Any(f => then.Any(t => act.StartsWith(t, StringComparison.OrdinalIgnoreCase) && function.Equals(f + act[t.Length..], StringComparison.OrdinalIgnoreCase) && act.Length > t.Length));
    }

    private static void Waits(Runbook runbook, CheckScope scope, FindingList findings)
    {
        foreach (var send in runbook.Steps.OfType<SendStep>().Where(s => s.ActionClass == ActionClass.Unpause && s.Function is not null))
        {
            if (scope.Contract(send.Target) is not { } contract) continue;
            var name = send.Function!.Split('(')[0];
            var pause = contract.Definition?.Pause;
            var request = pause?.Request?.Split('(')[0] ?? contract.Abi?.Functions.FirstOrDefault(f => Requests(f.Name, name))?.Name;
            if (request is null || name == request) continue;
            var before = runbook.Steps.Take(send.Index).ToArray();
            var requested = before.OfType<SendStep>().FirstOrDefault(s => s.Function?.Split('(')[0] == request && scope.Contract(s.Target)?.Name == contract.Name);
            if (requested is null)
            {
                findings.Warning(FindingCodes.UnpauseWaits, new Position(send.Line), $"{contract.Name} is unpaused through '{request}()' and a delay; '{name}' alone cannot take effect at once.",
                    $"Send \"{request}()\" first, wait{(pause?.InverseDelay is { } d ? $" {Durations.Format(d)}" : " out the delay")}, then send \"{pause?.Inverse ?? send.Function}\".");
            }
            else if (pause?.InverseDelay is { } delay)
            {
                var waited = before.Skip(requested.Index).OfType<WaitStep>().Select(w => w.For ?? TimeSpan.Zero).Aggregate(TimeSpan.Zero, (a, b) => a + b);
                if (waited >= delay) continue;
                findings.Warning(FindingCodes.UnpauseWaits, new Position(send.Line), $"{contract.Name} can be unpaused {Durations.Format(delay)} after its request; the runbook waits {Durations.Format(waited)}.",
                    $"Add '> wait: {Durations.Format(delay)}' between request and execution.");
            }
        }
    }
}
