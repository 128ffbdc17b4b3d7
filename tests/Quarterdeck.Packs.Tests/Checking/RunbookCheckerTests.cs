using System.Text;
using Quarterdeck.Packs.Checking;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Tests.Checking;

public sealed class RunbookCheckerTests
{
    private const string Rules = """
        groups:
          - name: demo
            rules:
              - { alert: SupplyOverCap, expr: "supply > 5", labels: { severity: critical } }
        """;

    private static List<Finding> Check(string markdown)
    {
        using var files = new TemporaryPack().Write("alerts.yaml", Rules)
            .Write("metrics.yaml", "metrics:\n  supply: { call: \"Token.totalSupply()(uint256)\", decimals: 18 }\n")
            .Write("environments/test.yaml", "kind: devnet\ncontracts: { Token: \"0x5FbDB2315678afecb367f032d93F642f64180aa3\" }\naccounts: { deployer: { unlocked: true } }\n");
        var pack = files.LoadedPack();
        var environment = EnvironmentLoader.Load(pack, "test", _ => null).Environment;
        var document = RunbookParser.Parse("r.md", Encoding.UTF8.GetBytes(markdown), pack);
        return [.. RunbookChecker.Check(document, CheckScope.Of(pack, environment))];
    }

    private static string Bash(string line) => $"# R\n\n```bash\n{line}\n```\n";

    [Theory]
    [InlineData("cast send $TOKEN \"pausee()\" --account deployer", "QD4002", "'pause'")]
    [InlineData("cast send $TOKEN \"pause(bool)\" true --account deployer", "QD4002", "'pause()'")]
    [InlineData("cast call $TOKN \"paused()(bool)\"", "QD4001", "'TOKEN'")]
    [InlineData("cast call $TOKEN \"balanceOf(address)(uint256)\"", "QD4004", "account (address)")]
    [InlineData("cast call $TOKEN \"balanceOf(address)(uint256)\" 0x12", "QD4004", "address")]
    [InlineData("cast send $TOKEN \"setSupplyCap(uint256)\" many --account deployer", "QD4004", "uint256")]
    [InlineData("cast call $TOKEN \"paused(\"", "QD4003", "such as")]
    [InlineData("cast send $TOKEN \"pause()\" --account deplyer", "QD4023", "'deployer'")]
    [InlineData("X=$(cast call $TOKEN \"totalSuply()(uint256)\")", "QD4002", "'totalSupply'")]
    [InlineData("echo \"$(cast call $TOKEN 'totalSuply()') / 2\" | bc", "QD4002", "'totalSupply'")]
    [InlineData("kubectl restart deployment relay", "QD4021", "rollout restart")]
    [InlineData("cast logs $TOKEN --from-block latest-100", "QD4021", "block-number")]
    [InlineData("cast send $TOKEN \"pause()\" --private-key 0x0123456789012345678901234567890123456789012345678901234567890123", "QD4019", "by reference")]
    [InlineData("curl -H \"Authorization: Bearer abcdef0123456789abcdef\" https://x.example", "QD4019", "by reference")]
    [InlineData("export API_TOKEN=abcdef123456", "QD4019", "by reference")]
    [InlineData("psql postgres://ops:hunter2!@db/x -c 'SELECT 1'", "QD4019", "by reference")]
    public void A_faulty_command_is_an_error_on_its_line(string line, string code, string remedy)
    {
        var error = Assert.Single(Check(Bash(line)), f => f.Severity == FindingSeverity.Error);
        Assert.Equal((code, 4), (error.Code, error.Line));
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("abcdef", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cast send $TOKEN \"pause()\" --private-key $KEY", "QD4020")]
    [InlineData("kubectl create secret generic s --from-literal=k=\"$NEW_KEY\"", "QD4020")]
    [InlineData("curl https://x.example/$NOBODY_SETS_THIS", "QD4006")]
    [InlineData("cast call $TOKEN \"paused()(uint8)\"", "QD4005")]
    [InlineData("cast send $TOKEN \"pause()\" --account deployer", "QD4009")]
    public void A_doubtful_command_is_a_warning_on_its_line(string line, string code) =>
        Assert.Contains(Check(Bash(line)), f => f.Code == code && f.Line == 4 && f.Severity == FindingSeverity.Warning);

    [Theory]
    [InlineData("RPC=$(echo x)\ncurl $RPC")]
    [InlineData("cast call $TOKEN \"balanceOf(address)(uint256)\" <holder>")]
    [InlineData("cast call $TOKEN \"balanceOf(address)(uint256)\" $TOKEN")]
    [InlineData("curl -H \"Authorization: Bearer $JWT\" https://x.example # [token]")]
    [InlineData("cast call $TOKEN 'totalSupply()(uint256)' | cast --to-dec | jq .")]
    public void A_right_command_is_no_error(string lines) =>
        Assert.DoesNotContain(Check(Bash(lines)), f => f.Severity == FindingSeverity.Error);

