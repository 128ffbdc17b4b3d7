using System.Text;
using System.Text.RegularExpressions;
using Quarterdeck.Packs.Checking;
using Quarterdeck.Packs.Runbooks;
using Quarterdeck.Primitives.Findings;

namespace Quarterdeck.Packs.Tests.Checking;

/// <summary>Runbooks over contracts of others, with faults that are known: each is found on its line, and nothing else is an error.</summary>
public sealed partial class FaultsTests(DeployedHarbour chain) : IClassFixture<DeployedHarbour>
{
    private async Task<IReadOnlyList<Finding>> Check(string markdown, string? abis = null)
    {
        await using var chains = await LiveChains.Open([("", null, chain.Endpoint)], CancellationToken.None);
        var document = RunbookParser.Parse("r.md", Encoding.UTF8.GetBytes(markdown));
        var scope = await LooseScope.Bind(LooseScope.Abis(abis ?? DeployedHarbour.Artifacts), chain.Variables, chains, null, document, CancellationToken.None);
        return await new LiveChecker(chains, scope with { Runbooks = document.Runbooks, Folder = DeployedHarbour.Folder }).Check(document, CancellationToken.None);
    }

    private string Read(string name) => File.ReadAllText(Path.Combine(DeployedHarbour.Folder, name)).Replace("@VAULT@", chain.Variables["VAULT"], StringComparison.Ordinal);

    private static void FoundAndNothingElse(string markdown, IReadOnlyList<Finding> found)
    {
        var lines = markdown.Split('\n');
        for (var line = 1; line <= lines.Length; line++)
        {
            var planted = Planted().Match(lines[line - 1]);
            var here = found.Where(f => f.Line == line).ToArray();
            if (planted.Success) Assert.True(here.Any(f => f.Code == planted.Groups[1].Value && f.Remedy.Length > 10), $"line {line}, {lines[line - 1]}: {string.Join("; ", here.AsEnumerable())}");
            else Assert.True(here.All(f => f.Severity != FindingSeverity.Error), $"line {line}, {lines[line - 1]}: {string.Join("; ", here.AsEnumerable())}");
        }
    }

    [Theory]
    [InlineData("faulty.md")]
    [InlineData("delays.md")]
    public async Task Each_planted_fault_is_found_on_its_line_and_nothing_else_is_an_error(string name)
    {
        var markdown = Read(name);
        FoundAndNothingElse(markdown, await Check(Planted().Replace(markdown, "")) is var found ? found : []);
    }

    [Fact]
    public async Task A_sound_runbook_has_no_error()
    {
        var found = await Check(Read("sound.md"));
        Assert.DoesNotContain(found, f => f.Severity == FindingSeverity.Error);
        Assert.DoesNotContain(found, f => f.Code is "QD5007" or "QD5003");
    }

    [Fact]
    public async Task No_finding_repeats_a_secret()
    {
        var found = await Check(Read("faulty.md"));
        Assert.DoesNotContain(found, f => Secrets().IsMatch(f.ToString()));
    }

    [Fact]
    public async Task Words_are_checked_too_ladders_contacts_alerts_metrics_decisions_and_links()
    {
        var found = await Check(Read("words.md"));
        Assert.Equal(["7 QD4027", "12 QD4018", "16 QD4012", "17 QD4014", "18 QD4012", "20 QD4022", "20 QD4022"], found.Select(f => $"{f.Line} {f.Code}"));
        Assert.DoesNotContain(found, f => f.Severity == FindingSeverity.Error);
    }

