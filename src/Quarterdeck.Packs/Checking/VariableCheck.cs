using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>Finds variables that nothing sets.</summary>
internal static class VariableCheck
{
    private static readonly HashSet<string> WellKnown = new(StringComparer.Ordinal)
    {
        "HOME", "PATH", "USER", "PWD", "SHELL", "HOSTNAME", "RANDOM", "SECONDS", "LINENO", "OLDPWD", "EDITOR", "TMPDIR", "LANG", "UID", "EUID", "ETH_RPC_URL", "KUBECONFIG", "AWS_PROFILE", "BASH_SOURCE", "IFS", "PIPESTATUS", "TERM", "LOGNAME", "PS1", "NF", "NR",
    };

    /// <summary>Variables that the command lines of a file set, wherever they stand: a first block often sets them for all.</summary>
    public static IReadOnlySet<string> SetBy(IEnumerable<RunbookStep> steps)
    {
        var set = new HashSet<string>(StringComparer.Ordinal);
        foreach (var step in steps)
        {
            if (step.Capture is { } captured) set.Add(captured);
            if (step is LocalStep local)
            {
                set.UnionWith(local.Command.Assignments.Select(a => a.Name));
                if (local.Command.Program is "export" or "local" or "declare" or "readonly" or "typeset" or "read")
                    set.UnionWith(local.Command.Arguments.Select(w => w.Text.Split('=')[0]));
            }
        }

        return set;
    }

    public static void Check(RunbookStep step, CheckScope scope, IReadOnlySet<string> set, HashSet<string> reported, FindingList findings)
    {
        if (scope.Variables is null) return;
        foreach (var name in step.Words.SelectMany(w => w.Variables).Distinct(StringComparer.Ordinal))
        {
            if (name.Length == 0 || !char.IsAsciiLetter(name[0]) && name[0] != '_' || set.Contains(name) || WellKnown.Contains(name) || scope.Variables.ContainsKey(name)
                || scope.Secrets.Contains(name) || scope.Contracts.Any(c => c.Definition?.Variables.Contains(name) == true)) continue;
            if (step.Words.SelectMany(w => w.Parts).OfType<Runbooks.Shell.VariablePart>().Any(p => p.Name == name && p.Default is not null)) continue;
            if (step is CallStep call && call.Target.Text.Trim('$', '{', '}') == name || step is SendStep send && send.Target.Text.Trim('$', '{', '}') == name) continue;
            if (!reported.Add(name)) continue;
            findings.Warning(FindingCodes.VariableWithoutValue, new Position(step.Line), $"${name} is set neither by the environment nor by an earlier step.",
                NearestName.Suggest(name, scope.Variables.Keys.Concat(set), "Set it in the environment, or by a step; else it is asked for when the runbook runs."));
        }
    }
}
