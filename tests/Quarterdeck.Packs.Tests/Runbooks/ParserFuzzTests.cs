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
        "\uFEFF", "\t- ", "    1. ", "| If | Then |\n|---|---|\n", "| < 5 | `cast send $A \"pause()\" \\| x` |\n", "`a|b` ", "at least 5 and below 9 ", "<details>\n", "    ```bash\n", "case $X in\n a) ", ";;\n", "esac\n", "{ ", "; }\n", "(( i++ ))\n", "for ((i=0;i<3;i++)); do ", "0 2 * * * ", "`Vault.pause()` ", "--chain 1 ", "SELECT a FROM b WHERE c = 1;\n", "UPDATE x SET y = 1", "extract(epoch FROM ",
    ];

    private static readonly CheckContract Vault = new("Vault", Chains.Evm.Abi.ContractAbi.FromJson("""[{"type":"function","name":"pause","inputs":[],"outputs":[],"stateMutability":"nonpayable"}]"""), null, null);

    private static readonly DatabaseSchema Tables = DatabaseSchema.FromSql("CREATE TABLE b (a int, c int);");

    private static readonly ClusterObjects Objects = new(new Dictionary<string, IReadOnlySet<string>> { ["deployment"] = new HashSet<string> { "relay" } }, new HashSet<string> { "ops" });

    private static void Read(byte[] bytes)
    {
        var document = RunbookParser.Parse("fuzz.md", bytes);
        Assert.Equal(document.Coverage.CommandLines, document.Coverage.Typed + document.Coverage.Manual);
        RunbookChecker.Check(document, new CheckScope { Contracts = [Vault], Variables = new Dictionary<string, string>(), Schema = Tables, Objects = Objects });
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
    [InlineData("`Vault.x()` ", 40_000)]
    [InlineData("```bash\ncast call $A \"x()\"\n```\n", 20_000)]
    [InlineData("| If | Then |\n|---|---|\n| < 5 | `cast call $A \"x()\"` |\n\n", 10_000)]
    [InlineData("- [ ] `cast call $A \"x()\"`\n", 20_000)]
    [InlineData("```bash\nunclosed \"quote\n", 20_000)]
    [InlineData("( ", 50_000)]
    [InlineData("```sql\nSELECT a FROM b WHERE (\n```\n", 15_000)]
    [InlineData("\t- x\r\n", 60_000)]
    public void Deep_or_repeated_markup_is_read(string part, int times) => Read(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(part, times))));

    [Theory]
    [InlineData("```bash\n", "( ")]
    [InlineData("```bash\n", "{ ")]
    [InlineData("```bash\n", "a && (")]
    [InlineData("```bash\n", "case x in y) ")]
    [InlineData("```bash\n", "$(")]
    [InlineData("```bash\n", "if x; then ")]
    [InlineData("```bash\n", "echo \"")]
    [InlineData("```bash\n", "cat <<EOF\n")]
    [InlineData("```sql\n", "SELECT a FROM (SELECT a FROM b WHERE c = (")]
    [InlineData("", "| `a|b` | ")]
    [InlineData("", "at least 5 % and below 9 %, ")]
    [InlineData("", "`Vault.nothing()` and ")]
    public void Time_grows_with_the_text_and_not_with_its_square(string head, string part)
    {
        // Four times the text in much less than sixteen times the time; the floor keeps the clock's grain out.
        Measure(head, part, 40_000);
        var small = Measure(head, part, 60_000);
        var large = Measure(head, part, 240_000);
        Assert.True(large < TimeSpan.FromMilliseconds(400) + (small * 11), $"{small.TotalMilliseconds} ms for a quarter, {large.TotalMilliseconds} ms for the whole.");
    }

    private static TimeSpan Measure(string head, string part, int length)
    {
        var bytes = Encoding.UTF8.GetBytes(head + string.Concat(Enumerable.Repeat(part, length / part.Length)));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Read(bytes);
        return clock.Elapsed;
    }

    [Fact]
    public void A_file_of_ten_megabytes_is_refused_at_once_and_says_why()
    {
        var document = RunbookParser.Parse("big.md", new byte[10 << 20]);
        Assert.Equal("QD2001", Assert.Single(document.Findings).Code);
    }

    [Theory]
    [InlineData("samples/checklist.md")]
    [InlineData("samples/terminal-session.md")]
    [InlineData("samples/node-operator.md")]
    [InlineData("samples/http-and-alerts.md")]
    public void Line_ends_and_byte_order_marks_change_nothing(string name)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "tests/Quarterdeck.Packs.Tests/Runbooks", name)).ReplaceLineEndings("\n");
        string[] Steps(string written) => [.. RunbookParser.Parse("a.md", Encoding.UTF8.GetBytes(written)).Runbooks.SelectMany(r => r.Steps).Select(s => $"{s.Line} {s.Kind} {s.Text.ReplaceLineEndings("\n")}")];
        Assert.Equal(Steps(text), Steps(text.Replace("\n", "\r\n", StringComparison.Ordinal)));
        Assert.Equal(Steps(text), Steps("\uFEFF" + text));
    }
}
