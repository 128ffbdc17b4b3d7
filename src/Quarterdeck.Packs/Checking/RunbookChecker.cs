using Quarterdeck.Packs.Alerts;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Checking;

/// <summary>Checks runbooks against what is known without a chain. Pure: the same verdict in a terminal, in CI and on the server.</summary>
public static class RunbookChecker
{
    /// <summary>Findings of one file, by line.</summary>
    public static IReadOnlyList<Finding> Check(RunbookDocument document, CheckScope scope) => Analyse(document, scope).Findings;

    internal static (IReadOnlyList<Finding> Findings, IReadOnlyList<ResolvedCall> Calls) Analyse(RunbookDocument document, CheckScope scope)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(scope);
        scope = scope.With(document);
        var findings = new FindingList(document.Source);
        findings.AddRange(document.Findings);
        var calls = new List<ResolvedCall>();
        var set = VariableCheck.SetBy(document.Runbooks.SelectMany(r => r.Steps).SelectMany(s => s.Inside.Prepend(s)));
        var reported = new HashSet<string>(StringComparer.Ordinal);
        foreach (var runbook in document.Runbooks)
        {
            NameCheck.Alerts(runbook, scope, findings);
            foreach (var step in runbook.Steps)
            {
                foreach (var (owner, target, function, args) in CallCheck.CallsOf(step))
                {
                    if (CallCheck.Check(owner, target, function, args, scope, set, findings) is { } call) calls.Add(call with { Step = step == owner ? owner : owner with { Index = step.Index } });
                }

                foreach (var inner in step.Inside.Concat((step as DecisionStep)?.Branches.SelectMany(b => b.Steps) ?? []))
                {
                    foreach (var (owner, target, function, args) in CallCheck.CallsOf(inner))
                    {
                        if (CallCheck.Check(owner, target, function, args, scope, set, findings) is { } call) calls.Add(call with { Step = owner with { Index = step.Index }, IsConditional = true });
                    }

                    if (!step.Inside.Contains(inner)) VariableCheck.Check(inner, scope, set, reported, findings);
                    SecretCheck.Check(inner, findings);
                    DatabaseCheck.Check(inner, scope, findings);
                    ClusterObjects.Check(inner, scope, findings);
                    NameCheck.Step(inner, scope, findings);
                    EventCheck.Check(inner, scope, findings);
                }

                VariableCheck.Check(step, scope, set, reported, findings);
                SecretCheck.Check(step, findings);
                DatabaseCheck.Check(step, scope, findings);
                ClusterObjects.Check(step, scope, findings);
                NameCheck.Step(step, scope, findings);
                EventCheck.Check(step, scope, findings);
            }
        }

        PauseCheck.Check(document.Runbooks, scope, findings);
        ThresholdCheck.Check(document, findings);
        ContactCheck.Check(document, findings);
        ReferenceChecks.Check(document, scope, findings);
        InlineCheck.Check(document, scope, findings);
        return ([.. findings.All.Distinct().OrderBy(f => f.Line)], calls);
    }

    /// <summary>Findings of a pack's other files: rules without a runbook, metrics without a rule.</summary>
    public static IReadOnlyList<Finding> CheckPack(ProtocolPack pack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        var all = new List<Finding>();
        var metrics = PackMetrics.Names(pack);
        var slugs = pack.Runbooks.Select(r => r.Slug).ToHashSet(StringComparer.Ordinal);
        foreach (var file in pack.Rules)
        {
            var findings = new FindingList(file.Path);
            foreach (var rule in file.Groups.SelectMany(g => g.Rules))
            {
                foreach (var name in PackMetrics.In(rule.Query.Expr).Distinct().Where(n => !metrics.Contains(n)))
                {
                    findings.Error(FindingCodes.RuleMetricUnknown, new Position(rule.Line), $"The rule '{rule.Name}' uses the metric '{name}', which nothing produces.", NearestName.Suggest(name, metrics, "Define it in metrics.yaml."));
                }

                if (rule is AlertingRule alert && alert.Annotations.TryGetValue("runbook", out var slug) && !slug.Contains("://", StringComparison.Ordinal) && !slug.Contains("{{", StringComparison.Ordinal) && !slugs.Contains(slug))
                {
                    findings.Error(FindingCodes.AlertWithoutRunbook, new Position(rule.Line), $"The rule '{rule.Name}' names the runbook '{slug}', which is not there.", NearestName.Suggest(slug, slugs, "Write runbooks/NAME.md."));
                }
            }

            all.AddRange(findings.All);
        }

        var unused = new FindingList("metrics.yaml");
        var used = PackMetrics.Used(pack);
        foreach (var metric in pack.Metrics.Where(m => !used.Contains(m.Name)))
            unused.Note(FindingCodes.MetricWithoutRule, new Position(metric.Line), $"No rule, formula or check uses '{metric.Name}'.", "Write a rule for it if somebody should be told.");
        all.AddRange(unused.All);
        foreach (var metric in pack.Metrics)
        {
            foreach (var formula in metric.Series.Select(s => s.Source).OfType<Manifest.FormulaSource>().Select(f => f.Expression).Distinct())
            {
                var findings = new FindingList("metrics.yaml");
                try
                {
                    foreach (var name in PackMetrics.In(PromQL.PromParser.Parse(formula)).Where(n => !metrics.Contains(n)))
                        findings.Error(FindingCodes.RuleMetricUnknown, new Position(metric.Line), $"The formula of '{metric.Name}' uses '{name}', which nothing produces.", NearestName.Suggest(name, metrics, "Define it."));
                }
                catch (PromQL.PromSyntaxException e)
                {
                    findings.Error(FindingCodes.ExpressionInvalid, new Position(metric.Line), $"The formula of '{metric.Name}' is no expression: {e.Problem}", "Write PromQL.");
                }

                all.AddRange(findings.All);
            }
        }

        return all;
    }
}
