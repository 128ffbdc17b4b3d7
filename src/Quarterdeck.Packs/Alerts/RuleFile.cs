using Quarterdeck.Primitives.Findings;
using Quarterdeck.PromQL;

namespace Quarterdeck.Packs.Alerts;

/// <summary>A Prometheus rule file.</summary>
/// <param name="Path">Path as the author knows it.</param>
/// <param name="Groups">Its groups, in order.</param>
public sealed record RuleFile(string Path, IReadOnlyList<RuleGroup> Groups)
{
    /// <summary>Reads a rule file from disk. A file with an error finding must not be used.</summary>
    public static RuleFileResult Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return Parse(path, File.ReadAllText(path));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return new RuleFileResult(new RuleFile(path, []),
                [new Finding(RuleFindings.Unreadable, FindingSeverity.Error, path, 0, problem.Message, "Give the path of a readable rule file.")]);
        }
    }

    /// <summary>Reads a rule file's text.</summary>
    public static RuleFileResult Parse(string path, string text) => new RuleFileReader(path).Read(text);

    /// <summary>Number of rules in all groups.</summary>
    public int RuleCount => Groups.Sum(group => group.Rules.Count);
}

/// <summary>What was read, with every finding.</summary>
public sealed record RuleFileResult(RuleFile File, IReadOnlyList<Finding> Findings)
{
    /// <summary>Whether promtool would refuse the file too.</summary>
    public bool HasErrors => Findings.Any(finding => finding.Severity == FindingSeverity.Error);

    /// <summary>Whether a label or annotation has a name that Prometheus takes since version 3 only, such as <c>a-b</c>.</summary>
    public bool NeedsPrometheus3 => Findings.Any(finding => finding.Code == RuleFindings.NewName);
}

/// <summary>Rules that are evaluated in order, with one timestamp.</summary>
/// <param name="Name">Unique in the file.</param>
/// <param name="Interval">Time between evaluations; null for the default.</param>
/// <param name="QueryOffset">How far behind the evaluation time the queries look.</param>
/// <param name="Limit">Most alerts or series of one rule; 0 for no limit.</param>
/// <param name="Rules">Its rules.</param>
/// <param name="Line">1-based line.</param>
public sealed record RuleGroup(
    string Name, TimeSpan? Interval, TimeSpan QueryOffset, int Limit, IReadOnlyList<Rule> Rules, int Line);

/// <summary>One rule.</summary>
/// <param name="Name">Of the alert, or of the recorded metric.</param>
/// <param name="Query">Its expression, planned.</param>
/// <param name="Labels">Labels set on results; templates in an alerting rule.</param>
/// <param name="Line">1-based line.</param>
public abstract record Rule(string Name, PreparedQuery Query, IReadOnlyDictionary<string, string> Labels, int Line);

/// <summary>A rule that records its result under a new name.</summary>
public sealed record RecordingRule(string Name, PreparedQuery Query, IReadOnlyDictionary<string, string> Labels, int Line)
    : Rule(Name, Query, Labels, Line);

/// <summary>A rule each of whose results is an alert.</summary>
/// <param name="Name">The label <c>alertname</c>.</param>
/// <param name="Query">Its expression.</param>
/// <param name="For">How long a result must stand before the alert fires.</param>
/// <param name="KeepFiringFor">How long the alert goes on firing after its last result.</param>
/// <param name="Labels">Templates; they are part of the alert's identity.</param>
/// <param name="Annotations">Templates; they are not.</param>
/// <param name="Line">1-based line.</param>
public sealed record AlertingRule(
    string Name, PreparedQuery Query, TimeSpan For, TimeSpan KeepFiringFor, IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> Annotations, int Line)
    : Rule(Name, Query, Labels, Line)
{
    private Dictionary<string, AnnotationTemplate>? _templates;

    /// <summary>Templates are kept from their first use on: of thousands of rules few ever fire.</summary>
    internal AnnotationTemplate Template(string text)
    {
        var known = _templates ??= new Dictionary<string, AnnotationTemplate>(StringComparer.Ordinal);
        lock (known)
        {
            if (!known.TryGetValue(text, out var template)) known[text] = template = AnnotationTemplate.Parse(text);
            return template;
        }
    }
}

internal static class RuleFindings
{
    public const string Unreadable = "QD3001";
    public const string Yaml = "QD3002";
    public const string Field = "QD3003";
    public const string Expression = "QD3004";
    public const string Name = "QD3005";
    public const string Template = "QD3006";
    public const string Group = "QD3007";
    public const string Duplicate = "QD3008";
    public const string NewName = "QD3009";
}
