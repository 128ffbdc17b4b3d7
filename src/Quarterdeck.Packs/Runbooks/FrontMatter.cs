using Quarterdeck.Packs.Yaml;
using Quarterdeck.Primitives;

namespace Quarterdeck.Packs.Runbooks;

/// <summary>The YAML at the top of a runbook. Keys of other tools are left alone: teams publish the same file elsewhere.</summary>
internal sealed record FrontMatter(string? Title, Severity? Severity, IReadOnlyList<string> Alerts, string? Policy)
{
    private static readonly FrontMatter None = new(null, null, [], null);

    public int AlertsLine { get; private init; }

    /// <summary>True where it makes the whole file one runbook.</summary>
    public bool BindsRunbook { get; private init; }

    /// <summary>Reads the front matter and replaces it by blank lines, so that line numbers stay.</summary>
    public static FrontMatter Take(ref string text, FindingList findings)
    {
        if (!text.StartsWith("---\n", StringComparison.Ordinal)) return None;
        var end = text.IndexOf("\n---", 3, StringComparison.Ordinal);
        if (end < 0 || end + 4 < text.Length && text[end + 4] is not ('\n' or ' ')) return None;
        var yaml = text[4..Math.Max(4, end)];
        var lines = yaml.Count(c => c == '\n') + 3;
        if (yaml.Length > 0 && !yaml.Split('\n').Any(l => l.Contains(':', StringComparison.Ordinal))) return None;
        var rest = text.IndexOf('\n', end + 4);
        text = new string('\n', lines) + (rest < 0 ? "" : text[(rest + 1)..]);
        var inner = new FindingList(findings.File);
        if (YamlFile.Parse("\n" + yaml, inner) is not { } map)
        {
            foreach (var finding in inner.All)
                findings.Warning(FindingCodes.FrontMatterInvalid, new Position(Math.Max(1, finding.Line), finding.Column), $"The front matter cannot be read: {finding.Message}", "Mend the YAML between the two '---' lines.");
            return None;
        }

        Severity? severity = null;
        if (map.Value("severity") is { IsText: true } value && value.Text() is { Length: > 0 } word)
        {
            severity = SeverityWords.Find(word);
            if (severity is null)
                findings.Warning(FindingCodes.FrontMatterInvalid, value.At, $"The severity '{word}' is not known.", "Write critical, warning or info.");
        }

        var alertKey = map.Has("alerts") ? "alerts" : "alert";
        IReadOnlyList<string> alerts = map.Value(alertKey) is { } named ? named.IsList ? map.Texts(alertKey) : named.IsText ? [named.Text() ?? ""] : [] : [];
        return new FrontMatter(map.Value("title") is { IsText: true } title ? title.Text() : null, severity,
            [.. alerts.Where(a => a.Length > 0)], map.Value("policy") is { IsText: true } policy ? policy.Text() : null)
        {
            AlertsLine = map.PositionOf(alertKey).Line,
            BindsRunbook = map.Has("severity") || map.Has("alerts") || map.Has("alert") || map.Has("policy"),
        };
    }
}

/// <summary>Severity as teams word it.</summary>
internal static class SeverityWords
{
    private static readonly (string Word, Severity Severity)[] Words =
    [
        ("critical", Severity.Critical), ("emergency", Severity.Critical), ("page", Severity.Critical), ("high", Severity.Critical), ("sev0", Severity.Critical), ("sev1", Severity.Critical),
        ("sev-0", Severity.Critical), ("sev-1", Severity.Critical), ("p0", Severity.Critical), ("p1", Severity.Critical), ("urgent", Severity.Critical), ("major", Severity.Critical),
        ("warning", Severity.Warning), ("warn", Severity.Warning), ("medium", Severity.Warning), ("moderate", Severity.Warning), ("sev2", Severity.Warning), ("sev-2", Severity.Warning), ("p2", Severity.Warning), ("ticket", Severity.Warning),
        ("info", Severity.Info), ("low", Severity.Info), ("minor", Severity.Info), ("sev3", Severity.Info), ("sev-3", Severity.Info), ("p3", Severity.Info), ("p4", Severity.Info), ("notice", Severity.Info),
    ];

    /// <summary>The severity whose word comes first in the text; null where none does.</summary>
    public static Severity? Find(string text)
    {
        var lower = text.ToLowerInvariant();
        var found = Words.Select(w => (At: lower.IndexOf(w.Word, StringComparison.Ordinal), w.Severity)).Where(w => w.At >= 0).OrderBy(w => w.At).ToArray();
        return found.Length == 0 ? null : found[0].Severity;
    }
}
