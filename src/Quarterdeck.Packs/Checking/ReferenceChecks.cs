using System.Text.RegularExpressions;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Packs.Yaml;

namespace Quarterdeck.Packs.Checking;

/// <summary>Finds what a runbook refers to and what is not there: sections, files, alerts and rules of its tables, branches of its decisions.</summary>
internal static partial class ReferenceChecks
{
    public static void Check(RunbookDocument document, CheckScope scope, FindingList findings)
    {
        Links(document, scope, findings);
        foreach (var table in document.Tables) Alerts(table, document, scope, findings);
        foreach (var decision in document.Runbooks.SelectMany(r => r.Steps).OfType<DecisionStep>())
        {
            foreach (var branch in decision.Branches.Where(b => Empty().IsMatch(b.Action) && document.Tables.All(t => t.Line != decision.Line)))
                Open(branch.Condition, decision.Line, findings);
        }

        foreach (var table in document.Tables)
        {
            var action = Column(table, ActionHeader());
            foreach (var row in table.Rows.Where(r => action > 0 && r.Cells.Count > action && Empty().IsMatch(r.Cells[action]) && !Empty().IsMatch(r.Cells[0]))) Open(row.Cells[0], row.Line, findings);
        }
    }

    private static void Open(string condition, int line, FindingList findings) =>
        findings.Warning(FindingCodes.DecisionOpen, new Position(line), $"The decision says nothing for '{condition}'.", "Write what is done then, were it only: nothing.");

    private static void Links(RunbookDocument document, CheckScope scope, FindingList findings)
    {
        var anchors = Anchors(document);
        var fence = "";
        var lines = document.Text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (Fence().Match(lines[i]) is { Success: true } mark)
            {
                if (fence.Length == 0) fence = mark.Groups[1].Value;
                else if (mark.Groups[1].Value.StartsWith(fence, StringComparison.Ordinal)) fence = "";
                continue;
            }

            if (fence.Length > 0 || lines[i].Length > 4_000) continue;
            foreach (Match link in Link().Matches(lines[i]))
            {
                var target = link.Groups[1].Value;
                if (target.StartsWith('#'))
                {
                    if (!anchors.Contains(Bare(target[1..])))
                        findings.Warning(FindingCodes.LinkUnknown, new Position(i + 1), $"There is no section '{target}'.", NearestName.Suggest(target[1..], anchors, "Link to a heading that is there."));
                }
                else if (scope.Folder is { } folder && File(target) is { } path && !System.IO.File.Exists(Path.Combine(folder, path)) && !Directory.Exists(Path.Combine(folder, path)))
                {
                    findings.Warning(FindingCodes.LinkUnknown, new Position(i + 1), $"There is no file '{path}'.", "Correct the link, or write what it leads to.");
                }
            }
        }
    }

    /// <summary>A relative path to a Markdown file; null for everything else.</summary>
    private static string? File(string target)
    {
        var path = target.Split('#', '?')[0];
        return path.EndsWith(".md", StringComparison.OrdinalIgnoreCase) && !path.Contains(':', StringComparison.Ordinal) && !path.StartsWith('/') && path.IndexOfAny(Path.GetInvalidPathChars()) < 0
            ? Uri.UnescapeDataString(path) : null;
    }

    private static HashSet<string> Anchors(RunbookDocument document)
    {
        var anchors = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        try
        {
            var seen = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var section in MarkdownOutline.Read(document.Text).SelfAndBelow.Where(s => s.Level > 0))
            {
                var slug = Bare(MarkdownOutline.Slug(section.Title));
                var times = seen[slug] = seen.GetValueOrDefault(slug) + 1;
                anchors.Add(times == 1 ? slug : $"{slug}-{times - 1}");
            }
        }
        catch (ArgumentException)
        {
            return anchors; // too deeply nested: reported where the file is read
        }

        foreach (Match named in NamedAnchor().Matches(document.Text)) anchors.Add(Bare(named.Groups[1].Value));
        return anchors;
    }

    private static string Bare(string anchor) => Uri.UnescapeDataString(anchor).Trim('-', '\uFE0F', ' ').Replace("\uFE0F", "", StringComparison.Ordinal).ToLowerInvariant();

    private static void Alerts(RunbookTable table, RunbookDocument document, CheckScope scope, FindingList findings)
    {
        var alert = Column(table, AlertHeader());
        var metric = Column(table, MetricHeader());
        foreach (var row in table.Rows)
        {
            var at = new Position(row.Line);
            var named = alert >= 0 && alert < row.Cells.Count ? row.Cells[alert].Trim('`', '*', ' ') : "";
            var measured = metric >= 0 && metric < row.Cells.Count ? row.Cells[metric].Trim('`', '*', ' ') : "";
            if (alert >= 0 && metric >= 0 && measured.Length > 0 && Empty().IsMatch(named))
                findings.Warning(FindingCodes.MetricWithoutRule, at, $"No alert watches '{measured}'.", "Write a rule for it, and name its alert here.");
            else if (metric >= 0 && alert < 0 && scope.UsedMetrics is { } used && MetricName().IsMatch(measured) && !used.Contains(measured))
                findings.Warning(FindingCodes.MetricWithoutRule, at, $"No rule uses '{measured}': nobody is told when it goes wrong.", NearestName.Suggest(measured, used, "Write a rule for it."));
            if (!AlertName().IsMatch(named) || document.Runbooks.Any(r => r.Alerts.Contains(named))) continue;
            if (scope.Alerts is null) findings.Warning(FindingCodes.AlertUndefined, at, $"No rule file is at hand, so nothing shows that the alert '{named}' is defined.", "Give the rule file, or write the rule.");
            else if (!scope.Alerts.Contains(named)) findings.Error(FindingCodes.AlertUndefined, at, $"No rule defines the alert '{named}': it will never fire.", NearestName.Suggest(named, scope.Alerts, "Write a rule with this name, or name one that exists."));
        }
    }

    private static int Column(RunbookTable table, Regex header)
    {
        for (var i = 0; i < table.Header.Count; i++)
        {
            if (header.IsMatch(table.Header[i].Trim())) return i;
        }

        return -1;
    }

    [GeneratedRegex(@"^\s*(```+|~~~+)")]
    private static partial Regex Fence();

    [GeneratedRegex(@"(?<!!)\[[^\]\n]{0,300}\]\(<?([^)\s>]{1,300})>?(?:\s+""[^""]*"")?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"<a\s+(?:name|id)\s*=\s*[""']([^""']{1,200})[""']|\{#([\w-]{1,200})\}", RegexOptions.IgnoreCase)]
    private static partial Regex NamedAnchor();

    [GeneratedRegex(@"^\s*(?:|-+|–|—|\?+|…|\.+|tbd|tba|todo|n/?a|none yet)\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex Empty();

    [GeneratedRegex(@"^(?:required |immediate )?(?:action|response|next step|what to do|then|do)s?(?: required)?$", RegexOptions.IgnoreCase)]
    private static partial Regex ActionHeader();

    [GeneratedRegex(@"^alert(?:s| ?name| rule)?$", RegexOptions.IgnoreCase)]
    private static partial Regex AlertHeader();

    [GeneratedRegex(@"^(?:metric|metric name|prometheus metric|series)s?$", RegexOptions.IgnoreCase)]
    private static partial Regex MetricHeader();

    [GeneratedRegex(@"^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"^[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+$")]
    private static partial Regex AlertName();
}
