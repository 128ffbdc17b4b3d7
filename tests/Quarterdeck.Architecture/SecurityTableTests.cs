using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Quarterdeck.Architecture;

/// <summary>What docs/security.md and docs/asvs.md name as proof exists: a control whose test went away is found here.</summary>
public sealed partial class SecurityTableTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Here(), "..", ".."));

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [Theory]
    [InlineData("security.md", 60)]
    [InlineData("asvs.md", 60)]
    public void Every_test_that_the_page_names_exists(string page, int least)
    {
        var (classes, methods) = Sources();
        var named = Named(File.ReadAllText(Path.Combine(Root, "docs", page)));
        Assert.True(named.Count >= least, $"only {named.Count} tests were found on the page");
        var missing = named.Where(n => !classes.Contains(n.Class) || (n.Method is not null && !methods.Contains($"{n.Class}.{n.Method}")))
            .Select(n => n.Method is null ? n.Class : $"{n.Class}.{n.Method}").Distinct().ToList();
        Assert.True(missing.Count == 0, $"docs/{page} names tests that are not there: {string.Join(", ", missing)}");
    }

    [Fact]
    public void Every_threat_names_its_control_and_its_test()
    {
        var rows = File.ReadAllLines(Path.Combine(Root, "docs", "security.md")).SkipWhile(l => !l.StartsWith("## Threat", StringComparison.Ordinal))
            .TakeWhile(l => !l.StartsWith("## What is not", StringComparison.Ordinal))
            .Where(l => l.StartsWith("| ", StringComparison.Ordinal) && !l.StartsWith("| ---", StringComparison.Ordinal) && !l.StartsWith("| threat |", StringComparison.Ordinal))
            .ToList();
        Assert.True(rows.Count >= 45, $"{rows.Count} rows");
        Assert.All(rows, row =>
        {
            var cells = row.Trim('|', ' ').Split(" | ");
            Assert.True(cells.Length == 3 && TestName().IsMatch(cells[2]), row);
        });
    }

    [Fact]
    public void A_name_that_is_nowhere_would_be_found()
    {
        var (classes, methods) = Sources();
        var named = Named("| a | b | `SecurityTableTests.A_name_that_is_nowhere_would_be_found`, `.A_fact_that_is_missing`, `NoSuchTests` |");
        Assert.Equal([true, false, false], named.Select(n => classes.Contains(n.Class) && (n.Method is null || methods.Contains($"{n.Class}.{n.Method}"))));
    }

    // `Class`, `Class.Fact`, and `.Fact` of the class that was named last in the row.
    private static List<(string Class, string? Method)> Named(string text)
    {
        var found = new List<(string, string?)>();
        foreach (var line in text.Split('\n').Where(l => l.StartsWith('|')))
        {
            var last = "";
            foreach (Match match in TestName().Matches(line))
            {
                if (match.Groups["class"].Success) last = match.Groups["class"].Value;
                Assert.True(last.Length > 0, $"a fact without its class: {line}");
                found.Add((last, match.Groups["fact"].Success ? match.Groups["fact"].Value : null));
            }
        }

        return found;
    }

    private static (HashSet<string> Classes, HashSet<string> Methods) Sources()
    {
        var (classes, methods) = (new HashSet<string>(), new HashSet<string>());
        var files = Directory.EnumerateFiles(Path.Combine(Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
        foreach (var text in files.Select(File.ReadAllText))
        {
            var declared = ClassName().Matches(text).Select(m => m.Groups[1].Value).ToList();
            classes.UnionWith(declared);
            foreach (Match fact in FactName().Matches(text))
            {
                foreach (var owner in declared) methods.Add($"{owner}.{fact.Groups[1].Value}");
            }
        }

        return (classes, methods);
    }

    [GeneratedRegex(@"`(?<class>[A-Z]\w*Tests)?(?:\.(?<fact>[A-Z]\w*_\w+))?`(?<=`[\w.]{3,}`)")]
    private static partial Regex TestName();

    [GeneratedRegex(@"\bclass (\w+Tests)\b")]
    private static partial Regex ClassName();

    [GeneratedRegex(@"public (?:static )?(?:async )?(?:Task|ValueTask|void) (\w+)\(")]
    private static partial Regex FactName();
}
