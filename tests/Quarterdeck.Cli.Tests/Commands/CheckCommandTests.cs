using System.Text.Json.Nodes;

namespace Quarterdeck.Cli.Tests.Commands;

[Collection("console")]
public sealed class CheckCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cli-check-").FullName;

    public CheckCommandTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "abi"));
        Write("abi/Vault.json", """[{"type":"function","name":"pause","inputs":[],"outputs":[],"stateMutability":"nonpayable"},{"type":"function","name":"unpause","inputs":[],"outputs":[],"stateMutability":"nonpayable"}]""");
        Write("ops.env", "# addresses\nexport VAULT=\"0x5FbDB2315678afecb367f032d93F642f64180aa3\" # the vault\n");
    }

    public void Dispose() => Directory.Delete(_folder, true);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private string Sound => Write("sound.md", "# Stop\n\n```bash\ncast send $VAULT \"pause()\"\n```\n\n# Go on\n\n```bash\ncast send $VAULT \"unpause()\"\n```\n");

    private string Faulty => Write("faulty.md", "# Stop\n\n```bash\ncast send $VAULT \"pausee()\"\n```\n");

    private string[] Known => ["--abi", Path.Combine(_folder, "abi"), "--env", Path.Combine(_folder, "ops.env")];

    private static async Task<(int Code, string Output, string Error)> Run(params string[] args)
    {
        var (before, beforeError) = (Console.Out, Console.Error);
        var (output, error) = (new StringWriter(), new StringWriter());
        Console.SetOut(output);
        Console.SetError(error);
        try
        {
            return (await QuarterdeckCommand.Run(args, CancellationToken.None), output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(before);
            Console.SetError(beforeError);
        }
    }

    [Fact]
    public async Task Without_an_error_the_exit_code_is_0_with_one_1_and_for_bad_arguments_2()
    {
        Assert.Equal(0, (await Run(["check", Sound, .. Known])).Code);
        Assert.Equal(1, (await Run(["check", Faulty, .. Known])).Code);
        Assert.Equal(2, (await Run("check", Path.Combine(_folder, "nowhere.md"))).Code);
        Assert.Equal(2, (await Run("check", Sound, "--abi", Path.Combine(_folder, "nowhere"))).Code);
        Assert.Equal(2, (await Run("check", Sound, "--env", Path.Combine(_folder, "nowhere.env"))).Code);
        var (code, _, error) = await Run("check", Sound, "--rpc", "nonsense");
        Assert.Equal(2, code);
        Assert.Contains("'nonsense' is no endpoint", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_one_object_with_the_findings_and_their_six_fields()
    {
        var (code, output, _) = await Run(["check", Faulty, .. Known, "--json"]);
        Assert.Equal(1, code);
        var root = JsonNode.Parse(output)!.AsObject();
        Assert.Equal(["findings"], root.Select(p => p.Key));
        var error = Assert.Single(root["findings"]!.AsArray(), f => (string?)f!["severity"] == "error")!.AsObject();
        Assert.Equal(["file", "line", "severity", "code", "message", "remedy"], error.Select(p => p.Key));
        Assert.Equal((Faulty, 4, "QD4002"), ((string?)error["file"], (int)error["line"]!, (string?)error["code"]));
        Assert.Contains("'pause'", (string?)error["remedy"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_is_taken_as_text_may_stand_before_the_file_and_be_given_twice()
    {
        var (code, output, error) = await Run(["check", .. Known, "--rpc", "http://127.0.0.1:1", "--rpc", "http://127.0.0.1:2", Sound, "--json"]);
        Assert.Equal("", error);
        Assert.Equal(0, code);
        var unreachable = JsonNode.Parse(output)!["findings"]!.AsArray().Where(f => (string?)f!["code"] == "QD5007").ToArray();
        Assert.Equal(2, unreachable.Length);
        Assert.All(unreachable, f => Assert.Equal("warning", (string?)f!["severity"]));
    }

    [Fact]
    public async Task Several_files_are_checked_at_once_as_hooks_give_them()
    {
        var (code, output, _) = await Run(["check", Sound, Faulty, .. Known, "--json"]);
        Assert.Equal(1, code);
        Assert.Equal([Faulty], JsonNode.Parse(output)!["findings"]!.AsArray().Where(f => (string?)f!["severity"] == "error").Select(f => (string?)f!["file"]).Distinct());
    }

    [Fact]
    public async Task Sarif_has_what_its_schema_asks_for()
    {
        var (code, output, _) = await Run(["check", Faulty, .. Known, "--sarif"]);
        Assert.Equal(1, code);
        var log = JsonNode.Parse(output)!;
        Assert.Equal("2.1.0", (string?)log["version"]);
        var run = Assert.Single(log["runs"]!.AsArray())!;
        var rules = run["tool"]!["driver"]!["rules"]!.AsArray();
        Assert.False(string.IsNullOrEmpty((string?)run["tool"]!["driver"]!["name"]));
        Assert.Equal(rules.Select(r => (string?)r!["id"]).Distinct().Count(), rules.Count);
        Assert.All(run["results"]!.AsArray(), result =>
        {
            Assert.Contains((string?)result!["level"], new[] { "none", "note", "warning", "error" });
            Assert.False(string.IsNullOrEmpty((string?)result["message"]!["text"]));
            Assert.Equal((string?)result["ruleId"], (string?)rules[(int)result["ruleIndex"]!]!["id"]);
            var place = result["locations"]![0]!["physicalLocation"]!;
            Assert.DoesNotContain("\\", (string?)place["artifactLocation"]!["uri"], StringComparison.Ordinal);
            if (place["region"] is { } region) Assert.True((int)region["startLine"]! > 0);
        });
    }

    [Fact]
    public async Task Runbook_show_prints_steps_and_totals_of_each_procedure()
    {
        var file = Write("show.md", "# Stop\n\n1. Look:\n\n```bash\ncast block-number\ncast send $VAULT \\\n  \"pause()\"\n)) nothing\n```\n");
        var (code, output, _) = await Run("runbook", "show", file, "--json");
        Assert.Equal(0, code);
        var procedure = Assert.Single(JsonNode.Parse(output)!["procedures"]!.AsArray())!;
        Assert.Equal(["6 read", "7 write", "9 manual"], procedure["steps"]!.AsArray().Where(s => (int)s!["line"]! > 5).Select(s => $"{s!["line"]} {s["kind"]}"));
        Assert.Equal("cast send $VAULT \"pause()\"", (string?)procedure["steps"]!.AsArray().Single(s => (int)s!["line"]! == 7)!["text"]);
        Assert.Equal(["commandLines", "typed", "manual"], procedure["totals"]!.AsObject().Select(p => p.Key));
        Assert.Equal((3, 2, 1), ((int)procedure["totals"]!["commandLines"]!, (int)procedure["totals"]!["typed"]!, (int)procedure["totals"]!["manual"]!));
        Assert.Equal(2, (await Run("runbook", "show", Path.Combine(_folder, "nowhere.md"))).Code);
    }
}
