using System.Text;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Runbooks.Shell;

namespace Quarterdeck.Respond.Runs.Steps;

/// <summary>
/// Words of a runbook as a stored step has them: the pack's variables are values, what earlier steps capture stays open as
/// <c>${NAME}</c>, and what stands in <c>$(…)</c> is a read before the step.
/// </summary>
internal sealed class StepWords(BoundPack pack, Func<RunbookStep, StepDefinition> define)
{
    private readonly HashSet<string> _captured = new(StringComparer.Ordinal);
    private int _substitutions;

    /// <summary>From here on the name is open: a step of the run gives its value.</summary>
    public void Captured(string name) => _captured.Add(name);

    /// <summary>The word; null where it is worked out in place, unset or secret.</summary>
    public string? Text(ShellWord word) => Text(word, null, secrets: false);

    /// <summary>The word; null where it is unset, or worked out in a way that is not understood.</summary>
    /// <param name="before">Takes the reads of its substitutions; null where there may be none.</param>
    /// <param name="secrets">Whether secrets may stand in it, by reference.</param>
    public string? Text(ShellWord word, List<StepDefinition>? before, bool secrets)
    {
        var text = new StringBuilder();
        foreach (var part in word.Parts)
        {
            var value = part switch
            {
                LiteralPart literal => literal.Value,
                VariablePart variable => Variable(variable, secrets),
                SubstitutionPart substitution when before is not null => Substitution(substitution, before),
                _ => null,
            };
            if (value is null) return null;
            text.Append(value);
        }

        return text.ToString();
    }

    private string? Variable(VariablePart variable, bool secrets)
    {
        // ${NAME%suffix} and the like work on the value; only plain uses and defaults are understood.
        if (variable.Default is null && variable.Source != $"${variable.Name}" && variable.Source != "${" + variable.Name + "}"
            && !variable.Source.StartsWith("{{", StringComparison.Ordinal)) return null;
        if (_captured.Contains(variable.Name)) return "${" + variable.Name + "}";
        if (pack.IsSecret(variable.Name)) return secrets ? "${secret:" + variable.Name + "}" : null;
        return pack.Variable(variable.Name) ?? variable.Default;
    }

    private string? Substitution(SubstitutionPart part, List<StepDefinition> before)
    {
        if (CommandSubstitution.Step(part, pack.Pack) is not { } step) return null;
        var definition = define(step);
        if (definition is StepDefinition.Manual || definition.Kind is not ("read" or "http" or "database")) return null;
        var name = $"__{++_substitutions}";
        before.Add(definition with { Capture = name });
        return "${" + name + "}";
    }
}