    [Fact]
    public async Task The_holder_of_a_role_and_an_owner_that_is_a_timelock_are_named()
    {
        var found = await Check("# R\n\n```bash\ncast send $HUSD \"pause()\" --from $STRANGER\ncast send $MARKET_ADDRESS \"setFee(uint256)\" 1 --from $ADMIN\n```\n");
        Assert.Contains(found, f => f is { Line: 4, Code: "QD5002" } && f.Message.Contains("(GUARDIAN)", StringComparison.Ordinal) && f.Message.Contains("PAUSER_ROLE", StringComparison.Ordinal));
        Assert.Contains(found, f => f is { Line: 5, Code: "QD5002" } && f.Message.Contains("a timelock of 48h", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_contract_that_is_paused_already_is_told()
    {
        const string Stop = "# R\n\n```bash\ncast send $BRIDGE \"stop()\" --from $ADMIN\n```\n";
        Assert.DoesNotContain(await Check(Stop), f => f.Code == "QD5008");
        await chain.Send(Chains.Evm.Address.Parse(chain.Variables["BRIDGE"]), DeployedHarbour.Abi("HarbourBridge").FindFunction("stop")!.EncodeCall());
        var found = await Check(Stop);
        await chain.Clean();
        Assert.Contains(found, f => f is { Code: "QD5008", Line: 4, Severity: FindingSeverity.Warning });
    }

    [Fact]
    public async Task Bare_abis_and_hardhats_artifacts_serve_as_well_as_foundrys()
    {
        var folder = Directory.CreateTempSubdirectory("check-abis-").FullName;
        foreach (var file in Directory.EnumerateFiles(DeployedHarbour.Artifacts, "*.json", SearchOption.AllDirectories))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            var abi = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(file))!["abi"]!.ToJsonString();
            if (name.Contains('V', StringComparison.Ordinal)) File.WriteAllText(Path.Combine(folder, name + ".json"), abi);
            else
            {
                Directory.CreateDirectory(Path.Combine(folder, "contracts", name + ".sol"));
                File.WriteAllText(Path.Combine(folder, "contracts", name + ".sol", name + ".json"), $$"""{"_format":"hh-sol-artifact-1","contractName":"{{name}}","sourceName":"contracts/{{name}}.sol","abi":{{abi}},"bytecode":"0x","deployedBytecode":"0x","linkReferences":{},"deployedLinkReferences":{} }""");
                File.WriteAllText(Path.Combine(folder, "contracts", name + ".sol", name + ".dbg.json"), """{"_format":"hh-sol-dbg-1","buildInfo":"../x.json"}""");
            }
        }

        var markdown = Read("faulty.md");
        FoundAndNothingElse(markdown, await Check(Planted().Replace(markdown, ""), folder));
        Directory.Delete(folder, true);
    }

    [Fact]
    public async Task A_call_at_the_endpoint_of_another_chain_is_told()
    {
        await using var other = await Devnet.Chain.Anvil.Start(new Devnet.Chain.AnvilOptions { ChainNumber = 10 }, CancellationToken.None);
        var markdown = $"# R\n\n```bash\ncast call $HUSD \"totalSupply()(uint256)\" --rpc-url {other.Endpoint}\ncast call $HUSD \"totalSupply()(uint256)\" --rpc-url {chain.Endpoint}\n```\n";
        var error = Assert.Single(await Check(markdown), f => f.Severity == FindingSeverity.Error);
        Assert.Equal(("QD5009", 4), (error.Code, error.Line));
    }

    [Fact]
    public async Task Every_chain_that_is_given_is_asked()
    {
        await using var other = await Devnet.Chain.Anvil.Start(new Devnet.Chain.AnvilOptions { ChainNumber = 10 }, CancellationToken.None);
        await using var chains = await LiveChains.Open([("", null, other.Endpoint), ("", null, chain.Endpoint), ("", null, new Uri("http://127.0.0.1:1"))], CancellationToken.None);
        var document = RunbookParser.Parse("r.md", "# R\n\n```bash\ncast call $HUSD \"totalSupply()(uint256)\"\ncast send $HUSD \"pause()\" --from $STRANGER\n```\n"u8);
        var scope = await LooseScope.Bind(LooseScope.Abis(DeployedHarbour.Artifacts), chain.Variables, chains, null, document, CancellationToken.None);
        var found = await new LiveChecker(chains, scope).Check(document, CancellationToken.None);
        Assert.Equal(["QD5002"], found.Where(f => f.Severity == FindingSeverity.Error).Select(f => f.Code));
        Assert.Contains(found, f => f.Code == "QD5007" && f.Severity == FindingSeverity.Warning);
    }

    [GeneratedRegex(@" ## (QD\d{4})")]
    private static partial Regex Planted();

    [GeneratedRegex("hunter22|8f14e45f|0x1111111111|test test test|ac0974bec")]
    private static partial Regex Secrets();
}
