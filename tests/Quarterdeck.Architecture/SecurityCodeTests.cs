using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Manifest;

namespace Quarterdeck.Architecture;

/// <summary>What must hold of every file of a kind, not of one behaviour.</summary>
public sealed partial class SecurityCodeTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Here(), "..", ".."));

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [Fact]
    public void Secrets_are_compared_without_telling_by_time_where_they_differ()
    {
        var files = Sources("src/Quarterdeck.Server", "*.cs").ToList();
        Assert.Contains(files, f => f.Text.Contains("FixedTimeEquals", StringComparison.Ordinal));
        var wrong = files.SelectMany(f => Compared().Matches(f.Text).Select(m => $"{f.Name}: {m.Value}")).ToList();
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    [Theory]
    [InlineData("if (token == given) return;", true)]
    [InlineData("a.Secret != b", true)]
    [InlineData("hash.AsSpan().SequenceEqual(other)", true)]
    [InlineData("if (nonce is null) return;", false)]
    [InlineData("token.Length == 4", false)]
    [InlineData("if (token == null)", false)]
    public void The_check_sees_a_comparison_where_there_is_one(string code, bool seen) => Assert.Equal(seen, Compared().IsMatch(code));

    [Fact]
    public void Nothing_in_the_console_turns_text_into_markup()
    {
        var files = Sources("console/src", "*.ts*").ToList();
        Assert.True(files.Count > 50);
        Assert.DoesNotContain(files, f => Markup().IsMatch(f.Text));
    }

    [Fact]
    public void In_every_pack_what_unpauses_is_at_least_as_strict_as_what_pauses()
    {
        var packs = Directory.EnumerateDirectories(Path.Combine(Root, "protocols")).Where(d => File.Exists(Path.Combine(d, "policies.yaml"))).ToList();
        Assert.NotEmpty(packs);
        foreach (var folder in packs)
        {
            var book = PackLoader.Load(folder).Pack!.Policies;
            var (pause, unpause) = (book.For(ActionClass.Pause), book.For(ActionClass.Unpause));
            Assert.True(unpause.Approvals >= pause.Approvals && unpause.Approvals >= 2, $"{folder}: {unpause.Approvals} unpause, {pause.Approvals} pause");
            Assert.True(!unpause.RequesterCounts || pause.RequesterCounts, $"{folder}: who asks for unpausing counts");
            Assert.Empty(unpause.BreakGlass.Except(pause.BreakGlass));
            Assert.True(unpause.TypeTargetName, $"{folder}: unpausing does not ask for the target's name");
        }
    }

    private static IEnumerable<(string Name, string Text)> Sources(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(f => (Path.GetRelativePath(Root, f), File.ReadAllText(f)));

    [GeneratedRegex(@"\b(?:\w+\.)?(?:[Tt]oken|[Ss]ecret|[Nn]once|[Cc]srf|[Ss]eal|[Hh]ash)\s*(?:==|!=)\s*(?!null)\w|SequenceEqual\(")]
    private static partial Regex Compared();

    [GeneratedRegex(@"dangerouslySetInnerHTML|\.innerHTML\b|insertAdjacentHTML|document\.write\(|\beval\(|new Function\(")]
    private static partial Regex Markup();
}
