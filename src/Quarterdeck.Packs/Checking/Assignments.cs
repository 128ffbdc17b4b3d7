using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Packs.Checking;

/// <summary>Values that a runbook's own command lines give to variables, such as <c>export VAULT=0x…</c>.</summary>
internal static class Assignments
{
    /// <summary>Variables that are given one value that is known without running anything.</summary>
    public static IReadOnlyDictionary<string, string> Of(RunbookDocument document, CheckScope scope)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var unclear = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, word) in document.Runbooks.SelectMany(r => r.Steps).SelectMany(s => s.Inside.Prepend(s)).SelectMany(Pairs))
        {
            var value = word.Expand(n => values.GetValueOrDefault(n) ?? scope.Variables?.GetValueOrDefault(n), part => CastValue.Of(part, scope.Value), out _);
            if (value is null || values.TryGetValue(name, out var other) && other != value) unclear.Add(name);
            else values[name] = value;
        }

        foreach (var name in unclear) values.Remove(name);
        return values;
    }

    private static IEnumerable<(string Name, ShellWord Word)> Pairs(RunbookStep step)
    {
        if (step is not LocalStep local)
        {
            if (step.Capture is { } captured) yield return (captured, new ShellWord("", [new VariablePart("", "", null)], step.Line));
            yield break;
        }

        foreach (var assignment in local.Command.Assignments) yield return (assignment.Name, assignment.Value);
        if (local.Command.Program is not ("export" or "local" or "declare" or "readonly" or "typeset"))
        {
            if (step.Capture is { } output) yield return (output, new ShellWord("", step.Words.Count > 0 && step.Words[0].Parts is [SubstitutionPart] ? step.Words[0].Parts : [new VariablePart("", "", null)], step.Line));
            yield break;
        }

        foreach (var word in local.Command.Arguments)
        {
            var equals = word.Text.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && word.Parts[0] is LiteralPart { Value: var head } && head.Length > equals - 1)
                yield return (word.Text[..equals], Runbooks.Commands.CommandLine.WithoutPrefix(word, equals + 1));
        }
    }
}
