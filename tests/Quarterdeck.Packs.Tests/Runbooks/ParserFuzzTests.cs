using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Quarterdeck.Packs.Checking;
using Quarterdeck.Packs.Runbooks;

namespace Quarterdeck.Packs.Tests.Runbooks;

/// <summary>Nothing that is written may make the parser throw.</summary>
public sealed class ParserFuzzTests
{
    private static readonly string[] Pieces =
    [
        "# A\n", "## 1. B\n", "```bash\n", "```sql\n", "```http\n", "```\n", "~~~\n", "> check: ", "> approve: 2", "> retry: 99999999999", "> wait: 9999999999h\n", "- [ ] ", "1. ", "  - ", "| a | b |\n|---|---|\n", "| 95% < r < 99% | x |\n",
        "cast send $A \"pause()\" ", "cast call ", "$(", ")", "\"", "'", "`", "\\\n", "<<EOF\n", "EOF\n", "| jq .", "&& ", "|| exit 1", "for x in a b; do ", "done\n", "if ", "then ", "fi\n", "curl -X POST ", "--data '{\"method\":1}' ", "psql -c ",
        "kubectl exec -it a -- ", "sleep 99999999999999", "${", "}", "$((", "**Alert:** `X`\n", "---\n", "title: x\n", "[l](#a) ", "[x](b.md) ", "\0", "\uFFFF", "é", "\t", "\n", "\r\n", "docker compose ", "timeout 5 ", "watch -n ", "SELECT $$ ", "--private-key 0x", "X=", "export ",
    ];

    private static void Read(byte[] bytes)
    {
        var document = RunbookParser.Parse("fuzz.md", bytes);
        Assert.Equal(document.Coverage.CommandLines, document.Coverage.Typed + document.Coverage.Manual);
        RunbookChecker.Check(document, new CheckScope { Contracts = [], Variables = new Dictionary<string, string>() });
    }

    [Fact]
    public void Random_text_is_read() =>
        Prop.ForAll<string?>(text => Read(Encoding.UTF8.GetBytes(text ?? ""))).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Random_mixtures_of_what_runbooks_are_made_of_are_read()
    {
        var mixture = Gen.Elements(Pieces).ListOf().Select(p => string.Concat(p)).ToArbitrary();
        Prop.ForAll(mixture, text => Read(Encoding.UTF8.GetBytes(text))).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000).WithEndSize(120));
    }

    [Fact]
    public void Every_sample_truncated_at_each_byte_is_read()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests/Quarterdeck.Packs.Tests/Runbooks/samples"), "*.md"))
        {
            var bytes = File.ReadAllBytes(file);
            for (var length = 0; length < bytes.Length; length++) Read(bytes[..length]);
        }
    }

    [Fact]
    public void Every_sample_with_bytes_changed_is_read()
    {
        var random = new Random(20_260_101);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests/Quarterdeck.Packs.Tests/Runbooks/samples"), "*.md"))
        {
            var original = File.ReadAllBytes(file);
            for (var round = 0; round < 150; round++)
            {
                var bytes = (byte[])original.Clone();
                for (var n = 0; n < 6; n++) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                Read(bytes);
            }
        }
    }

    [Theory]
    [InlineData("> ", 20_000)]
    [InlineData("- ", 20_000)]
    [InlineData("[", 50_000)]
    [InlineData("|", 50_000)]
    [InlineData("*a ", 50_000)]
    public void Deep_or_repeated_markup_is_read(string part, int times) => Read(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(part, times))));
}
