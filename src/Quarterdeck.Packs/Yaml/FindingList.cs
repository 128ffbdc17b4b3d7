using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Yaml;

/// <summary>Collects the findings of one file.</summary>
internal sealed class FindingList(string file)
{
    private readonly List<Finding> _all = [];

    public string File => file;

    public IReadOnlyList<Finding> All => _all;

    public bool HasErrors => _all.Any(f => f.Severity == FindingSeverity.Error);

    public void Error(string code, Position at, string message, string remedy) =>
        Add(code, FindingSeverity.Error, at, message, remedy);

    public void Warning(string code, Position at, string message, string remedy) =>
        Add(code, FindingSeverity.Warning, at, message, remedy);

    public void Note(string code, Position at, string message, string remedy) =>
        Add(code, FindingSeverity.Note, at, message, remedy);

    public void AddRange(IEnumerable<Finding> findings) => _all.AddRange(findings);

    public void Add(string code, FindingSeverity severity, Position at, string message, string remedy) =>
        _all.Add(new Finding(code, severity, file, at.Line, message, remedy) { Column = at.Column });
}

/// <summary>A place in a file; 1-based, 0 where unknown.</summary>
internal readonly record struct Position(int Line, int Column = 0)
{
    public static Position WholeFile => default;
}