    [Fact]
    public void An_alert_that_no_rule_defines_is_an_error_where_it_is_named()
    {
        var error = Assert.Single(Check("# R\n\n**Alert:** `SupplyOverCapp`\n\n1. Look\n"), f => f.Severity == FindingSeverity.Error);
        Assert.Equal(("QD4012", 3), (error.Code, error.Line));
        Assert.Contains("'SupplyOverCap'", error.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("> check: suply > 1", "'supply'")]
    [InlineData("> check: supply >", "PromQL")]
    public void A_check_must_parse_and_name_metrics_that_exist(string directive, string remedy)
    {
        var error = Assert.Single(Check($"# R\n\n1. Look\n\n{directive}\n"), f => f.Severity == FindingSeverity.Error);
        Assert.Equal(("QD4015", 5), (error.Code, error.Line));
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ladder_with_a_gap_at_a_boundary_and_a_nested_band_is_told()
    {
        var found = Check("# R\n\n- **95% < ratio < 99%**: watch\n- **ratio < 95%**: think\n- **ratio < 90%**: pause\n");
        Assert.Contains(found, f => f is { Code: "QD4016", Line: 4 } && f.Message.Contains("Exactly 95%", StringComparison.Ordinal));
        Assert.Contains(found, f => f is { Code: "QD4017", Line: 5 });
    }

    [Theory]
    [InlineData("| ratio | do |\n| --- | --- |\n| 99 % and more | nothing |\n| between 95 % and 99 % | watch |\n| above 90 %, up to 95 % | think |\n| 90 % and less | pause |")]
    [InlineData("| disk | do |\n| --- | --- |\n| > 85 % | extend |\n| > 95 % | stop |")]
    [InlineData("- < 5%: nothing\n- 5% to 10%: watch\n- > 10%: act")]
    [InlineData("| Level | Do |\n|---|---|\n| below 70 % | nothing |\n| at least 70 % and below 90 % | warn |\n| at least 90 % | stop |\n")]
    [InlineData("| Level | Do |\n|---|---|\n| < 70 | nothing |\n| >= 70, < 90 | warn |\n| >= 90 | stop |\n")]
    public void A_whole_ladder_and_an_escalation_are_not_told(string ladder) =>
        Assert.DoesNotContain(Check($"# R\n\n{ladder}\n\n1. Look\n"), f => f.Code is "QD4016" or "QD4017");

    [Fact]
    public void A_contact_without_a_channel_is_told_on_its_row()
    {
        var found = Assert.Single(Check("# Contacts\n\n| Who | Phone | Slack |\n| --- | --- | --- |\n| On call | +1-555-0100 | |\n| Security | TBD | |\n"), f => f.Code == "QD4018");
        Assert.Equal(6, found.Line);
    }

    [Fact]
    public void An_unpause_in_the_order_of_the_pause_is_told()
    {
        const string A = "0x00000000000000000000000000000000000000a1", B = "0x00000000000000000000000000000000000000b2";
        static string Runbook(string first, string second) =>
            $"# Stop\n\n```bash\ncast send {A} \"pause()\"\ncast send {B} \"pause()\"\n```\n\n# Go on\n\n```bash\ncast send {first} \"unpause()\"\ncast send {second} \"unpause()\"\n```\n";
        Assert.Contains(Check(Runbook(A, B)), f => f is { Code: "QD4010", Line: 11 });
        Assert.DoesNotContain(Check(Runbook(B, A)), f => f.Code is "QD4010" or "QD4009");
    }

    [Fact]
    public void Our_own_pack_has_no_error_and_no_warning()
    {
        var pack = PackLoader.Load(Path.Combine(Repository.Root, "protocols", "musd")).Pack!;
        var scope = CheckScope.Of(pack, null);
        Assert.DoesNotContain(pack.RunbookDocuments.SelectMany(d => RunbookChecker.Check(d, scope)).Concat(RunbookChecker.CheckPack(pack)), f => f.Severity != FindingSeverity.Note);
    }

    [Fact]
    public void Sarif_names_rule_level_place_and_text()
    {
        var log = Sarif.Log([new Finding("QD4002", FindingSeverity.Error, "runbooks/a.md", 7, "No such function.", "Name one.")], "1.0.0");
        var result = log["runs"]![0]!["results"]![0]!;
        Assert.Equal(("2.1.0", "QD4002", "error", 7), ((string?)log["version"], (string?)result["ruleId"], (string?)result["level"], (int)result["locations"]![0]!["physicalLocation"]!["region"]!["startLine"]!));
    }

    [Fact]
    public void Every_code_is_unique_and_the_reference_lists_them_all()
    {
        Assert.Equal(FindingCodes.All.Count, FindingCodes.All.Select(c => c.Code).Distinct().Count());
        var path = Path.Combine(Repository.Root, "docs/reference/findings.md");
        var wanted = FindingsReference();
        if (Environment.GetEnvironmentVariable("QUARTERDECK_WRITE_REFERENCE") == "1") File.WriteAllText(path, wanted);
        Assert.Equal(wanted, File.ReadAllText(path));
    }

    private static string FindingsReference()
    {
        var text = new StringBuilder("# Findings\n\nWhat `quarterdeck check` and the loading of packs can say. A code never changes its meaning.\nRule files have codes of their own, QD3001 and following.\n\n| code | what | explanation |\n| --- | --- | --- |\n");
        foreach (var code in FindingCodes.All) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {code.Code} | {code.Title} | {code.Explanation} |\n");
        return text.ToString();
    }
}
