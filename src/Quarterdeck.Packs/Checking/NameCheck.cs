using System.Text.RegularExpressions;
using Quarterdeck.Chains.Evm;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Checking;

/// <summary>Checks alerts, expressions, links, accounts and the usage of tools by name.</summary>
internal static partial class NameCheck
{
    private static readonly HashSet<string> KubectlVerbs = new(StringComparer.Ordinal)
    {
        "get", "describe", "logs", "top", "version", "cluster-info", "explain", "api-resources", "api-versions", "auth", "diff", "events", "wait", "port-forward", "proxy", "config",
        "options", "kustomize", "exec", "apply", "create", "delete", "edit", "patch", "scale", "rollout", "set", "annotate", "label", "cordon", "drain", "uncordon", "taint", "cp", "run",
        "autoscale", "replace", "expose", "attach", "debug", "certificate", "completion", "plugin", "alpha", "help", "log", "krew", "ns", "ctx", "neat", "argo", "tree", "stern", "cnpg",
    };

    public static void Alerts(Runbook runbook, CheckScope scope, FindingList findings)
    {
        for (var i = 0; i < runbook.Alerts.Count; i++)
        {
            var alert = runbook.Alerts[i];
            var at = new Position(i < runbook.AlertLines.Count ? runbook.AlertLines[i] : runbook.Line);
            if (scope.Alerts is null)
            {
                findings.Warning(FindingCodes.AlertUndefined, at, $"No rule file is at hand, so nothing shows that the alert '{alert}' is defined.", "Give the rule file, or write the rule.");
            }
            else if (!scope.Alerts.Contains(alert))
            {
                findings.Error(FindingCodes.AlertUndefined, at, $"No rule defines the alert '{alert}': it will never fire.", NearestName.Suggest(alert, scope.Alerts, "Write a rule with this name, or name one that exists."));
            }
        }
    }

    public static void Step(RunbookStep step, CheckScope scope, FindingList findings)
    {
        var at = new Position(step.Line);
        switch (step)
        {
            case CheckStep check:
                Expression(check, scope, findings);
                break;
            case ServiceStep { Driver: "compose" or "docker" or "systemd" } service:
                Verb(service.Driver switch { "compose" => "docker compose", "docker" => "docker", _ => "systemctl" }, service.Verb, ToolVerbs.Of(service.Driver), at, findings);
                break;
            case ManualStep { FromCommandLine: true, Words: [{ Text: "cast" }, var verb, ..] } when Runbooks.Commands.CastCommand.Verbs is var verbs && !verbs.Contains(verb.Text) && verb.IsLiteral && !CallCheck.IsPlaceholder(verb):
                Verb("cast", verb.Text, verbs, at, findings);
                break;
            case ServiceStep { Driver: "kubernetes", Verb: "restart" }:
                findings.Error(FindingCodes.ToolUsage, at, "kubectl has no verb 'restart'.", "Write 'kubectl rollout restart deployment/NAME'.");
                break;
            // OpenShift's oc has verbs of its own.
            case ServiceStep { Driver: "kubernetes", Argv: [var tool, ..] } service when tool.Text != "oc":
                Verb("kubectl", service.Verb.Split(' ')[0], KubectlVerbs, at, findings);
                break;
            case ChainReadStep { Query: "logs" } logs when logs.Options.TryGetValue("from-block", out var from) && RelativeBlock().IsMatch(from):
                findings.Error(FindingCodes.ToolUsage, at, $"cast takes no block '{from}'.", "Work it out first: FROM=$(( $(cast block-number) - 100 )), then --from-block $FROM.");
                break;
            case SendStep { Account: { } account } send when scope.AccountsKnown && account.IsLiteral && !scope.Accounts.ContainsKey(account.Text) && !Address.TryParseAnyCase(account.Text, out _) && !CallCheck.IsPlaceholder(account):
                findings.Error(FindingCodes.AccountUnknown, at, $"The environment has no account '{send.Account.Text}'.", NearestName.Suggest(account.Text, scope.Accounts.Keys, "Define it under 'accounts:'."));
                break;
            case LinkStep link when scope.Runbooks.Count > 0 && scope.Runbooks.All(r => r.Slug != link.Target && MarkdownOutline.Slug(r.Title) != link.Target && Path.GetFileNameWithoutExtension(r.Source) != link.Target):
                findings.Warning(FindingCodes.LinkUnknown, at, $"No runbook is named '{link.Target}'.", NearestName.Suggest(link.Target, scope.Runbooks.Select(r => r.Slug), "Name a runbook of the pack."));
                break;
            case ManualStep { FromCommandLine: true } manual:
                findings.Note(FindingCodes.ManualCommand, at, $"'{Short(manual.Text)}' is left to a person: {manual.Why}.", "Nothing needs to be done, unless the engine should run it.");
                break;
        }

    }

    /// <summary>A verb that is nearly a known one is mistyped; one that resembles none may be a plugin's or a newer version's.</summary>
    private static void Verb(string tool, string verb, IEnumerable<string> known, Position at, FindingList findings)
    {
        if (verb.Length == 0 || !ToolWord().IsMatch(verb) || known.Contains(verb)) return;
        if (NearestName.Of(verb, known) is [var near, ..] && verb.Length > 2) findings.Error(FindingCodes.ToolUsage, at, $"{tool} has no '{verb}'.", $"Did you mean '{near}'?");
        else findings.Warning(FindingCodes.ToolUsage, at, $"{tool} has no '{verb}' that is known here.", $"See '{tool} --help'.");
    }

    [GeneratedRegex(@"^[a-z][a-z0-9-]+$")]
    private static partial Regex ToolWord();

    private static void Expression(CheckStep check, CheckScope scope, FindingList findings)
    {
        try
        {
            foreach (var name in PackMetrics.In(PromParser.Parse(check.Expression)))
            {
                if (scope.Metrics is not { } known || known.Contains(name)) continue;
                findings.Error(FindingCodes.ExpressionInvalid, new Position(check.Line), $"Nothing produces the metric '{name}'.", NearestName.Suggest(name, known, "Define it in metrics.yaml."));
            }
        }
        catch (PromSyntaxException e)
        {
            findings.Error(FindingCodes.ExpressionInvalid, new Position(check.Line), $"'{check.Expression}' is no expression: {e.Problem}", "Write PromQL, such as reserve_ratio >= 0.95.");
        }
    }

    private static string Short(string text) => text.ReplaceLineEndings(" ") is { Length: > 80 } line ? line[..79] + "…" : text.ReplaceLineEndings(" ");

    [GeneratedRegex(@"^(latest|head|finalized|safe)\s*-\s*\d+$")]
    private static partial Regex RelativeBlock();
}
